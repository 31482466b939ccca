"""Define the copy of a whole batch of courses, once deferred and once waiting in the worker."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator

PARAMS = {
    "batch": Param("", type="string"),
    "copies": Param("", type="string", description="The path of a CSV file."),
    "ledger": Param("ledger", type="string", description="The connection to the database of the ledger."),
}

for deferrable in (True, False):
    with DAG(f"term_copies_{'deferred' if deferrable else 'in_worker'}", schedule=None, params=PARAMS):
        CanvasBulkCourseCopyOperator(
            task_id="copy",
            batch="{{ params.batch }}",
            copies="{{ params.copies }}",
            sql_conn_id="{{ params.ledger }}",
            canvas_conn_id="canvas_term",
            max_in_flight=50,
            fail_if={},
            deferrable=deferrable,
            poll_interval=2,
            retries=40,
            retry_delay=timedelta(seconds=2),
        )
