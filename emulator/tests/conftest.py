"""One served world for all tests, reset for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.editions import VARIABLE, default_edition
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import small_world
from canvas_emulator.server import EmulatorServer, serve
from tests.support.caller import Caller


@pytest.fixture(scope="session")
def server() -> Iterator[EmulatorServer]:
    """Serve a world for all tests."""
    with serve(small_world()) as served:
        yield served


@pytest.fixture(autouse=True)
def _edition(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose the edition of Canvas that the marker ``edition`` of a test names, else that of the environment."""
    if (marker := request.node.get_closest_marker("edition")) is not None:
        monkeypatch.setenv(VARIABLE, marker.args[0])


@pytest.fixture
def world(server: EmulatorServer) -> World:
    """Return a world of three empty courses, on a manual clock."""
    with server.world.lock:
        server.world.clock = ManualClock()
        server.world.change_edition(default_edition())
        server.world.reset()
    return server.world


@pytest.fixture
def call_as(server: EmulatorServer, world: World) -> Iterator[Callable[[str | None], Caller]]:
    """Return a function that returns a caller with the given token."""
    callers: list[Caller] = []

    def caller(token: str | None) -> Caller:
        callers.append(Caller(server, token))
        return callers[-1]

    yield caller
    for each in callers:
        each.session.close()


@pytest.fixture
def canvas(server: EmulatorServer, world: World) -> Iterator[Caller]:
    """Return a caller with an administrator's token."""
    caller = Caller(server)
    yield caller
    caller.session.close()
