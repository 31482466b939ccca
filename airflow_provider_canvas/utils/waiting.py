"""How tasks wait for a job of Canvas: for how long, where, and which errors end them without a retry."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    conf,
)

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.utils.explained_errors import is_explained, remove_frames
from airflow_provider_canvas.utils.parameters import optional_bool

if TYPE_CHECKING:
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.utils.submitted_job import SubmittedJob

SAFE_DELAY = 10.0
"""Seconds from a deferral to the trigger's first poll: the trigger's event must not reach the scheduler before the
executor's event that the first half of the task ended, which comes up to five seconds late. This alone guards against
that race: the task defers at once."""

DEFER_SLACK = 300.0
"""Seconds that Airflow gives a trigger beyond the deadline. The trigger itself ends at the deadline."""


_AIRFLOW_DECISIONS = (AirflowFailException, AirflowSensorTimeout, AirflowSkipException)
"""Exceptions that tell Airflow what to do with the task. They pass unchanged."""


def fail_without_retry(find_job: Callable[[], SubmittedJob | str | None] = lambda: None) -> ExitStack:
    """Prevent retries of errors that would repeat until a person changes something: bad input, a refused token.

    Airflow prints such an error once, without the frames of this package. After a submission, an error names the job,
    and says what the next attempt does. Only an error about the job itself prevents a retry then: any other one, such
    as a token that expired while the task waited, says nothing about the job, and the next attempt waits for the same
    one.

    :param find_job: Returns the job that the task submitted and whose result it has not reported, or sentences about
        it, if there is one.
    """
    block = ExitStack()
    block.push(remove_frames)  # the last one that is called
    block.push(partial(_prevent_retry, find_job))
    return block


def _prevent_retry(
    find_job: Callable[[], SubmittedJob | str | None],
    kind: type[BaseException] | None,  # noqa: ARG001  # the signature of ``__exit__``
    error: BaseException | None,
    traceback: TracebackType | None,  # noqa: ARG001
) -> None:
    """Raise an error as one that Airflow does not retry, if a retry would fail, too."""
    from airflow_provider_canvas.client.errors import CanvasError

    if not isinstance(error, Exception) or isinstance(error, _AIRFLOW_DECISIONS):
        return
    if isinstance(error, CanvasError):
        if not _is_about_the_job(error) and (job := find_job()) is not None:
            error.args = (f"{_sentence(str(error))} {job}",)
            error.permanent = error.permanent and _is_refused_change(error)
        if error.permanent and is_explained(error):
            raise AirflowFailException(str(error)).with_traceback(error.__traceback__) from None
        if error.permanent:
            raise AirflowFailException(str(error)) from error
        return
    job = find_job()
    if isinstance(error, CanvasInputError):
        message = str(error) if job is None else f"{_sentence(str(error))} {job}"
        raise AirflowFailException(message).with_traceback(error.__traceback__) from None
    if job is not None:
        raise CanvasError(f"{type(error).__name__}: {_sentence(redact(str(error)))} {job}") from error


def _is_about_the_job(error: CanvasError) -> bool:
    """Return whether an error reports the end of the job, or the verdict of this package about it."""
    from airflow_provider_canvas.client import errors
    from airflow_provider_canvas.client.jobs.waiters import OtherVersionError, WaitError

    if isinstance(error, errors.CanvasJobError):
        return True
    of_the_way = (errors.CanvasAuthenticationError, errors.CanvasUnexpectedResponseError, OtherVersionError)
    is_response = error.route is not None or error.status is not None
    return error.permanent and not is_response and not isinstance(error, (*of_the_way, WaitError))


def _is_refused_change(error: CanvasError) -> bool:
    """Return whether Canvas refuses the values of a request that changes something."""
    from airflow_provider_canvas.client import errors

    is_refusal = isinstance(error, errors.CanvasValidationError | errors.CanvasConflictError)
    return is_refusal and not (error.route or "GET").startswith("GET")


def _sentence(text: str) -> str:
    text = text.rstrip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


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
