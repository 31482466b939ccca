"""The awaiting transport: aiohttp."""

from __future__ import annotations

import asyncio
import itertools
import logging
import ssl
import urllib.request
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.auth.credentials import credentials_for
from airflow_provider_canvas.client.caller import Caller, Page
from airflow_provider_canvas.client.operations import Operations
from airflow_provider_canvas.client.protocol.flow import CHUNK, Body, Flow, Receive, Send, Write, run_async
from airflow_provider_canvas.client.protocol.rate_limit import MAX_IN_FLIGHT, QueuedRequest, rate_limiter_for
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

KEEP_ALIVE = 75.0
"""Seconds for which an idle connection is kept: longer than the usual time between two polls."""


class AsyncCanvasClient(Canvas[AsyncIO], Operations[AsyncIO]):
    """Canvas, for code that awaits. Its session belongs to the event loop in which it is first used.

    :param settings: Where Canvas is.
    :param policy: When to try again; by default for as long as the settings say.
    :param reread: Reads the settings again, from where they came from.
    """

    def __init__(
        self,
        settings: Settings,
        policy: RetryPolicy | None = None,
        reload_settings: Callable[[], Awaitable[Settings]] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.caller = Caller(
            settings, policy or RetryPolicy(settings.retry_for), rate_limiter_for(settings), credentials_for(settings)
        )
        self._reread = reload_settings
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[str, str | None] = {}

    async def send(self, call: Call[T]) -> T:
        """Make a call and return its answer.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        return (await self.perform(lambda caller: caller.call_flow(call)))[0]

    async def iterate(self, call: Call[T]) -> AsyncIterator[T]:
        """Yield the items of a listing, getting pages when they are needed.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        async with aclosing(self.iterate_pages(call)) as pages:
            async for items in pages:
                for item in items:
                    yield item

    async def iterate_pages(self, call: Call[T]) -> AsyncGenerator[list[T], None]:
        """Yield the pages of a listing, in order.

        Where Canvas says how many there are, up to ten are asked for at once, as soon as the second is needed.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        page = await self._turn(call)
        yield page.items
        async with aclosing(self._numbered(page)) as numbered:
            async for page in numbered:
                yield page.items
        while page.following is not None:
            page = await self._turn(page.following)
            yield page.items

    async def _numbered(self, first: Page[T]) -> AsyncGenerator[Page[T], None]:
        """Yield the pages between the first and the one that it says is the last, several under way at a time."""
        following, last = first.following, first.last
        if following is None or last is None or not str(following.params["page"]).isdecimal():
            return
        numbers = iter(range(int(following.params["page"]), last + 1))
        under_way: deque[asyncio.Task[Page[T]]] = deque()
        try:
            while True:
                for number in itertools.islice(numbers, MAX_IN_FLIGHT - len(under_way)):
                    under_way.append(asyncio.create_task(self._turn(following.with_params(page=str(number)))))
                if not under_way:
                    return
                yield await under_way.popleft()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _turn(self, call: Call[T]) -> Page[T]:
        return await self.perform(lambda caller: caller.fetch_page(call))

    async def perform(self, conversation: Callable[[Caller], Flow[T]]) -> T:
        """Hold a conversation and return what it ends with."""
        return await run_async(conversation(self.caller), self)

    async def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None:
        """Wait, at most until the turn is called."""
        if queued is None:
            await asyncio.sleep(seconds)
            return
        loop = asyncio.get_running_loop()
        called = asyncio.Event()
        queued.wake = lambda: _soon(loop, called.set)
        timer = loop.call_later(seconds, called.set)
        try:
            if not queued.called:
                await called.wait()
        finally:
            timer.cancel()
            queued.wake, queued.called = None, False

    async def reload_settings(self) -> Settings | None:
        """Return the settings as they are now, if that can be known."""
        try:
            return await self._reread() if self._reread else None
        except Exception as error:  # noqa: BLE001  # whatever it is, Canvas's refusal is what the caller must hear of
            log.warning("The settings could not be read again (%s).", type(error).__name__)
            return None

    async def exchange(self, request: Send) -> ResponseOrError:
        """Send one request, once."""
        host = self.settings.host if self.settings.owns(request.url) else "the storage"
        try:
            async with asyncio.timeout(None) as limit, self._request(request, limit) as response:
                limit.reschedule(None)
                return await _received(response, request.into)
        except aiohttp.ClientConnectorError as error:
            reason = error.strerror if isinstance(error.os_error, OSError) and error.strerror else type(error).__name__
            return TransportError(f"{host} could not be reached ({reason.lower()})", sent=False)
        except aiohttp.ConnectionTimeoutError:
            return TransportError(f"{host} could not be reached (timed out)", sent=False)
        except TimeoutError:
            return TransportError(f"{host} took more than {self.settings.read_timeout:g} s", sent=True, late=True)
        except aiohttp.ClientPayloadError as error:
            return TransportError(f"the answer of {host} broke off ({type(error).__name__})", sent=True)
        except (aiohttp.ClientError, OSError):
            return TransportError(f"{host} dropped the connection", sent=True)

    def _request(self, request: Send, limit: asyncio.Timeout) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        headers, options = dict(request.headers), dict[str, Any]()
        if request.token is not None:
            headers["Authorization"] = f"Bearer {request.token}"
        if request.body is None or isinstance(request.body, list):
            options["data"] = request.body
        else:
            headers |= {"Content-Type": request.body.content_type, "Content-Length": str(request.body.length)}
            options["data"] = _streamed(request.body, limit, self.settings.read_timeout)
            # aiohttp would count the time that it takes to send a body as time without an answer.
            options["timeout"] = aiohttp.ClientTimeout(
                total=None, connect=self.settings.connect_timeout, sock_connect=self.settings.connect_timeout
            )
        return self._opened().request(
            request.method,
            URL(request.url, encoded=True),  # a signed address is sent as it is, to the letter
            params=request.query or None,
            headers=headers,
            allow_redirects=False,  # a conversation decides where to go, and what to show there
            proxy=self._proxy(request.url),
            **options,
        )

    def _proxy(self, url: str) -> str | None:
        start = url[: url.find("/", len("https://"))]
        if start not in self._proxies:
            parts = urlsplit(url)
            self._proxies[start] = _proxy(parts.scheme, parts.netloc)
        return self._proxies[start]

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            bundle = self.settings.ca_bundle
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MAX_IN_FLIGHT,
                    keepalive_timeout=KEEP_ALIVE,
                    ssl=ssl.create_default_context(cafile=bundle) if bundle else True,
                ),
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    connect=self.settings.connect_timeout,
                    sock_connect=self.settings.connect_timeout,
                    sock_read=self.settings.read_timeout,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),  # a session cookie would replace the token
                trust_env=False,  # it would let ~/.netrc replace the token; proxies are read below
                middlewares=(_once,),
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Have something called in a loop, from wherever this is."""
    try:
        here = asyncio.get_running_loop() is loop
    except RuntimeError:
        here = False
    if here:
        callback()
    else:
        loop.call_soon_threadsafe(callback)


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request once: by itself, aiohttp sends a PUT or a DELETE again when its answer is lost."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error  # of which it makes nothing


async def _received(response: aiohttp.ClientResponse, into: Receive | None) -> Response:
    """Return the answer, its body where the request wants it; files are written beside the loop."""
    head = Response(response.status, {name.lower(): value for name, value in response.headers.items()}, b"")
    write = into(head) if into else None
    if write is None:
        return Response(head.status, head.headers, await response.read())
    pieces: list[bytes] = []
    try:
        async for piece in response.content.iter_any():
            pieces.append(piece)
            if sum(map(len, pieces)) >= CHUNK:
                await asyncio.to_thread(_write_all, write, pieces)
    finally:
        await asyncio.to_thread(_write_all, write, pieces)  # what came before a break is not asked for again
    return head


def _write_all(write: Write, pieces: list[bytes]) -> None:
    """Write pieces, each once; after an error, which ends the transfer, none of the rest."""
    left, pieces[:] = list(pieces), []
    for piece in left:
        write(piece)


async def _streamed(body: Body, limit: asyncio.Timeout, read_timeout: float) -> AsyncIterator[bytes]:
    """Yield a body's pieces, each with the time that an answer has; files are read beside the loop."""
    now, chunks = asyncio.get_running_loop().time, body.chunks()
    while chunk := await asyncio.to_thread(next, chunks, b""):
        limit.reschedule(now() + read_timeout)
        yield chunk
    limit.reschedule(now() + read_timeout)


def _proxy(scheme: str, netloc: str) -> str | None:
    """Return the proxy that the environment names for a host."""
    return None if urllib.request.proxy_bypass(netloc) else urllib.request.getproxies().get(scheme)
