"""Start one real Airflow for all system tests, with a local Canvas behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas
from local_stack import EXAMPLES, LocalStack, start_stack

from tests.support.airflow_files import blocked_seconds, files_with_a_token

OWN_DAGS = Path(__file__).parent / "dags"

SETTINGS = {
    # Airflow detects a killed worker while the test waits.
    "scheduler.task_instance_heartbeat_sec": "2",
    "scheduler.task_instance_heartbeat_timeout": "20",
    "scheduler.task_instance_heartbeat_timeout_detection_interval": "3",
}


@pytest.fixture(scope="session")
def dag_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which a test can write DAG files while Airflow runs."""
    return tmp_path_factory.mktemp("written_dags")


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory, dag_folder: Path) -> Iterator[LocalStack]:
    """Start Airflow with the example DAGs, those of ``tests/system/dags`` and those that tests write, and a Canvas.

    After the last test it fails if any test has left the token in a file, or blocked the triggerer's event loop.
    """
    folders = [folder for folder in (EXAMPLES, OWN_DAGS, dag_folder) if folder.is_dir()]
    with start_stack(tmp_path_factory.mktemp("stack"), dags=folders, settings=SETTINGS, copy_seconds=20) as stack:
        yield stack
        assert files_with_a_token(stack) == []
        assert blocked_seconds(stack) == []


@pytest.fixture(scope="session")
def local_airflow(local_stack: LocalStack) -> LocalAirflow:
    """Return the Airflow: its processes, its logs, and ``.api``."""
    return local_stack.airflow


@pytest.fixture(scope="session")
def local_canvas(local_stack: LocalStack) -> LocalCanvas:
    """Return the local Canvas: its address, its control endpoints, and its token, which must be in no log or table."""
    return local_stack.canvas


@pytest.fixture
def api(local_airflow: LocalAirflow) -> AirflowApi:
    """Return Airflow's REST API."""
    return local_airflow.api
