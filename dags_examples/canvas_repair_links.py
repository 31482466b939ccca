"""Repair the stale links of a batch: reconcile, dry run, approval, repair.

What: reconciles the batch again if the form says so, takes its stale links from the table ``canvas_stale_link``, and
plans the change of each whose right address is known. A person reads the plan on Airflow's page and approves it. Then
the addresses are changed, each place once, with a backup of its text. No student is notified. ``undo`` takes a run
back.

When: by hand, after the batch was reconciled. Reconcile it again afterwards to see the result.

Before: connections ``canvas_default`` and ``canvas_reconciliation_db`` (SQLite or PostgreSQL), and the Variable
``canvas_backup_path``, a folder on any object storage that only administrators can read. The approval needs Airflow 3.1
and the standard provider; without them the run ends after the plan, unless the form switches the approval off.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task

from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
from airflow_provider_canvas.operators.repair_links import CanvasRepairLinksOperator

try:
    from airflow.providers.standard.operators.hitl import ApprovalOperator
except Exception:  # noqa: BLE001  # before Airflow 3.1, the module raises an error of its own
    ApprovalOperator = None  # type: ignore[assignment,misc]

REPORT = "{{ params.report_path or var.value.get('canvas_report_path', None) or '' }}"
BACKUP = "{{ params.backup_path or var.value.get('canvas_backup_path', None) or '' }}"
COMMON: dict[str, Any] = {
    "batch": "{{ params.batch }}",
    "problems": "{{ params.problems or '' }}",
    "undo": "{{ params.undo or '' }}",
    "sql_conn_id": "{{ params.sql_conn_id }}",
}


@dag(
    dag_id="canvas_repair_links",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["canvas", "example"],
    doc_md=__doc__,
    default_args={"retries": 2},
    params={
        "batch": Param("fall-2026", type="string", title="Batch", description="The batch that was reconciled."),
        "problems": Param(
            None,
            type=["null", "array"],
            title="Problems",
            description="Such as points_to_source and placeholder; leave empty for all.",
        ),
        "undo": Param(
            None,
            type=["null", "string"],
            title="Undo",
            description="The run id of an earlier run, or the path of its backups: its changes are taken back.",
        ),
        "reconcile": Param(
            False,
            type="boolean",
            title="Reconcile first",
            description="Look for stale links again before, in all copies of the batch.",
        ),
        "dry_run": Param(False, type="boolean", title="Only plan", description="Change nothing."),
        "approval": Param(True, type="boolean", title="Ask for approval", description="Before anything is changed."),
        "sql_conn_id": Param(
            "canvas_reconciliation_db",
            type="string",
            minLength=1,
            section="Results",
            title="Database connection",
            description="The id of an Airflow connection to SQLite or PostgreSQL.",
        ),
        "backup_path": Param(
            None,
            type=["null", "string"],
            section="Results",
            title="Backups",
            description="A folder on any object storage; if empty, the value of the Variable canvas_backup_path.",
        ),
        "report_path": Param(
            None,
            type=["null", "string"],
            section="Results",
            title="Reports",
            description="A folder on any object storage; if empty, the value of the Variable canvas_report_path.",
        ),
    },
)
def canvas_repair_links() -> None:
    """Reconcile a batch, plan its repair, ask for approval, and repair."""

    @task.branch
    def begin(params: dict[str, Any] | None = None) -> str:
        """Choose whether the batch is reconciled first."""
        return "reconcile" if (params or {})["reconcile"] else "plan"

    reconcile = CanvasReconcileBatchOperator(
        task_id="reconcile",
        batch="{{ params.batch }}",
        checks=("links", "lti"),
        reconcile_again=True,
        sql_conn_id="{{ params.sql_conn_id }}",
        report_path=REPORT,
    )
    plan = CanvasRepairLinksOperator(
        task_id="plan", dry_run=True, fail_if={}, trigger_rule="none_failed_min_one_success", **COMMON
    )

    @task.branch
    def decide(planned: dict[str, Any], params: dict[str, Any] | None = None) -> str | None:
        """Choose the approval or the repair; none if nothing would be changed, or if no approval is possible."""
        params = params or {}
        if params["dry_run"] or not planned["states"].get("planned"):
            return None
        if not params["approval"]:
            return "repair"
        return "approve" if ApprovalOperator else None

    repair = CanvasRepairLinksOperator(
        task_id="repair",
        dry_run=False,
        backup_path=BACKUP,
        report_path=REPORT,
        trigger_rule="none_failed_min_one_success",
        **COMMON,
    )

    begin() >> [reconcile, plan]
    reconcile >> plan
    decision = decide(plan.output)
    decision >> repair
    if ApprovalOperator:
        approve = ApprovalOperator(
            task_id="approve",
            subject="Repair the links of the batch {{ params.batch }}?",
            body="```\n{{ ti.xcom_pull(task_ids='plan')['text'] }}\n```",
            retries=0,
        )
        decision >> approve >> repair


canvas_repair_links()
