"""The synchronous client, on requests."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Self, TypeVar, cast

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client.caller import Caller, Page, caller_for
from airflow_provider_canvas.client.operations import Operations
from airflow_provider_canvas.client.protocol.content_encoding import ACCEPTED
from airflow_provider_canvas.client.protocol.flow import Body, Flow, Pairs, Send, run_sync
from airflow_provider_canvas.client.protocol.listing_guard import ListingGuard
from airflow_provider_canvas.client.protocol.rate_limit import MAX_IN_FLIGHT, QueuedRequest
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.body_reader import BodyError, BodyReader
from airflow_provider_canvas.client.transports.exact_requests import Exchange, with_exchange
from airflow_provider_canvas.client.transports.network import Network, NetworkSettingsError, needs_tls
from airflow_provider_canvas.client.transports.time_limit import MIN_BYTES, TimeLimit
from airflow_provider_canvas.client.transports.unreachable import dropped, unreachable
from airflow_provider_canvas.client.transports.watchdog import TimedAdapter, Watchdog
from airflow_provider_canvas.security.secret import Secret

log = logging.getLogger(__name__)

T = TypeVar("T")

_END_HEADERS = {"content-length", "transfer-encoding", "connection"}
"""A complete response has one of these headers, which tells where its body ends."""

_QUERY = re.compile(r"\?\S*")


def _strip_queries(record: logging.LogRecord) -> bool:
    """Strip query strings from urllib3's log records; they may hold signatures."""
    record.msg, record.args, record.exc_info = _QUERY.sub("?***", record.getMessage()), (), None
    return True


for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_strip_queries)

PIECE = 1 << 17
"""Bytes of a body per write: urllib3 limits each write by the connect timeout, so it must be small on slow networks."""


class CanvasClient(Canvas[SyncIO], Operations[SyncIO]):
    """A synchronous client for one Canvas.

    :param settings: The address of Canvas, the token and the timeouts.
    :param policy: Decides about retries; by default for ``settings.retry_for`` seconds.
    :param reload_settings: Reads the settings from their source again, when Canvas rejects the token.
    """

    def __init__(
        self,
        settings: Settings,
        policy: RetryPolicy | None = None,
        reload_settings: Callable[[], Settings] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.caller = caller_for(settings, policy)
        self._reload = reload_settings
        self._network = Network(settings)
        self._session = _Session()
        self._session.trust_env = False  # it would let ~/.netrc replace the token; see Network for proxies
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))  # a cookie would replace the token
        self._session.mount("https://", TimedAdapter(pool_maxsize=MAX_IN_FLIGHT))
        self._session.mount("http://", TimedAdapter(pool_maxsize=MAX_IN_FLIGHT))

    def send(self, call: Call[T]) -> T:
        """Make a call and return its JSON.

        :raises CanvasError: When Canvas refuses the call or does not respond.
        """
        return self.run(lambda caller: caller.call(call))[0]

    def iterate(self, call: Call[T]) -> Iterator[T]:
        """Yield the items of a listing. Each page is fetched when it is needed.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        for items in self.iterate_pages(call):
            yield from items

    def iterate_pages(self, call: Call[T]) -> Iterator[list[T]]:
        """Yield the pages of a listing. Each is fetched when it is needed.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        guard = ListingGuard(call.route)
        page = self._fetch_page(call)
        while True:
            yield page.items
            guard.check(page.items, page.next_page)
            if page.next_call is None:
                return
            page = self._fetch_page(page.next_call, page)

    def _fetch_page(self, call: Call[T], previous: Page[T] | None = None) -> Page[T]:
        return self.run(lambda caller: caller.fetch_page(call, previous))

    def run(self, make_flow: Callable[[Caller], Flow[T]]) -> T:
        """Run a flow with this client's caller and return its result."""
        return run_sync(make_flow(self.caller), self)

    def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None:
        """Sleep, until the queued request is called at the latest."""
        if queued is None:
            time.sleep(seconds)
            return
        called = threading.Event()
        queued.wake = called.set
        if not queued.called:
            called.wait(seconds)
        queued.wake, queued.called = None, False

    def reload_settings(self) -> Settings | None:
        """Return the current settings; ``None`` if they cannot be read."""
        try:
            return self._reload() if self._reload else None
        except Exception as error:  # noqa: BLE001  # the caller must get Canvas's rejection, not this error
            log.warning("Could not read the settings again (%s).", type(error).__name__)
            return None

    def send_request(self, request: Send) -> ResponseOrError:
        """Send one request once."""
        host = self.settings.host if self.settings.owns(request.address) else "the storage"
        with Watchdog() as watchdog:
            limit = TimeLimit(self.settings, watchdog.reschedule, time.monotonic)
            result = self._send(request, host, limit)
        if watchdog.expired and (isinstance(result, Response) or result.sent):
            return TransportError(f"{host} {limit.reason}", sent=True, timed_out=True)
        return result

    def _send(self, request: Send, host: str, limit: TimeLimit) -> ResponseOrError:
        exchange, proxy = Exchange(request.address.with_query(request.query)), None
        try:
            proxy = self._network.proxy(request.address)
            with self._session.send(
                self._prepare(request, exchange, limit),
                timeout=(self.settings.connect_timeout, self.settings.read_timeout),
                proxies={request.address.scheme: proxy.url} if proxy else {},
                verify=self._network.certificates if needs_tls(request.address, proxy) else True,
                allow_redirects=False,  # the flow decides about redirects, and whether the token goes along
                stream=True,
            ) as response:
                head = Response(response.status_code, _headers(response), b"")
                return _read_body(response, BodyReader(head, request, self.settings), limit)
        except BodyError as error:
            return error.of(host)
        except (requests.RequestException, HTTPError, NetworkSettingsError) as error:
            if not exchange.sent:
                return unreachable(host, self._network.cause_of(error), proxy)
            return self._broken_off(host, request.address.scheme, error)

    def _broken_off(self, host: str, scheme: str, error: Exception) -> TransportError:
        """Return the transport error for a request that was sent, at least in part."""
        if isinstance(error, requests.ReadTimeout | ReadTimeoutError):
            return TransportError(f"{host} took more than {self.settings.read_timeout:g} s", sent=True, timed_out=True)
        if isinstance(error, requests.ConnectionError):
            return dropped(host, scheme, error)
        return TransportError(f"the response of {host} broke off ({type(error).__name__})", sent=True)

    def _prepare(self, request: Send, exchange: Exchange, limit: TimeLimit) -> requests.PreparedRequest:
        headers, body = {"Accept-Encoding": ACCEPTED, **request.headers}, _form_or_stream(request.body, limit)
        if isinstance(body, _Streamed):
            headers["Content-Type"] = body.content_type
        prepared = self._session.prepare_request(
            requests.Request(
                request.method, request.address.base_url, headers=headers, data=body or (), auth=_Bearer(request.token)
            )
        )
        return with_exchange(prepared, exchange)

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
    """A session that leaves redirects to the flow."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Return ``None``: even without redirects, requests would parse the target and fail where it is not a URL."""
        return None


class _Streamed:
    """A body in the form that requests takes: with a length, in chunks."""

    def __init__(self, body: Body, limit: TimeLimit) -> None:
        self._body, self._limit = body, limit
        self.content_type = body.content_type

    def __len__(self) -> int:
        return self._body.length

    def __iter__(self) -> Iterator[bytes]:
        chunks = self._body.chunks()
        while chunk := self._next(chunks):
            for start in range(0, len(chunk), PIECE):
                piece = chunk[start : start + PIECE]
                yield piece
                self._limit.transfer(len(piece))
        self._limit.begin()

    def _next(self, chunks: Iterator[bytes]) -> bytes:
        with self._limit.paused():
            return next(chunks, b"")


class _Bearer(AuthBase):
    """Sets the token as authentication, not as a header, which ``~/.netrc`` would replace."""

    def __init__(self, token: Secret | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = cast("str", _Authorization(self._token))
        return request


class _Authorization:
    """The value of the header. http.client encodes it while it sends the request; before, nobody can read it."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def encode(self, encoding: str) -> bytes:
        """Return the bytes to send."""
        return f"Bearer {self._token.reveal()}".encode(encoding)

    def __repr__(self) -> str:
        return f"Bearer {self._token}"


def _form_or_stream(body: Pairs | Body | None, limit: TimeLimit) -> Pairs | _Streamed | None:
    return body if body is None or isinstance(body, list) else _Streamed(body, limit)


def _read_body(response: requests.Response, reader: BodyReader, limit: TimeLimit) -> Response:
    """Read a body as it is sent: requests would unpack any amount of it."""
    if reader.is_written:
        limit.transfer()
    if reader.wants_more:
        while data := response.raw.read1(MIN_BYTES, decode_content=False):
            if reader.is_written:
                limit.transfer(len(data))
                with limit.paused():
                    reader.feed(data)
            else:
                reader.feed(data)
            if not reader.wants_more:
                break
    return reader.finish()


def _headers(response: requests.Response) -> dict[str, str]:
    """Return the headers of a response, with lower-case names.

    :raises requests.exceptions.InvalidHeader: When the connection broke within the headers: http.client ignores that.
    """
    names = {
        name.lower(): value.encode("latin-1").decode("utf-8", "surrogateescape")  # as aiohttp does
        for name, value in response.headers.items()
    }
    if response.raw.version == 11 and response.status_code not in (204, 304) and not names.keys() & _END_HEADERS:
        raise requests.exceptions.InvalidHeader("the headers do not say where the response ends")
    return names
