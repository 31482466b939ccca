"""A pytest fixture with a Canvas of your own, for tests of DAGs. Nothing loads it unless a `conftest.py` asks for it:

    pytest_plugins = ["canvas_emulator.testing"]

`canvas_emulator` is a Canvas with the demo's courses, on a clock that stands still. It starts once in a session, in
this process, and is back at its beginning for each test. To start with other courses, override `canvas_emulator_world`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import Course
from canvas_emulator.model.faults import Faults
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.server import serve


@dataclass(frozen=True)
class CanvasEmulator:
    """A running emulator.

    :param url: its address.
    :param token: an access token that may do everything.
    :param world: everything that it knows; hold `world.lock` to change several things at once.
    """

    url: str
    token: str = field(repr=False)
    world: World = field(repr=False)

    @property
    def connection(self) -> dict[str, Any]:
        """The Airflow connection to it, as a plain dictionary."""
        return {"conn_type": "canvas", "host": self.url, "password": self.token}

    @property
    def connection_json(self) -> str:
        """The same as text, for an environment variable `AIRFLOW_CONN_...`."""
        return json.dumps(self.connection)

    @property
    def settings(self) -> Settings:
        """Its switches."""
        return self.world.settings

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self.world.faults

    def course(self, sis_course_id: str) -> Course:
        """Return a course by its SIS id.

        :raises LookupError: when there is none.
        """
        with self.world.lock:
            for row in self.world.tables.courses.values():
                if row.sis_course_id == sis_course_id:
                    return row
        raise LookupError(f"the emulator has no course with the SIS id {sis_course_id}")

    def advance(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due until then."""
        self.world.clock.advance(seconds)
        self.world.settle()


@pytest.fixture(scope="session")
def canvas_emulator_world() -> Callable[[], World]:
    """Return what makes the world that is served; override it for courses of your own."""
    return lambda: demo_world(clock=ManualClock())


@pytest.fixture(scope="session")
def _served_canvas(canvas_emulator_world: Callable[[], World]) -> Iterator[CanvasEmulator]:
    with serve(canvas_emulator_world()) as server:
        yield CanvasEmulator(server.url, server.token, server.world)


@pytest.fixture
def canvas_emulator(_served_canvas: CanvasEmulator) -> CanvasEmulator:
    """Bring Canvas back to its beginning, and return it."""
    _served_canvas.world.reset()
    return _served_canvas
