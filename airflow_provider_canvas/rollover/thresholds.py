"""The thresholds above which a batch of copies fails its task.

``fail_if={"failed": "2 %", "not_tried": 0, "issues_error": 5}`` fails when more than 2 % of the copies failed, when a
copy was not tried, or when Canvas reports more than 5 errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from airflow_provider_canvas.api.fail_if import Limit, parse_limits
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import UNSUCCESSFUL, CopyState

UNSUCCESSFUL_KEY = "unsuccessful"
"""All copies that were tried without success: failed, blocked, cancelled and lost ones."""

ISSUE_KEYS: Mapping[str, tuple[str, ...]] = {
    "issues_error": ("error",),
    "issues_warning": ("warning",),
    "issues_todo": ("todo",),
    "issues": ("error", "warning", "todo"),
    # As `fail_if` of a reconciliation names them.
    "errors": ("error",),
    "warnings": ("warning",),
    "todos": ("todo",),
}
"""Issues by the key of their threshold."""

FAIL_IF_KEYS: tuple[str, ...] = (*map(str, CopyState), UNSUCCESSFUL_KEY, *ISSUE_KEYS)

MAX_ROWS = 5
"""How many copies a sentence names."""

MAX_REASON = 200
"""The longest reason of one, in characters."""


def check_fail_if(fail_if: Mapping[str, Any]) -> dict[str, Limit]:
    """Return the thresholds, checked, before any request.

    :param fail_if: Counts, or percentages of all copies such as ``2 %``, by key; the keys are ``FAIL_IF_KEYS``.
    :raises CanvasInputError: If a key is unknown (the message suggests the nearest one), or a value is no number.
    """
    return parse_limits(fail_if, FAIL_IF_KEYS, texts=True)


def states_of(key: str) -> frozenset[CopyState]:
    """Return the states that a threshold counts; none if it counts issues."""
    if key == UNSUCCESSFUL_KEY:
        return UNSUCCESSFUL
    return frozenset() if key in ISSUE_KEYS else frozenset({CopyState(key)})


def has_issues(row: CopyRow, key: str) -> bool:
    """Return whether a copy has issues that a threshold counts."""
    return any(getattr(row, f"issues_{kind}") for kind in ISSUE_KEYS[key])


def exceeded_thresholds(
    fail_if: Mapping[str, Any],
    counts: Mapping[CopyState, int],
    issues: Mapping[str, int],
    rows: Iterable[CopyRow] = (),
) -> list[str]:
    """Return a sentence for each threshold that is exceeded; an empty list is a pass.

    A count fails when it is greater than its threshold, and a percentage of all copies of the batch likewise; issues
    are counted one by one, also if a percentage limits them.

    :param fail_if: Thresholds by key.
    :param counts: Copies by state.
    :param issues: Unresolved issues by type: ``error``, ``warning``, ``todo``.
    :param rows: The rows of the batch; the first ones concerned are named. They are read only if one is exceeded.
    :raises CanvasInputError: As :func:`check_fail_if` does.
    """
    total = sum(counts.values())
    exceeded = {}
    for key, limit in check_fail_if(fail_if).items():
        states = states_of(key)
        count = sum(counts.get(state, 0) for state in states) + sum(
            issues.get(kind, 0) for kind in ISSUE_KEYS.get(key, ())
        )
        if limit.is_exceeded(count, total):
            noun = (
                _plural(count, "copy", "copies") if states else _plural(count, "unresolved issue", "unresolved issues")
            )
            of_all = f"of {total:,} {_plural(total, 'copy', 'copies')}"
            exceeded[key] = f"{key}: {count:,} {noun} {of_all}, at most {limit} allowed"
    named = _first_rows(exceeded, rows) if exceeded else {}
    return [f"{sentence}{_shown(named[key])}." for key, sentence in exceeded.items()]


def describe_row(row: CopyRow) -> str:
    """Return a copy in words: its course, its line, its state, why, and what to do."""
    texts = (_shortened(text) for text in (row.error_message, row.state_detail or row.plan_detail) if text)
    reason = ". ".join(texts)
    state = str(row.state).replace("_", " ")
    return f"course {row.dest_course_id} (line {row.row_number}) is {state}{f': {reason}' if reason else ''}"


def _shortened(text: str) -> str:
    text = text.rstrip(". ")
    return f"{text[: MAX_REASON - 1]}…" if len(text) > MAX_REASON else text


def _first_rows(keys: Iterable[str], rows: Iterable[CopyRow]) -> dict[str, list[CopyRow]]:
    """Return the first rows that each threshold counts."""
    named: dict[str, list[CopyRow]] = {key: [] for key in keys}
    for row in rows:
        missing = [key for key in named if len(named[key]) < MAX_ROWS]
        if not missing:
            break
        for key in missing:
            if row.state in states_of(key) or (key in ISSUE_KEYS and has_issues(row, key)):
                named[key].append(row)
    return named


def _shown(rows: list[CopyRow]) -> str:
    return f". First: {'; '.join(map(describe_row, islice(rows, MAX_ROWS)))}" if rows else ""


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
