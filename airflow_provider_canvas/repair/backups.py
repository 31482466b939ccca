"""The backup of a place: its texts before and after a repair, as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.repair.places import Link, Place

FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What a repair changes in one place.

    :param canvas_instance: The host of the Canvas.
    :param run_id: The run that made the change.
    :param place: The place, with the links that the run changed.
    :param before: Its texts as they were read, by field, without the verifiers that Canvas adds.
    :param after: Its texts as they are saved.
    :param updated_at: When the place was last updated, as Canvas writes it.
    :param dates: The dates of the course, if the place is its syllabus.
    :param read_at: When the texts were read.
    """

    canvas_instance: str
    run_id: str
    place: Place
    before: Mapping[str, str]
    after: Mapping[str, str]
    updated_at: str | None = None
    dates: Mapping[str, Any] = field(default_factory=dict)
    read_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    @property
    def name(self) -> str:
        """The name of the document within its run. Other texts have another name, so no backup is overwritten."""
        digest = sha256(json.dumps([dict(self.before), dict(self.after)], sort_keys=True).encode()).hexdigest()[:12]
        return f"course-{self.place.course_id}/{self.place.place_type}-{self.place.place_id}-{digest}.json"

    def as_json(self) -> str:
        """Return the document."""
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=1)

    @classmethod
    def parse(cls, text: str, uri: str) -> Backup:
        """Return a backup from its document.

        :param text: The document.
        :param uri: Where it is, for the message.
        :raises CanvasInputError: If it is not a backup of this version.
        """
        try:
            document = json.loads(text)
            parse = {FORMAT_VERSION: cls}[document.pop("format_version")]
            place = document.pop("place")
            links = tuple(Link(**link) for link in place.pop("links"))
            return parse(place=Place(**place, links=links), **document)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CanvasInputError(
                f"{uri} is not a backup of a repair of this version ({type(error).__name__}): check the path."
            ) from error


def by_place(uris: Iterable[str]) -> list[list[str]]:
    """Return the URIs of backups in groups: those of one place together, of whatever run.

    :param uris: The URIs, which end with the names of the backups.
    """
    groups: dict[str, list[str]] = {}
    for uri in uris:
        name = "/".join(uri.split("/")[-2:])
        groups.setdefault(name.rpartition("-")[0] or uri, []).append(uri)
    return list(groups.values())


class BackupStore(Protocol):
    """A place for backups that threads may share."""

    def write(self, backup: Backup) -> str:
        """Write a backup, and return its URI. When it returns, the backup is stored."""

    def read(self, uri: str) -> Backup:
        """Return a backup."""

    def list(self, path: str) -> Iterator[str]:
        """Yield the URIs of all backups below a path."""
