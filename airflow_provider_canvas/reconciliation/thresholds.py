"""The thresholds above which a reconciliation fails its task.

``fail_if={"missing": 0, "errors": 0, "coverage_below": 98}`` fails when more than 0 assets are missing, when Canvas
reports more than 0 errors, or when fewer than 98 % of the expected assets arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow_provider_canvas.api.fail_if import parse_limits
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.reconciliation.summary import Summary

COVERAGE_BELOW = "coverage_below"
_SHORT_NAMES: Mapping[str, Status] = {"missing": Status.MISSING_IN_DESTINATION}
_ISSUE_TYPES: Mapping[str, tuple[str, ...]] = {
    "errors": ("error",),
    "warnings": ("warning",),
    "todos": ("todo",),
    "issues": ("error", "warning", "todo"),
}
FAIL_IF_KEYS: tuple[str, ...] = (*map(str, Status), *_SHORT_NAMES, *_ISSUE_TYPES, COVERAGE_BELOW)


def check_fail_if(fail_if: Mapping[str, int | float]) -> None:
    """Check the thresholds, before any request.

    :param fail_if: Thresholds by key, one of ``FAIL_IF_KEYS``.
    :raises CanvasInputError: If a key is unknown (the message suggests the nearest one), or a value is not a number
        from 0.
    """
    parse_limits(fail_if, FAIL_IF_KEYS, texts=False)


def exceeded_thresholds(
    summary: Summary, issues: Iterable[Mapping[str, Any]], fail_if: Mapping[str, int | float]
) -> list[str]:
    """Return a sentence for each threshold that is exceeded; an empty list is a pass.

    A count fails when it is greater than its threshold; ``coverage_below`` when the percentage is lower, and never
    when nothing was expected.

    :param summary: The counts.
    :param issues: Canvas's MigrationIssue objects; resolved ones do not count.
    :param fail_if: Thresholds by key.
    :raises CanvasInputError: As :func:`check_fail_if` does.
    """
    limits = parse_limits(fail_if, FAIL_IF_KEYS, texts=False)
    unresolved = Summary.from_rows((), issues).issues
    messages = []
    for key, limit in limits.items():
        if key == COVERAGE_BELOW:
            total = summary.total
            if 100 * total.arrived < limit.number * total.expected:
                messages.append(
                    f"{key}: {total.arrived} of {total.expected} expected assets arrived "
                    f"({summary.coverage} %), at least {limit} % are required"
                )
            continue
        if key in _ISSUE_TYPES:
            count, noun = sum(unresolved.get(kind, 0) for kind in _ISSUE_TYPES[key]), "unresolved in Canvas"
        else:
            count, noun = summary.count(_SHORT_NAMES.get(key) or Status(key)), "assets"
        if limit.is_exceeded(count, 0):
            messages.append(f"{key}: {count} {noun}, at most {limit} allowed")
    return messages
