"""Where a batch of copies is: counts by state and by source, the rate, and when the last copy ends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from airflow_provider_canvas.html.formats import format_duration
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.states import IN_FLIGHT, CopyState
from airflow_provider_canvas.rollover.eta import MAX_ENDS, LaneCopy, LaneEstimate, estimate_lane

MAX_SOURCES = 50
"""How many source courses an XCom counts."""

TO_SUBMIT = frozenset({CopyState.PLANNED, CopyState.NOT_TRIED})
"""States of copies that are still to be submitted."""

_OPEN = IN_FLIGHT | TO_SUBMIT


@dataclass(frozen=True, kw_only=True)
class BatchSummary:
    """Where a batch is.

    :param batch: The name of the batch.
    :param counts: Copies by state.
    :param sources: The same by source course.
    :param issues: Unresolved issues by type.
    :param estimate: What the ends so far tell; ``None`` if too few copies have ended, or nothing is left.
    :param now: When this is.
    """

    batch: str
    counts: Mapping[CopyState, int]
    sources: Mapping[str, Mapping[CopyState, int]]
    issues: Mapping[str, int]
    estimate: LaneEstimate | None
    now: datetime

    @property
    def total(self) -> int:
        """The number of copies of the batch."""
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """The number of copies that have not ended."""
        return sum(self.counts.get(state, 0) for state in _OPEN)

    def line(self) -> str:
        """Return the batch in one line in plain words."""
        done = {state: count for state, count in self.counts.items() if state not in _OPEN}
        sentence = f"Batch {self.batch!r}: {self.total - self.left:,} of {_count(self.total, 'copy', 'copies')} ended"
        if done:
            sentence += f" ({states_in_words(done)})"
        in_canvas = sum(self.counts.get(state, 0) for state in IN_FLIGHT)
        if self.left:
            sentence += f"; {in_canvas:,} in Canvas, {self.left - in_canvas:,} to submit"
        return f"{sentence}.{self._expectation()}"

    def as_xcom(self) -> dict[str, Any]:
        """Return the counts as a small dict for an XCom, whatever the size of the batch."""
        estimate = self.estimate
        return {
            "states": {str(state): count for state, count in self.counts.items()},
            "sources": {
                source: {str(state): count for state, count in states.items()}
                for source, states in islice(self.sources.items(), MAX_SOURCES)
            },
            "issues": dict(self.issues),
            "copies_per_hour": round(estimate.copies_per_hour) if estimate else None,
            "seconds_per_copy": round(estimate.mean_seconds, 1) if estimate else None,
            "lane_width": estimate.width if estimate else None,
        }

    def _expectation(self) -> str:
        """Return the rate, and when the last copy ends, as sentences; no text if nothing is left, or known."""
        if self.estimate is None or not self.left:
            return ""
        left = self.estimate.seconds_left
        end = datetime.fromtimestamp(self.now.timestamp() + left, UTC)
        day = "" if end.date() == self.now.astimezone(UTC).date() else f"{end:%Y-%m-%d} "
        at_once = f", {self.estimate.width} at once" if self.estimate.width > 1 else ""
        return (
            f" {math.ceil(self.estimate.copies_per_hour):,} copies per hour{at_once}; the last one ends in about "
            f"{format_duration(left)}, at {day}{end:%H:%M} UTC."
        )


def summarize_batch(ledger: BatchLedger, now: datetime) -> BatchSummary:
    """Return where a batch is, in four queries.

    :param ledger: The ledger of the batch.
    :param now: The current time.
    """
    counts, sources = ledger.counts(), ledger.counts_by_source()
    in_flight = sum(counts.get(state, 0) for state in IN_FLIGHT)
    submitted = ledger.last_submitted(MAX_ENDS + in_flight)
    return BatchSummary(
        batch=ledger.batch_name,
        counts=counts,
        sources=sources,
        issues=ledger.issue_counts(),
        estimate=estimate_lane([*_submitted(submitted), *_to_submit(sources)], now.timestamp()),
        now=now,
    )


def lane_history(ledger: BatchLedger, now: datetime) -> LaneEstimate | None:
    """Return what earlier copies of a batch tell of its lane; ``None`` if too few have ended.

    :param ledger: The ledger of the batch; its tables must exist.
    :param now: The current time.
    """
    return estimate_lane(list(_submitted(ledger.last_submitted(MAX_ENDS))), now.timestamp())


def states_in_words(counts: Mapping[CopyState, int]) -> str:
    """Return counts by state in words."""
    return ", ".join(f"{count:,} {str(state).replace('_', ' ')}" for state, count in counts.items()) or "no copies"


def _submitted(records: Iterable[tuple[str, datetime, datetime | None]]) -> Iterable[LaneCopy]:
    for source, submitted_at, ended_at in records:
        began = submitted_at.timestamp()
        ended = ended_at.timestamp() if ended_at is not None and ended_at >= submitted_at else None
        yield LaneCopy(source, began, ended)


def _to_submit(sources: Mapping[str, Mapping[CopyState, int]]) -> Iterable[LaneCopy]:
    """Yield the copies that are to be submitted, those of the sources in turn."""
    left = {source: sum(states.get(state, 0) for state in TO_SUBMIT) for source, states in sources.items()}
    while left := {source: count for source, count in left.items() if count}:
        for source in left:
            yield LaneCopy(source)
            left[source] -= 1


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
