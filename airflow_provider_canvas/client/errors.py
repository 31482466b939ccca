"""What can go wrong with Canvas: one class for each thing a caller can do about it.

::

    CanvasError
    ├── CanvasAuthenticationError   401 with WWW-Authenticate: the token is missing, unknown, expired or revoked
    ├── CanvasPermissionError       401, 403: the token's user may not do this
    ├── CanvasNotFoundError         404: no such thing, or not for this user
    ├── CanvasConflictError         409: what is there already stands in the way
    │   └── CanvasBusyError         a job that is under way does, for a while
    ├── CanvasValidationError       400, 422: Canvas refuses what was sent
    ├── CanvasThrottledError        429 (older: 403), for longer than we were willing to wait
    ├── CanvasServerError           5xx, for longer than we were willing to wait
    ├── CanvasTransportError        no answer: refused, dropped
    │   └── CanvasLateError         no answer in time: Canvas may still be at it
    ├── CanvasUnexpectedAnswerError an answer that is none of Canvas's: a login page, a redirect, broken JSON
    ├── CanvasJobError              a background job of Canvas (a migration, a Progress) failed
    │   ├── CanvasJobTimeoutError   it did not end in time
    │   └── CanvasIssuesError       it is complete, with issues that are graver than allowed
    └── CanvasReconciliationError   a copy is complete, and does not pass the thresholds

What a message holds is safe to log: it names the route, never the address, and passed :func:`.redact.redact`.
"""

from __future__ import annotations

from typing import Any


class CanvasError(Exception):
    """Something went wrong with Canvas.

    :param message: What happened, in words.
    :param status: The HTTP status, if Canvas answered.
    :param route: Method and route as the documentation writes them: ``GET courses/{course_id}``.
    :param canvas_message: Canvas's own words, in the language of the token's user.
    :param request_id: Canvas's ``X-Request-Context-Id``, which its support asks for.
    :param maybe_done: Whether Canvas may have done what was asked all the same (a lost answer to a POST).
    :param accomplished: What Canvas had done before, where several requests belong together: its answers.
    """

    permanent: bool = False
    """Whether the same call will fail again until somebody changes something. Classes say so; single errors may."""

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
        super().__init__(message)
        self.status = status
        self.route = route
        self.canvas_message = canvas_message
        self.request_id = request_id
        self.maybe_done = maybe_done
        self.completed = completed


class CanvasAuthenticationError(CanvasError):
    """Canvas refuses the token."""

    permanent = True


class CanvasPermissionError(CanvasError):
    """The token's user lacks the right."""

    permanent = True


class CanvasNotFoundError(CanvasError):
    """No such thing, or the token's user may not know of it."""

    permanent = True


class CanvasConflictError(CanvasError):
    """What is there already stands in the way."""

    permanent = True


class CanvasBusyError(CanvasConflictError):
    """Somebody else's job is under way where this one should be started."""

    permanent = False


class CanvasValidationError(CanvasError):
    """Canvas refuses what was sent."""

    permanent = True


class CanvasThrottledError(CanvasError):
    """Canvas refuses for now: the token's budget is used up."""


class CanvasServerError(CanvasError):
    """Canvas, or what stands in front of it, failed."""


class CanvasTransportError(CanvasError):
    """No answer came."""


class CanvasLateError(CanvasTransportError):
    """No answer came in time."""


class CanvasUnexpectedAnswerError(CanvasError):
    """What answered did not answer as Canvas does."""


class CanvasJobError(CanvasError):
    """A background job of Canvas failed."""


class CanvasJobTimeoutError(CanvasJobError):
    """A background job of Canvas did not end in time. Canvas may go on with it, so another one would be a second."""

    permanent = True


class CanvasIssuesError(CanvasJobError):
    """A background job of Canvas is complete, with issues that are graver than allowed."""

    permanent = True


class CanvasReconciliationError(CanvasError):
    """A copy is complete, and more of it is missing or wrong than may be."""
