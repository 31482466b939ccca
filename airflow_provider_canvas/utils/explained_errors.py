"""Errors whose message explains everything: Airflow prints them once, without the frames of this package.

Airflow prints the traceback of an error that ends a task, or the import of a DAG file. For a mistake of an author, such
as a wrong id, the frames of the code that found the mistake only hide the message, and the author's own line.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, Literal, TypeVar

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowNotFoundException, AirflowSensorTimeout

from airflow_provider_canvas.api.errors import CanvasInputError

PACKAGE = "airflow_provider_canvas"

_END_OF_BLOCK = ("contextlib", f"{PACKAGE}.utils.waiting")
"""The modules that end a block of ``fail_without_retry``."""

Function = TypeVar("Function", bound=Callable[..., Any])


class ExplainedErrors:
    """A ``with`` block that removes the frames of this package from errors that explain themselves, and all below them.

    Errors of other kinds keep their traceback: it is needed to correct this package. A ``with`` statement that raises
    the same error again adds no frame, so the frames of the block's own function are removed, too.
    """

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]:
        remove_frames(kind, error, traceback)
        return False


def explains_errors(function: Function) -> Function:
    """Return a function that raises errors as :class:`ExplainedErrors` does.

    :param function: The function.
    """

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with ExplainedErrors():
            return function(*args, **kwargs)

    return call  # type: ignore[return-value]  # it has the signature of the function


def remove_frames(
    kind: type[BaseException] | None,  # noqa: ARG001  # the signature of ``__exit__``
    error: BaseException | None,
    traceback: TracebackType | None,  # noqa: ARG001
) -> None:
    """Remove the frames of this package, all below them, and the causes, from an error that explains itself.

    If the error was raised in place of another one when a ``with`` block ended, the frames that raised it come first.
    They are removed, too, so that the author's line in the block is printed.

    :param kind: The class of the error.
    :param error: The error, if there is one.
    :param traceback: Its traceback.
    """
    if error is None or not is_explained(error):
        return
    error.__cause__ = error.__context__ = None
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_globals.get("__name__") in _END_OF_BLOCK:
        frame = frame.tb_next
    last, error.__traceback__ = None, frame
    while frame is not None and not _is_of_this_package(frame):
        last, frame = frame, frame.tb_next
    if last is None:
        error.__traceback__ = None
    else:
        last.tb_next = None


def is_explained(error: BaseException) -> bool:
    """Return whether the message of an error says all that its cause and its traceback say.

    :param error: The error.
    """
    from airflow_provider_canvas.client.errors import CanvasError, CanvasUnexpectedResponseError

    if isinstance(error, AirflowFailException | AirflowSensorTimeout):
        return error.__cause__ is None and (error.__context__ is None or error.__suppress_context__)
    if isinstance(error, CanvasError):
        # The base class itself reports a fault of other code; an unexpected response may be a fault of this package.
        return type(error) is not CanvasError and not isinstance(error, CanvasUnexpectedResponseError)
    return isinstance(error, CanvasInputError | AirflowNotFoundException)  # the latter: of a connection


def _is_of_this_package(frame: TracebackType) -> bool:
    module = str(frame.tb_frame.f_globals.get("__name__"))
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")
