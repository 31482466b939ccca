"""How a report says things: the verdict, times, durations and numbers, in plain English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Decision, Status
from airflow_provider_canvas.reconciliation.summary import Summary


def counted(count: int, noun: str) -> str:
    """Return ``1 asset``, ``2,000 assets``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def headline(summary: Summary) -> str:
    """Return the verdict in one sentence."""
    total, errors = summary.total, summary.issues.get("error", 0)
    lost = summary.count(Status.MISSING_IN_DESTINATION) + summary.count(Status.FAILED_QUIZ)
    if not total.expected:
        return "There was nothing to compare."
    if lost:
        return f"{lost:,} of {counted(total.expected, 'asset')} did not arrive."
    if errors:
        return f"No asset is missing, but Canvas reports {counted(errors, 'error')}."
    if warned := worth_a_look(summary):
        return f"No asset is missing; {warned:,} {'deserves' if warned == 1 else 'deserve'} a look."
    if sum(summary.issues.values()):
        return "Everything arrived; Canvas has remarks."
    return "Everything arrived, and nothing differs."


def worth_a_look(summary: Summary) -> int:
    """Return how many rows warn."""
    return sum(summary.count(status) for status in Status if status.meaning.verdict is Decision.WARN)


def subline(summary: Summary) -> str:
    """Return the sentence under the headline: what the numbers behind it are."""
    total, notes = summary.total, []
    if not total.expected:
        return (
            "The source lists no asset that this copy was meant to bring. Check the selection and the token's rights."
        )
    notes.append(f"{total.arrived:,} of {counted(total.expected, 'expected asset')} are in the destination as copies.")
    if summary.verdict is Decision.FAIL and (warned := worth_a_look(summary)):
        notes.append(f"{counted(warned, 'other asset')} {'deserves' if warned == 1 else 'deserve'} a look.")
    if remarks := sum(summary.issues.values()):
        notes.append(f"Canvas left {counted(remarks, 'issue')} open.")
    return " ".join(notes)


def moment(time: datetime | None) -> str | None:
    """Return ``5 Jan 2026, 10:00 UTC``."""
    return f"{time.astimezone(UTC):%-d %b %Y, %H:%M} UTC" if time else None


def duration(seconds: float | None) -> str | None:
    """Return ``4 min 12 s``: the two largest units."""
    if seconds is None or seconds < 0:
        return None
    whole = round(seconds)
    parts = [(whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{number} {unit}" for number, unit in parts[:2])


def shift(days: int | None) -> str | None:
    """Return ``168 days later``; nothing for a due date that did not move."""
    if not days:
        return None
    return f"{counted(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"


def shifts(rows: Iterable[AssetRow]) -> str | None:
    """Return how the due dates moved, the most common way first; None if nothing has a due date."""
    found = Counter(row.due_delta_days for row in rows if row.due_delta_days is not None)
    common = found.most_common(3)
    said = [f"{shift(days) or 'unmoved'} ({count:,})" for days, count in common]
    others = found.total() - sum(count for _, count in common)
    return ", ".join([*said, f"otherwise ({others:,})"] if others else said) or None
