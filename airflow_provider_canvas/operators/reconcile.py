"""The operator that compares both courses of a copy, asset by asset."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_canvas.utils.canvas_task import CanvasTask
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    check_id,
    check_type,
    none_if_blank,
    parse_structure,
)
from airflow_provider_canvas.utils.result_sentences import course_in_words, time_since
from airflow_provider_canvas.utils.waiting import fail_without_retry

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.course_pairs.compare import Comparison
    from airflow_provider_canvas.course_pairs.course_content import CourseContent
    from airflow_provider_canvas.course_pairs.read_copy import ReadCopy
    from airflow_provider_canvas.course_pairs.store import Store
    from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
    from airflow_provider_canvas.reconciliation.selection import Selected


class CanvasReconcileOperator(CanvasTask):
    """Compare both courses of a copy, and write a status per asset to SQL tables and an HTML report.

    It compares the current content of both courses and Canvas's ``asset_id_mapping``, so it works for any completed
    course copy, also of a past term. Beyond the mapping, ``checks`` find links that do not lead where they should, and
    compare what Canvas does not map. Rows are upserted by a natural key: a second run changes only what is new.

    The result is a dict: ``verdict`` (``pass``, ``warn`` or ``fail``), ``coverage_percent``, ``source_assets``,
    ``destination_assets``, ``expected_assets``, ``arrived_assets``, ``changed_since_copy``, ``statuses``, ``issues``
    and ``stale_links`` (counts), ``repairable_links``, ``compared`` (the fields that were compared, by asset type),
    ``rows`` (``inserted``, ``updated``, ``unchanged`` and ``removed`` rows of assets, and those of stale links as
    ``links_inserted``, ...), ``report_uri``, and the ids of the copy.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.asset_id_mapping

    :param destination_course_id: The course that was copied into: a number or an SIS form. (templated)
    :param content_migration_id: The content migration of the copy. (templated)
    :param source_course_id: The course that was copied; needed only for copies across root accounts, for which Canvas
        does not return it. One that contradicts Canvas's record of the copy is refused. (templated)
    :param select: The ``select`` of the copy, if it did not copy everything: other assets are then expected to be
        missing. For a copy that selected whole types in another way, write ``"all"`` in place of the ids of a type:
        ``{"pages": "all"}``. (templated)
    :param checks: What is checked beyond Canvas's mapping; by default everything: ``links`` (stale links in the
        destination's texts), ``unmapped`` (rubrics, outcomes, settings and other types that Canvas does not map),
        ``lti`` (LTI resource links) and ``new_quizzes``. An empty list compares only what the mapping shows, with
        fewer requests. (templated)
    :param use_link_validation: Read Canvas's own link validation of the destination as a second witness about links.
        (templated)
    :param allowed_course_ids: Courses that links may lead to, such as one with shared material: these links are not
        stale. (templated)
    :param canvas_conn_id: The connection. (templated)
    :param sql_conn_id: The connection to the database that gets the tables: SQLite or PostgreSQL. (templated)
    :param asset_table: The table of assets, created if missing. (templated)
    :param ledger_table: The table of copies, created if missing. (templated)
    :param link_table: The table of stale links, created if missing. (templated)
    :param schema: The schema of the tables; it must exist. (templated)
    :param report_path: The path of the HTML report: that of a directory on any object storage that Airflow knows,
        such as ``s3://aws_default@bucket/reports``, or of the file itself if it ends in ``.html``; ``None`` for no
        report. (templated)
    :param fail_if: Thresholds above which the task fails, after everything is written: statuses (``missing``,
        ``mapped_but_deleted``, ...), ``errors``, ``warnings``, ``stale_links``, ``repairable_links``,
        ``changed_since_copy``, and ``coverage_below`` in percent. (templated)
    """

    template_fields: Sequence[str] = (
        "destination_course_id",
        "content_migration_id",
        "source_course_id",
        "select",
        "checks",
        "use_link_validation",
        "allowed_course_ids",
        "canvas_conn_id",
        "sql_conn_id",
        "asset_table",
        "ledger_table",
        "link_table",
        "schema",
        "report_path",
        "fail_if",
    )
    ui_color = "#e9f5ee"
    refused_if_blank = frozenset()

    def __init__(
        self,
        *,
        destination_course_id: int | str,
        content_migration_id: int | str,
        source_course_id: int | str | None = None,
        select: Mapping[str, Sequence[int | str] | Literal["all"]] | None = None,
        checks: Sequence[str] = ("links", "unmapped", "lti", "new_quizzes"),
        use_link_validation: bool | str = False,
        allowed_course_ids: Sequence[int | str] | None = None,
        canvas_conn_id: str = "canvas_default",
        sql_conn_id: str = "sqlite_default",
        asset_table: str = "canvas_asset_map",
        ledger_table: str = "canvas_copy_ledger",
        link_table: str = "canvas_stale_link",
        schema: str | None = None,
        report_path: str | None = None,
        fail_if: Mapping[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(canvas_conn_id=canvas_conn_id, **kwargs)
        self.destination_course_id = check_id("destination_course_id", destination_course_id)
        self.content_migration_id = check_id("content_migration_id", content_migration_id)
        self.source_course_id = check_id("source_course_id", source_course_id, optional=True)
        self.select = check_type("select", select, Mapping, such_as="{'pages': [12]}")
        self.checks = check_type("checks", checks, Sequence, such_as="['links', 'unmapped']")
        self.use_link_validation = check_bool("use_link_validation", use_link_validation)
        self.allowed_course_ids = check_type("allowed_course_ids", allowed_course_ids, Sequence, such_as="[42, 77]")
        self.sql_conn_id = sql_conn_id
        self.asset_table = asset_table
        self.ledger_table = ledger_table
        self.link_table = link_table
        self.schema = schema
        self.report_path = report_path
        self.fail_if = check_type("fail_if", fail_if, Mapping, such_as="{'missing': 0}")

    def execute(self, context: Context) -> dict[str, Any]:
        """Read, compare, write, and only then fail if a threshold is exceeded."""
        from airflow_provider_canvas.client.errors import CanvasReconciliationError
        from airflow_provider_canvas.html.formats import format_count
        from airflow_provider_canvas.operators.reconcile_lineage import note_reconciliation
        from airflow_provider_canvas.operators.reconcile_parameters import comparison_of, store_of
        from airflow_provider_canvas.reconciliation.report.log_lines import stale_link_lines
        from airflow_provider_canvas.reconciliation.thresholds import exceeded_thresholds
        from airflow_provider_canvas.security.redaction import redact
        from airflow_provider_canvas.utils.sql_engine import sql_engine

        began_at = time.time()
        self._log_blank_parameters()
        with fail_without_retry():
            how = comparison_of(self, context)
            self._validate()
            with sql_engine(self.sql_conn_id) as engine:
                store = store_of(self, engine)
                store.prepare()
                source, copy = self._read(how)
                reconciliation = self._compare(how, store, source, copy)
                written = store.write([reconciliation]).as_dict()
                note_reconciliation(self.lineage, store, reconciliation, written)
        self._write_report(reconciliation)
        summary = reconciliation.summary
        self.log.info(
            "Rows: %s.", ", ".join(f"{count:,} {change.replace('_', ' ')}" for change, count in written.items())
        )
        if "links" in reconciliation.checks:
            for line in stale_link_lines(summary.stale_links, summary.repairable_links):
                self.log.info("%s", line)
        self.log.info(
            "The copy of %s into %s is reconciled after %s: %s, %s of %s arrived.%s",
            course_in_words(reconciliation.source.course_id, reconciliation.source.name),
            course_in_words(reconciliation.destination.course_id, reconciliation.destination.name),
            time_since(began_at),
            summary.verdict,
            f"{summary.total.arrived:,}",
            format_count(summary.total.expected, "expected asset"),
            f" Its report is {redact(reconciliation.report_uri)}" if reconciliation.report_uri else "",
        )
        exceeded = exceeded_thresholds(summary, reconciliation.issues, parse_structure("fail_if", self.fail_if) or {})
        if exceeded:
            at = f" Report: {reconciliation.report_uri}" if reconciliation.report_uri else ""
            raise CanvasReconciliationError(f"The copy does not pass: {'; '.join(exceeded)}.{at}")
        return {
            "canvas_instance": reconciliation.canvas_instance,
            "source_course_id": reconciliation.source.course_id,
            "destination_course_id": reconciliation.destination.course_id,
            "content_migration_id": str(reconciliation.content_migration["id"]),
            **summary.as_dict(),
            "rows": written,
            "report_uri": reconciliation.report_uri,
        }

    def _validate(self) -> None:
        """Check the parameters before any request."""
        from airflow_provider_canvas.api.ids import canvas_id
        from airflow_provider_canvas.reconciliation.thresholds import check_fail_if
        from airflow_provider_canvas.utils.object_storage import storage_path

        canvas_id("destination_course_id", self.destination_course_id, kind="course_id")
        canvas_id("content_migration_id", self.content_migration_id)
        if none_if_blank(self.source_course_id) is not None:
            canvas_id("source_course_id", self.source_course_id, kind="course_id")
        check_fail_if(parse_structure("fail_if", self.fail_if) or {})
        if (report_path := none_if_blank(self.report_path)) is not None:
            storage_path(report_path)
        _ = self._selected

    @property
    def _selected(self) -> Selected | None:
        """The types and ids that the copy selected; None for a copy of everything.

        :raises CanvasInputError: When a copy would refuse them.
        """
        from airflow_provider_canvas.api.selection import select_params

        select = parse_structure("select", self.select)
        return None if select is None else select_params(select, allow_all=True)

    def _read(self, how: Comparison) -> tuple[CourseContent, ReadCopy]:
        """Read the copy, which must be completed, and the content of both courses."""
        from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
        from airflow_provider_canvas.course_pairs.read_copy import read_pair

        return run_with_client(
            self.hook.settings,
            lambda canvas: read_pair(
                canvas,
                destination_course_id=self.destination_course_id,
                content_migration_id=self.content_migration_id,
                source_course_id=none_if_blank(self.source_course_id),
                selected=self._selected,
                checks=how.checks,
            ),
        )

    def _compare(self, how: Comparison, store: Store, source: CourseContent, copy: ReadCopy) -> Reconciliation:
        from airflow_provider_canvas.course_pairs.compare import compare

        source_id, course_id = str(source.course["id"]), str(copy.destination.course["id"])
        return compare(
            how,
            source,
            copy,
            selected=self._selected,
            previous=store.previous(how.canvas_instance, source_id, course_id),
            read_at=datetime.now(UTC),
            report_uri=self._report_uri(how.canvas_instance, course_id, str(copy.migration["id"])),
        )

    def _report_uri(self, host: str, course_id: str, content_migration_id: str) -> str | None:
        from airflow_provider_canvas.operators.reconcile_parameters import course_report_uri

        path = none_if_blank(self.report_path)
        if path is None or str(path).endswith(".html"):
            return None if path is None else str(path)
        return course_report_uri(path, host, course_id, content_migration_id)

    def _write_report(self, reconciliation: Reconciliation) -> None:
        if reconciliation.report_uri is None:
            return
        from airflow_provider_canvas.lineage.datasets import file_dataset
        from airflow_provider_canvas.operators.reconcile_parameters import write_course_report

        write_course_report(reconciliation)
        self.lineage.write(file_dataset(reconciliation.report_uri))
