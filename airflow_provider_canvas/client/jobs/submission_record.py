"""What a submission stores for later attempts of the same task, and where.

Airflow stores the JSON form of the record: never rename a field, a state or a kind.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal, Protocol, get_args

log = logging.getLogger(__name__)

State = Literal["submitting", "submitted", "not_submitted"]

DESCRIBED = "described"
"""The key among the ``details`` that holds what messages call the job: ``content_migration 90 into course 42``."""

PAGE = "page"
"""The key among the ``details`` that holds the address of the page on which Canvas shows the job."""


@dataclass(frozen=True)
class SubmissionRecord:
    """What one submission is about to do, and what it did.

    :param kind: The kind of job, see :attr:`.JobRequest.kind`.
    :param idempotency_key: The submission's key; a record with another key belongs to an earlier submission.
    :param state: ``submitting``: a request may have been sent. ``submitted``: Canvas carried out all requests that were
        sent. ``not_submitted``: Canvas refused the request, or what it made is of no use.
    :param ids: Ids of what Canvas made: of the migration, export or course; of a batch update, one Progress per chunk.
    :param newest_id_before: The newest id that Canvas listed before the first request; 0 for an empty list.
    :param started_by_other: Whether another task or user started the job, so that it must not be cancelled.
    :param details: What else this kind of job needs to recognize or to report what was made; JSON.
    :param seen_ended: Whether the task saw the job end, and reported it. A cleared task then submits a new job;
        otherwise it adopts this one.
    """

    kind: str
    idempotency_key: str
    state: State = "submitting"
    ids: tuple[int, ...] = ()
    newest_id_before: int | None = None
    started_by_other: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    seen_ended: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it may be about a job that the task submitted itself, and did not see end."""
        return self.state != "not_submitted" and not self.seen_ended and not self.started_by_other

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON can hold it."""
        return {**asdict(self), "ids": list(self.ids), "details": dict(self.details)}

    @classmethod
    def from_json(cls, data: object) -> SubmissionRecord | None:
        """Return the record that ``to_json`` returned; ``None``, with a warning, for anything else.

        Unknown fields are ignored: a newer version of this package may have stored them.
        """
        if data is None:
            return None
        if isinstance(data, Mapping) and _is_valid(data):
            known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
            return cls(**{**known, "ids": tuple(data.get("ids", ()))})
        names = sorted(map(str, data)) if isinstance(data, Mapping) else type(data).__name__
        log.warning(
            "The stored record of an earlier submission is ignored: this version of the package does not know its "
            "form (%s).",
            names,
        )
        return None


def _is_valid(data: Mapping[Any, Any]) -> bool:
    ids, newest = data.get("ids", ()), data.get("newest_id_before")
    return (
        isinstance(data.get("kind"), str)
        and isinstance(data.get("idempotency_key"), str)
        and data.get("state", "submitting") in get_args(State)
        and isinstance(ids, list | tuple)
        and all(isinstance(one, int) for one in ids)
        and (newest is None or isinstance(newest, int))
        and isinstance(data.get("started_by_other", False), bool)
        and isinstance(data.get("seen_ended", False), bool)
        and isinstance(data.get("details", {}), Mapping)
    )


class SubmissionStore(Protocol):
    """Where a submission keeps its record, so that a later attempt of the same task can read it."""

    @property
    def persistent(self) -> bool:
        """Whether a later attempt finds what an earlier one stored."""

    def get(self) -> SubmissionRecord | None:
        """Return the record that was stored last, if there is one."""

    def set(self, record: SubmissionRecord) -> None:
        """Store a record in place of the last one."""


@dataclass
class InMemoryStore:
    """A store that lasts as long as the process.

    :param record: The record that was stored last; None for an empty store.
    """

    persistent: ClassVar[bool] = False
    record: SubmissionRecord | None = None

    def get(self) -> SubmissionRecord | None:
        """Return the record that was stored last, if there is one."""
        return self.record

    def set(self, record: SubmissionRecord) -> None:
        """Store a record in place of the last one."""
        self.record = record


def idempotency_key_from(*parts: object) -> str:
    """Return an idempotency key: equal parts give the same key."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]
