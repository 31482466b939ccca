"""Copy DAGs for the system tests, with a parameter for each value that tests vary."""

from __future__ import annotations

from airflow.sdk import Param, dag

from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor

PARAMS = {
    "canvas_conn_id": Param("canvas_default", type="string"),
    "destination_course_id": Param("sis_course_id:BIOL-1010-001", type="string"),
}


def copy(**arguments: object) -> CanvasCourseCopyOperator:
    return CanvasCourseCopyOperator(
        task_id="copy_course",
        canvas_conn_id="{{ params.canvas_conn_id }}",
        source_course_id="sis_course_id:TMPL-BIOL1010",
        destination_course_id="{{ params.destination_course_id }}",
        poll_interval=3,
        retries=2,
        **arguments,
    )


@dag(schedule=None, params=PARAMS)
def system_copy():
    """Copy, and wait in the triggerer."""
    copy(deferrable=True)


@dag(schedule=None, params=PARAMS)
def system_copy_in_worker():
    """Copy, and wait in the worker."""
    copy(deferrable=False)


@dag(schedule=None, params=PARAMS)
def system_copy_too_slow():
    """Copy, with a timeout of 15 seconds."""
    copy(deferrable=True, timeout=15)


@dag(schedule=None, params={"progress_url": Param("", type="string")})
def system_wait():
    """Wait for a Progress."""
    CanvasProgressSensor(task_id="wait", progress_url="{{ params.progress_url }}", deferrable=True, poke_interval=3)


system_copy()
system_copy_in_worker()
system_copy_too_slow()
system_wait()
