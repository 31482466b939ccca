"""What every task of this package has in common, operator or sensor."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, conf

if TYPE_CHECKING:
    from airflow_provider_canvas.client.watch import Status

SAFE_DELAY = 10.0
"""Seconds. A job is waited for this long in the worker before the task defers, and a trigger looks this long after that
for the first time: its event must not reach the scheduler before the executor's word that the first half ended."""

DEFER_SLACK = 300.0
"""Seconds that Airflow gives a trigger beyond the deadline, which the trigger itself keeps."""

YEAR = 365 * 24 * 3600.0
"""Seconds, about."""


@contextmanager
def no_vain_retry() -> Iterator[None]:
    """Let Airflow not retry what will fail again until somebody changes something: bad input, a refused token."""
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.hooks.connection import CanvasConnectionError

    try:
        yield
    except CanvasError as error:
        if error.permanent:
            raise AirflowFailException(str(error)) from error
        raise
    except ValueError as error:
        if type(error) in (ValueError, CanvasConnectionError):  # others are not about what the user wrote
            raise AirflowFailException(str(error)) from error
        raise


def is_deferrable(deferrable: bool | None) -> bool:
    """Return whether a task defers: as it was told, or as ``[operators] default_deferrable`` says.

    :raises ValueError: When it was told neither true nor false.
    """
    if (told := flag("deferrable", deferrable)) is not None:
        return told
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))


def seconds(name: str, value: Any) -> float:
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


def seconds_allowed(timeout: float, execution_timeout: timedelta | None) -> float:
    """Return for how long a task may wait: the shorter of both, in seconds."""
    return timeout if execution_timeout is None else min(timeout, execution_timeout.total_seconds())


def status_of_event(event: Mapping[str, Any]) -> Status | None:
    """Return how the job that a trigger waited for ended; ``None`` if it did not end in time.

    :raises CanvasError: When the trigger could not find out; a permanent one, if it never will.
    """
    from airflow_provider_canvas.client import errors
    from airflow_provider_canvas.client.watch import Status

    match event.get("status"):
        case "succeeded" | "failed" as state:
            return Status(state, event["workflow_state"], event.get("completion"), event.get("message"))
        case "timeout":
            return None
        case "error":
            error = errors.CanvasError(str(event.get("message")))
            error.permanent = bool(event.get("permanent"))
            raise error
        case _:
            raise errors.CanvasError(f"The trigger ended with an event that is not known here: {dict(event)!r}.")


def given(value: Any) -> Any:
    """Return a template field's value, with ``None`` for what a form or a template left empty."""
    return None if value is None or (isinstance(value, str) and value in ("", "None", "null")) else value


def structure(name: str, value: Any, *, such_as: str = "{'pages': [12]}") -> Any:
    """Return a template field that is a dict or a list: also from the text that a template made of one.

    :param name: What the field is called, for the message.
    :param such_as: How it is written, for the message.
    :raises ValueError: When it is text that is neither.
    """
    value = given(value)
    if not isinstance(value, str):
        return value
    for read in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError):
            if isinstance(found := read(value), dict | list | tuple):
                return found
    from airflow_provider_canvas.redact import redacted

    raise ValueError(f"{name} is the text {redacted(repr(value))}: write a dict or a list, such as {such_as}.")


def listed(name: str, value: Any, *, such_as: str) -> list[Any] | None:
    """Return a template field that is a list: also from the text that a template made of one, or of its one item.

    :param name: What the field is called, for the message.
    :param such_as: How it is written, for the message.
    :raises ValueError: When it is something else.
    """
    value = given(value)
    if value is None:
        return None
    if isinstance(value, int) or (isinstance(value, str) and not value.lstrip().startswith(("[", "(", "{"))):
        return [value]
    found = structure(name, value, such_as=such_as)
    if isinstance(found, Mapping):
        raise ValueError(f"{name} is {found!r}: write a list, such as {such_as}.")
    return list(found)


def flag(name: str, value: Any) -> bool | None:
    """Return a template field that is true or false: also from the text that a template made of it.

    :param name: What the field is called, for the message.
    :raises ValueError: When it is neither.
    """
    value = given(value)
    if value is None or isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in known:
        raise ValueError(f"{name} is {value!r}: write True or False.")
    return known[str(value).lower()]
