"""The copies that a task waits for, as a trigger stores them: ids only, in the order of Canvas's lane."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Self

from airflow_provider_canvas.client.jobs.poller import PolledJob
from airflow_provider_canvas.client.jobs.waiters import OtherVersionError
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState

LANE = "api"
"""The lane in which Canvas runs what a token submits, one after the other in the order of the requests."""

SAME_TIME = 1.0
"""Seconds. Copies that were submitted within so many count as submitted at the same time."""


@dataclass(frozen=True)
class Outstanding:
    """The copies that a task waits for.

    :param waves: The Progresses of copies that the batch submitted, in the order of the requests: for each
        second, its time in seconds since the epoch and the ids.
    :param queued: The Progresses of copies that wait behind another one of the same course, outside of any lane.
    :param adopted: The Progresses of copies that another task or user started: they are not cancelled.
    :param records: Copies whose Progress does not tell when they end: course and content migration. Their records are
        polled.
    """

    waves: Sequence[tuple[float, Sequence[int]]] = ()
    queued: Sequence[int] = ()
    adopted: Sequence[int] = ()
    records: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(cls, rows: Collection[CopyRow], by_record: Collection[str]) -> Self:
        """Return the copies of rows in flight.

        :param rows: The rows.
        :param by_record: Content migrations whose Progress does not tell when they end.
        """
        known = sorted((row for row in rows if row.content_migration_id is not None), key=order_of)
        polled = [row for row in known if _is_polled(row, by_record)]
        adopted = [row for row in polled if row.started_by_other]
        queued = [row for row in polled if row.state is CopyState.QUEUED and not row.started_by_other]
        in_lane = [row for row in polled if row.state is not CopyState.QUEUED and not row.started_by_other]
        by_record_only = [row for row in known if not _is_polled(row, by_record)]
        return cls(
            [(when, [number_of(row.progress_id) for row in wave]) for when, wave in groupby(in_lane, _time)],
            [number_of(row.progress_id) for row in queued],
            [number_of(row.progress_id) for row in adopted],
            [(row.dest_course_id, row.content_migration_id or "") for row in by_record_only],
        )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the copies that :meth:`to_json` returned.

        :raises OtherVersionError: When they are something else.
        """
        try:
            return cls(
                [(float(when), [int(each) for each in ids]) for when, ids in stored["waves"]],
                [int(each) for each in stored["queued"]],
                [int(each) for each in stored["adopted"]],
                [(str(course_id), str(migration_id)) for course_id, migration_id in stored["records"]],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise OtherVersionError(f"The stored trigger's outstanding is broken ({error!r}).") from None

    def to_json(self) -> dict[str, Any]:
        """Return the copies as JSON can hold them."""
        return {
            "waves": [[when, list(ids)] for when, ids in self.waves],
            "queued": list(self.queued),
            "adopted": list(self.adopted),
            "records": [list(each) for each in self.records],
        }

    def __len__(self) -> int:
        return sum(len(ids) for _, ids in self.waves) + len(self.queued) + len(self.adopted) + len(self.records)

    def jobs(self) -> list[PolledJob]:
        """Return the copies whose Progress is polled."""
        in_lane = [(when, progress_id) for when, ids in self.waves for progress_id in ids]
        first = in_lane[0][0] if in_lane else 0.0
        others = [*self.queued, *self.adopted]
        return [
            *(PolledJob(progress_id, LANE, position, when) for position, (when, progress_id) in enumerate(in_lane)),
            *(PolledJob(progress_id, None, position, first) for position, progress_id in enumerate(others)),
        ]

    def own_progress_ids(self) -> list[int]:
        """Return the ids of the Progresses of copies that the batch submitted."""
        return [progress_id for _, ids in self.waves for progress_id in ids] + list(self.queued)


@dataclass
class Ends:
    """What a wait has seen.

    :param progresses: When the Progress of each copy was seen over, in seconds since the epoch, by its id.
    :param hints: Progresses that may be over, or cannot be read.
    :param records: Content migrations whose records have ended.
    :param used_requests: How many requests the wait sent in another process.
    :param used_cost: What they cost, in units of Canvas's rate limit.
    """

    progresses: dict[int, float] = field(default_factory=dict)
    hints: list[int] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    used_requests: int = 0
    used_cost: float = 0.0

    def __len__(self) -> int:
        return len(self.progresses) + len(self.hints) + len(self.records)

    @classmethod
    def from_json(cls, event: Mapping[str, Any]) -> Self:
        """Return the ends of an event."""
        return cls(
            {int(progress_id): float(when) for progress_id, when in event.get("progresses", ())},
            [int(each) for each in event.get("hints", ())],
            [str(each) for each in event.get("records", ())],
            int(event.get("used_requests", 0)),
            float(event.get("used_cost", 0.0)),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the ends as JSON can hold them."""
        return {
            "progresses": [[progress_id, round(when)] for progress_id, when in self.progresses.items()],
            "hints": self.hints,
            "records": self.records,
            "used_requests": self.used_requests,
            "used_cost": round(self.used_cost, 3),
        }


def _is_polled(row: CopyRow, by_record: Collection[str]) -> bool:
    """Return whether the Progress of a row tells when it ends."""
    return number_of(row.progress_id) != 0 and row.content_migration_id not in by_record


def number_of(text: str | None) -> int:
    """Return an id of the ledger as a number; 0 if it is none."""
    return int(text) if text is not None and text.isdecimal() else 0


def order_of(row: CopyRow) -> tuple[int, str]:
    """Return the order of the requests: Canvas numbers content migrations as it receives them."""
    return number_of(row.content_migration_id), row.content_migration_id or ""


def _time(row: CopyRow) -> float:
    return 0.0 if row.submitted_at is None else row.submitted_at.timestamp() // SAME_TIME * SAME_TIME
