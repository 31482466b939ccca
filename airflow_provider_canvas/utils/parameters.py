"""Check and parse the parameters of tasks, also where a template made text of them.

A parameter is checked twice. ``__init__`` runs the ``check_...`` functions, which import next to nothing and skip what
is rendered or resolved later, so that a wrong constant breaks the DAG when it is parsed. ``execute`` runs the
``parse_...`` functions on rendered values:

.. code-block:: python

    def __init__(self, *, if_running="wait", timeout=timedelta(hours=2), deferrable=None, settings=None, **kwargs):
        super().__init__(**kwargs)
        self.if_running = check_choice("if_running", if_running, ("wait", "adopt", "fail"))
        self.timeout = check_seconds("timeout", timeout)
        self.deferrable = check_bool("deferrable", deferrable)
        self.settings = check_type("settings", settings, Mapping, such_as="{'folder_id': 7}")

Each returns the value unchanged, and takes ``None`` only where ``None`` is allowed.

Text that is empty, white space, ``None`` or ``null`` is blank. A blank template field counts as not given, and
:class:`~airflow_provider_canvas.utils.canvas_task.CanvasTask` logs that once per parameter. The exception is ``select``
of copies and exports, whose blank text is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.text_values import (
    is_blank,
    none_if_blank,
    optional_bool,
    parse_list,
    parse_select,
    parse_structure,
)
from airflow_provider_canvas.security.redaction import redact

__all__ = [
    "YEAR",
    "check_bool",
    "check_choice",
    "check_id",
    "check_seconds",
    "check_type",
    "is_blank",
    "is_known_later",
    "none_if_blank",
    "optional_bool",
    "parse_list",
    "parse_seconds",
    "parse_select",
    "parse_structure",
]

V = TypeVar("V")

YEAR = 365 * 24 * 3600.0
"""Seconds of a year without a leap day."""

_TRUE_OR_FALSE = frozenset({"true", "false", "1", "0"})


def is_known_later(value: Any) -> bool:
    """Return whether a value is rendered or resolved when the task runs: text with Jinja, or an XCom's placeholder."""
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    return hasattr(value, "resolve") or hasattr(value, "iter_references")


def check_choice(name: str, value: V, allowed: Collection[Any]) -> V:
    """Return a value of a closed set.

    :param name: The parameter, for the message.
    :param allowed: The allowed values, with ``None`` if that is one.
    :raises CanvasInputError: When it is another value. The message includes the allowed values.
    """
    if (
        is_known_later(value)
        or (isinstance(value, str) and type(value) is not str)
        or any(value == each and type(value) is type(each) for each in allowed)
    ):
        return value
    message = f"{name} is {value!r}: write {' or '.join(map(repr, allowed))}."
    if isinstance(value, str):
        import difflib

        texts = [each for each in allowed if isinstance(each, str)]
        if close := difflib.get_close_matches(value, texts, n=1):
            message += f" Did you mean {close[0]!r}?"
    raise CanvasInputError(message)


def check_id(name: str, value: V, *, optional: bool = False) -> V:
    """Return an id: a number, or text such as ``sis_course_id:BIO-1``. Its form is checked when the task runs.

    :param optional: Whether ``None`` is allowed.
    :raises CanvasInputError: When it has another type.
    """
    if (value is None and optional) or is_known_later(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str) or (isinstance(value, int) and value < 1):
        raise CanvasInputError(
            f"{name} is {value!r}: write a number such as 42, or text such as 'sis_course_id:BIO-1'."
        )
    return value


def check_count(name: str, value: V, *, optional: bool = False) -> V:
    """Return a whole number from 1 on.

    :param optional: Whether ``None`` is allowed.
    :raises CanvasInputError: When it is something else.
    """
    if not (is_known_later(value) or (optional and none_if_blank(value) is None)):
        parse_count(name, value)
    return value


def check_seconds(name: str, value: V, *, optional: bool = False) -> V:
    """Return a duration: seconds, their text, or a timedelta.

    :param optional: Whether ``None`` is allowed.
    :raises CanvasInputError: When it is none of them, or not above zero, or longer than a year.
    """
    if not is_known_later(value):
        parse_seconds(name, value, optional=optional)
    return value


def check_bool(name: str, value: V) -> V:
    """Return a boolean, its text or number, or ``None``.

    :raises CanvasInputError: When it is something else.
    """
    if is_known_later(value) or value is None or is_blank(value):
        return value
    if not isinstance(value, str | int) or str(value).lower() not in _TRUE_OR_FALSE:
        raise CanvasInputError(f"{name} is {value!r}: write True or False.")
    return value


def check_type(name: str, value: V, types: type | tuple[type, ...], *, such_as: str) -> V:
    """Return a value of some types, or ``None``; text too, since a template field may hold a value as text.

    :param such_as: An example of the parameter, for the message.
    :raises CanvasInputError: When it has another type.
    """
    if value is None or isinstance(value, str) or is_known_later(value) or isinstance(value, types):
        return value
    raise CanvasInputError(f"{name} is {redact(repr(value))}: write a value such as {such_as}.")


def parse_count(name: str, value: Any) -> int:
    """Return a whole number from 1 on, also from its text.

    :param name: The parameter, for the message.
    :raises CanvasInputError: When it is something else.
    """
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
        raise CanvasInputError(f"{name} is {value!r}: write a whole number from 1 on.")
    return int(text)


def count_or_option(name: str, value: Any, option: str) -> int:
    """Return a whole number from 1 on, by default the one of Airflow's configuration.

    :param name: The parameter, for the message.
    :param value: The number, its text, or ``None`` or blank text for the default.
    :param option: The option of the section ``[canvas]``.
    :raises CanvasInputError: When the value, or the option, is something else.
    """
    from airflow_provider_canvas.hooks.configuration import configured_count

    return configured_count(option) if none_if_blank(value) is None else parse_count(name, value)


def seconds_or_option(name: str, value: Any, option: str) -> float:
    """Return a duration in seconds, by default the one of Airflow's configuration.

    :param name: The parameter, for the message.
    :param value: A number, its text, a timedelta, or ``None`` or blank text for the default.
    :param option: The option of the section ``[canvas]``.
    :raises CanvasInputError: When the value, or the option, is none of them.
    """
    from airflow_provider_canvas.hooks.configuration import configured_seconds

    return configured_seconds(option) if none_if_blank(value) is None else parse_seconds(name, value)


def parse_seconds(name: str, value: Any, *, optional: bool = False) -> float:
    """Return a duration in seconds.

    :param name: The parameter, for the message.
    :param value: A number, its text, or a timedelta.
    :param optional: Whether ``None`` and blank text are allowed, and mean zero.
    :raises CanvasInputError: When it is none of them, or not above zero, or longer than a year: Airflow cannot store
        every time.
    """
    if optional and none_if_blank(value) is None:
        return 0.0
    seconds = 0.0
    with suppress(TypeError, ValueError, OverflowError):
        seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if isinstance(value, bool) or not 0 < seconds <= YEAR:
        raise CanvasInputError(
            f"{name} is {value!r}: write seconds above zero, such as 30, or a timedelta, at most a year."
        )
    return seconds
