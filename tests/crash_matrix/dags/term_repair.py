"""Define the repair of the links of a whole batch."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_canvas.operators.repair_links import CanvasRepairLinksOperator

PARAMS = {"batch": Param("", type="string"), "backup_path": Param("", type="string")}

with DAG("term_repair", schedule=None, params=PARAMS):
    CanvasRepairLinksOperator(
        task_id="repair",
        batch="{{ params.batch }}",
        backup_path="{{ params.backup_path }}",
        dry_run=False,
        sql_conn_id="ledger",
        canvas_conn_id="canvas_term",
        retries=10,
        retry_delay=timedelta(seconds=2),
    )
