"""HTTP servers on the loopback interface that start and stop at once: uvicorn without its tick of 0.1 s."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HOST = "127.0.0.1"
GRACE_SECONDS = 1.0
"""How long a stopping server waits for the responses that its clients are still reading."""

DATE_SECONDS = 1.0
"""How often the ``Date`` header is renewed."""


class ConnectionState(ServerState):
    """The connections of a server, and an event that is set when the last of them closes."""

    def __init__(self) -> None:
        super().__init__()
        self.all_closed = asyncio.Event()


class ClosableProtocol(H11Protocol):
    """HTTP/1.1 whose requests can close their connection, which emulates a dropped connection.

    It never writes an access log, whatever the configuration of uvicorn's loggers: URLs contain secrets.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base
        """Pass ``close_connection`` to each request, in the ASGI state."""
        self.access_log = False
        self.app_state = {**self.app_state, "close_connection": transport.close}
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell a server that stops when its last connection is closed."""
        super().connection_lost(exc)
        if not self.connections and isinstance(self.server_state, ConnectionState):
            self.server_state.all_closed.set()


class Server(uvicorn.Server):
    """A uvicorn server that is woken to stop, and leaves signals to its owner.

    uvicorn's own loop checks ten times per second whether it should stop, and waits for another 0.1 s before it closes.

    :param config: The server's settings, as uvicorn defines them.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.server_state: ConnectionState = ConnectionState()
        self.start_finished = threading.Event()
        self._wake: Callable[[], object] | None = None

    def stop(self) -> None:
        """Stop serving at once. Any thread and any signal handler may call this."""
        self.should_exit = True
        if (wake := self._wake) is not None:
            wake()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and set ``start_finished``."""
        try:
            await super().startup(sockets)
        finally:
            self.start_finished.set()

    async def main_loop(self) -> None:
        """Renew the ``Date`` header until ``stop`` is called."""
        stopped = asyncio.Event()
        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, stopped.set)
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), DATE_SECONDS)
        self._wake = None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close all connections, those with a response on its way after ``GRACE_SECONDS`` at the latest."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        state = self.server_state
        state.all_closed.clear()
        for connection in list(state.connections):
            connection.shutdown()
        if state.connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(state.all_closed.wait(), GRACE_SECONDS)
        for connection in list(state.connections):
            if isinstance(connection, ClosableProtocol):
                connection.transport.abort()
        await asyncio.sleep(0)  # lets the aborted connections tell their requests
        tasks = list(state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class ReplaceableApp:
    """An ASGI application that can be replaced while it is served. A request that has begun ends in the old one.

    :param app: The application that gets new requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(asyncio.CancelledError):  # the server stops, and the client is gone
            await self.app(scope, receive, send)


def listen(port: int = 0) -> socket.socket:
    """Open a listening socket on the loopback interface.

    The protocol is named because asyncio sends without delay only on sockets that say they are TCP; otherwise
    each response waits 40 ms for an acknowledgement.

    :param port: The port; 0 means any free port.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


def http_server(app: ASGIApp) -> Server:
    """Build a server for an application, without starting it."""
    config = uvicorn.Config(
        app,
        http=ClosableProtocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=75,
    )
    return Server(config)
