"""When a task stops to submit: an error that is about everything, or a user who ends the task."""

from __future__ import annotations

import threading

from airflow_provider_canvas.client.errors import (
    CanvasAuthenticationError,
    CanvasError,
    CanvasPermissionError,
    CanvasServerError,
    CanvasThrottledError,
    CanvasTransportError,
    CanvasUnexpectedResponseError,
)

PASSING = (CanvasThrottledError, CanvasServerError, CanvasTransportError, CanvasUnexpectedResponseError)
"""Errors that usually pass, and that say nothing about one copy unless they repeat for it alone."""

MAX_PASSING = 8
"""After how many passing errors in a row, of different copies, Canvas counts as away."""


class StoppedError(Exception):
    """The task was told to stop while it worked on a copy."""


def is_about_everything(error: Exception) -> bool:
    """Return whether an error would meet every other copy too.

    A token that Canvas rejects, a scope that its developer key lacks, a ledger that does not respond, and whatever this
    package does not expect. Passing errors are counted instead, see :class:`Stop`.
    """
    if isinstance(error, CanvasPermissionError):
        return "insufficient scopes" in str(error.canvas_message).lower()
    return isinstance(error, CanvasAuthenticationError) or not isinstance(error, CanvasError)


class Stop:
    """Whether the threads of a task are to stop, and why. All threads share one."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        """The error that was about everything."""
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._passing = 0

    @property
    def is_set(self) -> bool:
        """Whether to stop."""
        return self._event.is_set()

    def set(self, error: Exception | None = None) -> None:
        """Stop, because of an error or because a user ended the task."""
        with self._lock:
            if self.error is None:
                self.error = error
        self._event.set()

    def count(self, error: Exception | None) -> None:
        """Count the result of one copy: stop after an error about everything, or too many passing ones in a row."""
        if error is None or not isinstance(error, PASSING):
            self._passing = 0
            if error is not None and is_about_everything(error):
                self.set(error)
            return
        with self._lock:
            self._passing += 1
            if self._passing < MAX_PASSING:
                return
        self.set(error)

    def sleep(self, seconds: float) -> None:
        """Sleep, unless the task stops meanwhile.

        :raises StoppedError: When it does.
        """
        if self._event.wait(seconds):
            raise StoppedError
