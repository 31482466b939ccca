"""The asynchronous client, on aiohttp."""

from __future__ import annotations

import asyncio
import itertools
import logging
import ssl
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace, TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from yarl import URL

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.caller import Caller, Page, caller_for
from airflow_provider_canvas.client.operations import Operations
from airflow_provider_canvas.client.protocol.content_encoding import ACCEPTED
from airflow_provider_canvas.client.protocol.flow import CHUNK, Body, Flow, Send, run_async
from airflow_provider_canvas.client.protocol.listing_guard import ListingGuard
from airflow_provider_canvas.client.protocol.rate_limit import MAX_IN_FLIGHT, QueuedRequest
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError, page_number
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.body_reader import BodyError, BodyReader
from airflow_provider_canvas.client.transports.network import Network, NetworkSettingsError, Proxy, needs_tls
from airflow_provider_canvas.client.transports.plain_get import PlainGets, joined_headers
from airflow_provider_canvas.client.transports.time_limit import MIN_BYTES, TimeLimit
from airflow_provider_canvas.client.transports.unreachable import dropped, unreachable
from airflow_provider_canvas.security.secret import Secret

log = logging.getLogger(__name__)

T = TypeVar("T")

KEEP_ALIVE = 75.0
"""Seconds for which an idle connection is kept open: longer than the usual interval between two polls."""


class AsyncCanvasClient(Canvas[AsyncIO], Operations[AsyncIO]):
    """An asynchronous client for one Canvas. Its session belongs to the event loop in which it is first used.

    :param settings: The address of Canvas, the token and the timeouts.
    :param policy: Decides about retries; by default for ``settings.retry_for`` seconds.
    :param reload_settings: Reads the settings from their source again, when Canvas rejects the token.
    """

    def __init__(
        self,
        settings: Settings,
        policy: RetryPolicy | None = None,
        reload_settings: Callable[[], Awaitable[Settings]] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.caller = caller_for(settings, policy)
        self._reload = reload_settings
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self._network = Network(settings)
        self._plain_gets = PlainGets(settings)

    async def send(self, call: Call[T]) -> T:
        """Make a call and return its JSON.

        :raises CanvasError: When Canvas refuses the call or does not respond.
        """
        return (await self.run(lambda caller: caller.call(call)))[0]

    async def iterate(self, call: Call[T]) -> AsyncIterator[T]:
        """Yield the items of a listing. Pages are fetched when they are needed.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        async with aclosing(self.iterate_pages(call)) as pages:
            async for items in pages:
                for item in items:
                    yield item

    async def iterate_pages(self, call: Call[T]) -> AsyncGenerator[list[T], None]:
        """Yield the pages of a listing, in order.

        If Canvas numbers the pages, up to ten are fetched concurrently, as soon as the second one is needed.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        guard = ListingGuard(call.route)
        page = await self._fetch_page(call)
        yield page.items
        guard.check(page.items, page.next_page)
        async with aclosing(self._numbered(page)) as numbered:
            async for page in numbered:
                yield page.items
                guard.check(page.items, page.next_page)
                if page.next_call is None:
                    return
        while page.next_call is not None:
            page = await self._fetch_page(page.next_call, page)
            yield page.items
            guard.check(page.items, page.next_page)

    async def _numbered(self, first: Page[T]) -> AsyncGenerator[Page[T], None]:
        """Yield the pages after the first up to the last that it names, and fetch several concurrently."""
        next_call, last = first.next_call, first.last
        number_of_next = None if next_call is None else page_number(next_call.params["page"])
        if next_call is None or last is None or number_of_next is None:
            return
        numbers = iter(range(number_of_next, last + 1))
        tasks: deque[asyncio.Task[Page[T]]] = deque()
        try:
            while True:
                for number in itertools.islice(numbers, MAX_IN_FLIGHT - len(tasks)):
                    tasks.append(asyncio.create_task(self._fetch_page(next_call.with_params(page=str(number)), first)))
                if not tasks:
                    return
                yield await tasks.popleft()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch_page(self, call: Call[T], previous: Page[T] | None = None) -> Page[T]:
        return await self.run(lambda caller: caller.fetch_page(call, previous))

    async def run(self, make_flow: Callable[[Caller], Flow[T]]) -> T:
        """Run a flow with this client's caller and return its result."""
        return await run_async(make_flow(self.caller), self)

    async def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None:
        """Sleep, until the queued request is called at the latest."""
        if queued is None:
            await asyncio.sleep(seconds)
            return
        loop = asyncio.get_running_loop()
        called = asyncio.Event()
        queued.wake = lambda: _call_in_loop(loop, called.set)
        timer = loop.call_later(seconds, called.set)
        try:
            if not queued.called:
                await called.wait()
        finally:
            timer.cancel()
            queued.wake, queued.called = None, False

    async def reload_settings(self) -> Settings | None:
        """Return the current settings; ``None`` if they cannot be read."""
        try:
            return await self._reload() if self._reload else None
        except Exception as error:  # noqa: BLE001  # the caller must get Canvas's rejection, not this error
            log.warning("Could not read the settings again (%s).", type(error).__name__)
            return None

    async def send_request(self, request: Send) -> ResponseOrError:
        """Send one request once."""
        host = self.settings.host if self.settings.owns(request.address) else "the storage"
        exchange, proxy, limit = _Exchange(), None, None
        try:
            proxy = self._network.proxy(request.address)
            tls = self._network.tls_context() if needs_tls(request.address, proxy) else True
            async with asyncio.timeout(None) as timer:
                limit = TimeLimit(self.settings, _reschedule(timer), asyncio.get_running_loop().time)
                if proxy is None and self._plain_gets.can_send(request, tls):
                    return await self._plain_gets.send(request, self._opened(), exchange)
                async with self._request(request, proxy, tls, exchange, limit) as response:
                    head = Response(response.status, joined_headers(response.headers), b"")
                    reader = BodyReader(head, request, self.settings)
                    return await _read_body(response, reader, limit)
        except BodyError as error:
            return error.of(host)
        except (aiohttp.ClientError, OSError, NetworkSettingsError) as error:
            if not exchange.connected:
                return unreachable(host, error, proxy)
            return self._broken_off(host, request.address.scheme, error, limit)

    def _broken_off(self, host: str, scheme: str, error: Exception, limit: TimeLimit | None) -> TransportError:
        """Return the transport error for a request that was sent, at least in part."""
        if isinstance(error, TimeoutError):
            idle = f"took more than {self.settings.read_timeout:g} s"
            reason = idle if limit is None or isinstance(error, aiohttp.ServerTimeoutError) else limit.reason
            return TransportError(f"{host} {reason}", sent=True, timed_out=True)
        if isinstance(error, aiohttp.ClientPayloadError):
            return TransportError(f"the response of {host} broke off ({type(error).__name__})", sent=True)
        return dropped(host, scheme, error)

    def _request(
        self, request: Send, proxy: Proxy | None, tls: ssl.SSLContext | bool, exchange: _Exchange, limit: TimeLimit
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        is_own = self.settings.owns(request.address)
        headers, options = {"Accept-Encoding": ACCEPTED, **request.headers}, dict[str, Any]()
        if request.body is None or isinstance(request.body, list):
            options["data"] = request.body
        else:
            headers |= {"Content-Type": request.body.content_type, "Content-Length": str(request.body.length)}
            options["data"] = _streamed(request.body, limit)
            # aiohttp would count the time spent sending the body as waiting for the response.
            options["timeout"] = aiohttp.ClientTimeout(
                total=None, connect=self.settings.connect_timeout, sock_connect=self.settings.connect_timeout
            )
        return self._opened().request(
            request.method,
            URL(request.address.with_query(request.query).url, encoded=True),  # signed URLs are sent unchanged
            headers=headers,
            allow_redirects=False,  # the flow decides about redirects, and whether the token goes along
            proxy=proxy.url if proxy else None,
            ssl=tls,
            trace_request_ctx=exchange,
            middlewares=(_SendOnce(request.token, partial(self._plain_gets.learn, tls=tls) if is_own else None),),
            **options,
        )

    def _opened(self) -> aiohttp.ClientSession:
        if self._is_closed:
            raise RuntimeError("This client is closed: make a new one for further requests.")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_IN_FLIGHT, keepalive_timeout=KEEP_ALIVE),
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    connect=self.settings.connect_timeout,
                    sock_connect=self.settings.connect_timeout,
                    sock_read=self.settings.read_timeout,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),  # a session cookie would replace the token
                trust_env=False,  # it would let ~/.netrc replace the token; see Network for proxies
                auto_decompress=False,  # it would unpack any amount
                trace_configs=[_trace_connections()],
            )
        return self._session

    async def close(self) -> None:
        """Close the connections. The client sends no request afterwards."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def run_with_client(settings: Settings, use: Callable[[AsyncCanvasClient], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine with an asynchronous client, from synchronous code: for many requests at the same time.

    :param settings: The settings of the client.
    :param use: Makes the coroutine from the client.
    """

    async def run() -> T:
        async with AsyncCanvasClient(settings) as client:
            return await use(client)

    return asyncio.run(run())


def _reschedule(timer: asyncio.Timeout) -> Callable[[float | None], None]:
    """Return a function that reschedules a timer unless it has expired."""
    return lambda end: None if timer.expired() else timer.reschedule(end)


def _call_in_loop(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Call a function in an event loop, from any thread."""
    try:
        in_loop = asyncio.get_running_loop() is loop
    except RuntimeError:
        in_loop = False
    if in_loop:
        callback()
    else:
        loop.call_soon_threadsafe(callback)


@dataclass
class _Exchange:
    """One request on its way.

    :param connected: Whether it has a connection, so that a part of it may have reached the server.
    """

    connected: bool = False


def _trace_connections() -> aiohttp.TraceConfig:
    """Return a trace that notes in its :class:`_Exchange` that a request has a connection."""

    async def note(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: Any) -> None:
        context.trace_request_ctx.connected = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(note)
    trace.on_connection_reuseconn.append(note)
    return trace


class _SendOnce:
    """Sends a request once, with the token: aiohttp itself would retry a PUT or a DELETE when its response is lost.

    The token is added late: until then no frame of aiohttp holds it.
    """

    __slots__ = ("_learn", "_token")

    def __init__(self, token: Secret | None, learn: Callable[[aiohttp.ClientRequest], None] | None) -> None:
        self._token, self._learn = token, learn

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._learn is not None:
            self._learn(request)
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        try:
            return await handler(request)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            raise aiohttp.ClientConnectionError(str(error)) from error  # which aiohttp does not retry


async def _read_body(response: aiohttp.ClientResponse, reader: BodyReader, limit: TimeLimit) -> Response:
    """Read a body. Files are written in a thread."""
    if not reader.is_written:
        async for data in response.content.iter_any():
            reader.feed(data)
            if not reader.wants_more:
                break
        return reader.finish()
    limit.transfer()
    received = bytearray()
    try:
        if reader.wants_more:
            async for data in response.content.iter_any():
                received += data
                limit.transfer(len(data))
                if len(received) >= CHUNK:
                    with limit.paused():
                        await _write(reader, received)
    except (aiohttp.ClientError, OSError):
        received += _unread(response.content)
        raise
    finally:
        with limit.paused():
            await _write(reader, received)  # a resumed download does not request these bytes again
    return reader.finish()


def _unread(content: aiohttp.StreamReader) -> bytes:
    """Return the bytes that arrived before the connection broke, and that aiohttp keeps back behind its exception."""
    content.set_exception(None)  # type: ignore[arg-type]  # it would raise the exception again
    return content.read_nowait()


async def _write(reader: BodyReader, received: bytearray) -> None:
    """Write bytes in a thread, once: after an error, which ends the transfer, they are not written again."""
    data = bytes(received)
    received.clear()
    await asyncio.to_thread(reader.feed, data)


async def _streamed(body: Body, limit: TimeLimit) -> AsyncIterator[bytes]:
    """Yield the pieces of a body, and record each for the time limit. Files are read in a thread."""
    chunks = body.chunks()
    while True:
        with limit.paused():
            chunk = await asyncio.to_thread(next, chunks, b"")
        if not chunk:
            break
        for start in range(0, len(chunk), MIN_BYTES):
            piece = chunk[start : start + MIN_BYTES]
            yield piece
            limit.transfer(len(piece))
    limit.begin()
