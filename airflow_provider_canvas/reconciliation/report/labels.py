"""How a report writes the verdict and the shifts of due dates, in plain English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from airflow_provider_canvas.html.formats import format_count
from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES
from airflow_provider_canvas.reconciliation.report.type_labels import kind_of
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status, Verdict
from airflow_provider_canvas.reconciliation.summary import Summary


def headline(summary: Summary) -> str:
    """Return the verdict in one or two sentences, with the number of assets that the destination lacks."""
    if not summary.total.expected:
        return "There was nothing to compare."
    if losses := _losses(summary):
        return losses
    if errors := summary.issues.get("error", 0):
        return f"No asset is missing, but Canvas reports {format_count(errors, 'error')}."
    stale = _stale_links(summary)
    if warnings := count_warnings(summary):
        return f"No asset is missing; {format_count(warnings, 'asset')} {_need(warnings)} review{_and(stale)}."
    if stale or sum(summary.issues.values()):
        return f"Everything arrived, but {stale or 'Canvas reports issues'}."
    return "Everything arrived, without differences in what was compared."


def _losses(summary: Summary) -> str:
    """Return how many assets did not arrive, and how many were deleted after the copy; empty if there are none."""
    lost = _count(summary, Status.MISSING_IN_DESTINATION) + _count(summary, Status.FAILED_QUIZ)
    deleted = _count(summary, Status.MAPPED_BUT_DELETED)
    expected = format_count(summary.total.expected, "asset")
    sentences = [f"{lost:,} of {expected} did not arrive."] if lost else []
    if deleted:
        share = f"{deleted:,} more" if lost else f"{deleted:,} of {expected}"
        sentences.append(f"{share} {_was(deleted)} deleted after the copy.")
    if unmapped := _unmapped_losses(summary):
        sentences.append(unmapped)
    return " ".join(sentences)


def _unmapped_losses(summary: Summary) -> str:
    """Return which assets are missing of the types that Canvas does not map; empty if there are none."""
    counts = {
        asset_type: count
        for asset_type in summary.types
        if asset_type not in ASSET_TYPES and (count := summary.count(Status.MISSING_IN_DESTINATION, asset_type))
    }
    *others, last = [format_count(count, kind_of(asset_type)) for asset_type, count in counts.items()] or [""]
    names = f"{', '.join(others)} and {last}" if others else last
    return f"{names} {_is(sum(counts.values()))} missing." if names else ""


def _count(summary: Summary, status: Status) -> int:
    """Return the number of rows with a status, of the types that Canvas maps."""
    return summary.total.statuses.get(status, 0)


def _stale_links(summary: Summary) -> str:
    """Return ``3 links are stale``; empty if no stale link is known."""
    stale = sum(summary.stale_links.values())
    return f"{format_count(stale, 'link')} {_is(stale)} stale" if stale else ""


def _and(clause: str) -> str:
    return f", and {clause}" if clause else ""


def count_warnings(summary: Summary) -> int:
    """Return the number of rows whose verdict is a warning."""
    return sum(summary.count(status) for status in Status if status.meaning.verdict is Verdict.WARN)


def subline(summary: Summary) -> str:
    """Return the sentences under the headline, with the numbers behind it."""
    total = summary.total
    if not total.expected:
        return "The source lists no asset that this copy was to bring. Check the selection and the token's permissions."
    expected = f"{format_count(total.expected, 'expected asset')} {_is(total.expected)}"
    sentences = [f"{total.arrived:,} of {expected} in the destination as copies."]
    missing = Status.MISSING_IN_DESTINATION
    if summary.count(missing) > _count(summary, missing):
        sentences.append("Types that are compared by name do not count for this.")
    deleted = summary.count(Status.MAPPED_BUT_DELETED)
    others = count_warnings(summary) - deleted
    if others and (deleted or summary.verdict is Verdict.FAIL):
        sentences.append(f"{format_count(others, 'other asset')} {_need(others)} review.")
    if stale := _stale_links(summary):
        sentences.append(f"{stale}: {summary.repairable_links:,} can be repaired.")
    if issues := sum(summary.issues.values()):
        sentences.append(f"Canvas reports {format_count(issues, 'unresolved issue')}.")
    return " ".join(sentences)


def format_shift(days: int | None) -> str | None:
    """Return ``168 days later``; None for a due date that did not move."""
    if not days:
        return None
    return f"{format_count(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"


def summarize_shifts(rows: Iterable[AssetRow]) -> str | None:
    """Return how the due dates moved, with the three most common shifts first; None if there are no due dates."""
    shifts = Counter(row.due_delta_days for row in rows if row.due_delta_days is not None)
    common = shifts.most_common(3)
    parts = [f"{format_shift(days) or 'unmoved'} ({count:,})" for days, count in common]
    if others := shifts.total() - sum(count for _, count in common):
        parts.append(f"otherwise ({others:,})")
    return ", ".join(parts) or None


def _need(count: int) -> str:
    return "needs" if count == 1 else "need"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
