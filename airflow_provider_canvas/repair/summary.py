"""The result of a repair: counts, the plan in words, and the thresholds above which the task fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.html.formats import format_count
from airflow_provider_canvas.repair.lines import CLEARED_DATES, ChangeLine
from airflow_provider_canvas.repair.states import MEANINGS, SKIPPED, RepairState

MAX_SHOWN = 50
"""How many changes the text and the log show; the table and the report have all."""

ALL_SKIPPED = "skipped"
"""The threshold for all changes that were skipped."""

THRESHOLDS = (*(str(state) for state in (RepairState.FAILED, *SKIPPED, RepairState.UNCHANGED)), ALL_SKIPPED)
"""What ``fail_if`` may name."""


def counts_of(lines: Sequence[ChangeLine]) -> dict[str, int]:
    """Return the number of changes by state; states without a change are left out.

    :param lines: The changes.
    """
    counts = Counter(line.state for line in lines)
    return {str(state): counts[state] for state in MEANINGS if counts[state]}


def problems_of(lines: Sequence[ChangeLine]) -> dict[str, int]:
    """Return the number of changes by problem, the most frequent first.

    :param lines: The changes.
    """
    return dict(Counter(line.problem for line in lines).most_common())


def text_of(lines: Sequence[ChangeLine], *, dry_run: bool, undo: bool) -> str:
    """Return the result in words, for the body of an approval.

    :param lines: The changes.
    :param dry_run: Whether it is a plan.
    :param undo: Whether changes are taken back.
    """
    places = format_count(len({(line.course_id, line.place_type, line.place_id) for line in lines}), "place")
    courses = format_count(len({line.course_id for line in lines}), "course")
    title = "Dry run, nothing was changed" if dry_run else "Done"
    what = f"the undo of {format_count(len(lines), 'change')}" if undo else format_count(len(lines), "change")
    head = f"{title}: {what} in {places} of {courses}."
    states = [f"{count:,} {MEANINGS[RepairState(state)].label}" for state, count in counts_of(lines).items()]
    problems = [f"{count:,} {problem}" for problem, count in problems_of(lines).items()]
    parts = [head, f"States: {', '.join(states) or 'none'}.", f"Problems: {', '.join(problems) or 'none'}."]
    if clearing := {line.course_id for line in lines if line.detail.endswith(CLEARED_DATES)}:
        verb = "would clear" if dry_run else "cleared"
        count = format_count(len(clearing), "course")
        parts.append(f"Dates: with the syllabus, Canvas {verb} dates of {count}. The report names them.")
    return "\n".join([*parts, "", *shown(lines)])


def shown(lines: Sequence[ChangeLine]) -> list[str]:
    """Return the first changes, one per line, and how many more there are.

    :param lines: The changes.
    """
    more = len(lines) - MAX_SHOWN
    rest = [f"... and {more:,} more: see the table canvas_link_repair, or the report."] if more > 0 else []
    return [*(str(line) for line in lines[:MAX_SHOWN]), *rest]


def check_fail_if(fail_if: Mapping[str, Any]) -> None:
    """Check the thresholds.

    :param fail_if: The largest allowed number by state.
    :raises CanvasInputError: For an unknown name, and for a value that is no number.
    """
    for name, value in fail_if.items():
        if name not in THRESHOLDS:
            raise CanvasInputError(f"fail_if has {name!r}: write one of {', '.join(THRESHOLDS)}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise CanvasInputError(f"fail_if[{name!r}] is {value!r}: write a number of 0 or more.")


def exceeded(lines: Sequence[ChangeLine], fail_if: Mapping[str, float]) -> list[str]:
    """Return which thresholds are exceeded, in words.

    :param lines: The changes.
    :param fail_if: The largest allowed number by state.
    """
    counts: dict[str, int] = counts_of(lines)
    counts[ALL_SKIPPED] = sum(counts.get(state, 0) for state in SKIPPED)
    return [
        f"{counts[name]:,} changes are {name.replace('_', ' ')}, and {most:g} are allowed"
        for name, most in fail_if.items()
        if counts.get(name, 0) > most
    ]
