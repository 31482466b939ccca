"""Deferred tasks run in ``dag.test()``, with Airflow's own loop, trigger and database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.model.world import World

DAG_FILE = """\
import json
from datetime import datetime
from pathlib import Path

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG
from airflow.providers.common.compat.sdk import BaseOperator
from airflow.utils.db import initdb

from airflow_provider_canvas.notifications.result import CanvasResultNotifier
from airflow_provider_canvas.operators import base_job
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.sensors import base as base_sensor
from airflow_provider_canvas.sensors.content_migration import CanvasContentMigrationSensor

base_job.SAFE_DELAY = base_sensor.SAFE_DELAY = 0.2  # there is no scheduler to wait for


def keep(context):
    Path(__file__).with_name("message.txt").write_text(context["canvas"].text)


class Nothing(BaseOperator):
    def execute(self, context):
        pass


with DAG("tried", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    Nothing(task_id="nothing")
    copy = CanvasCourseCopyOperator(
        task_id="copy",
        source_course_id="sis_course_id:TMPL-BIOL1010",
        destination_course_id="sis_course_id:BIOL-1010-001",
        fail_on_issues=None,
        deferrable=True,
        poll_interval=0.2,
        on_success_callback=CanvasResultNotifier(keep),
    )
    copy >> CanvasContentMigrationSensor(
        task_id="wait",
        course_id=2001,
        content_migration_id="{{ ti.xcom_pull(task_ids='copy')['content_migration_id'] }}",
        deferrable=True,
    )

if __name__ == "__main__":
    initdb()
    run = dag.test()
    states = {ti.task_id: ti.state for ti in run.get_task_instances()}
    copied = next(ti for ti in run.get_task_instances() if ti.task_id == "copy").xcom_pull(task_ids="copy")
    print("RESULT", json.dumps({"states": states, "copied": copied}))
"""


@pytest.fixture
def dag_result(connection: str, world: World, tmp_path: Path) -> dict[str, Any]:
    """Run the DAG as its author does, as a program, and return the states and the result of the copy."""
    path = tmp_path / "dags" / "tried.py"
    path.parent.mkdir()
    path.write_text(DAG_FILE, encoding="utf-8")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(path.parent),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",  # unit test mode chooses an executor that does not support SQLite
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    process = subprocess.run(
        [sys.executable, path], env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    printed = [line for line in process.stdout.splitlines() if line.startswith("RESULT ")]
    assert printed, process.stdout + process.stderr
    result = dict(json.loads(printed[0].removeprefix("RESULT ")))
    if result["states"].pop("nothing") == "failed":
        pytest.skip("dag.test() of this Airflow (such as 3.2.2) runs no task, not even an empty one")
    result["message"] = path.with_name("message.txt").read_text()
    return result


def test_deferred_copy_and_sensor(dag_result: dict[str, Any], world: World) -> None:
    """Both tasks resume after their deferral with their job, although ``dag.test()`` passes only the event on."""
    assert dag_result["states"] == {"copy": "success", "wait": "success"}
    (migration,) = world.migrations_of(2001)
    assert dag_result["copied"]["content_migration_id"] == migration.id
    assert (dag_result["copied"]["source_course_id"], dag_result["copied"]["workflow_state"]) == (1010, "completed")
    lines = dag_result["message"].splitlines()
    assert lines[0] == "The task copy of the DAG tried succeeded."
    assert lines[2].startswith("The task copy: course 1010 into course 2001: completed")
