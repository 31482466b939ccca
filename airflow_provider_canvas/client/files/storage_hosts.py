"""The hosts that store the files of Canvas: their errors, redirects and retries, for uploads and downloads.

These hosts sign URLs, take no token, and have error formats of their own. So messages contain nothing of a URL, and
of a response only its error code.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.protocol.error_messages import canvas_message
from airflow_provider_canvas.client.protocol.flow import Flow, Send, Sleep
from airflow_provider_canvas.client.protocol.other_servers import NEEDS_LOGIN, may_be_canvas
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import Retry
from airflow_provider_canvas.client.protocol.status_errors import (
    STORAGE_STATUSES,
    error_class,
    is_temporary,
    response_error,
)
from airflow_provider_canvas.client.settings import USER_AGENT
from airflow_provider_canvas.security.address import Address, AddressError, parse_address
from airflow_provider_canvas.security.redaction import redact
from airflow_provider_canvas.security.secret import Secret

log = logging.getLogger(__name__)

HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*"}

_TRANSFER = Call("GET", "the file's bytes", "the file's bytes", {}, dict)
"""The call that the retry policy is asked about: a transfer that may be retried is retried like a GET."""

_S3_CODE = re.compile(rb"<Code>(\w{1,60})</Code>")


@dataclass
class TransferRetries:
    """Retries of a transfer, for as long as the retry policy allows, counting the time spent sleeping.

    :param caller: The caller whose policy applies.
    :param attempt: The number of retries since progress was last made.
    :param waited: Seconds spent sleeping since progress was last made.
    """

    caller: Caller
    attempt: int = 0
    waited: float = 0.0

    def reset(self) -> None:
        """Start counting from zero, after progress was made."""
        self.attempt, self.waited = 0, 0.0

    def sleep_or_raise(
        self, response: ResponseOrError | None, error: errors.CanvasError, next_attempt: str = ""
    ) -> Flow[None]:
        """Sleep before another attempt.

        :param response: The response to the last attempt; it may contain ``Retry-After``.
        :param error: The error of the last attempt.
        :param next_attempt: A sentence for the log about what the next attempt does.
        :raises CanvasError: ``error``, when the policy gives up.
        """
        if response is None or not is_temporary(response):
            response = TransportError("", sent=True)
        decision = self.caller.policy.decide(_TRANSFER, response, self.attempt, self.waited)
        if not isinstance(decision, Retry):
            if self.attempt:
                error.args = (f"{error} ({self.attempt + 1} attempts)",)
            raise error
        self.attempt += 1
        self.waited += decision.after
        log.info("%s Retrying in %.1f s.", f"{error} {next_attempt}".rstrip(), decision.after)
        yield Sleep(decision.after)


@dataclass(frozen=True)
class UrlCaller(Caller):
    """A caller that makes a call at a given address, signed or on another host.

    :param address: The address, with its query.
    """

    address: Address = field(kw_only=True)

    def build_request(self, call: Call[Any]) -> Send:
        """Return the request for a call at the address."""
        return replace(super().build_request(call), address=self.address, query=[])


def url_caller(caller: Caller, address: Address) -> UrlCaller:
    """Return a caller for one address."""
    return UrlCaller(**vars(caller), address=address)


def received_address(url: object, source: str) -> Address:
    """Return a URL of a response as an address.

    :param source: Where the URL stands: ``The upload_url of package.imscc``.
    :raises CanvasUnexpectedResponseError: When it is not a URL that can be used.
    """
    try:
        return parse_address(url)
    except AddressError as error:
        raise invalid_address(source, error) from None


def redirect_target(response: Response, requested: Address, transfer: str) -> Address | None:
    """Return the address in the ``Location`` header of a response; ``None`` if it has none.

    :param requested: The address that was requested; the header may be relative to it.
    :param transfer: The transfer: ``the upload of package.imscc``.
    :raises CanvasUnexpectedResponseError: When the header is not a URL that can be used.
    """
    location = response.headers.get("location")
    if location is None:
        return None
    try:
        return requested.resolve(location.strip(" \t"))
    except AddressError as error:
        raise invalid_address(f"The address to which {requested.netloc} redirects {transfer}", error) from None


def invalid_address(source: str, error: AddressError) -> errors.CanvasUnexpectedResponseError:
    """Return the error for a received address that is not used.

    :param source: Where the address stands.
    :param error: What is wrong with it.
    """
    return errors.CanvasUnexpectedResponseError(
        f"{source} is not used: {error}. No request was sent to it. Canvas and its storage send no such "
        "addresses: find out which server sent it."
    )


def transfer_error(response: ResponseOrError, transfer: str, advice: str, *secrets: Secret) -> errors.CanvasError:
    """Return the error that a response of a storage host means.

    :param transfer: The transfer: ``the upload of package.imscc``.
    :param advice: What to do about it.
    :param secrets: Values to remove from the message.
    """
    kind = error_class(response, STORAGE_STATUSES)
    if isinstance(response, TransportError):
        known = f"{response.advice} " if response.advice else ""
        return kind(f"No response to {transfer}: {redact(response.reason, *secrets)}. {known}{advice}")
    message = _message(response)
    if response.status == 407:
        kind, advice = errors.CanvasUnexpectedResponseError, f"{NEEDS_LOGIN} {advice}"
    elif response.is_html and not may_be_canvas(response):
        advice = f"It is a web page, which a firewall or proxy may have sent. {advice}"
    text = f"{response.status} was the response to {transfer}"
    return response_error(kind, response, text, redact(message, *secrets) if message else None, advice)


def _message(response: Response) -> str | None:
    """Return the code of S3, or the message of Canvas or its file service. Other texts may contain signed URLs."""
    if match := _S3_CODE.search(response.body):
        return match[1].decode("ascii", "replace")
    return canvas_message(response) if response.body.lstrip().startswith(b"{") else None
