"""Define a copy DAG that every supported Airflow can run."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator

with DAG("matrix_copy", schedule=None):
    CanvasCourseCopyOperator(
        task_id="copy_course",
        source_course_id="sis_course_id:TMPL-BIOL1010",
        destination_course_id="sis_course_id:BIOL-1010-001",
        deferrable=True,
        poll_interval=3,
        retries=2,
    )
