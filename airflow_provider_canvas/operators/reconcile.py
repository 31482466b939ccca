"""The operator that compares both courses of a copy, asset by asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.utils.canvas_task import CanvasTask
from airflow_provider_canvas.utils.parameters import check_id, check_type, none_if_blank, parse_structure
from airflow_provider_canvas.utils.waiting import fail_without_retry

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context
    from sqlalchemy.engine import Engine

    from airflow_provider_canvas.api.content_migrations import ContentMigration
    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.client.courses.course_listings import CopiedCourses
    from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
    from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
    from airflow_provider_canvas.reconciliation.selection import Selected


class CanvasReconcileOperator(CanvasTask):
    """Compare both courses of a copy, and write a status per asset to two SQL tables and an HTML report.

    It compares the current content of both courses and Canvas's ``asset_id_mapping``, so it works for any completed
    course copy, also of a past term. Rows are upserted by a natural key: a second run changes only time stamps.

    The result is a dict: ``verdict`` (``pass``, ``warn`` or ``fail``), ``coverage_percent``, ``source_assets``,
    ``destination_assets``, ``expected_assets``, ``arrived_assets``, ``statuses`` and ``issues`` (counts), ``compared``
    (the fields that were compared, by asset type), ``rows`` (``inserted``, ``updated``, ``unchanged``, ``removed``),
    ``report_uri``, and the ids of the copy.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.asset_id_mapping

    :param destination_course_id: The course that was copied into: a number or an SIS form. (templated)
    :param content_migration_id: The content migration of the copy. (templated)
    :param source_course_id: The course that was copied; needed only for copies across root accounts, for which Canvas
        does not return it. One that contradicts Canvas's record of the copy is refused. (templated)
    :param select: The ``select`` of the copy, if it did not copy everything: other assets are then expected to be
        missing. For a copy that selected whole types in another way, write ``"all"`` in place of the ids of a type:
        ``{"pages": "all"}``. (templated)
    :param canvas_conn_id: The connection. (templated)
    :param sql_conn_id: The connection to the database that gets the tables: SQLite or PostgreSQL. (templated)
    :param asset_table: The table of assets, created if missing. (templated)
    :param ledger_table: The table of copies, created if missing. (templated)
    :param schema: The schema of both tables; it must exist. (templated)
    :param report_path: The path of the HTML report: that of a directory on any object storage that Airflow knows,
        such as ``s3://aws_default@bucket/reports``, or of the file itself if it ends in ``.html``; ``None`` for no
        report. (templated)
    :param fail_if: Thresholds above which the task fails, after everything is written: statuses (``missing``,
        ``mapped_but_deleted``, ...), ``errors``, ``warnings``, and ``coverage_below`` in percent. (templated)
    """

    template_fields: Sequence[str] = (
        "destination_course_id",
        "content_migration_id",
        "source_course_id",
        "select",
        "canvas_conn_id",
        "sql_conn_id",
        "asset_table",
        "ledger_table",
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
        canvas_conn_id: str = "canvas_default",
        sql_conn_id: str = "sqlite_default",
        asset_table: str = "canvas_asset_map",
        ledger_table: str = "canvas_copy_ledger",
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
        self.sql_conn_id = sql_conn_id
        self.asset_table = asset_table
        self.ledger_table = ledger_table
        self.schema = schema
        self.report_path = report_path
        self.fail_if = check_type("fail_if", fail_if, Mapping, such_as="{'missing': 0}")

    def execute(self, context: Context) -> dict[str, Any]:
        """Fetch, compare, write, and only then fail if a threshold is exceeded."""
        from airflow_provider_canvas.client.errors import CanvasReconciliationError
        from airflow_provider_canvas.reconciliation.thresholds import exceeded_thresholds
        from airflow_provider_canvas.utils.sql_engine import sql_engine

        self._log_blank_parameters()
        with fail_without_retry():
            self._validate()
            migration, copied = self._fetch()
            with sql_engine(self.sql_conn_id) as engine:
                reconciliation = self._reconcile(context, engine, migration, copied)
                written = self._write_tables(engine, reconciliation)
        self._write_report(reconciliation)
        summary = reconciliation.summary
        self.log.info(
            "%s into %s: %s, %s of %s expected assets arrived. Rows: %s.",
            reconciliation.source.title,
            reconciliation.destination.title,
            summary.verdict,
            summary.total.arrived,
            summary.total.expected,
            ", ".join(f"{count} {change}" for change, count in written.items()),
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

    def _fetch(self) -> tuple[ContentMigration, CopiedCourses]:
        """Return the copy, which must be completed, and the content of both courses."""
        from airflow_provider_canvas.client.courses.copy_source import source_id_of
        from airflow_provider_canvas.client.courses.course_listings import fetch_copied_courses, read_pages
        from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client

        destination = self._course("destination_course_id")
        migration = self.hook.content_migrations.get(
            course_id=destination["id"], content_migration_id=self.content_migration_id
        )
        if migration.get("workflow_state") != "completed":
            raise CanvasInputError(
                f"content_migration {migration['id']} is {migration.get('workflow_state')}: "
                "only a completed course copy can be reconciled. Wait for it first, with CanvasCourseCopyOperator."
            )
        known, source_id = [destination], none_if_blank(self.source_course_id)
        if source_id is not None and not str(source_id).isdecimal():
            known.append(self._course("source_course_id"))
            source_id = known[-1]["id"]
        source_id = source_id_of(migration, source_id)

        async def fetch(canvas: AsyncCanvasClient) -> CopiedCourses:
            copied = await fetch_copied_courses(canvas, migration, source_id, destination["id"], known)
            return await read_pages(canvas, copied, self._pages_to_read(migration, copied))

        return migration, run_with_client(self.hook.settings, fetch)

    def _pages_to_read(self, migration: ContentMigration, copied: CopiedCourses) -> list[str]:
        """Return the slugs of the source's pages whose bodies tell whether a file was to come along."""
        from airflow_provider_canvas.reconciliation.content_migration import ContentMigration as ParsedMigration
        from airflow_provider_canvas.reconciliation.inventory import Inventory
        from airflow_provider_canvas.reconciliation.mapping import AssetMap
        from airflow_provider_canvas.reconciliation.selection import pages_to_read

        return pages_to_read(
            self._selected,
            Inventory.parse(copied.source, copied.source_listings),
            AssetMap.parse(copied.asset_id_mapping),
            ParsedMigration.parse(migration).began_at,
        )

    def _course(self, parameter: str) -> Course:
        """Return the course that a parameter names, with its term.

        :raises CanvasNotFoundError: When there is none; the message names the parameter.
        """
        from airflow_provider_canvas.client.errors import CanvasNotFoundError

        course_id = none_if_blank(getattr(self, parameter))
        try:
            return self.hook.courses.get(course_id=course_id, include=["term"])
        except CanvasNotFoundError as error:
            error.args = (f"{parameter} {course_id!r}: {error}",)
            raise

    def _reconcile(
        self, context: Context, engine: Engine, migration: ContentMigration, copied: CopiedCourses
    ) -> Reconciliation:
        from airflow_provider_canvas.reconciliation.inventory import Inventory
        from airflow_provider_canvas.reconciliation.mapping import AssetMap
        from airflow_provider_canvas.reconciliation.reconciliation import reconcile
        from airflow_provider_canvas.reconciliation.report.sql import load_previous_assets

        settings = self.hook.settings
        source_id, course_id = copied.source["id"], copied.destination["id"]
        return reconcile(
            Inventory.parse(copied.source, copied.source_listings),
            Inventory.parse(copied.destination, copied.destination_listings),
            AssetMap.parse(copied.asset_id_mapping),
            canvas_instance=settings.host,
            canvas_url=settings.base_url,
            content_migration=migration,
            issues=copied.issues,
            progress=copied.progress,
            selected=self._selected,
            previous=load_previous_assets(
                engine,
                settings.host,
                str(source_id),
                str(course_id),
                asset_table=self.asset_table,
                schema=none_if_blank(self.schema),
            ),
            reconciled_at=datetime.now(UTC),
            run_id=context["run_id"],
            report_uri=self._report_uri(settings.host, course_id, migration["id"]),
        )

    def _report_uri(self, host: str, course_id: int, content_migration_id: int) -> str | None:
        path: str | None = none_if_blank(self.report_path)
        if path is None or path.endswith(".html"):
            return path
        name = f"{host.replace(':', '_')}_course-{course_id}_migration-{content_migration_id}.html"
        return f"{path.rstrip('/')}/{name}"

    def _write_tables(self, engine: Engine, reconciliation: Reconciliation) -> dict[str, int]:
        from airflow_provider_canvas.reconciliation.report.sql import write_tables

        written = write_tables(
            engine,
            reconciliation,
            asset_table=self.asset_table,
            ledger_table=self.ledger_table,
            schema=none_if_blank(self.schema),
        )
        return asdict(written)

    def _write_report(self, reconciliation: Reconciliation) -> None:
        if reconciliation.report_uri is None:
            return
        from airflow_provider_canvas.reconciliation.report.html import render_html
        from airflow_provider_canvas.utils.object_storage import replaced_file

        with replaced_file(reconciliation.report_uri) as file:
            file.write(render_html(reconciliation).encode(errors="xmlcharrefreplace"))
        self.log.info("Report: %s", reconciliation.report_uri)
