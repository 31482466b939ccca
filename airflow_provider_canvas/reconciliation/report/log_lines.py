"""The stale links of a course or a term in a few lines, for the log of a task."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_canvas.html.formats import format_count
from airflow_provider_canvas.reconciliation.report.problems import problem_segments


def stale_link_lines(counts: Mapping[str, int], repairable: int) -> list[str]:
    """Return how many stale links there are, how many can be repaired, and how many have each problem.

    :param counts: The number of links by problem.
    :param repairable: The number of links that a repair can change.
    """
    total = sum(counts.values())
    if not total:
        return ["No stale links."]
    lines = [f"{format_count(total, 'stale link')}. {repairable_sentence(total, repairable)}"]
    return lines + [f"{segment.count:,} x {segment.label.lower()}" for segment in problem_segments(counts)]


def repairable_sentence(total: int, repairable: int) -> str:
    """Return how many of some stale links can be repaired, and what to do with the others.

    :param total: The number of stale links.
    :param repairable: The number of those that a repair can change.
    """
    by_hand = total - repairable
    if not repairable:
        return "The right target of none is known: correct them by hand."
    known = "The right target of all is known" if not by_hand else f"The right target of {repairable:,} is known"
    repair = "CanvasRepairLinksOperator can change them"
    return f"{known}: {repair}." if not by_hand else f"{known}: {repair}. Correct the other {by_hand:,} by hand."
