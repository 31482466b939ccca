"""The content of a batch's report, ready for the template, which only loops over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from airflow_provider_canvas.html.bars import Bar, Segment
from airflow_provider_canvas.html.formats import format_count, format_duration, format_time
from airflow_provider_canvas.ledger.copy_row import BatchRow
from airflow_provider_canvas.ledger.states import IN_FLIGHT, SUCCEEDED, UNSUCCESSFUL, CopyState
from airflow_provider_canvas.rollover.report.lines import CopyLine, IssueLine, issue_lines
from airflow_provider_canvas.rollover.report.meanings import MEANINGS, NEEDS_ADVICE, label, segments
from airflow_provider_canvas.rollover.report.time_line import TimeLine, draw_time_line
from airflow_provider_canvas.rollover.report.totals import IssueTotals, Totals

MAX_UNFOLDED_SOURCES = 20
MAX_REASONS = 5
MAX_DESCRIPTIONS = 20


@dataclass(frozen=True)
class Advice:
    """What to do about the copies in one state.

    :param segment: The state and the number of its copies.
    :param explanation: What happened.
    :param advice: What to do.
    :param reasons: The most frequent reasons, with the number of copies of each.
    :param others: The number of other reasons.
    """

    segment: Segment
    explanation: str
    advice: str
    reasons: Sequence[tuple[str, int]]
    others: int


@dataclass(frozen=True)
class Comparison:
    """A number that the plan predicted, and what was really used.

    :param name: What is counted.
    :param predicted: The prediction; None without one.
    :param used: What was used; None if it is not known.
    """

    name: str
    predicted: str | None
    used: str | None


@dataclass(frozen=True)
class BatchPage:
    """Everything on the page, in order.

    :param batch: The name of the batch.
    :param canvas_instance: The host of the Canvas.
    :param reported_at: When the page was written.
    :param verdict: ``pass``, ``warn`` or ``fail``, for its colour.
    :param badge: The verdict in a word.
    :param headline: The verdict in one sentence.
    :param subline: The numbers behind it.
    :param share: The share of courses that have their content; None without copies.
    :param facts: Pairs of a label and a text.
    :param total: The bar of all copies.
    :param sources: The bars of the sources that are shown.
    :param more_sources: The bars of the sources that are folded.
    :param time_line: The time line; None if nothing was submitted.
    :param comparisons: What was predicted and used.
    :param advice: What to do, by state.
    :param labels: The names of the label columns.
    :param first_lines: The lines that are shown.
    :param other_lines: The lines that are folded, which can be read once.
    :param line_count: The number of copies.
    :param issue_count: The number of issues.
    :param descriptions: The most frequent descriptions of issues: type, description, number.
    :param other_descriptions: The number of other descriptions.
    :param issues: The first issues.
    :param run_ids: The DAG runs that worked on the batch.
    """

    batch: str
    canvas_instance: str
    reported_at: str
    verdict: str
    badge: str
    headline: str
    subline: str
    share: str | None
    facts: Sequence[tuple[str, str]]
    total: Bar
    sources: Sequence[Bar]
    more_sources: Sequence[Bar]
    time_line: TimeLine | None
    comparisons: Sequence[Comparison]
    advice: Sequence[Advice]
    labels: Sequence[str]
    first_lines: Sequence[CopyLine]
    other_lines: Iterable[CopyLine]
    line_count: int
    issue_count: int
    descriptions: Sequence[tuple[str, str, int]]
    other_descriptions: int
    issues: Sequence[IssueLine]
    run_ids: str


def build_page(
    batch: BatchRow,
    totals: Totals,
    issues: IssueTotals,
    first_lines: Sequence[CopyLine],
    other_lines: Iterable[CopyLine],
    *,
    canvas_instance: str,
    base_url: str,
    reported_at: datetime,
) -> BatchPage:
    """Return the content of the report.

    :param batch: The batch.
    :param totals: The totals of its copies.
    :param issues: The totals of its issues.
    :param first_lines: The lines that are shown.
    :param other_lines: The lines that are folded.
    :param canvas_instance: The host of the Canvas.
    :param base_url: The base URL of Canvas.
    :param reported_at: When the page is written.
    """
    counts = totals.counts
    verdict, badge = _verdict(totals)
    sources = _source_bars(totals)
    run_ids = list(totals.runs)
    most = issues.descriptions.most_common(MAX_DESCRIPTIONS)
    return BatchPage(
        batch=batch.batch,
        canvas_instance=canvas_instance,
        reported_at=format_time(reported_at) or "",
        verdict=verdict,
        badge=badge,
        headline=_headline(totals),
        subline=_subline(totals),
        share=f"{_percent(_count(totals, SUCCEEDED), counts.total()):g} %" if counts else None,
        facts=_facts(batch, totals),
        total=Bar("All copies", _caption(counts), segments(counts)),
        sources=sources[:MAX_UNFOLDED_SOURCES],
        more_sources=sources[MAX_UNFOLDED_SOURCES:],
        time_line=draw_time_line(totals.submitted, totals.ended, reported_at if _is_active(totals) else None),
        comparisons=_comparisons(batch, totals),
        advice=[_advice(totals, state) for state in NEEDS_ADVICE if counts[state]],
        labels=list(totals.labels),
        first_lines=first_lines,
        other_lines=other_lines,
        line_count=counts.total(),
        issue_count=issues.count,
        descriptions=[(kind, description, count) for (kind, description), count in most],
        other_descriptions=len(issues.descriptions) - len(most),
        issues=issue_lines(issues.first, base_url),
        run_ids=", ".join(run_ids[-3:]),
    )


def _count(totals: Totals, states: Iterable[CopyState]) -> int:
    return sum(totals.counts[state] for state in states)


def _percent(part: int, whole: int) -> float:
    """Return a percentage rounded down, so that only all are 100 %."""
    return int(1000 * part / whole) / 10


def _is_active(totals: Totals) -> bool:
    return _count(totals, IN_FLIGHT) > 0


def _verdict(totals: Totals) -> tuple[str, str]:
    counts = totals.counts
    if _count(totals, UNSUCCESSFUL):
        verdict = "fail"
    elif _count(totals, (CopyState.REFUSED, CopyState.NOT_TRIED, CopyState.COMPLETED_WITH_ISSUES)):
        verdict = "warn"
    else:
        verdict = "pass"
    if _is_active(totals) or counts[CopyState.PLANNED]:
        return verdict, "in progress" if totals.submitted else "planned"
    return verdict, {"pass": "complete", "warn": "check", "fail": "failures"}[verdict]


def _headline(totals: Totals) -> str:
    total = totals.counts.total()
    if not total:
        return "The batch has no copies."
    have = _count(totals, SUCCEEDED)
    if have == total:
        return f"All {total:,} courses have their content." if total > 1 else "The course has its content."
    return f"{have:,} of {format_count(total, 'course')} {'has' if have == 1 else 'have'} their content."


def _subline(totals: Totals) -> str:
    words = {
        CopyState.FAILED: "failed",
        CopyState.BLOCKED: "blocked",
        CopyState.LOST: "lost",
        CopyState.CANCELLED: "cancelled",
        CopyState.REFUSED: "refused by the plan",
        CopyState.NOT_TRIED: "not tried",
        CopyState.PLANNED: "to be submitted",
    }
    counts = {text: totals.counts[state] for state, text in words.items()}
    counts["in flight"] = _count(totals, IN_FLIGHT)
    counts["completed with issues"] = totals.counts[CopyState.COMPLETED_WITH_ISSUES]
    parts = [f"{count:,} {text}" for text, count in counts.items() if count]
    return f"{', '.join(parts)}." if parts else "None failed, and Canvas reports no issue."


def _caption(counts: dict[CopyState, int]) -> str:
    have = sum(count for state, count in counts.items() if state in SUCCEEDED)
    return f"{have:,} of {sum(counts.values()):,}"


def _source_bars(totals: Totals) -> list[Bar]:
    """Return a bar for each source: those with most copies without content first."""

    def order(counts: dict[CopyState, int]) -> tuple[int, int]:
        return -sum(count for state, count in counts.items() if state not in SUCCEEDED), -sum(counts.values())

    sources = sorted(totals.sources.values(), key=lambda source: (*order(source.counts), source.name))
    return [Bar(source.name, _caption(source.counts), segments(source.counts)) for source in sources]


def _facts(batch: BatchRow, totals: Totals) -> list[tuple[str, str]]:
    issues = ", ".join(format_count(count, kind) for kind, count in totals.issues.items() if count)
    facts = {
        "Planned": format_time(batch.created_at),
        "First submitted": format_time(min(totals.submitted, default=None)),
        "Last ended": format_time(max((time for time, _ in totals.ended), default=None)),
        "A copy took": _typical(totals.seconds),
        "Submitted more than once": f"{totals.repeated:,}" if totals.repeated else None,
        "Started by others": f"{totals.started_by_other:,}" if totals.started_by_other else None,
        "Unresolved issues": issues or None,
    }
    return [(name, value) for name, value in facts.items() if value]


def _typical(seconds: list[float]) -> str | None:
    if not seconds:
        return None
    middle, longest = format_duration(median(seconds)), format_duration(max(seconds))
    return middle if middle == longest else f"{middle} (median), {longest} at most"


def _comparisons(batch: BatchRow, totals: Totals) -> list[Comparison]:
    used = None
    if totals.submitted and totals.ended and not _is_active(totals):
        used = max(time for time, _ in totals.ended) - min(totals.submitted)
    return [
        Comparison("Requests", _number(batch.planned_requests), _number(batch.used_requests)),
        Comparison("Rate-limit cost", _number(batch.planned_cost), _number(batch.used_cost)),
        Comparison(
            "First submission to last end",
            format_duration(batch.planned_seconds),
            format_duration(used.total_seconds()) if used else None,
        ),
    ]


def _number(number: float | None) -> str | None:
    return None if number is None else f"{round(number):,}"


def _advice(totals: Totals, state: CopyState) -> Advice:
    meaning, reasons = MEANINGS[state], totals.reasons[state]
    most = reasons.most_common(MAX_REASONS)
    return Advice(
        Segment(str(state), meaning.symbol, label(state), totals.counts[state]),
        meaning.explanation,
        meaning.advice,
        most,
        len(reasons) - len(most),
    )
