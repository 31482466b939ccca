"""What every task of this package has in common, operator or sensor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException, conf

SAFE_DELAY = 10.0
"""Seconds. A job is waited for this long in the worker before the task defers, and a trigger looks this long after that
for the first time: its event must not reach the scheduler before the executor's word that the first half ended."""

DEFER_SLACK = 300.0
"""Seconds that Airflow gives a trigger beyond the deadline, which the trigger itself keeps."""


@contextmanager
def no_vain_retry() -> Iterator[None]:
    """Let Airflow not retry what will fail again until somebody changes something: bad input, a refused token."""
    from airflow_provider_canvas.client.errors import CanvasError

    try:
        yield
    except CanvasError as error:
        if error.permanent:
            raise AirflowFailException(str(error)) from error
        raise
    except ValueError as error:
        raise AirflowFailException(str(error)) from error


def is_deferrable(deferrable: bool | None) -> bool:
    """Return whether a task defers: as it was told, or as ``[operators] default_deferrable`` says."""
    if deferrable is not None:
        return deferrable
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))


def given(value: Any) -> Any:
    """Return a template field's value, with ``None`` for what a form or a template left empty."""
    return None if value in ("", "None") else value
