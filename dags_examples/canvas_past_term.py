"""Reconcile the course copies of a past term: find them in Canvas, then check what arrived.

What: finds the completed copies of a term, or of a range of dates, in the courses of an account, and puts them into the
ledger as a batch. Then it compares each course with its source, finds links that do not lead where they should, and
writes SQL tables, a report of the term and a report per course. Nothing is changed in Canvas.

When: by hand, for any earlier term, also years back. A second run finds and reconciles only what is new.

Before: connections ``canvas_default`` (its user may read the account's courses) and ``canvas_reconciliation_db``
(SQLite or PostgreSQL), and for reports the Variable ``canvas_report_path``.
"""

from __future__ import annotations

from airflow.sdk import Param, dag

from airflow_provider_canvas.operators.find_copies import CanvasFindCopiesOperator
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator

DATE = {"type": ["null", "string"], "format": "date", "section": "Dates"}

ID = r"^(\d+(~\d+)?|(?!https?:)[a-z_:]+:.+|self|all)?$"
"""A number, a form such as ``sis_course_id:...``, or a word that Canvas knows."""


@dag(
    dag_id="canvas_past_term",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["canvas", "example"],
    doc_md=__doc__,
    default_args={"retries": 2},
    params={
        "batch": Param("past summer-2026", type="string", title="Batch", description="The name of the batch."),
        "account_id": Param(
            "self",
            type="string",
            pattern=ID,
            minLength=1,
            title="Account",
            description="A number or an SIS form. The courses of the accounts below it are searched, too.",
        ),
        "enrollment_term_id": Param(
            "sis_term_id:2026SU8",
            type=["null", "string"],
            pattern=ID,
            title="Term",
            description="A number, an SIS form, or all. Empty: all terms, within the dates.",
        ),
        "finished_after": Param(
            None, **DATE, title="Copied from", description="Only copies that finished then or later."
        ),
        "finished_before": Param(
            None,
            **DATE,
            title="Copied before",
            description="Only copies that finished before.",
        ),
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
def canvas_past_term() -> None:
    """Find the copies of a term, and reconcile them."""
    find = CanvasFindCopiesOperator(
        task_id="find",
        account_id="{{ params.account_id }}",
        enrollment_term_id="{{ params.enrollment_term_id or '' }}",
        finished_after="{{ params.finished_after or '' }}",
        finished_before="{{ params.finished_before or '' }}",
        batch="{{ params.batch }}",
        sql_conn_id="{{ params.sql_conn_id }}",
    )
    reconcile = CanvasReconcileBatchOperator(
        task_id="reconcile",
        batch="{{ params.batch }}",
        sql_conn_id="{{ params.sql_conn_id }}",
        report_path="{{ params.report_path or var.value.get('canvas_report_path', None) or '' }}",
        max_active_tis_per_dag=1,
    )
    find >> reconcile


canvas_past_term()
