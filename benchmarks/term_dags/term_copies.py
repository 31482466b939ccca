"""Two DAGs for ``benchmarks/term_copies.py``: a batch of course copies in one task, and an empty task that defers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

from airflow.providers.common.compat.sdk import BaseOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
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


class EmptyOperator(BaseOperator):
    """Defer for the seconds that the run's conf names, and do nothing else."""

    def execute(self, context: Any) -> NoReturn:
        """Defer at once."""
        delta = timedelta(seconds=float(context["params"]["seconds"]))
        self.defer(trigger=TimeDeltaTrigger(delta), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """Return nothing."""


with DAG("empty_task", schedule=None, params={"seconds": Param("", type="string")}):
    EmptyOperator(task_id="copy")
