"""The operator that reconciles all copies of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.utils.canvas_task import CanvasTask
from airflow_provider_canvas.utils.parameters import check_bool, check_type
from airflow_provider_canvas.utils.waiting import fail_without_retry

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class CanvasReconcileBatchOperator(CanvasTask):
    """Reconcile all completed copies of a batch, and write SQL tables, a report per course and one of the whole batch.

    The batch is one that ``CanvasBulkCourseCopyOperator`` copied, or one of copies that ``CanvasFindCopiesOperator``
    found in Canvas. Each source course is read once, destinations are read concurrently within the rate limit of the
    token, and rows are written as they come. The ledger is the memory: a task that is retried or cleared continues with
    the copies that are left, and a later run reconciles only copies that are new or could not be read. A copy that
    cannot be read (its course was deleted, is forbidden, or has no mapping any more) gets the verdict ``unreadable``
    with the reason, and does not stop the others. Two runs never work on the same batch at the same time.

    The result is a dict about all copies of the batch, whatever run reconciled them: ``canvas_instance``, ``batch``,
    ``completed`` (the number of copies that can be reconciled), ``reconciled_now`` (the copies that this attempt
    wrote), ``verdicts`` (counts of ``unreadable``, ``fail``, ``warn`` and ``pass``), ``coverage_percent``,
    ``expected_assets``, ``arrived_assets``, ``changed_since_copy``, ``statuses`` and ``issues`` (counts),
    ``stale_links``, ``repairable_links``, ``sources`` (verdicts by source course, the first 50), ``worst`` (the 20
    copies that need attention most), ``rows`` (what this attempt wrote), ``seconds`` and
    ``report_uri``. The XCom ``canvas_reconciliation`` has the same, also if the task fails because of ``fail_if``.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.asset_id_mapping

    :param batch: The name of the batch. (templated)
    :param checks: What is checked beyond Canvas's mapping; by default everything: ``links`` (stale links in the
        destination's texts), ``unmapped`` (rubrics, outcomes, settings and other types that Canvas does not map),
        ``lti`` (LTI resource links) and ``new_quizzes``. An empty list compares only what the mapping shows, with
        fewer requests. (templated)
    :param use_link_validation: Read Canvas's own link validation of the destination as a second witness about links.
        (templated)
    :param allowed_course_ids: Courses that links may lead to, such as one with shared material: these links are not
        stale. (templated)
    :param reconcile_again: Reconcile all copies again, also those that an earlier run reconciled. (templated)
    :param canvas_conn_id: The connection. (templated)
    :param sql_conn_id: The connection to the database with the ledger: SQLite or PostgreSQL. (templated)
    :param asset_table: The table of assets, created if missing. (templated)
    :param ledger_table: The table of copies. (templated)
    :param link_table: The table of stale links, created if missing. (templated)
    :param batch_table: The table of batches. (templated)
    :param issue_table: The table of issues. (templated)
    :param schema: The schema of the tables; it must exist. (templated)
    :param report_path: Where the HTML reports are written, on any object storage that Airflow knows: a directory, or
        the file ``....html`` of the report of the batch, beside which those of the courses are written; ``None`` for
        no reports. (templated)
    :param fail_if: Thresholds above which the task fails, after everything is written. For copies: ``unreadable``,
        ``fail`` and ``warn``, a number or a percentage such as ``"2 %"``. For the sums of the batch: the keys of
        ``CanvasReconcileOperator``, such as ``missing``, ``errors``, ``stale_links``, ``coverage_below``. (templated)
    """

    result_key = "canvas_reconciliation"

    template_fields: Sequence[str] = (
        *CanvasTask.template_fields,
        "batch",
        "checks",
        "use_link_validation",
        "allowed_course_ids",
        "reconcile_again",
        "sql_conn_id",
        "asset_table",
        "ledger_table",
        "link_table",
        "batch_table",
        "issue_table",
        "schema",
        "report_path",
        "fail_if",
    )
    ui_color = "#e9f5ee"
    refused_if_blank = frozenset({"batch", "sql_conn_id"})

    def __init__(
        self,
        *,
        batch: str,
        checks: Sequence[str] = ("links", "unmapped", "lti", "new_quizzes"),
        use_link_validation: bool | str = False,
        allowed_course_ids: Sequence[int | str] | None = None,
        reconcile_again: bool | str = False,
        canvas_conn_id: str = "canvas_default",
        sql_conn_id: str = "sqlite_default",
        asset_table: str = "canvas_asset_map",
        ledger_table: str = "canvas_copy_ledger",
        link_table: str = "canvas_stale_link",
        batch_table: str = "canvas_copy_batch",
        issue_table: str = "canvas_copy_issue",
        schema: str | None = None,
        report_path: str | None = None,
        fail_if: Mapping[str, float | str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(canvas_conn_id=canvas_conn_id, **kwargs)
        self.batch = batch
        self.checks = check_type("checks", checks, Sequence, such_as="['links', 'unmapped']")
        self.use_link_validation = check_bool("use_link_validation", use_link_validation)
        self.allowed_course_ids = check_type("allowed_course_ids", allowed_course_ids, Sequence, such_as="[42, 77]")
        self.reconcile_again = check_bool("reconcile_again", reconcile_again)
        self.sql_conn_id = sql_conn_id
        self.asset_table = asset_table
        self.ledger_table = ledger_table
        self.link_table = link_table
        self.batch_table = batch_table
        self.issue_table = issue_table
        self.schema = schema
        self.report_path = report_path
        self.fail_if = check_type("fail_if", fail_if, Mapping, such_as="{'unreadable': '2 %'}")

    def execute(self, context: Context) -> dict[str, Any]:
        """Reconcile what is left of the batch, write the report, and only then fail if a threshold is exceeded."""
        from airflow_provider_canvas.operators.reconcile_batch_run import ReconcileBatchRun
        from airflow_provider_canvas.utils.sql_engine import named_database

        self._log_blank_parameters()
        with fail_without_retry(), named_database(self.sql_conn_id), ReconcileBatchRun(self, context) as run:
            run.reconcile()
            return run.finish()
