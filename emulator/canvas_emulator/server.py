"""Serving a world over HTTP on this machine: from a thread of a test, or in a process of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from typing import Self

from starlette.types import ASGIApp

from canvas_emulator.app import create_app
from canvas_emulator.http_server import ReplaceableApp, http_server, listen, url_of
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.storage.hosts import HOSTS, storage_apps

START_SECONDS = 10.0


class Sites:
    """The HTTP servers of one emulator: Canvas, and each storage host on a free port.

    :param world: The world to serve.
    :param listener: The socket of Canvas.
    """

    def __init__(self, world: World, listener: socket.socket) -> None:
        self.listeners: dict[StorageMode | None, socket.socket] = {None: listener} | {mode: listen() for mode in HOSTS}
        self._apps = {site: ReplaceableApp(app) for site, app in self._build(world).items()}
        self.servers = {site: http_server(app) for site, app in self._apps.items()}

    def show(self, world: World) -> None:
        """Serve another world from the next request on."""
        for site, app in self._build(world).items():
            self._apps[site].app = app

    async def serve(self) -> None:
        """Serve until ``stop`` is called."""
        await asyncio.gather(*(self.servers[site].serve([listener]) for site, listener in self.listeners.items()))

    def stop(self) -> None:
        """Stop all servers at once. Any thread and any signal handler may call this."""
        for server in self.servers.values():
            server.stop()

    def close(self) -> None:
        """Close the sockets."""
        for listener in self.listeners.values():
            listener.close()

    def _build(self, world: World) -> dict[StorageMode | None, ASGIApp]:
        world.storage_urls = {mode: url_of(self.listeners[mode]) for mode in HOSTS}
        storage = storage_apps(world)
        return {mode: storage[mode] if mode else create_app(world) for mode in self.listeners}


class EmulatorServer:
    """A world served from a thread of this process.

    :param world: The world to serve. Hold ``world.lock`` to change its rows while it is served.
    :param port: The port to listen on; 0, the default, means any free port.
    """

    def __init__(self, world: World, port: int = 0) -> None:
        self.world = world
        listener = listen(port)
        self.url = url_of(listener)
        self._sites = Sites(world, listener)
        self._thread = threading.Thread(target=self._run, name="canvas-emulator", daemon=True)

    @property
    def token(self) -> str:
        """An access token that works: the first one of the world."""
        return next(iter(self.world.tables.tokens))

    def show(self, world: World) -> None:
        """Serve another world from the next request on, at the same URL.

        This takes a few milliseconds. The old world is not changed: what a test left behind in it (requests, jobs,
        faults) cannot disturb the next test. A request that has begun ends in the old world.

        :param world: The new world, with its own clock and settings.
        """
        self._sites.show(world)
        self.world = world

    def __enter__(self) -> Self:
        self._thread.start()
        for server in self._sites.servers.values():
            if not server.start_finished.wait(START_SECONDS) or not server.started:
                raise RuntimeError(f"the emulator did not start within {START_SECONDS:.0f} seconds")
        return self

    def __exit__(self, *_: object) -> None:
        self._sites.stop()
        self._thread.join()
        self._sites.close()

    def _run(self) -> None:
        asyncio.run(self._sites.serve())


def serve(world: World, port: int = 0, *, edition: Edition | None = None) -> EmulatorServer:
    """Serve a world for the time of a ``with`` block.

    :param world: The world to serve.
    :param port: The port to listen on; 0, the default, means any free port.
    :param edition: The edition of Canvas that the world imitates from now on; by default its own.
    """
    if edition is not None:
        world.change_edition(edition)
    return EmulatorServer(world, port)


def serve_until_stopped(world: World, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve a world in the main thread of the process, until SIGINT or SIGTERM.

    :param world: The world to serve.
    :param listener: The socket of Canvas.
    :param announce: Called once the signals are handled, so that its reader may send one at once.
    """
    sites = Sites(world, listener)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sites.stop())
    announce()
    asyncio.run(sites.serve())
