"""Values of parameters as Rails reads them: integers, booleans with many spellings, and lists."""

from __future__ import annotations

import re

MAX_DIGITS = 19
_LEADING_INT = re.compile(r"\s*[+-]?[0-9]{1,30}")
TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})


def parse_bool(value: object) -> bool:
    """Tell whether Canvas takes a value for true."""
    return value is True or value == 1 or (isinstance(value, str) and value.lower() in TRUE)


def parse_int(text: str) -> int | None:
    """Parse an integer of at most 19 digits, the longest that an id can have; return None for any other text."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= MAX_DIGITS else None


def leading_int(text: str) -> int:
    """Return the integer at the start of a text, as ``5`` of ``5abc``; 0 where there is none."""
    match = _LEADING_INT.match(text)
    return int(match[0]) if match else 0


def parse_list(value: object) -> list[str]:
    """Parse a parameter that may be a list, a single value or absent, as a list of strings."""
    if value is None:
        return []
    return [str(element) for element in value] if isinstance(value, list) else [str(value)]
