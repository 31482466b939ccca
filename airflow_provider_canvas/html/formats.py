"""How reports write numbers, times and durations, in plain English."""

from __future__ import annotations

from datetime import UTC, datetime

MAX_TEXT = 1_000
"""The longest text of a cell, in characters. The tables in SQL have more of it."""


def format_count(count: int, noun: str) -> str:
    """Return ``1 asset``, ``2,000 assets``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def format_time(time: datetime | None) -> str | None:
    """Return ``5 Jan 2026, 10:00 UTC``."""
    return f"{time.astimezone(UTC):%-d %b %Y, %H:%M} UTC" if time else None


def format_duration(seconds: float | None) -> str | None:
    """Return ``4 min 12 s``: the two largest units; None for a negative duration."""
    if seconds is None or seconds < 0:
        return None
    whole = round(seconds)
    parts = [(whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{number} {unit}" for number, unit in parts[:2])


def shorten(text: str, max_length: int = MAX_TEXT) -> str:
    """Return a text that is at most so long; what is cut ends with ``…``.

    :param text: The text.
    :param max_length: The greatest length, in characters.
    """
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"
