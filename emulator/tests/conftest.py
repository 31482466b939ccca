"""One served world for all tests, reset for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import small_world
from canvas_emulator.server import EmulatorServer, serve
from tests.support.caller import Caller


@pytest.fixture(scope="session")
def server() -> Iterator[EmulatorServer]:
    """A world behind a socket."""
    with serve(small_world()) as served:
        yield served


@pytest.fixture
def world(server: EmulatorServer) -> World:
    """Three empty courses on a clock that stands still."""
    with server.world.lock:
        server.world.clock = ManualClock()
        server.world.reset()
    return server.world


@pytest.fixture
def call_as(server: EmulatorServer, world: World) -> Iterator[Callable[[str | None], Caller]]:
    """Make callers, each with the token that one names."""
    callers: list[Caller] = []

    def caller(token: str | None) -> Caller:
        callers.append(Caller(server, token))
        return callers[-1]

    yield caller
    for each in callers:
        each.session.close()


@pytest.fixture
def canvas(server: EmulatorServer, world: World) -> Iterator[Caller]:
    """A caller with an administrator's token."""
    caller = Caller(server)
    yield caller
    caller.session.close()
