"""The arguments that a type checker must accept and refuse in a DAG file; only checked, never run.

Every ``type: ignore[arg-type]`` is an assertion: mypy fails on an unused one, so on a wrong argument that it accepts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import assert_type

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor


def accepted() -> None:
    """Accept numbers, durations, templates of ids, and the values of closed sets."""
    copy = CanvasCourseCopyOperator(
        task_id="copy",
        source_course_id=1010,
        destination_course_id="{{ params.course_id }}",
        if_running="adopt",
        if_not_empty="skip",
        fail_on_issues=None,
        poll_interval=30,
        timeout=timedelta(hours=1),
    )
    assert_type(copy, CanvasCourseCopyOperator)
    CanvasContentExportOperator(task_id="export", course_id=1010, poll_interval=0.5)
    CanvasProgressSensor(task_id="wait", progress_id="{{ params.progress_id }}", poke_interval=timedelta(minutes=1))


def refused_values_of_closed_sets(canvas: Canvas[SyncIO]) -> None:
    """Refuse a misspelt value. Only templated parameters accept any text."""
    CanvasCourseCopyOperator(
        task_id="copy",
        source_course_id=1010,
        destination_course_id=2001,
        if_running="wiat",  # type: ignore[arg-type]
        if_not_empty="skp",  # type: ignore[arg-type]
        fail_on_issues="eror",  # type: ignore[arg-type]
    )
    CanvasCreateCourseOperator(
        task_id="create",
        account_id=1,
        course={"name": "Biology"},
        if_exists="updat",  # type: ignore[arg-type]
    )
    canvas.migration_issues.update(
        course_id=42,
        content_migration_id=7,
        migration_issue_id=1,
        workflow_state="resolve",  # type: ignore[arg-type]
    )


def refused_types() -> None:
    """Refuse an argument of a wrong type."""
    CanvasCourseCopyOperator(
        task_id="copy",
        source_course_id=None,  # type: ignore[arg-type]
        destination_course_id=[2001],  # type: ignore[arg-type]
        select=["pages"],  # type: ignore[arg-type]
        shift_dates="yes",  # type: ignore[arg-type]
        poll_interval="soon",  # type: ignore[arg-type]
        timeout="2h",  # type: ignore[arg-type]
        cancel_on_kill="no",  # type: ignore[arg-type]
    )
    CanvasContentExportOperator(
        task_id="export",
        course_id=1.5,  # type: ignore[arg-type]
        timeout="1h",  # type: ignore[arg-type]
    )
    CanvasProgressSensor(
        task_id="wait",
        progress_id=[901],  # type: ignore[arg-type]
        deferrable="yes",  # type: ignore[arg-type]
        poke_interval="soon",  # type: ignore[arg-type]
    )
