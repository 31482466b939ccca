"""What counts as a change between an asset and its copy, and how it is said.

Due dates do not: a copy shifts them on purpose. Nor does a page's slug, which Canvas makes unique on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow_provider_canvas.reconciliation.assets import Asset

_SECONDS_A_DAY = 86_400


def differences(source: Asset, destination: Asset) -> list[str]:
    """Return one phrase for everything that differs, as in ``points: 10 -> 20``.

    What only one side tells counts as unknown, not as different; except points, where none is a value.
    """
    found = []
    for word, (read, say, none_is_a_value) in _COMPARED.items():
        before, after = read(source), read(destination)
        known = none_is_a_value or (before is not None and after is not None)
        if known and before != after:
            found.append(f"{word}: {say(before)} -> {say(after)}")
    return found


def due_delta_days(source: Asset, destination: Asset) -> int | None:
    """By how many days the due date moved: whole days, so that an hour of daylight saving does not show."""
    if source.due_at is None or destination.due_at is None:
        return None
    return round((destination.due_at - source.due_at).total_seconds() / _SECONDS_A_DAY)


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
