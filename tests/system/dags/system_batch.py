"""A DAG that copies a batch, for the system tests."""

from __future__ import annotations

from airflow.sdk import Param, dag

from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator

PARAMS = {"copies": Param([], type="array"), "batch": Param("fall-2026", type="string")}


@dag(schedule=None, params=PARAMS, render_template_as_native_obj=True)
def system_batch():
    """Copy a batch, and wait in the triggerer."""
    CanvasBulkCourseCopyOperator(
        task_id="copy",
        batch="{{ params.batch }}",
        copies="{{ params.copies }}",
        sql_conn_id="canvas_reconciliation_db",
        max_in_flight=20,
        poll_interval=2,
        deferrable=True,
        retries=2,
    )


system_batch()
