"""Read single values out of Canvas's JSON without ever raising.

An inventory of 2,000 assets must not fail because one of them is odd: a value that is not what its key
promises is read as None. Text is made safe here, once, for everything that is later stored or shown: no
secrets of signed addresses, and no characters that a database or a file refuses.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from airflow_provider_canvas.security.redaction import strip_url_secrets


def text_of(value: object) -> str | None:
    """Text, or an id that came as a number. Blank text is None."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64:
        value = str(value)
    if not isinstance(value, str):
        return None
    storable = value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return strip_url_secrets(storable) if storable.strip() else None


def number_of(value: object) -> float | None:
    """Return a finite number (of points, of bytes)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def flag_of(value: object) -> bool | None:
    """Return True or False, or None when Canvas does not tell (students do not see ``published``)."""
    return value if isinstance(value, bool) else None


def time_of(value: object) -> datetime | None:
    """Return a point in time, in UTC. Canvas writes ISO 8601; one without a zone is taken for UTC."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def object_of(value: object) -> Mapping[str, Any]:
    """Return a JSON object, empty if it is something else."""
    return value if isinstance(value, Mapping) else {}


def objects_of(values: object) -> Iterable[Mapping[str, Any]]:
    """Return the JSON objects of a list, without whatever else is in it."""
    if isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping):
        yield from (value for value in values if isinstance(value, Mapping))
