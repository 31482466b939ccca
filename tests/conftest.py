"""Fixtures of all tests, and an Airflow that writes only to a temporary directory."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import pytest
from canvas_emulator.model.editions import VARIABLE
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.server import EmulatorServer, serve

from airflow_provider_canvas.client.auth import token_store
from airflow_provider_canvas.client.jobs import graphql_support, poller
from airflow_provider_canvas.client.protocol import rate_limit

# Airflow reads its configuration when it is imported, so this is set before.
_home = tempfile.mkdtemp(prefix="airflow_provider_canvas_tests_")
os.environ.update(
    AIRFLOW_HOME=_home,
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="True",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{_home}/airflow.db",
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
    NO_PROXY="127.0.0.1,localhost",
    no_proxy="127.0.0.1,localhost",
)

SOURCE = "sis_course_id:TMPL-BIOL1010"
FRESH = "sis_course_id:BIOL-1010-001"
USED = "sis_course_id:BIOL-1010-002"

QUICK_JOBS = {"copy_seconds": 0.3, "import_seconds": 0.3, "export_seconds": 0.1, "batch_seconds": 0.3}
"""Settings of the emulator for tests that wait for jobs in real time."""
HELD_SECONDS = 600.0
"""How long a held job takes on the emulator's clock: longer than any test."""


def pytest_configure(config: pytest.Config) -> None:
    """Do not fail on warnings on Airflow 2, which warns of its own deprecations in every test."""
    if version("apache-airflow").startswith("2."):
        config.addinivalue_line("filterwarnings", "default")


REAL_AIRFLOW = ("tests/matrix/", "tests/system/")
"""Folders whose tests start a real Airflow."""

SNIPPETS = "tests/docs/test_python_snippets.py::test_the_block_runs"
"""The tests of the documentation's blocks, which take too long for one worker."""


@pytest.hookimpl(trylast=True)  # after pytest-randomly; the order within each of the three groups stays random
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, which use a real Airflow."""
    items.sort(key=lambda item: next((n for n, f in enumerate(REAL_AIRFLOW) if item.nodeid.startswith(f)), 9))


@pytest.hookimpl(optionalhook=True)  # for pytest-xdist, if it is installed
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker whole modules (of the snippets: whole pages), and all tests with a real Airflow to one worker.

    So only one Airflow runs at a time. This replaces ``--dist loadgroup``, which pytest-xdist 3.8 ignores on pytest 9.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # without types
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(SNIPPETS):
                return nodeid.partition(".md:")[0]  # all blocks of a page
            return "real Airflow" if nodeid.startswith(REAL_AIRFLOW) else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # it would start with the modules that have most tests
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def emulator_server() -> Iterator[EmulatorServer]:
    """Start the only emulator server of this process; ``emulator`` sets the world that it serves."""
    with serve(World()) as server:
        yield server


@pytest.fixture(autouse=True)
def _edition(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose the edition of Canvas that the marker ``edition`` of a test names, else that of the environment."""
    if (marker := request.node.get_closest_marker("edition")) is not None:
        monkeypatch.setenv(VARIABLE, marker.args[0])


@pytest.fixture(autouse=True)
def _clear_shared_state() -> None:
    """Clear what the package stores per URL and token in a process, because all tests use the same ones."""
    rate_limit._rate_limiters.clear()
    token_store._stores.clear()
    graphql_support._supports.clear()
    poller._paces.clear()


@pytest.fixture
def world() -> World:
    """Return a world with the demo's courses, a running clock and short jobs. Override it for other worlds."""
    return demo_world(settings=replace(Settings(), **QUICK_JOBS), token="7~token-of-the-tests")


@pytest.fixture
def release_jobs(world: World) -> Callable[[], None]:
    """Hold all jobs of the emulator, and return a function that finishes them."""
    world.settings.change(dict.fromkeys(QUICK_JOBS, HELD_SECONDS))

    def release() -> None:
        with world.lock:
            world.settings.change(QUICK_JOBS)
            world.clock.advance(HELD_SECONDS)

    return release


@pytest.fixture
def emulator(emulator_server: EmulatorServer, world: World) -> EmulatorServer:
    """Serve the world of this test over HTTP."""
    emulator_server.show(world)
    return emulator_server


@pytest.fixture
def connection(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Add an Airflow connection to the emulator, and return its id."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, "extra": {"retry_for": 20}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    return "canvas_default"
