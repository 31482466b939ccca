"""Start the Airflow version of this environment, with a local Canvas behind it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas
from local_stack import REPOSITORY

from tests.support.local_airflow_2 import LocalAirflow2

DAGS = Path(__file__).parent / "dags"
COPY_SECONDS = 30


@pytest.fixture(scope="package")
def local_canvas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCanvas]:
    """Start a local Canvas in which a copy takes 30 seconds."""
    with LocalCanvas(tmp_path_factory.mktemp("canvas") / "log", copy_seconds=COPY_SECONDS) as canvas:
        yield canvas


@pytest.fixture(scope="package")
def local_airflow(tmp_path_factory: pytest.TempPathFactory, local_canvas: LocalCanvas) -> Iterator[LocalAirflow]:
    """Start Airflow, with its processes, its logs, and ``.api``."""
    kind = LocalAirflow2 if version("apache-airflow").startswith("2.") else LocalAirflow
    home = tmp_path_factory.mktemp("airflow")
    ledger = {"conn_type": "sqlite", "host": str(home / "ledger.db")}
    connections = {"canvas_default": local_canvas.connection, "ledger": ledger}
    with kind(home, DAGS, connections, pythonpath=[REPOSITORY]) as airflow:
        airflow.api.wait_for_dag("matrix_copy")
        yield airflow


@pytest.fixture
def api(local_airflow: LocalAirflow) -> AirflowApi:
    """Return Airflow's API, which the tests use like a user."""
    return local_airflow.api
