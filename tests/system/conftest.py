"""One real Airflow for all system tests, with a local Canvas behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas
from local_stack import EXAMPLES, Stage, stage

OWN_DAGS = Path(__file__).parent / "dags"

SETTINGS = {
    # A killed worker is to be noticed while the test waits for it.
    "scheduler.task_instance_heartbeat_sec": "2",
    "scheduler.task_instance_heartbeat_timeout": "20",
    "scheduler.task_instance_heartbeat_timeout_detection_interval": "3",
}


@pytest.fixture(scope="session")
def dag_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a test can write DAG files while Airflow runs."""
    return tmp_path_factory.mktemp("written_dags")


@pytest.fixture(scope="session")
def running_stage(tmp_path_factory: pytest.TempPathFactory, dag_folder: Path) -> Iterator[Stage]:
    """Airflow with the example DAGs, those of `tests/system/dags` and those that tests write, and the local Canvas."""
    folders = [folder for folder in (EXAMPLES, OWN_DAGS, dag_folder) if folder.is_dir()]
    with stage(tmp_path_factory.mktemp("stage"), dags=folders, settings=SETTINGS, copy_seconds=20) as running:
        yield running


@pytest.fixture(scope="session")
def local_airflow(running_stage: Stage) -> LocalAirflow:
    """The Airflow: its processes, its logs, and `.api`."""
    return running_stage.airflow


@pytest.fixture(scope="session")
def local_canvas(running_stage: Stage) -> LocalCanvas:
    """The local Canvas: its address, its control endpoints, and the token that must turn up nowhere."""
    return running_stage.canvas


@pytest.fixture
def api(local_airflow: LocalAirflow) -> AirflowApi:
    """Airflow's REST API."""
    return local_airflow.api
