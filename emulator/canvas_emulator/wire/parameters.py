"""Parameters as Rails reads them: brackets nest, `[]` makes lists, and booleans have many spellings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Params = dict[str, Any]

LONGEST_ID = 19
TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")


class ParameterConflictError(ValueError):
    """Two parameters want different things of one key, such as `a=1` and `a[b]=2`."""


def nested(pairs: Iterable[tuple[str, Any]]) -> Params:
    """Build the tree that names with brackets describe.

    :param pairs: decoded names and values, in the order of the request; the last of equals wins.
    :raises ParameterConflictError: when a key would have to be two kinds of thing.
    """
    params: Params = {}
    for name, value in pairs:
        if (match := _KEY.fullmatch(name)) is None:
            params[name] = value
        else:
            _store(params, match[1], _SEGMENT.findall(match[2]), value)
    return params


def _store(into: Params, key: str, segments: list[str], value: Any) -> None:
    if not segments:
        into[key] = value
        return
    segment, *rest = segments
    if segment:
        _store(_container(into, key, dict), segment, rest, value)
        return
    values: list[Any] = _container(into, key, list)
    if not rest:
        values.append(value)
        return
    # `a[][b]=1&a[][c]=2` is one element with two keys; a key that is there already starts the next element.
    if not values or not isinstance(values[-1], dict) or rest[0] in values[-1]:
        values.append({})
    _store(values[-1], rest[0], rest[1:], value)


def _container(into: Params, key: str, kind: type[Any]) -> Any:
    found = into.setdefault(key, kind())
    if not isinstance(found, kind):
        raise ParameterConflictError(f"expected {kind.__name__} for parameter {key}")
    return found


def truthy(value: object) -> bool:
    """Whether Canvas takes a value for true."""
    return value is True or value == 1 or (isinstance(value, str) and value.lower() in TRUE)


def number(text: str) -> int | None:
    """Read a number of at most 19 digits, which is as far as ids go; None for anything else."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= LONGEST_ID else None


def listed(value: object) -> list[str]:
    """Read a parameter that may be a list, a single value or absent, as a list of strings."""
    if value is None:
        return []
    return [str(element) for element in value] if isinstance(value, list) else [str(value)]
