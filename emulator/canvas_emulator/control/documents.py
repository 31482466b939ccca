"""The bodies of the control endpoints: JSON objects whose values cannot break a later request."""

from __future__ import annotations

import json
from dataclasses import fields
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")

Document = dict[str, Any]

MAX_LENGTH = 1 << 20
"""The most bytes of a body."""

MAX_NUMBER = 10**9
"""The greatest number: as seconds, 31 years."""


def parse(body: bytes) -> Document:
    """Return the JSON object of a body.

    :raises ValueError: When it is none, or a number in it is not finite or too great.
    """
    if len(body) > MAX_LENGTH:
        raise ValueError(f"the body must not be longer than {MAX_LENGTH} bytes")
    try:
        document = json.loads(body or b"{}")
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("the body must be a JSON object")
    for name, value in document.items():
        if isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
            raise ValueError(f"{name} must be a number up to {MAX_NUMBER}")
    return document


def build(kind: type[T], document: Document) -> T:
    """Return an object of a dataclass from its fields.

    :param kind: The dataclass.
    :param document: The fields.
    :raises ValueError: When a field does not exist or has a value of another type.
    """
    types = get_type_hints(kind)
    for name, value in document.items():
        if name not in {field.name for field in fields(kind)}:  # type: ignore[arg-type]  # a dataclass
            raise ValueError(f"{name} does not exist; the fields are: {', '.join(types)}")
        accepted = tuple(part for part in get_args(types[name]) or (types[name],))
        if not any(_is_of(value, part) for part in accepted):
            raise ValueError(f"{name} must be {' or '.join(_NAMES.get(part, 'a word') for part in accepted)}")
    return kind(**document)


_NAMES: dict[Any, str] = {int: "a whole number", float: "a number", str: "a text", NoneType: "null"}


def _is_of(value: object, kind: Any) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float)
    return isinstance(value, kind if kind in _NAMES else str)
