"""Check for each asset of a copied course whether it arrived.

What: compares the source, the destination and Canvas's ``asset_id_mapping``; writes two SQL tables
(``canvas_asset_map``, one row per asset, and ``canvas_copy_ledger``, one row per copy) and an HTML report.

When: each time ``canvas_course_copy`` announces a copy; or by hand, with the form, for any earlier copy.

Before: connections ``canvas_default`` and ``canvas_reconciliation_db`` (SQLite or PostgreSQL), and for reports the
Variable ``canvas_report_path``.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import AssetAlias, Param, dag, get_current_context, task

from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator

COPIES = AssetAlias("canvas_course_copies")

ID = r"^(\d+(~\d+)?|(?!https?:)[a-z_:]+:.+|self|all)?$"
"""A number, a form such as ``sis_course_id:...``, or a word that Canvas knows."""


@dag(
    dag_id="canvas_asset_reconciliation",
    schedule=[COPIES],
    catchup=False,
    tags=["canvas", "example"],
    doc_md=__doc__,
    render_template_as_native_obj=True,
    default_args={"retries": 2},
    params={
        "destination_course_id": Param(
            None,
            type=["null", "string"],
            pattern=ID,
            title="Destination",
            description="For an earlier copy: its destination. Leave empty for runs that an asset event starts.",
        ),
        "content_migration_id": Param(
            None,
            type=["null", "string"],
            pattern=ID,
            title="Content migration",
            description="For an earlier copy: its id, from the course's import page or the result of the copy task.",
        ),
        "source_course_id": Param(
            None,
            type=["null", "string"],
            pattern=ID,
            title="Source",
            description="Needed only for copies from another root account, for which Canvas does not return it.",
        ),
        "select": Param(
            None,
            type=["null", "object"],
            title="Selection",
            description="The selection of the copy, if it had one.",
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
def canvas_asset_reconciliation() -> None:
    """Reconcile each announced copy."""

    @task
    def copies() -> list[dict[str, Any]]:
        """Return the copies that started this run, or the one in the form."""
        context = get_current_context()
        params = context["params"]
        if params["content_migration_id"]:
            copied = [params]
        else:
            events = (context.get("triggering_asset_events") or {}).values()
            announced = [event.extra for of_asset in events for event in of_asset]
            # Canvas has no mapping for packages, and selections by title do not tell which assets to expect.
            copied = [copy for copy in announced if "source_course_id" in copy and "selective_import" not in copy]
        if not copied:
            raise ValueError("Nothing to reconcile: run canvas_course_copy, or fill in the form.")
        names = ("source_course_id", "destination_course_id", "content_migration_id", "select")
        latest = {copy["content_migration_id"]: {name: copy.get(name) for name in names} for copy in copied}
        return list(latest.values())

    CanvasReconcileOperator.partial(
        task_id="reconcile",
        map_index_template="course {{ task.destination_course_id }}",
        sql_conn_id="{{ params.sql_conn_id }}",
        report_path="{{ params.report_path or var.value.get('canvas_report_path', None) }}",
        max_active_tis_per_dagrun=4,
    ).expand_kwargs(copies())


canvas_asset_reconciliation()
