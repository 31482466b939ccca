"""What all tests share: an Airflow that touches nothing outside a temporary directory."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.server import EmulatorServer, serve

from airflow_provider_canvas.client.auth import token_store
from airflow_provider_canvas.client.protocol import rate_limit

# Before anything imports Airflow, which reads its configuration then.
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

HERE = Path(__file__).parent

SOURCE = "sis_course_id:TMPL-BIOL1010"
FRESH = "sis_course_id:BIOL-1010-001"
USED = "sis_course_id:BIOL-1010-002"

QUICK_JOBS = {"copy_seconds": 0.3, "import_seconds": 0.3, "export_seconds": 0.1, "batch_seconds": 0.3}
"""Settings of the emulator for tests that wait for jobs in real time."""
HELD_SECONDS = 600.0
"""How long a held job takes on the emulator's clock: longer than any test."""


REAL_AIRFLOW = ("matrix", "system")
"""Folders whose tests start a real Airflow. Both are one group, so that only one Airflow runs at a time."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Group the tests for ``--dist loadgroup``: by module, and all with a real Airflow together, which start first.

    pytest-xdist reads the groups, and pytest-randomly shuffles the tests, while this waits. The order within the groups
    stays random.
    """

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""
        return REAL_AIRFLOW.index(folder) if folder in REAL_AIRFLOW else len(REAL_AIRFLOW)

    for item in items:
        module = item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(module if place(item) == len(REAL_AIRFLOW) else "real_airflow"))
    yield
    items.sort(key=place)


@pytest.fixture(scope="session")
def emulator_server() -> Iterator[EmulatorServer]:
    """The one emulator server of this process; ``emulator`` gives it the world of each test."""
    with serve(World()) as server:
        yield server


@pytest.fixture(autouse=True)
def _forget_other_tests() -> None:
    """Clear what the package keeps per Canvas and token in a process: all tests use one address and one token."""
    rate_limit._rate_limiters.clear()
    token_store._stores.clear()


@pytest.fixture
def world() -> World:
    """The demo's courses on a running clock, where each job takes a fraction of a second. Override it for others."""
    return demo_world(settings=replace(Settings(), **QUICK_JOBS), token="7~token-of-the-tests")


@pytest.fixture
def release_jobs(world: World) -> Callable[[], None]:
    """Keep each job of the emulator running until the test calls the returned function, which finishes them all."""
    world.settings.change(dict.fromkeys(QUICK_JOBS, HELD_SECONDS))

    def release() -> None:
        with world.lock:
            world.settings.change(QUICK_JOBS)
            world.clock.advance(HELD_SECONDS)

    return release


@pytest.fixture
def emulator(emulator_server: EmulatorServer, world: World) -> EmulatorServer:
    """The emulator over HTTP, serving the world of this test."""
    emulator_server.show(world)
    return emulator_server


@pytest.fixture
def connection(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """An Airflow connection to the local Canvas; returns its id."""
    said = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, "extra": {"retry_for": 20}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))
    return "canvas_default"
