"""Retries: one function decides whether to return a response, retry the request or raise an error.

- A throttled request (429, or 403 with "Rate Limit Exceeded") was not executed. Any method is retried.
- A request that only reads is retried after 5xx, timeouts and dropped connections.
- Any other request is retried only if nothing can have been executed (no connection was made). Otherwise the
  error says ``maybe_done``, and the code that sent the request checks Canvas.
- Rejected tokens are handled before: see :mod:`~airflow_provider_canvas.client.auth.credentials`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.scopes import scope_of
from airflow_provider_canvas.api.source_course import copied_course
from airflow_provider_canvas.api.unsupported_parameters import refused_parameter
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.error_messages import canvas_message
from airflow_provider_canvas.client.protocol.json_body import InvalidJsonError
from airflow_provider_canvas.client.protocol.other_servers import NOT_CANVAS, other_server
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.response_shape import UnexpectedShapeError, check_shape
from airflow_provider_canvas.client.protocol.sent_ids import not_found_advice
from airflow_provider_canvas.client.protocol.status_errors import (
    API_STATUSES,
    ErrorClass,
    error_class,
    is_throttled,
    is_token_rejected,
    response_error,
)
from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.security.secret import Secret


@dataclass(frozen=True)
class Return:
    """The request succeeded.

    :param body: The JSON of the response.
    """

    body: Any


@dataclass(frozen=True)
class Retry:
    """Send the same request again.

    :param after: Seconds to wait before.
    :param reason: Why, for the log.
    """

    after: float
    reason: str


@dataclass(frozen=True)
class Raise:
    """Give up.

    :param error: The error to raise.
    """

    error: errors.CanvasError


Decision = Return | Retry | Raise


@dataclass(frozen=True)
class RetryPolicy:
    """How long and how often a client retries.

    :param retry_for: Seconds since the first attempt during which a request is retried.
    :param first_delay: Seconds before the second attempt. Each further delay is twice the one before.
    :param max_delay: The longest delay in seconds, unless Canvas asks for a longer one.
    :param jitter: Returns a random number from 0 to 1. It spreads the retries of requests that failed together.
    :param now: Returns the seconds since the epoch, for dates in ``Retry-After``.
    """

    retry_for: float = 120.0
    first_delay: float = 0.5
    max_delay: float = 15.0
    jitter: Callable[[], float] = field(default=random.random, repr=False)
    now: Callable[[], float] = field(default=time.time, repr=False)

    def decide(
        self, call: Call[Any], response: ResponseOrError, attempt: int, elapsed: float, *secrets: Secret
    ) -> Decision:
        """Decide what to do after a request.

        :param call: The call that was made.
        :param response: The response, or the transport error.
        :param attempt: The number of attempts before this one.
        :param elapsed: Seconds since the first attempt started.
        :param secrets: Values to remove from messages.
        """
        decision = _return_or_raise(call, response, secrets)
        if isinstance(decision, Return) or not _may_retry(call, response):
            return decision
        after = self._delay(response, attempt)
        if elapsed + after > self.retry_for:
            if attempt:
                decision.error.args = (f"{decision.error} ({attempt + 1} attempts in {elapsed:.0f} s)",)
            return decision
        return Retry(after, str(decision.error))

    def _delay(self, response: ResponseOrError, attempt: int) -> float:
        delay = min(self.max_delay, self.first_delay * 2.0 ** min(attempt, 16)) * (0.5 + self.jitter() / 2)
        retry_after = response.retry_after(self.now()) if isinstance(response, Response) else None
        return max(delay, retry_after + delay / 2) if retry_after is not None and retry_after > 0 else delay


def _may_retry(call: Call[Any], response: ResponseOrError) -> bool:
    if is_throttled(response):
        return True
    if isinstance(response, TransportError):
        return response.temporary and (call.is_read or not response.sent)
    return call.is_read and response.status >= 500 and not _refused_parameter(call, response)


def _return_or_raise(call: Call[Any], response: ResponseOrError, secrets: tuple[Secret, ...]) -> Return | Raise:
    """Return the JSON of a response, or the error that the response means."""
    route = f"{call.method} {call.route}"
    if isinstance(response, TransportError):
        maybe_done = response.sent and not call.is_read
        advice = _UNREACHABLE if not response.sent else _MAYBE_DONE if maybe_done else PASSES
        advice = response.advice or advice
        text = f"No response from Canvas to {call}: {redact(response.reason, *secrets)}. {advice}"
        return Raise(error_class(response, API_STATUSES)(text, route=route, maybe_done=maybe_done))
    kind: ErrorClass
    responder, problem = "Canvas", ""
    if 200 <= response.status < 300:
        try:
            body = read_body(call, response)
        except UnexpectedShapeError as mismatch:
            problem = f", but in its JSON {mismatch}"
            message, kind, advice = None, errors.CanvasUnexpectedResponseError, _NOT_DECLARED
        except ValueError:
            message, kind, advice = None, errors.CanvasUnexpectedResponseError, NOT_CANVAS
        else:
            message = call.find_error(body) if call.find_error else None
            if message is None:
                return Return(body)
            kind = errors.CanvasValidationError
            advice = _NO_ROOM if "quota" in message.lower() else _ERROR_IN_SUCCESS
    else:
        message = canvas_message(response)
        if (other := None if is_throttled(response) else other_server(response)) is not None:
            responder, (kind, advice) = "A server in front of Canvas", other
            if kind is errors.CanvasServerError:
                advice = f"{advice} {PASSES if call.is_read else _MAYBE_DONE}"
        else:
            kind, advice = _class_and_advice(call, response)
    error = response_error(
        kind,
        response,
        f"{responder} answered {response.status} to {call}{problem}",
        redact(message, *secrets) if message else None,
        advice,
        route=route,
        maybe_done=not call.is_read
        and ((response.status >= 500 and response.status != 511) or (response.status < 300 and message is None)),
    )
    return Raise(error)


def read_body(call: Call[Any], response: Response) -> Any:
    """Return the JSON of a response, which has the type that is declared for the call.

    :raises ValueError: When the body is not JSON, or not the object or the list that the call returns.
    :raises UnexpectedShapeError: When something in it is not what is declared.
    """
    body = response.json()
    if not isinstance(body, call.json_type):
        raise InvalidJsonError(f"The JSON is not a {call.json_type.__name__}.")
    return check_shape(body, call.returns)


PASSES = "This usually passes by itself, unless Canvas or the network is down."
SERVER_FAILED = f"Canvas, or a server in front of it, failed. {PASSES}"
_FAILED_ON_REQUEST = (
    "Canvas failed on this request. If the same request fails again, Canvas does not understand one of its values: "
    "some versions answer 500 to a parameter that is missing, invalid, or newer than they are."
)
_FAILED_ON_CHANGE = (
    "Canvas, or a server in front of it, failed. Canvas may have executed the request: check Canvas before you send "
    "it again."
)
_NO_ROUTE = (
    "The response is a web page, so it is not the id that is wrong: this Canvas does not have the endpoint "
    "(it may be older than the endpoint), or the connection's host is not the address of Canvas itself."
)
_UNREACHABLE = "Check that the connection's host is right, and that Canvas and the network are up."
_MAYBE_DONE = "Canvas may have executed the request: check Canvas before you send it again."
_NOT_DECLARED = (
    "Canvas never sends that: check that the connection's host is the address of Canvas itself, and that no proxy in "
    "between changes responses. If Canvas did send it, report it to the authors of this package."
)
_REJECTED = (
    "Canvas rejects the token: create a new one (Account, Settings, New access token) "
    "and put it into the connection's password."
)
_NO_PERMISSION = "The token is valid, but its user lacks the permission: ask for it, or use the token of another user."
_NO_SCOPE = "The developer key does not have the scope of this endpoint: add {} to the key, and authorize it again."
_CORRECT = "Correct the request: Canvas will refuse the same request again."
_ERROR_IN_SUCCESS = "The response has status 200 and contains this error: the request had no effect."
_NO_ROOM = "Make room: delete files there, or have the quota raised; or use a smaller file."
_ADVICE: dict[ErrorClass, str] = {
    errors.CanvasThrottledError: (
        "The token's rate limit is used up: run fewer tasks with this token at the same time, or run them later."
    ),
    errors.CanvasPermissionError: _NO_PERMISSION,
    errors.CanvasConflictError: "It conflicts with what already exists in Canvas.",
    errors.CanvasServerError: SERVER_FAILED,
    errors.CanvasUnexpectedResponseError: NOT_CANVAS,
    errors.CanvasValidationError: _CORRECT,
}


def _class_and_advice(call: Call[Any], response: Response) -> tuple[ErrorClass, str]:
    """Return the error class of a response of the API to a call, and what to do about it."""
    if is_token_rejected(response):
        return errors.CanvasAuthenticationError, _REJECTED
    if response.status == 401 and b"insufficient scopes" in response.body.lower():
        return errors.CanvasPermissionError, _NO_SCOPE.format(scope_of(call))
    kind = error_class(response, API_STATUSES)
    if kind is errors.CanvasPermissionError and response.status == 403 and _has_message_only(response):
        kind = errors.CanvasValidationError
    if kind is errors.CanvasNotFoundError:
        return kind, _NO_ROUTE if response.is_html else not_found_advice(call)
    if (refusal := _refusal_of_parameter(call, response, kind)) is not None:
        return refusal
    if kind is errors.CanvasServerError and not call.is_read:
        return kind, f"{_FAILED_ON_REQUEST} {_MAYBE_DONE}" if response.status == 500 else _FAILED_ON_CHANGE
    return kind, _ADVICE[kind]


def _refusal_of_parameter(call: Call[Any], response: Response, kind: ErrorClass) -> tuple[ErrorClass, str] | None:
    """Return the error class and the advice if Canvas refuses one parameter of the call, and which one is known."""
    source = copied_course(call)
    if source is not None and (
        kind is errors.CanvasPermissionError or b"not allowed to copy the source course" in response.body
    ):
        return errors.CanvasPermissionError, _may_not_copy(*source)
    refusal = _refused_parameter(call, response)
    return None if refusal is None else (errors.CanvasValidationError, refusal)


def _may_not_copy(name: str, course_id: object) -> str:
    return (
        f"The token's user lacks a right. It must be able to read the source course ({name} {course_id}) as its "
        "teachers do: enroll it there as a teacher, or give its role in that account the right to read course content. "
        "And it must be able to import content into the destination."
    )


def _refused_parameter(call: Call[Any], response: Response) -> str | None:
    return refused_parameter(call, response.status, response.body)


def _has_message_only(response: Response) -> bool:
    """Tell whether a 403 is about wrong values (too many courses in a batch, an unknown state), not a permission."""
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and "message" in body and not {"errors", "status"} & body.keys()
