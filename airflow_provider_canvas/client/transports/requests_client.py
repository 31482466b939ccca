"""The blocking transport: requests."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Self, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client.auth.credentials import credentials_for
from airflow_provider_canvas.client.caller import Caller, Page
from airflow_provider_canvas.client.operations import Operations
from airflow_provider_canvas.client.protocol.flow import CHUNK, Body, Flow, Pairs, Send, run_sync
from airflow_provider_canvas.client.protocol.rate_limit import MAX_IN_FLIGHT, QueuedRequest, rate_limiter_for
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

_ENDS = {"content-length", "transfer-encoding", "connection"}
"""Headers of which an answer has one that says where it ends."""

_QUERY = re.compile(r"\?\S*")


def _without_queries(record: logging.LogRecord) -> bool:
    """Take out of what urllib3 logs what lets its holder in: it logs whole addresses, some of them in warnings."""
    record.msg, record.args, record.exc_info = _QUERY.sub("?***", record.getMessage()), (), None
    return True


for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_without_queries)

PIECE = 1 << 17
"""Bytes of a body that are handed over at once: urllib3 gives that as long as a connection may take, on any line."""


class CanvasClient(Canvas[SyncIO], Operations[SyncIO]):
    """Canvas, for code that blocks.

    :param settings: Where Canvas is.
    :param policy: When to try again; by default for as long as the settings say.
    :param reread: Reads the settings again, from where they came from.
    """

    def __init__(
        self,
        settings: Settings,
        policy: RetryPolicy | None = None,
        reload_settings: Callable[[], Settings] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.caller = Caller(
            settings, policy or RetryPolicy(settings.retry_for), rate_limiter_for(settings), credentials_for(settings)
        )
        self._reread = reload_settings
        self._session = _Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # one would replace the token
        self._session.mount("https://", HTTPAdapter(pool_maxsize=MAX_IN_FLIGHT))
        self._session.mount("http://", HTTPAdapter(pool_maxsize=MAX_IN_FLIGHT))

    def send(self, call: Call[T]) -> T:
        """Make a call and return its answer.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        return self.perform(lambda caller: caller.call_flow(call))[0]

    def iterate(self, call: Call[T]) -> Iterator[T]:
        """Yield the items of a listing, getting each page when it is needed.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        for items in self.iterate_pages(call):
            yield from items

    def iterate_pages(self, call: Call[T]) -> Iterator[list[T]]:
        """Yield the pages of a listing, getting each when it is needed.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        following: Call[T] | None = call
        while following is not None:
            page = self._turn(following)
            following = page.following
            yield page.items

    def _turn(self, call: Call[T]) -> Page[T]:
        return self.perform(lambda caller: caller.fetch_page(call))

    def perform(self, conversation: Callable[[Caller], Flow[T]]) -> T:
        """Hold a conversation and return what it ends with."""
        return run_sync(conversation(self.caller), self)

    def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None:
        """Wait, at most until the turn is called."""
        if queued is None:
            time.sleep(seconds)
            return
        called = threading.Event()
        queued.wake = called.set
        if not queued.called:
            called.wait(seconds)
        queued.wake, queued.called = None, False

    def reload_settings(self) -> Settings | None:
        """Return the settings as they are now, if that can be known."""
        try:
            return self._reread() if self._reread else None
        except Exception as error:  # noqa: BLE001  # whatever it is, Canvas's refusal is what the caller must hear of
            log.warning("The settings could not be read again (%s).", type(error).__name__)
            return None

    def exchange(self, request: Send) -> ResponseOrError:
        """Send one request, once."""
        host = self.settings.host if self.settings.owns(request.url) else "the storage"
        headers, body = dict(request.headers), _form_or_stream(request.body)
        if isinstance(body, _Streamed):
            headers["Content-Type"] = body.content_type
        try:
            with self._session.request(
                request.method,
                request.url,
                params=request.query,
                data=body,
                headers=headers,
                auth=_Bearer(request.token),
                timeout=(self.settings.connect_timeout, self.settings.read_timeout),
                verify=self.settings.ca_bundle or True,
                allow_redirects=False,  # a conversation decides where to go, and what to show there
                stream=True,
            ) as response:
                names = _headers(response)
                head = Response(response.status_code, names, b"")
                write = request.into(head) if request.into else None
                if write is None:
                    return Response(head.status, head.headers, response.content)
                for chunk in response.iter_content(CHUNK):
                    write(chunk)
                return head
        except requests.ReadTimeout:
            return TransportError(f"{host} took more than {self.settings.read_timeout:g} s", sent=True, late=True)
        except requests.ConnectionError as error:  # time-outs of the connection and TLS errors are among these
            if _before_sending(error):
                return TransportError(f"{host} could not be reached ({_cause(error)})", sent=False)
            return TransportError(f"{host} dropped the connection", sent=True)
        except requests.RequestException as error:
            return TransportError(f"the answer of {host} broke off ({type(error).__name__})", sent=True)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Session(requests.Session):
    """A session that leaves it to a conversation where to go."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Return nothing: requests would look there even when it is not to go, and fail where there is no address."""
        return None


class _Streamed:
    """A body as requests takes it: with a length, and in pieces."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self.content_type = body.content_type

    def __len__(self) -> int:
        return self._body.length

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body.chunks():
            for start in range(0, len(chunk), PIECE):
                yield chunk[start : start + PIECE]


class _Bearer(AuthBase):
    """Sets the token as authentication and not as a header, so that no ~/.netrc replaces it."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _form_or_stream(body: Pairs | Body | None) -> Pairs | _Streamed | None:
    return body if body is None or isinstance(body, list) else _Streamed(body)


def _headers(response: requests.Response) -> dict[str, str]:
    """Return an answer's headers, with lower-case names.

    :raises requests.exceptions.InvalidHeader: When they broke off, which http.client takes for their end.
    """
    names = {name.lower(): value for name, value in response.headers.items()}
    if response.raw.version == 11 and response.status_code not in (204, 304) and not names.keys() & _ENDS:
        raise requests.exceptions.InvalidHeader("the headers do not say where the answer ends")
    return names


def _before_sending(error: requests.ConnectionError) -> bool:
    """Whether no connection came about, so that nothing can have been carried out."""
    text = repr(error)
    # Not other TLS errors: a stream that breaks while an answer is read has the same ones as a handshake.
    signs = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "CERTIFICATE_VERIFY_FAILED")
    return any(sign in text for sign in signs)


def _cause(error: BaseException) -> str:
    """Return the innermost reason: requests wraps urllib3 wraps the socket's error."""
    text = str(error)
    for sign in ("Connection refused", "Name or service not known", "certificate verify failed", "timed out"):
        if sign.lower() in text.lower():
            return sign.lower()
    return type(error).__name__
