"""Convert single values of Canvas's JSON to a type, without ever raising.

An inventory of 2,000 assets must not fail because of one unexpected value: a value of another type becomes None. Text
is cleaned here, once, for everything that is later stored or displayed: no secrets of signed URLs, and no characters
that a database or a file refuses.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.security.redaction import strip_url_secrets


def to_text(value: object) -> str | None:
    """Return text, or an id that came as a number; None for blank text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64:
        value = str(value)
    if not isinstance(value, str):
        return None
    text = storable_text(value)
    return strip_url_secrets(text) if text.strip() else None


def to_number(value: object) -> float | None:
    """Return a finite number, such as points or bytes."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def to_bool(value: object) -> bool | None:
    """Return True or False, or None if Canvas did not send it (students do not get ``published``)."""
    return value if isinstance(value, bool) else None


def to_datetime(value: object) -> datetime | None:
    """Return a time in UTC. Canvas writes ISO 8601; a time without a zone is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def to_object(value: object) -> Mapping[str, Any]:
    """Return a JSON object; an empty one for any other value."""
    return value if isinstance(value, Mapping) else {}


def to_objects(values: object) -> Iterable[Mapping[str, Any]]:
    """Yield the JSON objects of a list; other items are skipped."""
    if isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping):
        yield from (value for value in values if isinstance(value, Mapping))
