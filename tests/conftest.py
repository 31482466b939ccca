"""What all tests share: an Airflow that touches nothing outside a temporary directory."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator

import pytest
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.server import EmulatorServer, serve

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

SOURCE = "sis_course_id:TMPL-BIOL1010"
FRESH = "sis_course_id:BIOL-1010-001"
USED = "sis_course_id:BIOL-1010-002"


@pytest.fixture
def world() -> World:
    """The demo's courses, on a clock that runs; a copy takes two seconds."""
    return demo_world(copy_seconds=2.0, token="7~token-of-the-tests")


@pytest.fixture
def emulator(world: World) -> Iterator[EmulatorServer]:
    """The local Canvas, over HTTP."""
    with serve(world) as server:
        yield server


@pytest.fixture
def connection(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """An Airflow connection to the local Canvas; returns its id."""
    said = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, "extra": {"retry_for": 20}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))
    return "canvas_default"
