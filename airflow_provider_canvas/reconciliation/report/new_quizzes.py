"""The verdicts on New Quizzes in one line, counted from the rows of their assignments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status

_VERDICTS = ("usable", "must be opened once by a teacher", "still being built", "failed", "not checked")
_USABLE, _NEEDS_OPENING, _IN_PROGRESS, _FAILED, _UNKNOWN = _VERDICTS


def summarize_new_quizzes(rows: Iterable[AssetRow]) -> str | None:
    """Return how many New Quizzes can be used and how many cannot, with the reason; None if there are none.

    :param rows: The rows of a reconciliation.
    """
    counts = Counter(map(_verdict, rows))
    return ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in _VERDICTS if counts[verdict]) or None


def _verdict(row: AssetRow) -> str | None:
    """Return the verdict on the New Quiz of a row; None for a row without one."""
    if row.asset_type != "assignments":
        return None
    if row.status is Status.FAILED_QUIZ:
        return _FAILED
    if row.status is Status.PENDING_QUIZ:
        return _NEEDS_OPENING if "needs opening: " in row.detail else _IN_PROGRESS
    if "New Quiz not checked: " in row.detail:
        return _UNKNOWN
    return _USABLE if "New Quiz usable" in row.detail or "items of the New Quiz: " in row.detail else None
