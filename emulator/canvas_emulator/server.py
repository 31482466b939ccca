"""Serving a world over HTTP on this machine: in a thread of a test, or in a process of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from canvas_emulator.app import create_app
from canvas_emulator.model.world import World
from canvas_emulator.storage.hosts import storage_apps

HOST = "127.0.0.1"
START_SECONDS = 10.0


class ClosableProtocol(H11Protocol):
    """HTTP whose requests can close their connection: how a dropped connection is emulated.

    It writes no access log, whatever others did to uvicorn's loggers: addresses have secrets in them.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base
        """Hand the means to each request, in the state that ASGI has for such things."""
        self.access_log = False
        self.app_state = {**self.app_state, "close_connection": transport.close}
        super().connection_made(transport)


def listen(port: int = 0) -> socket.socket:
    """Open a socket on the loopback interface; port 0 is any free one.

    The protocol is named because asyncio sends without delay only on sockets that say they are TCP; otherwise
    each answer waits 40 ms for an acknowledgement.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen()
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the address at which a listening socket is reached."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


class QuietServer(uvicorn.Server):
    """A server that leaves signals to whoever starts it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def http_server(app: ASGIApp) -> QuietServer:
    """Make a server for an application, and do not start it."""
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
        timeout_graceful_shutdown=1,
    )
    return QuietServer(config)


class CurrentApp:
    """An application that forwards each request to the one that it holds at that moment."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request."""
        await self.app(scope, receive, send)


Site = tuple[QuietServer, socket.socket]


def sites(world: World, listener: socket.socket) -> tuple[list[Site], list[CurrentApp]]:
    """Make the servers of a Canvas and of its storage hosts, which get free ports, and do not start them.

    :return: The servers with their sockets, and their applications in the same order: Canvas first.
    """
    apps = [CurrentApp(create_app(world))]
    made = [(http_server(apps[0]), listener)]
    for mode, app in storage_apps(world).items():
        storage = listen()
        world.storage_urls[mode] = url_of(storage)
        apps.append(CurrentApp(app))
        made.append((http_server(apps[-1]), storage))
    return made, apps


async def serve_sites(made: list[Site]) -> None:
    """Serve until each server is told to exit."""
    await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in made))


class EmulatorServer:
    """A world served from a thread of this process.

    :param world: what to serve. Its rows may be changed while it is served, under `world.lock`.
    :param port: where to listen; 0 is any free port.
    """

    def __init__(self, world: World, port: int = 0) -> None:
        self.world = world
        self._listener = listen(port)
        self.url = url_of(self._listener)
        self._sites, self._apps = sites(world, self._listener)
        self._thread = threading.Thread(target=self._run, name="canvas-emulator", daemon=True)

    @property
    def token(self) -> str:
        """A token that works: the first of the world's."""
        return next(iter(self.world.tables.tokens))

    def show(self, world: World) -> None:
        """Serve another world from the next request on, at the same addresses.

        A server that starts once can so serve a new world to each test, and what is left of an earlier test cannot
        change it.

        :param world: What to serve in place of the present world.
        """
        world.storage_urls.update(self.world.storage_urls)
        apps = [create_app(world), *storage_apps(world).values()]
        for current, app in zip(self._apps, apps, strict=True):
            current.app = app
        self.world = world

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not all(server.started for server, _ in self._sites):
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the emulator did not start within {START_SECONDS:.0f} seconds")
            time.sleep(0.002)
        return self

    def __exit__(self, *_: object) -> None:
        for server, _listener in self._sites:
            server.should_exit = True
        self._thread.join()
        for _server, listener in self._sites:
            listener.close()

    def _run(self) -> None:
        asyncio.run(serve_sites(self._sites))


def serve(world: World, port: int = 0) -> EmulatorServer:
    """Serve a world for the time of a `with` block."""
    return EmulatorServer(world, port)


def serve_until_stopped(world: World, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve a world in the process's first thread, until SIGINT or SIGTERM.

    :param announce: called once the signals are awaited, so that whoever reads it may send one at once.
    """
    made, _apps = sites(world, listener)

    def stop(*_: object) -> None:
        for server, _listener in made:
            server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    announce()
    asyncio.run(serve_sites(made))
