"""The errors of the client: one class for each thing a caller can do about an error.

::

    CanvasError
    ├── CanvasAuthenticationError     401 with WWW-Authenticate: the token is missing, unknown, expired or revoked
    ├── CanvasPermissionError         401, 403: the token's user lacks a permission
    ├── CanvasNotFoundError           404: it does not exist, or the token's user may not see it
    ├── CanvasConflictError           409: it conflicts with what exists in Canvas
    │   └── CanvasBusyError           a running job conflicts with it, for a while
    ├── CanvasValidationError         400, 422: Canvas refuses the values of the request
    ├── CanvasThrottledError          429 (older: 403), for longer than the client retries
    ├── CanvasServerError             5xx, for longer than the client retries
    ├── CanvasTransportError          no response: the connection was refused or dropped
    │   └── CanvasTimeoutError        no response in time: Canvas may still be processing the request
    ├── CanvasUnexpectedResponseError the response is not Canvas's: a login page, a redirect, broken JSON
    ├── CanvasSourceChangedError      the source of an upload changed while it was read
    ├── CanvasJobError                a background job of Canvas (a migration, a Progress) failed
    │   ├── CanvasPackageError        Canvas cannot read a package
    │   ├── CanvasJobTimeoutError     the job did not end in time
    │   ├── CanvasIssuesError         the job is complete, with more severe issues than allowed
    │   └── CanvasBatchError          the copies of a batch have ended, and exceed the ``fail_if`` thresholds
    ├── CanvasReconciliationError     a copy is complete, and exceeds the ``fail_if`` thresholds
    └── CanvasRepairError             a repair of links is recorded, and exceeds the ``fail_if`` thresholds

    ValueError
    └── CanvasInputError              a value that the user chose is not valid; nothing was sent
        ├── CanvasConnectionError     a field of the connection is not valid
        ├── CanvasNameError           a client or resource has no such endpoint or attribute
        └── CanvasArgumentError       an argument of an endpoint is missing, unknown or without its name

Messages are safe to log: they name the route, never the URL, and passed
:func:`~airflow_provider_canvas.security.redaction.redact`.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.api.call_mistakes import CanvasArgumentError, CanvasNameError
from airflow_provider_canvas.api.errors import CanvasConnectionError, CanvasInputError
from airflow_provider_canvas.api.storable import storable_text

__all__ = [
    "CanvasArgumentError",
    "CanvasAuthenticationError",
    "CanvasBatchError",
    "CanvasBusyError",
    "CanvasConflictError",
    "CanvasConnectionError",
    "CanvasError",
    "CanvasInputError",
    "CanvasIssuesError",
    "CanvasJobError",
    "CanvasJobTimeoutError",
    "CanvasNameError",
    "CanvasNotFoundError",
    "CanvasPackageError",
    "CanvasPermissionError",
    "CanvasReconciliationError",
    "CanvasRepairError",
    "CanvasServerError",
    "CanvasSourceChangedError",
    "CanvasThrottledError",
    "CanvasTimeoutError",
    "CanvasTransportError",
    "CanvasUnexpectedResponseError",
    "CanvasValidationError",
]


class CanvasError(Exception):
    """Base class of all errors of the client.

    :param message: What happened, and what to do about it. It becomes text that can be stored.
    :param status: The HTTP status, if Canvas responded.
    :param route: Method and route as the documentation writes them: ``GET courses/{course_id}``.
    :param canvas_message: Canvas's own message, in the language of the token's user.
    :param request_id: Canvas's ``X-Request-Context-Id``, which Instructure's support asks for.
    :param maybe_done: Whether Canvas may have executed the request all the same (the response to a POST was lost).
    :param completed: For an operation of several requests: the results of those that succeeded before.
    """

    permanent: bool = False
    """Whether a retry fails too until the cause is fixed. Set on classes; single errors may override it."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        route: str | None = None,
        canvas_message: str | None = None,
        request_id: str | None = None,
        maybe_done: bool = False,
        completed: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(storable_text(message))
        self.status = status
        self.route = route
        self.canvas_message = canvas_message
        self.request_id = request_id
        self.maybe_done = maybe_done
        self.completed = completed


class CanvasAuthenticationError(CanvasError):
    """Canvas rejects the token."""

    permanent = True


class CanvasPermissionError(CanvasError):
    """The token's user lacks a permission."""

    permanent = True


class CanvasNotFoundError(CanvasError):
    """It does not exist, or the token's user may not see it."""

    permanent = True


class CanvasConflictError(CanvasError):
    """The request conflicts with what exists in Canvas."""

    permanent = True


class CanvasBusyError(CanvasConflictError):
    """A job that another process or user started conflicts with the job to start, for a while."""

    permanent = False


class CanvasValidationError(CanvasError):
    """Canvas refuses the values of the request."""

    permanent = True


class CanvasThrottledError(CanvasError):
    """Canvas refuses requests for now: the token's rate limit is used up."""


class CanvasServerError(CanvasError):
    """Canvas, or a server in front of it, failed."""


class CanvasTransportError(CanvasError):
    """No response arrived."""


class CanvasTimeoutError(CanvasTransportError):
    """No response arrived in time."""


class CanvasUnexpectedResponseError(CanvasError):
    """The response did not come from Canvas."""


class CanvasSourceChangedError(CanvasError, ValueError):
    """The source of an upload changed while it was read, so that Canvas would get a mixture of two files.

    It is a ``ValueError`` too: the size of the source was announced to Canvas, and is not valid any more.
    """


class CanvasJobError(CanvasError):
    """A background job of Canvas failed."""


class CanvasPackageError(CanvasJobError):
    """Canvas cannot read a package. It will not read the same package when it is imported again."""

    permanent = True


class CanvasJobTimeoutError(CanvasJobError):
    """A background job of Canvas did not end in time. Canvas may continue it, so a retry could create a duplicate."""

    permanent = True


class CanvasIssuesError(CanvasJobError):
    """A background job of Canvas is complete, with more severe issues than allowed."""

    permanent = True


class CanvasBatchError(CanvasJobError):
    """The copies of a batch have ended, and more of them failed than the ``fail_if`` thresholds allow."""


class CanvasReconciliationError(CanvasError):
    """A copy is complete, and exceeds the ``fail_if`` thresholds."""


class CanvasRepairError(CanvasError):
    """A repair of links is recorded, and exceeds the ``fail_if`` thresholds. A retry tries what failed again."""
