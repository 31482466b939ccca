"""Airflow's own task runner prints a mistake of an author once, without the frames of this package."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import airflow
import pytest

DAG_FILE = """\
try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
from datetime import datetime

from airflow.utils.db import initdb

from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from airflow_provider_canvas.utils.waiting import fail_without_retry

with DAG("tried", schedule=None, start_date=datetime(2026, 1, 1), default_args={"retries": 1}) as dag:
    CanvasCourseCopyOperator(
        task_id="no_id",
        source_course_id="{{ 'BIO' ~ '-1' }}",
        destination_course_id=2001,
    )
    CanvasCourseCopyOperator(task_id="unknown", source_course_id=1010, destination_course_id=98765, deferrable=True)
    CanvasProgressSensor(task_id="sensor", progress_id="{{ 'x' }}")

    @task
    def my_function():
        with fail_without_retry():
            CanvasHook().courses.get(course_id=98764)

    my_function()

if __name__ == "__main__":
    initdb()
    dag.test()
"""

MESSAGES = (
    "source_course_id 'BIO-1' is not an id that Canvas accepts",
    "destination_course_id 98765: Canvas answered 404",
    "progress_id must be a number such as 77, not 'x'",
    "course_id 98764 does not exist",
)


def test_mistakes_in_a_task_process(connection: str, tmp_path: Path) -> None:
    """Each message is printed once as an error, and with no frame of this package."""
    path = tmp_path / "dags" / "tried.py"
    path.parent.mkdir()
    path.write_text(DAG_FILE, encoding="utf-8")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(path.parent),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "NO_COLOR": "1",
        "COLUMNS": "2000",
    }
    process = subprocess.run(
        [sys.executable, path], env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    printed = process.stdout + process.stderr
    if "Traceback" not in printed:
        pytest.skip("dag.test() of this Airflow (such as 3.2.2) runs no task")
    errors = re.findall(r"^(?:\S+\.)?AirflowFailException: (.*)$", printed, re.MULTILINE)
    counts = {sum(message in error for error in errors) for message in MESSAGES}
    # dag.test() of Airflow 2 prints what the task has printed once more.
    times = max(1, *counts) if airflow.__version__.startswith("2.") else 1
    assert counts == {times}, printed
    assert "airflow_provider_canvas/" not in printed[printed.index("Traceback") :]
