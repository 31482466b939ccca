"""Render the changes of a repair as one self-contained HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from airflow_provider_canvas.html.bars import Bar, Segment
from airflow_provider_canvas.html.formats import format_count, format_time
from airflow_provider_canvas.html.links import course_link, safe_link
from airflow_provider_canvas.html.pages import load_page
from airflow_provider_canvas.reconciliation.links.stale_link import Problem
from airflow_provider_canvas.reconciliation.report.problems import PROBLEMS
from airflow_provider_canvas.reconciliation.report.stale_links import PLACES
from airflow_provider_canvas.repair.lines import ChangeLine
from airflow_provider_canvas.repair.states import MEANINGS, SKIPPED, RepairState

MAX_UNFOLDED = 200
"""How many changes the page shows before it is asked for more."""

_PIECES_PER_PART = 100
_SUCCEEDED = (RepairState.PLANNED, RepairState.REPAIRED, RepairState.UNDONE, RepairState.UNCHANGED)


@dataclass(frozen=True)
class Advice:
    """What the changes in one state mean.

    :param segment: The state and the number of its changes.
    :param explanation: What happened, and what to do.
    :param reasons: The most frequent details, with the number of changes of each.
    """

    segment: Segment
    explanation: str
    reasons: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Row:
    """A line of the table of changes.

    :param line: The change.
    :param state: The state for people.
    :param symbol: The character of the state.
    :param course_link: The page of the course.
    :param place_link: The page of the place.
    :param place: The place in words.
    :param kind: The type of the place in words.
    :param problem: The problem in words.
    """

    line: ChangeLine
    state: str
    symbol: str
    course_link: str | None
    place_link: str | None
    place: str
    kind: str
    problem: str


@dataclass(frozen=True)
class RepairPage:
    """Everything on the page, in order.

    :param title: What the run did.
    :param canvas_instance: The host of the Canvas.
    :param reported_at: When the page was written.
    :param verdict: ``pass``, ``warn`` or ``fail``, for its colour.
    :param badge: The verdict in a word.
    :param headline: The verdict in one sentence.
    :param subline: The numbers behind it.
    :param facts: Pairs of a label and a text.
    :param total: The bar of all changes.
    :param problems: The bars of the problems.
    :param advice: What the states mean.
    :param rows: The changes.
    :param max_unfolded: How many of them the page shows at first.
    :param run_id: The run.
    """

    title: str
    canvas_instance: str
    reported_at: str
    verdict: str
    badge: str
    headline: str
    subline: str
    facts: Sequence[tuple[str, str]]
    total: Bar
    problems: Sequence[Bar]
    advice: Sequence[Advice]
    rows: Sequence[Row]
    max_unfolded: int
    run_id: str


def render_repair_report(
    lines: Sequence[ChangeLine],
    *,
    canvas_instance: str,
    base_url: str,
    run_id: str,
    dry_run: bool,
    undo: str | None,
    backup_path: str | None,
    reported_at: datetime,
) -> Iterator[str]:
    """Return the HTML report of a repair in parts.

    :param lines: The changes.
    :param canvas_instance: The host of the Canvas.
    :param base_url: The base URL of Canvas, for the links.
    :param run_id: The run.
    :param dry_run: Whether nothing was changed.
    :param undo: The run or the backups that were taken back; ``None`` for a repair.
    :param backup_path: Where the backups are.
    :param reported_at: The time that the page shows.
    """
    counts = Counter(line.state for line in lines)
    verdict, badge = _verdict(counts, dry_run=dry_run)
    order = list(MEANINGS)
    title = f"Undo of {undo}" if undo else "Repair of links"
    facts = {
        "Places": f"{len({(line.course_id, line.place_type, line.place_id) for line in lines}):,}",
        "Courses": f"{len({line.course_id for line in lines}):,}",
        "Backups": backup_path,
    }
    page = RepairPage(
        title=f"{title}, dry run" if dry_run else title,
        canvas_instance=canvas_instance,
        reported_at=format_time(reported_at) or "",
        verdict=verdict,
        badge=badge,
        headline=_headline(counts, dry_run=dry_run, undo=undo is not None),
        subline=_subline(counts),
        facts=[(name, value) for name, value in facts.items() if value],
        total=Bar("All changes", f"{len(lines):,}", _segments(counts)),
        problems=_problem_bars(lines),
        advice=[_advice(lines, state, counts[state]) for state in order if counts[state]],
        rows=[_row(line, base_url) for line in sorted(lines, key=lambda line: (order.index(line.state), line))],
        max_unfolded=MAX_UNFOLDED,
        run_id=run_id,
    )
    stream = load_page(Path(__file__).parent, "repair.html.j2").stream(page=page)
    stream.enable_buffering(_PIECES_PER_PART)
    return stream


def _verdict(counts: Counter[RepairState], *, dry_run: bool) -> tuple[str, str]:
    if counts[RepairState.FAILED] or counts[RepairState.REPAIRING]:
        return "fail", "failures"
    if any(counts[state] for state in SKIPPED):
        return "warn", "check"
    return "pass", "dry run" if dry_run else "complete"


def _headline(counts: Counter[RepairState], *, dry_run: bool, undo: bool) -> str:
    total = counts.total()
    if not total:
        return "There is nothing to take back." if undo else "There is no stale link whose right address is known."
    if dry_run:
        planned = counts[RepairState.PLANNED]
        verb = "taken back" if undo else "made"
        return f"{planned:,} of {format_count(total, 'change')} would be {verb}."
    if undo:
        undone = counts[RepairState.UNDONE]
        return f"{undone:,} of {format_count(total, 'change')} {'is' if undone == 1 else 'are'} taken back."
    done = counts[RepairState.REPAIRED]
    return f"{done:,} of {format_count(total, 'link')} {'is' if done == 1 else 'are'} repaired."


def _subline(counts: Counter[RepairState]) -> str:
    parts = [
        f"{counts[state]:,} {meaning.label}"
        for state, meaning in MEANINGS.items()
        if counts[state] and state not in (RepairState.REPAIRED, RepairState.PLANNED, RepairState.UNDONE)
    ]
    return f"{', '.join(parts)}." if parts else "Nothing was skipped, and nothing failed."


def _segments(counts: Counter[RepairState]) -> list[Segment]:
    order = [*_SUCCEEDED, *(state for state in MEANINGS if state not in _SUCCEEDED)]
    return [
        Segment(str(state), MEANINGS[state].symbol, MEANINGS[state].label, counts[state])
        for state in order
        if counts[state]
    ]


def _problem_bars(lines: Sequence[ChangeLine]) -> list[Bar]:
    problems = Counter(line.problem for line in lines)
    return [
        Bar(
            problem_label(problem),
            f"{count:,}",
            _segments(Counter(line.state for line in lines if line.problem == problem)),
        )
        for problem, count in problems.most_common()
    ]


def problem_label(problem: str) -> str:
    """Return a problem in a few words.

    :param problem: The problem.
    """
    known = problem in [each.value for each in Problem]
    return PROBLEMS[Problem(problem)].label if known else problem.replace("_", " ")


def _advice(lines: Sequence[ChangeLine], state: RepairState, count: int) -> Advice:
    meaning = MEANINGS[state]
    details = Counter(line.detail for line in lines if line.state is state)
    return Advice(
        Segment(str(state), meaning.symbol, meaning.label, count), meaning.explanation, details.most_common(3)
    )


def _row(line: ChangeLine, base_url: str) -> Row:
    meaning = MEANINGS[line.state]
    kind = PLACES.get(line.place_type, line.place_type.replace("_", " "))
    return Row(
        line=line,
        state=meaning.label,
        symbol=meaning.symbol,
        course_link=course_link(base_url, line.course_id),
        place_link=safe_link(base_url, line.place_url),
        place=line.place_title or f"{kind} {line.place_id}",
        kind=kind,
        problem=problem_label(line.problem),
    )
