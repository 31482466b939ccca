"""The result of a plan: the rows for the ledger, counts, a small dict for XCom, and a table in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.html.formats import format_count, format_duration
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.rollover.verdicts import WORDS, Verdict

MAX_DETAILS = 10
"""How many rows the log and the text of the result describe; the others are counted."""

MAX_DETAIL = 400
"""The longest description of a row there, in characters."""


@dataclass(frozen=True, kw_only=True)
class PlanResult:
    """What a plan found.

    :param batch: The name of the batch.
    :param canvas_instance: The host of the Canvas.
    :param rows: A row of the ledger per row of the input, with its verdict and the state that follows from it.
    :param removed: The rows of an earlier plan that were never tried, and that the input has no longer: they are
        removed from the batch.
    :param left_out: The rows that were tried, and that the input has no longer: they stay as they are.
    :param forecast: What copying is expected to take: ``requests``, ``cost`` and ``seconds``.
    :param dry_run: Whether nothing was written.
    """

    batch: str
    canvas_instance: str
    rows: Sequence[CopyRow]
    removed: Sequence[CopyRow] = ()
    left_out: Sequence[CopyRow] = ()
    forecast: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False

    @property
    def counts(self) -> dict[Verdict, int]:
        """The number of rows of the input by verdict, in the order of the verdicts."""
        found = Counter(row.plan_verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in Verdict if verdict in found}

    @property
    def copies(self) -> int:
        """The number of rows that are to be copied."""
        return sum(row.state is CopyState.PLANNED for row in self.rows)

    @property
    def refused(self) -> int:
        """The number of rows that the plan refuses."""
        return sum(row.state is CopyState.REFUSED for row in self.rows)

    def as_xcom(self) -> dict[str, Any]:
        """Return the result of the task. ``text`` is the plan in words, for the body of an approval."""
        return {
            "canvas_instance": self.canvas_instance,
            "batch": self.batch,
            "dry_run": self.dry_run,
            "rows": len(self.rows),
            "copies": self.copies,
            "refused": self.refused,
            "verdicts": {str(verdict): number for verdict, number in self.counts.items()},
            "removed": len(self.removed),
            "left_out": len(self.left_out),
            "forecast": dict(self.forecast),
            "text": "\n".join(self.lines()),
        }

    def lines(self) -> Iterator[str]:
        """Yield the plan in plain words: a headline, a table of verdicts, and the first rows that need a decision."""
        yield self.headline()
        verdicts = Counter((row.plan_verdict, row.state is CopyState.PLANNED) for row in self.rows)
        for verdict in Verdict:
            for copied in (True, False):
                if number := verdicts[verdict, copied]:
                    yield f"{number:>7,}  {verdict:<19}  {'copied' if copied else 'not copied':<10}  {WORDS[verdict]}"
        told = [row for row in self.rows if row.plan_verdict not in _NOT_TOLD]
        # The rows that are not copied come first.
        told.sort(key=lambda row: row.state is CopyState.PLANNED)
        for row in told[:MAX_DETAILS]:
            yield f"Line {row.row_number}, {row.plan_verdict}: {_short(row.plan_detail or '')}"
        if len(told) > MAX_DETAILS:
            more = len(told) - MAX_DETAILS
            others = "1 more row has" if more == 1 else f"{more:,} more rows have"
            yield f"{others} such a verdict: the ledger has them all."
        if self.removed:
            yield f"Removed from the batch, because the input no longer has them: {_names(self.removed)}."
        if self.left_out:
            yield f"Tried before, and no longer in the input: {_names(self.left_out)}. They stay as they are."

    def headline(self) -> str:
        """Return the plan in one sentence."""
        what = f"Plan of batch {self.batch!r}" + (", a dry run that writes nothing" if self.dry_run else "")
        others = len(self.rows) - self.copies - self.refused
        return (
            f"{what}: {_rows(len(self.rows))}; {self.copies:,} to copy, {self.refused:,} refused, {others:,} need none."
            f"{_expected(self.forecast)}"
        )


_NOT_TOLD = (Verdict.WILL_COPY, Verdict.ALREADY_COPIED)
"""The verdicts whose rows need no description."""


def _expected(forecast: Mapping[str, Any]) -> str:
    """Return what copying is expected to take, if that is known."""
    if not forecast.get("requests"):
        return ""
    duration = format_duration(float(forecast.get("seconds") or 0))
    return f" Expected: {format_count(forecast['requests'], 'request')}, {duration}."


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _names(rows: Sequence[CopyRow]) -> str:
    shown = ", ".join(row.dest_as_written or row.dest_course_id for row in rows[:MAX_DETAILS])
    return shown + (f", and {len(rows) - MAX_DETAILS:,} more" if len(rows) > MAX_DETAILS else "")


def _short(text: str) -> str:
    return text if len(text) <= MAX_DETAIL else f"{text[: MAX_DETAIL - 1]}…"
