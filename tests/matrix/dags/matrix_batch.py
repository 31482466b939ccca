"""Define a DAG that copies a batch, which every supported Airflow can run."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator

PARAMS = {"copies": Param([], type="array"), "batch": Param("fall-2026", type="string")}

with DAG("matrix_batch", schedule=None, params=PARAMS, render_template_as_native_obj=True):
    CanvasBulkCourseCopyOperator(
        task_id="copy",
        batch="{{ params.batch }}",
        copies="{{ params.copies }}",
        sql_conn_id="ledger",
        max_in_flight=20,
        poll_interval=2,
        deferrable=True,
        retries=2,
    )
