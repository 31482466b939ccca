"""Define the copy of a whole batch of courses: deferred, waiting in the worker, and without retries."""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator

IN_FLIGHT = max(50, int(os.environ.get("TERM_COPIES", "0")) // 10)
"""The copies of a second each take less time than a deferral, so that a large batch needs more of them at a time."""

PARAMS = {
    "batch": Param("", type="string"),
    "copies": Param("", type="string", description="The path of a CSV file."),
    "ledger": Param("ledger", type="string", description="The connection to the database of the ledger."),
}

for name, deferrable, retries in (("deferred", True, 40), ("in_worker", False, 40), ("without_retries", True, 0)):
    with DAG(f"term_copies_{name}", schedule=None, params=PARAMS):
        CanvasBulkCourseCopyOperator(
            task_id="copy",
            batch="{{ params.batch }}",
            copies="{{ params.copies }}",
            sql_conn_id="{{ params.ledger }}",
            canvas_conn_id="canvas_term",
            max_in_flight=IN_FLIGHT,
            fail_if={},
            deferrable=deferrable,
            poll_interval=2,
            retries=retries,
            retry_delay=timedelta(seconds=2),
        )
