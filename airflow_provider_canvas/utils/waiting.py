"""How tasks wait for a job of Canvas: for how long, where, and which errors end them without a retry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from airflow.providers.common.compat.sdk import AirflowFailException, conf

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.utils.parameters import optional_bool

SAFE_DELAY = 10.0
"""Seconds that a task waits in the worker before it defers, and that its trigger waits before the first poll: the
trigger's event must not reach the scheduler before the executor's event that the first half ended."""

DEFER_SLACK = 300.0
"""Seconds that Airflow gives a trigger beyond the deadline. The trigger itself ends at the deadline."""


@contextmanager
def fail_without_retry() -> Iterator[None]:
    """Prevent retries of errors that would repeat until a person changes something: bad input, a refused token."""
    from airflow_provider_canvas.client.errors import CanvasError

    try:
        yield
    except CanvasError as error:
        if error.permanent:
            raise AirflowFailException(str(error)) from error
        raise
    except CanvasInputError as error:
        raise AirflowFailException(str(error)) from error


def is_deferrable(deferrable: bool | None) -> bool:
    """Return whether a task defers, by default as ``[operators] default_deferrable`` says.

    :raises CanvasInputError: When ``deferrable`` is neither true nor false.
    """
    if (value := optional_bool("deferrable", deferrable)) is not None:
        return value
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))


def seconds_allowed(timeout: float, execution_timeout: timedelta | None) -> float:
    """Return for how many seconds a task may wait: the shorter of both."""
    return timeout if execution_timeout is None else min(timeout, execution_timeout.total_seconds())
