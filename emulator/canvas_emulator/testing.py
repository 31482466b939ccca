"""A pytest plugin whose fixtures are a local Canvas.

A ``conftest.py`` loads it by name::

    pytest_plugins = ["canvas_emulator.testing"]

- ``canvas_emulator``: its clock stands still until the test advances it.
- ``running_canvas_emulator``: its clock runs, an hour per second. Tests of DAGs use it: a deferred task of
  ``dag.test()`` polls its job until the job is over, and the test cannot advance a clock meanwhile.

One server runs per session, in the process of the tests. Each test gets a new world: by default the courses of the
demo. To change what all tests get, override one of these fixtures: ``canvas_emulator_world`` for other courses,
``canvas_emulator_speed`` for another speed, ``canvas_emulator_edition`` for another edition of Canvas.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from canvas_emulator.machines.agenda import Hold
from canvas_emulator.model.clock import ManualClock, RealClock
from canvas_emulator.model.course import Course
from canvas_emulator.model.editions import Edition, default_edition
from canvas_emulator.model.faults import Faults
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.still_clock import log as still_clock_log
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.server import EmulatorServer, serve


class _Terminal(logging.Handler):
    """Writes messages to the terminal at once: pytest shows what it captures when a test ends, if it ends."""

    def __init__(self, config: pytest.Config) -> None:
        super().__init__(logging.WARNING)
        self._capture = config.pluginmanager.getplugin("capturemanager")

    def emit(self, record: logging.LogRecord) -> None:
        with self._capture.global_and_fixture_disabled() if self._capture else nullcontext():
            sys.stderr.write(f"\n{record.levelname}: {record.getMessage()}\n")
            sys.stderr.flush()


def pytest_configure(config: pytest.Config) -> None:
    """Show in the terminal that a test waits for a clock that stands still."""
    handler = _Terminal(config)
    still_clock_log.addHandler(handler)
    config.add_cleanup(lambda: still_clock_log.removeHandler(handler))


class CanvasEmulator:
    """A running emulator.

    :param server: The server of this session.
    """

    def __init__(self, server: EmulatorServer) -> None:
        self._server = server

    def __repr__(self) -> str:
        return f"<CanvasEmulator {self.url}>"

    @property
    def url(self) -> str:
        """The URL of the emulator, without ``/api/v1``."""
        return self._server.url

    @property
    def token(self) -> str:
        """An access token of an administrator."""
        return self._server.token

    @property
    def world(self) -> World:
        """All rows, settings and faults. Hold ``world.lock`` to change several rows at once."""
        return self._server.world

    @property
    def connection(self) -> dict[str, Any]:
        """An Airflow connection to the emulator, as a dictionary, for tests of Airflow tasks."""
        return {"conn_type": "canvas", "host": self.url, "password": self.token}

    @property
    def connection_json(self) -> str:
        """The Airflow connection as JSON, for an environment variable ``AIRFLOW_CONN_...``."""
        return json.dumps(self.connection)

    @property
    def settings(self) -> Settings:
        """The settings of the emulator, which a test may change."""
        return self.world.settings

    @property
    def faults(self) -> Faults:
        """The faults that a test adds."""
        return self.world.faults

    def course(self, sis_course_id: str) -> Course:
        """Return the course with a SIS id.

        :raises LookupError: When there is no such course.
        """
        with self.world.lock:
            for row in self.world.tables.courses.values():
                if row.sis_course_id == sis_course_id:
                    return row
        raise LookupError(f"the emulator has no course with the SIS id {sis_course_id}")

    def advance(self, seconds: float) -> None:
        """Advance the clock, and run all stages of jobs that became due.

        :param seconds: How far to advance.
        """
        self.world.clock.advance(seconds)
        self.world.settle()

    def hold(self, stage: int = 0) -> Hold:
        """Hold all jobs before a stage, whether they have begun or not, until the hold is released.

        :param stage: The stage that no job enters, counted from 0, the default, which holds a job where it is queued.
        """
        return self.world.hold(stage)

    def show(self, world: World) -> None:
        """Serve another world, with its own clock and settings, until the end of the test.

        :param world: The new world.
        """
        self._server.show(world)


@pytest.fixture(scope="session")
def canvas_emulator_edition() -> Edition:
    """Return the edition of Canvas that the emulator imitates. Override it for another one."""
    return default_edition()


@pytest.fixture(scope="session")
def canvas_emulator_world(canvas_emulator_edition: Edition) -> Callable[[], World]:
    """Return a function that builds the world of each test. Override it for other courses."""
    return lambda: demo_world(clock=ManualClock(), settings=Settings(edition=canvas_emulator_edition))


@pytest.fixture(scope="session")
def canvas_emulator_speed() -> float:
    """Return how many seconds pass in a real one for ``running_canvas_emulator``. Override it for another speed."""
    return 3600.0


@pytest.fixture(scope="session")
def _canvas_emulator_server() -> Iterator[EmulatorServer]:
    with serve(World()) as server:
        yield server


@pytest.fixture
def canvas_emulator(
    _canvas_emulator_server: EmulatorServer, canvas_emulator_world: Callable[[], World]
) -> CanvasEmulator:
    """Load a new world, whose clock stands still, into the emulator of this session, and return the emulator."""
    _canvas_emulator_server.show(canvas_emulator_world())
    return CanvasEmulator(_canvas_emulator_server)


@pytest.fixture
def running_canvas_emulator(canvas_emulator: CanvasEmulator, canvas_emulator_speed: float) -> CanvasEmulator:
    """Let the clock of the emulator run, by default an hour per second, and return the emulator."""
    canvas_emulator.world.clock = RealClock(canvas_emulator_speed)
    return canvas_emulator
