"""The operator that plans a batch of course copies, and changes nothing in Canvas."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    check_choice,
    check_type,
    none_if_blank,
    optional_bool,
    parse_structure,
)
from airflow_provider_canvas.utils.result_sentences import time_since

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.rollover.verdicts import PlanOptions

IF_NOT_EMPTY = ("proceed", "warn", "skip", "fail")
IF_RUNNING = ("wait", "fail")
PROCEED_OR_FAIL = ("proceed", "fail")


class CanvasPlanCourseCopiesOperator(CanvasOperator):
    """Plan a batch of course copies: check each row of the input, and write a verdict per row to the ledger.

    Nothing is changed in Canvas. ``CanvasBulkCourseCopyOperator`` with the same batch copies the rows that the plan
    does not refuse. Planning again is cheap, and updates the plan: what the batch has copied stays as it is.

    The result is a dict: ``canvas_instance``, ``batch``, ``dry_run``, ``rows``, ``copies``, ``refused``, ``verdicts``
    (counts), ``removed`` and ``left_out`` (rows of an earlier plan that the input has no longer), ``forecast``,
    ``report_uri``, and ``text``: the plan in words, for the body of the standard provider's ``ApprovalOperator``.

    :param copies: The copies: a list of dicts, the path of a CSV or JSON file on any object storage, or an SQL query.
        (templated)
    :param batch: The name of the batch, such as ``fall-2026``. (templated)
    :param sql_conn_id: The connection to the database with the ledger: SQLite or PostgreSQL. (templated)
    :param copies_conn_id: The connection for a query in ``copies``; by default ``sql_conn_id``. (templated)
    :param defaults: Parameters of the copy for rows that leave them empty, such as
        ``{"new_start_date": "2026-08-24"}``. (templated)
    :param if_not_empty: What to do if a destination has modules, pages or assignments: ``"warn"`` (the default) and
        ``"proceed"`` copy, ``"skip"`` counts the row as already present, ``"fail"`` refuses it.
    :param if_edited: What to do if the same source was copied into a destination before, and its content was changed
        since: ``"fail"`` (the default) refuses the row, ``"proceed"`` copies, which overwrites the changes.
    :param if_running: What to do if another content migration has not ended in a destination: ``"wait"`` (the default)
        copies, and Canvas queues the copy behind it; ``"fail"`` refuses the row.
    :param if_concluded: What to do if a destination is concluded or over: ``"proceed"`` (the default) or ``"fail"``.
    :param if_blueprint_child: What to do if a destination follows a blueprint course: ``"fail"`` (the default) or
        ``"proceed"``.
    :param dry_run: Write nothing: the verdicts are only in the log and in the result. (templated)
    :param report_path: The path of the HTML report of the batch: that of a directory on any object storage, or of the
        file itself if it ends in ``.html``; ``None`` for no report. A dry run writes none. (templated)
    :param ledger_table: The table of copies, created if missing. (templated)
    :param batch_table: The table of batches, created if missing. (templated)
    :param issue_table: The table of issues, created if missing. (templated)
    :param schema: The schema of the tables; it must exist. (templated)
    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = (
        *CanvasOperator.template_fields,
        "copies",
        "batch",
        "sql_conn_id",
        "copies_conn_id",
        "defaults",
        "dry_run",
        "report_path",
        "ledger_table",
        "batch_table",
        "issue_table",
        "schema",
    )
    refused_if_blank = frozenset({"copies", "batch", "sql_conn_id"})

    def __init__(
        self,
        *,
        copies: Sequence[Mapping[str, Any]] | str,
        batch: str,
        sql_conn_id: str = "sqlite_default",
        copies_conn_id: str | None = None,
        defaults: Mapping[str, Any] | None = None,
        if_not_empty: Literal["proceed", "warn", "skip", "fail"] = "warn",
        if_edited: Literal["proceed", "fail"] = "fail",
        if_running: Literal["wait", "fail"] = "wait",
        if_concluded: Literal["proceed", "fail"] = "proceed",
        if_blueprint_child: Literal["proceed", "fail"] = "fail",
        dry_run: bool | str = False,
        report_path: str | None = None,
        ledger_table: str = "canvas_copy_ledger",
        batch_table: str = "canvas_copy_batch",
        issue_table: str = "canvas_copy_issue",
        schema: str | None = None,
        canvas_conn_id: str = "canvas_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(canvas_conn_id=canvas_conn_id, **kwargs)
        self.copies = check_type("copies", copies, (Sequence, PathLike), such_as="[{'source': 42, 'destination': 77}]")
        self.batch = batch
        self.sql_conn_id = sql_conn_id
        self.copies_conn_id = copies_conn_id
        self.defaults = check_type("defaults", defaults, Mapping, such_as="{'new_start_date': '2026-08-24'}")
        self.if_not_empty = check_choice("if_not_empty", if_not_empty, IF_NOT_EMPTY)
        self.if_edited = check_choice("if_edited", if_edited, PROCEED_OR_FAIL)
        self.if_running = check_choice("if_running", if_running, IF_RUNNING)
        self.if_concluded = check_choice("if_concluded", if_concluded, PROCEED_OR_FAIL)
        self.if_blueprint_child = check_choice("if_blueprint_child", if_blueprint_child, PROCEED_OR_FAIL)
        # Airflow's operators have a method of this name that only renders templates: a parameter is more useful here.
        self.dry_run = check_bool("dry_run", dry_run)  # type: ignore[method-assign,assignment]
        self.report_path = report_path
        self.ledger_table = ledger_table
        self.batch_table = batch_table
        self.issue_table = issue_table
        self.schema = schema

    def perform(self, context: Context) -> dict[str, Any]:
        """Read the input, check each row against Canvas, and write the plan.

        :raises CanvasInputError: If rows of the input are not valid; the message lists them.
        """
        from airflow_provider_canvas.operators.batch_lineage import note_files, note_plan
        from airflow_provider_canvas.operators.copy_planning import plan_copies
        from airflow_provider_canvas.security.redaction import redact
        from airflow_provider_canvas.utils.batch_report import report_uri, write_batch_report
        from airflow_provider_canvas.utils.copies_source import read_copies
        from airflow_provider_canvas.utils.sql_engine import sql_engine
        from airflow_provider_canvas.utils.table_names import ledger_of

        began_at = time.time()
        options, dry_run = self._options(), optional_bool("dry_run", self.dry_run) or False
        settings = self.hook.settings
        report = None if dry_run else report_uri(self.report_path, settings.host, self.batch)
        requests = read_copies(
            self.copies,
            sql_conn_id=none_if_blank(self.copies_conn_id) or self.sql_conn_id,
            defaults=parse_structure("defaults", self.defaults, such_as="{'new_start_date': '2026-08-24'}"),
        )
        with sql_engine(self.sql_conn_id) as engine:
            ledger = ledger_of(self, engine, settings.host)
            result = plan_copies(self.hook, ledger, requests, options, self.log, dry_run=dry_run, run=_run(context))
            report = write_batch_report(ledger, report, settings.base_url, self.log)
            note_plan(self.lineage, ledger, result)
            note_files(self.lineage, reads=self.copies, writes=report)
        self.log.info(
            "The %s of the batch %r took %s: %s to be copied.%s",
            "dry run of the plan" if dry_run else "plan",
            result.batch,
            time_since(began_at),
            "1 course is" if result.copies == 1 else f"{result.copies:,} courses are",
            f" Its report is {redact(report)}" if report else "",
        )
        return {**result.as_xcom(), "report_uri": report}

    def _options(self) -> PlanOptions:
        from airflow_provider_canvas.rollover.verdicts import ACCEPTED, PlanOptions

        return PlanOptions.parse({name: getattr(self, name) for name in ACCEPTED})


def _run(context: Context) -> dict[str, Any]:
    """Return the task instance, for the ledger."""
    ti = context["ti"]
    return {
        "dag_id": ti.dag_id,
        "run_id": ti.run_id,
        "task_id": ti.task_id,
        "map_index": ti.map_index,
        "try_number": ti.try_number,
    }
