"""Values of parameters as Rails reads them: integers, booleans with many spellings, and lists.

Booleans have two readers: that of the controllers, and that of the columns of a row, which takes most texts for true.
"""

from __future__ import annotations

import re

MAX_DIGITS = 19
_LEADING_INT = re.compile(r"\s*[+-]?[0-9]{1,30}")
TRUE = frozenset({"t", "true", "y", "yes", "on"})
FALSE_IN_COLUMNS = frozenset({"0", "f", "F", "false", "FALSE", "off", "OFF"})


def parse_bool(value: object) -> bool:
    """Tell whether Canvas's controllers take a value for true: a text that is no word for it counts as its number."""
    match value:
        case str():
            return value.lower() in TRUE or leading_int(value) != 0
        case bool() | int() | float():
            return bool(value)
        case _:
            return False


def parse_column_bool(value: object) -> bool | None:
    """Return what a boolean column of a row takes a value for: true for all but a few texts, and None for a blank."""
    if value is None or value == "":
        return None
    return not (value in FALSE_IN_COLUMNS if isinstance(value, str) else value in (False, 0))


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
