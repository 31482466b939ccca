"""Copy the courses of a term: plan, approve, copy, reconcile.

What: reads the copies from a file or a query, checks each row against Canvas and writes a verdict per row to the
ledger. A person approves the plan on Airflow's page. One task copies all courses, each once, and writes an HTML report.
Another one reconciles what was copied, asset by asset, and writes a report of the term and one per course.

When: by hand, as often as you like: a run submits and reconciles only what is new or failed. For a nightly run, set a
schedule and switch the approval off.

Before: connections ``canvas_default`` and ``canvas_reconciliation_db`` (SQLite or PostgreSQL), and for reports the
Variable ``canvas_report_path``. The approval needs Airflow 3.1 and the standard provider; without them it is skipped.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task

from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.operators.plan_course_copies import CanvasPlanCourseCopiesOperator
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator

try:
    from airflow.providers.standard.operators.hitl import ApprovalOperator
except Exception:  # noqa: BLE001  # before Airflow 3.1, the module raises an error of its own
    ApprovalOperator = None  # type: ignore[assignment,misc]

DATE = {"type": ["null", "string"], "format": "date", "section": "Dates"}
REPORT = "{{ params.report_path or var.value.get('canvas_report_path', None) or '' }}"


@dag(
    dag_id="canvas_term_rollover",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["canvas", "example"],
    doc_md=__doc__,
    default_args={"retries": 2},
    params={
        "batch": Param(
            "fall-2026",
            type="string",
            title="Batch",
            description="The name of the batch. Each batch copies a course once; the next run continues it.",
        ),
        "copies": Param(
            "s3://aws_default@my-bucket/fall_2026.csv",
            type="string",
            title="Copies",
            description="A .csv, .jsonl or .json file on any object storage, or a query: SELECT ... It has the columns "
            "source and destination, those of the copy, and labels.",
        ),
        "copies_conn_id": Param(
            None,
            type=["null", "string"],
            title="Connection of the query",
            description="If the query runs in another database than that of the ledger.",
        ),
        "old_start_date": Param(
            None,
            **DATE,
            title="The templates began",
            description="The first day of the source: dates are shifted by the distance of both first days.",
        ),
        "old_end_date": Param(
            None,
            **DATE,
            title="The templates ended",
            description="The last day of the source.",
        ),
        "new_start_date": Param(None, **DATE, title="The term begins", description="For rows without dates."),
        "new_end_date": Param(
            None,
            **DATE,
            title="The term ends",
            description="The last day of the destination.",
        ),
        "dry_run": Param(False, type="boolean", title="Only plan", description="Write and copy nothing."),
        "approval": Param(True, type="boolean", title="Ask for approval", description="Before anything is copied."),
        "sql_conn_id": Param(
            "canvas_reconciliation_db",
            type="string",
            minLength=1,
            section="Results",
            title="Database connection",
            description="The id of an Airflow connection to SQLite or PostgreSQL.",
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
def canvas_term_rollover() -> None:
    """Plan a batch, ask for approval, copy it, and reconcile what was copied."""
    plan = CanvasPlanCourseCopiesOperator(
        task_id="plan",
        batch="{{ params.batch }}",
        copies="{{ params.copies }}",
        copies_conn_id="{{ params.copies_conn_id or '' }}",
        defaults={
            name: f"{{{{ params.{name} or '' }}}}"
            for name in ("old_start_date", "old_end_date", "new_start_date", "new_end_date")
        },
        sql_conn_id="{{ params.sql_conn_id }}",
        dry_run="{{ params.dry_run }}",
        report_path=REPORT,
    )

    @task.branch
    def decide(params: dict[str, Any] | None = None) -> str | None:
        """Choose the approval or the copy; none after a dry run."""
        params = params or {}
        if params["dry_run"]:
            return None
        return "approve" if params["approval"] and ApprovalOperator else "copy"

    copy = CanvasBulkCourseCopyOperator(
        task_id="copy",
        batch="{{ params.batch }}",
        sql_conn_id="{{ params.sql_conn_id }}",
        report_path=REPORT,
        fail_if={"unsuccessful": 0, "not_tried": 0},
        deferrable=True,
        trigger_rule="none_failed_min_one_success",
    )

    reconcile = CanvasReconcileBatchOperator(
        task_id="reconcile",
        batch="{{ params.batch }}",
        sql_conn_id="{{ params.sql_conn_id }}",
        report_path=REPORT,
        trigger_rule="none_skipped",
    )

    decision = decide()
    plan >> decision >> copy >> reconcile
    if ApprovalOperator:
        approve = ApprovalOperator(
            task_id="approve",
            subject="Copy the batch {{ params.batch }}?",
            body="```\n{{ ti.xcom_pull(task_ids='plan')['text'] }}\n```",
            retries=0,
        )
        decision >> approve >> copy


canvas_term_rollover()
