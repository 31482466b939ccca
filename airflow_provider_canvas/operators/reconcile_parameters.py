"""The parameters that the reconciliation of one copy and that of a batch have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from airflow_provider_canvas.api.ids import canvas_id
from airflow_provider_canvas.course_pairs.checks import CHECKS, parse_checks
from airflow_provider_canvas.course_pairs.compare import Comparison
from airflow_provider_canvas.course_pairs.store import Store
from airflow_provider_canvas.utils.parameters import none_if_blank, optional_bool, parse_list

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context
    from sqlalchemy.engine import Engine

    from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
    from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
    from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation

    Task: TypeAlias = CanvasReconcileOperator | CanvasReconcileBatchOperator


def comparison_of(task: Task, context: Context) -> Comparison:
    """Return what all comparisons of a task have in common.

    :param task: The operator, rendered.
    :param context: Its context.
    :raises CanvasInputError: If a parameter is wrong: before any request.
    """
    settings = task.hook.settings
    return Comparison(
        canvas_instance=settings.host,
        canvas_url=settings.base_url,
        run_id=context["run_id"],
        checks=checks_of(task),
        allowed_course_ids=_allowed_course_ids(task),
    )


def checks_of(task: Task) -> tuple[str, ...]:
    """Return the checks of a task.

    :raises CanvasInputError: If a name is unknown.
    """
    checks = parse_list("checks", task.checks, such_as="['links', 'unmapped']")
    use_link_validation = optional_bool("use_link_validation", task.use_link_validation) or False
    return parse_checks(CHECKS if checks is None else checks, use_link_validation=use_link_validation)


def store_of(task: Task, engine: Engine) -> Store:
    """Return the tables of a task.

    :param task: The operator, rendered.
    :param engine: The engine of the database.
    """
    return Store(
        engine,
        asset_table=none_if_blank(task.asset_table) or "canvas_asset_map",
        ledger_table=none_if_blank(task.ledger_table) or "canvas_copy_ledger",
        link_table=none_if_blank(task.link_table) or "canvas_stale_link",
        schema=none_if_blank(task.schema),
    )


def course_report_uri(folder: str, host: str, course_id: str, content_migration_id: str) -> str:
    """Return where the report of a course is written.

    :param folder: The directory of the reports.
    :param host: The host of the Canvas.
    :param course_id: The course that was copied into.
    :param content_migration_id: The content migration of the copy.
    """
    name = f"{host.replace(':', '_')}_course-{course_id}_migration-{content_migration_id}.html"
    return f"{folder.rstrip('/')}/{name}"


def write_course_report(reconciliation: Reconciliation) -> None:
    """Write the HTML report of a course, if it is to have one.

    :param reconciliation: The reconciliation.
    """
    if reconciliation.report_uri is None:
        return
    from airflow_provider_canvas.reconciliation.report.html import render_html
    from airflow_provider_canvas.utils.object_storage import replaced_file

    with replaced_file(reconciliation.report_uri) as file:
        file.write(render_html(reconciliation).encode(errors="xmlcharrefreplace"))


def _allowed_course_ids(task: Task) -> tuple[str, ...]:
    ids = parse_list("allowed_course_ids", task.allowed_course_ids, such_as="[42, 77]") or []
    return tuple(canvas_id("allowed_course_ids", each) for each in ids)
