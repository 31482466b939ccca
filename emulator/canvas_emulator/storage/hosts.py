"""The applications of the storage hosts, each for a port of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import reduce

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.storage import inst_fs, s3
from canvas_emulator.wire import layers

LIFE: tuple[layers.Layer, ...] = (layers.recorded, layers.on_a_bad_network, layers.slowed, layers.settled)
"""What requests of storage hosts pass: they are seen, and go wrong, as those of Canvas."""


HOSTS: Mapping[StorageMode, Callable[[World, HttpRequest], Awaitable[Response]]] = {
    StorageMode.S3: s3.respond,
    StorageMode.INST_FS: inst_fs.respond,
}


def storage_apps(world: World) -> dict[StorageMode, ASGIApp]:
    """Build the application of each storage host."""
    return {
        mode: reduce(lambda app, layer: layer(app, world), reversed(LIFE), _app(world, respond))
        for mode, respond in HOSTS.items()
    }


def _app(world: World, respond: Callable[[World, HttpRequest], Awaitable[Response]]) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        response = await respond(world, HttpRequest(scope, receive))
        with world.lock:
            world.written(world.clock.now())
        await response(scope, receive, send)

    return call
