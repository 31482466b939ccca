"""How tasks wait for a job of Canvas: for how long, where, and which errors end them without a retry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from airflow.providers.common.compat.sdk import AirflowFailException, conf

from airflow_provider_canvas.utils.parameters import optional_bool

SAFE_DELAY = 10.0
"""Seconds. A job is waited for this long in the worker before the task defers, and a trigger looks this long after that
for the first time: its event must not reach the scheduler before the executor's word that the first half ended."""

DEFER_SLACK = 300.0
"""Seconds that Airflow gives a trigger beyond the deadline, which the trigger itself keeps."""


@contextmanager
def fail_without_retry() -> Iterator[None]:
    """Let Airflow not retry what will fail again until somebody changes something: bad input, a refused token."""
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.hooks.connection_settings import CanvasConnectionError

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
    if (told := optional_bool("deferrable", deferrable)) is not None:
        return told
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))


def seconds_allowed(timeout: float, execution_timeout: timedelta | None) -> float:
    """Return for how long a task may wait: the shorter of both, in seconds."""
    return timeout if execution_timeout is None else min(timeout, execution_timeout.total_seconds())
