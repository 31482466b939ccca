"""Parse the values of task parameters: numbers, booleans, dicts and lists, also where a template made text of them."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from airflow_provider_canvas.security.redaction import redact

YEAR = 365 * 24 * 3600.0
"""Seconds, about."""


def parse_seconds(name: str, value: Any) -> float:
    """Return how many seconds a parameter says: a number, its text, or a timedelta.

    :param name: What the parameter is called, for the message.
    :raises ValueError: When it is none of them, or not above zero, or more than a year: not every time can be stored.
    """
    found = 0.0
    with suppress(TypeError, ValueError, OverflowError):
        found = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if isinstance(value, bool) or not 0 < found <= YEAR:
        raise ValueError(f"{name} is {value!r}: write seconds above zero, such as 30, or a timedelta, at most a year.")
    return found


def none_if_blank(value: Any) -> Any:
    """Return a template field's value, with ``None`` for what a form or a template left empty."""
    return None if value is None or (isinstance(value, str) and value in ("", "None", "null")) else value


def parse_structure(name: str, value: Any, *, such_as: str = "{'pages': [12]}") -> Any:
    """Return a template field that is a dict or a list: also from the text that a template made of one.

    :param name: What the field is called, for the message.
    :param such_as: How it is written, for the message.
    :raises ValueError: When it is text that is neither.
    """
    value = none_if_blank(value)
    if not isinstance(value, str):
        return value
    for read in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError):
            if isinstance(found := read(value), dict | list | tuple):
                return found
    raise ValueError(f"{name} is the text {redact(repr(value))}: write a dict or a list, such as {such_as}.")


def parse_list(name: str, value: Any, *, such_as: str) -> list[Any] | None:
    """Return a template field that is a list: also from the text that a template made of one, or of its one item.

    :param name: What the field is called, for the message.
    :param such_as: How it is written, for the message.
    :raises ValueError: When it is something else.
    """
    value = none_if_blank(value)
    if value is None:
        return None
    if isinstance(value, int) or (isinstance(value, str) and not value.lstrip().startswith(("[", "(", "{"))):
        return [value]
    found = parse_structure(name, value, such_as=such_as)
    if isinstance(found, Mapping):
        raise ValueError(f"{name} is {found!r}: write a list, such as {such_as}.")
    return list(found)


def optional_bool(name: str, value: Any) -> bool | None:
    """Return a template field that is true or false: also from the text that a template made of it.

    :param name: What the field is called, for the message.
    :raises ValueError: When it is neither.
    """
    from airflow_provider_canvas.api.parameters import parse_bool

    value = none_if_blank(value)
    return None if value is None else bool(parse_bool(name, value))


def parse_select(select: Mapping[str, Sequence[int | str]] | str | None) -> Any:
    """Return ``select`` as Canvas takes it; ``None`` is everything.

    :raises ValueError: When it is text that names nothing, such as what a template made of nothing: Canvas would be
        asked for everything.
    """
    if select is None:
        return None
    found = parse_structure("select", select)
    if found is None:
        raise ValueError(
            f"select is {select!r}, which names nothing: name some, such as {{'pages': [12]}}. For everything leave it "
            "out, or let the template render to None (render_template_as_native_obj=True)."
        )
    return found
