"""One DAG for ``benchmarks/term_copies.py``: a batch of course copies in one task."""

from __future__ import annotations

from airflow.sdk import DAG, Param

from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator

with DAG(
    "term_copies",
    schedule=None,
    params={"batch": Param("", type="string"), "copies": Param("", type="string")},
):
    CanvasBulkCourseCopyOperator(
        task_id="copy",
        batch="{{ params.batch }}",
        copies="{{ params.copies }}",
        sql_conn_id="ledger",
        max_in_flight=1000,
        fail_if={},
        deferrable=True,
    )
