"""Parameters as Rails expects them: ``{"settings": {"a": 1}}`` becomes ``settings[a]=1``, a list ``name[]=...``.

https://developerdocs.instructure.com/services/canvas/basics/file.endpoint_attributes
"""

from __future__ import annotations

import datetime
import difflib
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.security.redaction import redact

Params = dict[str, Any]
"""Parameters as Canvas names them, nested as Rails nests them; ``None`` means "not given"."""

Check = Callable[[str, Any], Any]
"""Takes the name and the value of a parameter, and returns the value to send."""

Timestamp = datetime.date | datetime.datetime | str
"""A time or a day: ISO 8601 text, ``date``, ``datetime`` or pendulum's. Without a zone Canvas uses the user's."""


def flatten(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the parameters as pairs for a query or a form.

    ``None`` is left out at any depth; send ``""`` to clear a field. Booleans are ``true`` and ``false``.
    """
    return [pair for name, value in params.items() for pair in _flatten_value(name, value)]


def _flatten_value(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, nested in value.items():
            yield from _flatten_value(f"{name}[{key}]", nested)
    elif isinstance(value, Sequence | Set) and not isinstance(value, str | bytes):
        for item in value:
            yield from _flatten_value(f"{name}[]", item)
    else:
        yield name, format_value(value)


def format_value(value: Any) -> str:
    """Return one value as the text to send.

    :raises CanvasInputError: For a value of another type, and for text that Canvas cannot store.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value != storable_text(value):
        raise CanvasInputError(
            f"{redact(repr(value[:200]))} cannot be sent to Canvas: it contains a NUL or half of a surrogate pair."
        )
    if isinstance(value, int | float | str):
        return str(value)
    if isinstance(value, datetime.date):  # datetimes, pendulum's too, are dates
        return value.isoformat()
    raise CanvasInputError(
        f"{value!r} cannot be sent to Canvas: use text, numbers, booleans, dates, lists and dicts of them."
    )


def drop_none(**params: Any) -> Params:
    """Return the parameters that are not ``None``."""
    return {name: value for name, value in params.items() if value is not None}


def parse_bool(name: str, value: object) -> Any:
    """Return a boolean, also from the text that a template rendered.

    Any other value is refused, because Canvas would take it as false, and Python as true.

    :param name: The parameter, for the message.
    :param value: ``True``, ``False``, or their text or integer form.
    :raises CanvasInputError: For any other value.
    """
    if isinstance(value, bool | Unchecked):
        return value
    known = {"true": True, "1": True, "false": False, "0": False}
    if not isinstance(value, str | int) or str(value).lower() not in known:
        raise CanvasInputError(f"{name} is {value!r}: write True or False.")
    return known[str(value).lower()]


@functools.cache
def boolean_keys(typed: type) -> frozenset[str]:
    """Return the keys of a TypedDict whose values are booleans."""
    hints = {name: getattr(hint, "__forward_arg__", hint) for name, hint in typed.__annotations__.items()}
    return frozenset(name for name, hint in hints.items() if hint in BOOLEAN_ANNOTATIONS)


BOOLEAN_ANNOTATIONS = (bool, "bool", "bool | None")
"""The annotations of booleans."""


def format_timestamp(name: str, value: Timestamp) -> str:
    """Return a time or a day as ISO 8601.

    :raises CanvasInputError: For any other value.
    """
    if not isinstance(value, str | datetime.date):
        raise CanvasInputError(f"{name} {value!r} is not a date. Write it as 2026-01-12 or 2026-01-12T08:00:00Z.")
    if isinstance(value, str):
        try:
            datetime.datetime.fromisoformat(value)
        except ValueError:
            raise CanvasInputError(
                f"{name} {value!r} is not a date. Write it as 2026-01-12 or 2026-01-12T08:00:00Z."
            ) from None
        return value
    return format_value(value)


class Unchecked(str):
    """A value or a key that is sent unchecked: for those that only a newer Canvas knows.

    ``hook.courses.list(include=["term", Unchecked("brand_new")])``
    """

    __slots__ = ()


def check_choice(name: str, value: str, allowed: Collection[str]) -> str:
    """Return ``value`` if Canvas knows it; an :class:`Unchecked` value is always accepted.

    :raises CanvasInputError: For any other value; the message suggests the nearest known one.
    """
    if isinstance(value, Unchecked):
        return value
    try:
        return check_option(name, value, allowed)
    except CanvasInputError as error:
        raise CanvasInputError(
            f"{error} Send a value that only a newer Canvas knows as Unchecked({value!r})."
        ) from None


def check_option(name: str, value: str, allowed: Collection[str]) -> str:
    """Return ``value`` if it is an allowed value of a parameter of this package, which no Canvas can extend.

    :raises CanvasInputError: For any other value; the message suggests the nearest allowed one.
    """
    if value in allowed:
        return value
    near = difflib.get_close_matches(str(value), list(allowed), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise CanvasInputError(f"{name} {value!r} is not one of {', '.join(sorted(allowed))}.{hint}")


def check_choices(name: str, values: Iterable[str], allowed: Collection[str]) -> list[str]:
    """Return the ``values`` if Canvas knows all of them.

    :raises CanvasInputError: For one text instead of a list, and for an unknown value; the message suggests the
        nearest one.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise CanvasInputError(f"{name} must be a list, such as [{values!r}], not {values!r}.")
    return [check_choice(name, value, allowed) for value in values]
