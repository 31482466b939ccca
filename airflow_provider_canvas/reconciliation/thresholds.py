"""The thresholds above which a reconciliation fails its task.

``fail_if={"missing": 0, "errors": 0, "coverage_below": 98}`` fails when more than 0 assets are missing, when Canvas
reports more than 0 errors, or when fewer than 98 % of the expected assets arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.fail_if import parse_limits
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.reconciliation.summary import Summary, percent

COVERAGE_BELOW = "coverage_below"
_SHORT_NAMES: Mapping[str, Status] = {"missing": Status.MISSING_IN_DESTINATION}
_ISSUE_TYPES: Mapping[str, tuple[str, ...]] = {
    "errors": ("error",),
    "warnings": ("warning",),
    "todos": ("todo",),
    "issues": ("error", "warning", "todo"),
}
_FURTHER: Mapping[str, str] = {
    "stale_links": "links that do not lead where they should",
    "repairable_links": "stale links that a repair can change",
    "changed_since_copy": "assets edited since the copy",
}
FAIL_IF_KEYS: tuple[str, ...] = (*map(str, Status), *_SHORT_NAMES, *_ISSUE_TYPES, *_FURTHER, COVERAGE_BELOW)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What thresholds limit, of one course or of a term.

    :param statuses: Number of rows by status.
    :param issues: Number of Canvas's unresolved issues by type.
    :param expected: Number of assets that were to arrive.
    :param arrived: Number of assets that arrived.
    :param further: Number of stale links, of repairable ones, and of assets edited since the copy, by key.
    """

    statuses: Mapping[str, int] = field(default_factory=dict)
    issues: Mapping[str, int] = field(default_factory=dict)
    expected: int = 0
    arrived: int = 0
    further: Mapping[str, int] = field(default_factory=dict)


def check_fail_if(fail_if: Mapping[str, int | float]) -> None:
    """Check the thresholds, before any request.

    :param fail_if: Thresholds by key, one of ``FAIL_IF_KEYS``.
    :raises CanvasInputError: If a key is unknown (the message suggests the nearest one), or a value is not a number
        from 0, or of ``coverage_below`` above 100.
    """
    limit = parse_limits(fail_if, FAIL_IF_KEYS, texts=False).get(COVERAGE_BELOW)
    if limit is not None and not limit.number <= 100:
        raise CanvasInputError(f"fail_if['{COVERAGE_BELOW}'] is {limit}; write a percentage from 0 to 100, such as 98")


def exceeded_thresholds(
    summary: Summary, issues: Iterable[Mapping[str, Any]], fail_if: Mapping[str, int | float]
) -> list[str]:
    """Return a sentence for each threshold that the reconciliation of one course exceeds; an empty list is a pass.

    :param summary: The counts.
    :param issues: Canvas's MigrationIssue objects; resolved ones do not count.
    :param fail_if: Thresholds by key.
    :raises CanvasInputError: As :func:`check_fail_if` does.
    """
    counts = Counts(
        statuses={str(status): count for status, count in summary.statuses.items()},
        issues=Summary.from_rows((), issues).issues,
        expected=summary.total.expected,
        arrived=summary.total.arrived,
        further={
            "stale_links": sum(summary.stale_links.values()),
            "repairable_links": summary.repairable_links,
            "changed_since_copy": summary.changed_since_copy,
        },
    )
    return exceeded_by(counts, fail_if)


def exceeded_by(counts: Counts, fail_if: Mapping[str, int | float]) -> list[str]:
    """Return a sentence for each threshold that counts exceed; an empty list is a pass.

    A count fails when it is greater than its threshold; ``coverage_below`` when the percentage is lower, and never
    when nothing was expected.

    :param counts: The counts.
    :param fail_if: Thresholds by key.
    :raises CanvasInputError: As :func:`check_fail_if` does.
    """
    messages = []
    for key, limit in parse_limits(fail_if, FAIL_IF_KEYS, texts=False).items():
        if key == COVERAGE_BELOW:
            if 100 * counts.arrived < limit.number * counts.expected:
                messages.append(
                    f"{key}: {counts.arrived} of {counts.expected} expected assets arrived "
                    f"({percent(counts.arrived, counts.expected)} %), at least {limit} % are required"
                )
            continue
        if key in _ISSUE_TYPES:
            count, noun = sum(counts.issues.get(kind, 0) for kind in _ISSUE_TYPES[key]), "unresolved in Canvas"
        elif key in _FURTHER:
            count, noun = counts.further.get(key, 0), _FURTHER[key]
        else:
            count, noun = counts.statuses.get(str(_SHORT_NAMES.get(key, key)), 0), "assets"
        if limit.is_exceeded(count, 0):
            messages.append(f"{key}: {count} {noun}, at most {limit} allowed")
    return messages
