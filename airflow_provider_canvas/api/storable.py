"""Texts and numbers that every database, log and report can hold.

PostgreSQL refuses a NUL in a text, and NaN and Infinity in JSON; a lone surrogate cannot be encoded. A server in front
of Canvas may send each of them, and Airflow's triggerer ends when the database refuses an event. So what is read from
a response, and what is stored of an error, passes these functions first.
"""

from __future__ import annotations

import math
import re
from typing import Any

MAX_DEPTH = 64
"""How many lists and objects may be nested in each other. Canvas's own JSON has about ten levels."""

MAX_INTEGER = 2**63 - 1
"""The largest integer of a database. Canvas's ids are smaller."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Stands for a character that cannot be stored. A key with it stays another key than the one without."""

_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def storable_text(text: str, max_length: int | None = None) -> str:
    """Return a text without NUL and lone surrogates.

    :param text: The text.
    :param max_length: The longest text in characters; the rest is cut off.
    """
    if max_length is not None and len(text) > max_length:
        text = f"{text[: max_length - 1]}…"
    return _NOT_STORABLE.sub(REPLACEMENT, text)


def storable(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return a value of JSON as it can be stored: what is no text, number, boolean, list or object becomes text.

    A number that is not finite or too large for a database becomes ``None``, and so does what is nested too deep.

    :param value: The value.
    :param depth: How many levels of lists and objects are kept.
    """
    match value:
        case None | bool():
            return value
        case int():
            return value if abs(value) <= MAX_INTEGER else None
        case float():
            return value if math.isfinite(value) else None
        case dict() | list() | tuple():
            return _storable_items(value, depth - 1) if depth else None
        case _:
            return storable_text(str(value))


def _storable_items(value: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> Any:
    if isinstance(value, dict):
        return {storable_text(str(key)): storable(item, depth) for key, item in value.items()}
    return [storable(item, depth) for item in value]
