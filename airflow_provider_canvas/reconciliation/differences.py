"""The differences between an asset and its copy, and how they are described.

Due dates do not count, since a copy shifts them on purpose; nor do the slugs of pages, which Canvas makes unique.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow_provider_canvas.reconciliation.assets import Asset

_SECONDS_PER_DAY = 86_400


def differences(source: Asset, destination: Asset) -> list[str]:
    """Return one phrase per difference, such as ``points: 10 -> 20``.

    A value that only one side has counts as unknown, not as different, except for points: there, none is a value.
    """
    phrases = []
    for label, (get, format_value, none_is_a_value) in _COMPARED.items():
        before, after = get(source), get(destination)
        known = none_is_a_value or (before is not None and after is not None)
        if known and before != after:
            phrases.append(f"{label}: {format_value(before)} -> {format_value(after)}")
    return phrases


def due_delta_days(source: Asset, destination: Asset) -> int | None:
    """Return by how many days the due date moved, rounded: daylight saving time must not count."""
    if source.due_at is None or destination.due_at is None:
        return None
    return round((destination.due_at - source.due_at).total_seconds() / _SECONDS_PER_DAY)


def _quoted(value: Any) -> str:
    return f"'{value}'"


def _yes_or_no(value: Any) -> str:
    return "yes" if value else "no"


def _number(value: Any) -> str:
    if value is None:
        return "none"
    return str(int(value)) if value == int(value) else str(value)


def _bytes(value: Any) -> str:
    return f"{int(value):,} bytes"


_COMPARED: Mapping[str, tuple[Callable[[Asset], Any], Callable[[Any], str], bool]] = {
    "title": (lambda asset: asset.title, _quoted, False),
    "type": (lambda asset: asset.item_type, _quoted, False),
    "points": (lambda asset: asset.points_possible, _number, True),
    "published": (lambda asset: asset.published, _yes_or_no, False),
    "size": (lambda asset: asset.size, _bytes, False),
}
