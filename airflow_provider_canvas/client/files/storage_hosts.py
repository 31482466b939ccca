"""What both ways share, up and down: the hosts where Canvas keeps bytes, which are not Canvas.

They sign addresses, take no token, and answer in words of their own. So nothing of an address, and of an answer only
its code, gets into a message.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.protocol.error_messages import canvas_message
from airflow_provider_canvas.client.protocol.flow import Flow, Send, Sleep
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import Retry, is_throttled
from airflow_provider_canvas.client.settings import USER_AGENT, origin
from airflow_provider_canvas.security.redaction import redact

log = logging.getLogger(__name__)

HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*"}

_TRANSFER = Call("GET", "the file's bytes", "the file's bytes", {}, dict)
"""Stands for a transfer where the policy is asked: one is repeated as often as a GET, if it may be repeated."""

_S3_CODE = re.compile(rb"<Code>(\w{1,60})</Code>")


@dataclass
class Patience:
    """How often a transfer is begun again: as long as the policy says, counting the time spent waiting.

    :param caller: Whose policy it is.
    """

    caller: Caller
    attempt: int = 0
    waited: float = 0.0

    def renew(self) -> None:
        """Begin to count anew: something was gained."""
        self.attempt, self.waited = 0, 0.0

    def wait(self, outcome: ResponseOrError | None, error: errors.CanvasError) -> Flow[None]:
        """Pause before another attempt.

        :param outcome: What came of the last one; it may say how long to wait.
        :raises CanvasError: ``error``, if it was the last one.
        """
        passing = outcome if outcome is not None and _passes(outcome) else TransportError("", sent=True)
        decision = self.caller.policy.decide(_TRANSFER, passing, self.attempt, self.waited)
        if not isinstance(decision, Retry):
            if self.attempt:
                error.args = (f"{error} ({self.attempt + 1} attempts)",)
            raise error
        self.attempt += 1
        self.waited += decision.after
        log.info("%s Trying again in %.1f s.", error, decision.after)
        yield Sleep(decision.after)


def _passes(outcome: ResponseOrError) -> bool:
    return isinstance(outcome, TransportError) or is_throttled(outcome) or outcome.status >= 500


@dataclass(frozen=True)
class StorageCaller(Caller):
    """A speaker that makes a call at an address that it was given, signed or of another host.

    :param url: The address, with its query.
    """

    url: str = field(default="", repr=False)

    def request(self, call: Call[Any]) -> Send:
        """Return the request that makes the call there."""
        return replace(super().request(call), url=self.url, query=[])


def storage_caller(caller: Caller, url: str) -> StorageCaller:
    """Return a speaker for one address."""
    return StorageCaller(**vars(caller), url=url)


def redirect_target(answer: Response, asked: str) -> str | None:
    """Return where an answer leads, if it says so and that is an address.

    :param asked: The address that was asked for, from which it may be told.
    """
    try:
        there = urljoin(asked, answer.headers["location"])
        origin(there)
    except (KeyError, ValueError):
        return None
    return there


def transfer_error(outcome: ResponseOrError, doing: str, advice: str, *secrets: str) -> errors.CanvasError:
    """Return what a storage host's outcome means.

    :param doing: What was under way: ``the upload of package.imscc``.
    :param advice: What to do about it.
    """
    if isinstance(outcome, TransportError):
        lost = errors.CanvasLateError if outcome.late else errors.CanvasTransportError
        return lost(f"No answer to {doing}: {redact(outcome.reason, *secrets)}. {advice}")
    said = _said(outcome)
    said = redact(said, *secrets) if said else None
    text = f"{outcome.status} was the answer to {doing}" + (f": {said.rstrip('.')}" if said else "") + f". {advice}"
    request_id = outcome.headers.get("x-request-context-id") or outcome.headers.get("x-amz-request-id")
    return _kind(outcome)(text, status=outcome.status, canvas_message=said, request_id=request_id)


def _said(answer: Response) -> str | None:
    """Return S3's code, or the message of Canvas or its file service; other words may hold what was signed."""
    if found := _S3_CODE.search(answer.body):
        return found[1].decode("ascii", "replace")
    return canvas_message(answer) if answer.body.lstrip().startswith(b"{") else None


def _kind(answer: Response) -> type[errors.CanvasError]:
    match answer.status:
        case _ if is_throttled(answer):
            return errors.CanvasThrottledError
        case 401 | 403:
            return errors.CanvasPermissionError
        case 404 | 410:
            return errors.CanvasNotFoundError
        case status if status >= 500:
            return errors.CanvasServerError
        case status if status < 400:
            return errors.CanvasUnexpectedAnswerError
        case _:
            return errors.CanvasValidationError
