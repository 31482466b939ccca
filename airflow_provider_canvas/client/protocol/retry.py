"""Whether to return, try again or give up: one function, for every conversation with Canvas.

- A refused request (429, or 403 that says Rate Limit Exceeded) was not carried out: any method is sent again.
- A GET is sent again after 5xx, time-outs and dropped connections.
- POST, PUT and DELETE are not, except where nothing can have been carried out (no connection came about). Their error
  says ``maybe_done``, and whoever sent them looks.
- A refused token is not this function's matter: see :mod:`~airflow_provider_canvas.client.auth.credentials`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.error_messages import canvas_message
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.security.redaction import redact

_Kind = tuple[type[errors.CanvasError], str]


@dataclass(frozen=True)
class Return:
    """The answer is what was asked for.

    :param body: The JSON.
    """

    body: Any


@dataclass(frozen=True)
class Retry:
    """Send the same request again.

    :param after: Seconds to wait before.
    :param because: Why, for the log.
    """

    after: float
    because: str


@dataclass(frozen=True)
class Raise:
    """Give up.

    :param error: Why.
    """

    error: errors.CanvasError


Decision = Return | Retry | Raise


@dataclass(frozen=True)
class RetryPolicy:
    """How patient a client is.

    :param retry_for: Seconds, counted from the first attempt, for which a request is repeated.
    :param first_delay: Seconds before the second attempt; doubled each time, up to ``longest_delay``.
    :param longest_delay: The most seconds between two attempts, unless Canvas asks for more.
    :param chance: A number from 0 to 1: spreads those who were refused together.
    """

    retry_for: float = 120.0
    first_delay: float = 0.5
    longest_delay: float = 15.0
    chance: Callable[[], float] = field(default=random.random, repr=False)

    def decide(
        self, call: Call[Any], outcome: ResponseOrError, attempt: int, elapsed: float, *secrets: str
    ) -> Decision:
        """Return what to do.

        :param call: What was asked.
        :param outcome: What came back.
        :param attempt: How many attempts there were before this one.
        :param elapsed: Seconds since the first attempt began.
        :param secrets: What no message may contain.
        """
        decision = _read(call, outcome, secrets)
        if isinstance(decision, Return) or not _repeatable(call, outcome):
            return decision
        after = self._delay(outcome, attempt)
        if elapsed + after > self.retry_for:
            if attempt:
                decision.error.args = (f"{decision.error} ({attempt + 1} attempts in {elapsed:.0f} s)",)
            return decision
        return Retry(after, str(decision.error))

    def _delay(self, outcome: ResponseOrError, attempt: int) -> float:
        spread = min(self.longest_delay, self.first_delay * 2.0 ** min(attempt, 16)) * (0.5 + self.chance() / 2)
        asked = outcome.number("retry-after") if isinstance(outcome, Response) else None
        return max(spread, asked + spread / 2) if asked is not None and asked > 0 else spread


def refuses_token(outcome: ResponseOrError) -> bool:
    """Whether Canvas knows no such token (any more): then nothing was carried out."""
    return isinstance(outcome, Response) and outcome.status == 401 and "www-authenticate" in outcome.headers


def is_throttled(outcome: ResponseOrError) -> bool:
    """Whether Canvas refuses for now, because the token's budget is used up: then nothing was carried out."""
    return isinstance(outcome, Response) and (
        outcome.status == 429 or (outcome.status == 403 and b"rate limit exceeded" in outcome.body.lower())
    )


def _repeatable(call: Call[Any], outcome: ResponseOrError) -> bool:
    if is_throttled(outcome):
        return True
    if isinstance(outcome, TransportError):
        return call.method == "GET" or not outcome.sent
    return call.method == "GET" and outcome.status >= 500


def _read(call: Call[Any], outcome: ResponseOrError, secrets: tuple[str, ...]) -> Return | Raise:
    """Return the answer's JSON, or the error that the outcome is."""
    route = f"{call.method} {call.route}"
    if isinstance(outcome, TransportError):
        done = outcome.sent and call.method != "GET"
        reason = redact(outcome.reason, *secrets)
        advice = _DOWN if not outcome.sent else _LOST if done else _PASSES
        lost = errors.CanvasLateError if outcome.late else errors.CanvasTransportError
        return Raise(lost(f"No answer from Canvas to {call}: {reason}. {advice}", route=route, maybe_done=done))
    if 200 <= outcome.status < 300:
        try:
            body = outcome.json()
        except ValueError:
            body = None
        if isinstance(body, call.json_type):
            said = call.find_error(body) if call.find_error else None
            if said is None:
                return Return(body)
            kind, advice = _WRONG_KIND
        else:
            said, (kind, advice) = None, _NOT_CANVAS_KIND
    else:
        said = canvas_message(outcome)
        kind, advice = _kind(outcome)
    said = redact(said, *secrets) if said else None
    text = f"Canvas answered {outcome.status} to {call}" + (f": {said.rstrip('.')}" if said else "") + f". {advice}"
    error = kind(
        text,
        status=outcome.status,
        route=route,
        canvas_message=said,
        request_id=outcome.headers.get("x-request-context-id"),
        maybe_done=call.method != "GET" and (outcome.status >= 500 or (outcome.status < 300 and said is None)),
    )
    return Raise(error)


_DOWN = "Look whether the connection's host is right, and whether Canvas and the network are up."
_LOST = "Canvas may have carried it out: look before it is sent again."
_PASSES = "This passes by itself, unless Canvas or the network is down."
_NOT_CANVAS = (
    "That is no answer of Canvas's API: look whether the connection's host is the address of Canvas itself "
    "(not of a login page or a proxy), beginning with https."
)
_NOT_CANVAS_KIND: _Kind = (errors.CanvasUnexpectedAnswerError, _NOT_CANVAS)
_REFUSED = (
    "Canvas refuses the token: make a new one (Account, Settings, New access token) "
    "and put it into the connection's password."
)
_NO_RIGHT = "The token is valid, but its user lacks the right: ask for it, or use the token of somebody who has it."
_NO_SCOPE = "The developer key's scopes do not cover this endpoint: have it added to the key, and authorize anew."
_CORRECT = "Correct what was sent: the same request will be refused again."
_WRONG_KIND: _Kind = (
    errors.CanvasValidationError,
    "Canvas says so in an answer of status 200: what was asked for did not happen.",
)
_NOT_THERE = (
    "There is no such thing, or the token's user may not see it: look at the id, and for an SIS id at its prefix."
)


def _kind(answer: Response) -> _Kind:
    """Return what an answer that is an error means, and what to do about it."""
    found: _Kind
    match answer.status:
        case _ if is_throttled(answer):
            found = errors.CanvasThrottledError, "The token's request budget is used up: run less beside it, or later."
        case 401 if refuses_token(answer):
            found = errors.CanvasAuthenticationError, _REFUSED
        case 401 if b"insufficient scopes" in answer.body.lower():
            found = errors.CanvasPermissionError, _NO_SCOPE
        case 403 if _says_message_only(answer):
            found = errors.CanvasValidationError, _CORRECT
        case 401 | 403:
            found = errors.CanvasPermissionError, _NO_RIGHT
        case 404:
            found = errors.CanvasNotFoundError, _NOT_THERE
        case 409:
            found = errors.CanvasConflictError, "What is there already stands in the way."
        case status if status >= 500:
            found = errors.CanvasServerError, f"Canvas, or what stands in front of it, failed. {_PASSES}"
        case status if status < 400:
            found = _NOT_CANVAS_KIND
        case _:
            found = errors.CanvasValidationError, _CORRECT
    return found


def _says_message_only(answer: Response) -> bool:
    """Whether a 403 is about what was sent (too many courses in a batch, a state that is none), not about a right."""
    try:
        body = answer.json()
    except ValueError:
        return False
    return isinstance(body, dict) and "message" in body and not {"errors", "status"} & body.keys()
