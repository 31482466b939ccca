"""Start the Airflow version of this environment, with a local Canvas behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas
from local_stack import REPOSITORY

from tests.support.hostile_canvas import HostileCanvas
from tests.support.local_airflow_2 import LocalAirflow2
from tests.support.package_imports import cartridge
from tests.support.postgres import Database, postgres_server

__all__ = ["cartridge", "postgres_server"]

HERE = Path(__file__).parent

SETTINGS = {
    # Airflow detects a killed worker while the test waits.
    "scheduler.scheduler_zombie_task_threshold": "20",
    "scheduler.zombie_detection_interval": "45",  # Airflow 2 fails a task each time that it detects it as dead
    "scheduler.local_task_job_heartbeat_sec": "2",
    "scheduler.task_instance_heartbeat_sec": "2",
    "scheduler.task_instance_heartbeat_timeout": "20",
    "scheduler.task_instance_heartbeat_timeout_detection_interval": "3",
    "scheduler.orphaned_tasks_check_interval": "10",
    "core.parallelism": "12",
    "core.task_success_overtime": "2",  # seconds for which Airflow 2 lets a task run that a user marked as success
}


@pytest.fixture(scope="session")
def local_canvas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCanvas]:
    """Start a local Canvas in which jobs take 45 seconds, so that tests can disturb them."""
    with LocalCanvas(tmp_path_factory.mktemp("canvas") / "log", copy_seconds=45) as canvas:
        canvas.control("POST", "settings", {"import_seconds": 45, "export_seconds": 45})
        yield canvas


@pytest.fixture(scope="session")
def hostile_canvas() -> Iterator[HostileCanvas]:
    """Start a server in the place of Canvas that sends what no Canvas sends."""
    canvas = HostileCanvas()
    canvas.start()
    yield canvas
    canvas.close()


@pytest.fixture(scope="session")
def local_airflow(
    tmp_path_factory: pytest.TempPathFactory,
    local_canvas: LocalCanvas,
    hostile_canvas: HostileCanvas,
    postgres_server: Database,
) -> Iterator[LocalAirflow]:
    """Start Airflow on PostgreSQL. On SQLite so many parallel tasks would lock the database."""
    kind = LocalAirflow2 if version("apache-airflow").startswith("2.") else LocalAirflow
    airflow = kind(
        tmp_path_factory.mktemp("airflow"),
        HERE / "dags",
        {"canvas_default": local_canvas.connection, "hostile_canvas": hostile_connection(hostile_canvas)},
        settings={**SETTINGS, "core.executor": "LocalExecutor", "database.sql_alchemy_conn": postgres_server.url},
        pythonpath=[REPOSITORY, HERE],
    )
    with airflow:
        airflow.api.wait_for_dag("export_in_worker")
        yield airflow


@pytest.fixture(scope="session")
def api(local_airflow: LocalAirflow) -> AirflowApi:
    """Return Airflow's API, which the tests use like a user."""
    return local_airflow.api


@pytest.fixture(scope="session")
def package(cartridge: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a cartridge to import, and return its path."""
    path = tmp_path_factory.mktemp("package") / "biology.imscc"
    path.write_bytes(cartridge)
    return path


def hostile_connection(canvas: HostileCanvas) -> dict[str, Any]:
    """Return the fields of a connection to a hostile Canvas, which gives up soon."""
    extra = {"read_timeout": 3, "retry_for": 5}
    return {"conn_type": "canvas", "host": canvas.url, "password": "7~token", "extra": json.dumps(extra)}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the results as a table: one row per disturbance, one column per job."""
    rows: dict[str, dict[str, str]] = {}
    for report in [*terminalreporter.stats.get("passed", ()), *terminalreporter.stats.get("failed", ())]:
        properties = dict(report.user_properties)
        if report.when == "call" and "row" in properties:
            verdict = properties.get("outcome", "did not end" if report.failed else "")
            rows.setdefault(properties["row"], {})[properties["column"]] = (
                f"**{verdict}**" if report.failed else verdict
            )
    if not rows:
        return
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    terminalreporter.write_sep("=", f"Airflow {version('apache-airflow')}")
    lines = [["", *columns], ["---"] * (len(columns) + 1)]
    lines += [[row, *(cells.get(column, "") for column in columns)] for row, cells in rows.items()]
    for line in lines:
        terminalreporter.write_line(f"| {' | '.join(line)} |")
