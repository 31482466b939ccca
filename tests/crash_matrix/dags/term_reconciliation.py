"""Define the reconciliation of a whole batch."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator

with DAG("term_reconciliation", schedule=None, params={"batch": Param("", type="string")}):
    CanvasReconcileBatchOperator(
        task_id="reconcile",
        batch="{{ params.batch }}",
        sql_conn_id="ledger",
        canvas_conn_id="canvas_term",
        retries=10,
        retry_delay=timedelta(seconds=2),
    )
