"""The operator that repairs the stale links that reconciliations found, and takes repairs back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    check_id,
    check_type,
    none_if_blank,
    optional_bool,
    parse_list,
    parse_structure,
)
from airflow_provider_canvas.utils.result_sentences import time_since

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context
    from sqlalchemy.engine import Engine

    from airflow_provider_canvas.repair.lines import ChangeLine
    from airflow_provider_canvas.repair.link_repair import LinkRepair
    from airflow_provider_canvas.repair.places import Selection
    from airflow_provider_canvas.repair.tables import RepairTables
    from airflow_provider_canvas.utils.repair_backups import StoredBackups

CANVAS_REPAIR = "canvas_repair"
"""The key of the XCom with the result. It is pushed before the thresholds are checked, so also if the task fails."""

STRICT: Mapping[str, float] = {"failed": 0}
"""The thresholds of a task that sets none."""


class CanvasRepairLinksOperator(CanvasOperator):
    """Correct the addresses in ``canvas_stale_link`` whose right address is known. By default it is a dry run.

    Each place is read from Canvas again, only the addresses are changed, and only that text is saved, without a
    notification. Its text before is stored in ``backup_path`` before anything is sent. What a user edits meanwhile,
    what a blueprint locks, and what Canvas cannot change by its API is skipped, and the row says why. A second run
    changes nothing. ``undo`` restores from the backups what was not edited since.

    The result is a dict: ``canvas_instance``, ``run_id``, ``dry_run``, ``undo``, ``changes``, ``states`` and
    ``problems`` (counts), ``backup_path``, ``report_uri``, and ``text``: the result in words, for the body of the
    standard provider's ``ApprovalOperator``.

    :param batch: The batch whose courses are repaired. (templated)
    :param destination_course_id: The course to repair: a number or an SIS form. With ``batch``, both must match.
        (templated)
    :param sql_conn_id: The connection to the database with the tables: SQLite or PostgreSQL. (templated)
    :param backup_path: The folder for backups on any object storage that Airflow knows, such as
        ``s3://aws_default@bucket/backups``; needed unless it is a dry run. The texts of courses are stored in it:
        protect it as you protect Canvas. (templated)
    :param dry_run: Only write the changes to the table, the log and the report, and send nothing to Canvas but reads:
        ``True`` is the default. (templated)
    :param problems: Which problems are repaired, such as ``["points_to_source", "placeholder"]``; ``None`` for all.
        (templated)
    :param place_types: In which types of places, such as ``["pages", "assignments"]``; ``None`` for all.
        (templated)
    :param undo: The run whose changes are taken back, as ``run_id`` of the result, or the path of its backups.
        (templated)
    :param repair_blueprint_children: Also change content that comes from a blueprint and is not locked. Later syncs of
        the blueprint then skip it. (templated)
    :param report_path: The path of the HTML report: that of a directory on any object storage, or of the file itself
        if it ends in ``.html``; ``None`` for no report. (templated)
    :param fail_if: Thresholds above which the task fails, after everything is recorded: ``failed``, ``skipped``,
        ``unchanged``, or one of the skipped states, such as ``skipped_edited``. By default ``{"failed": 0}``.
        (templated)
    :param link_table: The table of stale links. (templated)
    :param repair_table: The table of changes, created if missing. (templated)
    :param schema: The schema of both tables; it must exist. (templated)
    :param canvas_conn_id: The connection. (templated)
    """

    result_key = "canvas_repair"

    template_fields: Sequence[str] = (
        *CanvasOperator.template_fields,
        "batch",
        "destination_course_id",
        "sql_conn_id",
        "backup_path",
        "dry_run",
        "problems",
        "place_types",
        "undo",
        "repair_blueprint_children",
        "report_path",
        "fail_if",
        "link_table",
        "repair_table",
        "schema",
    )
    ui_color = "#e9f5ee"
    refused_if_blank = frozenset({"sql_conn_id"})

    def __init__(
        self,
        *,
        batch: str | None = None,
        destination_course_id: int | str | None = None,
        sql_conn_id: str = "sqlite_default",
        backup_path: str | None = None,
        dry_run: bool | str = True,
        problems: Sequence[str] | None = None,
        place_types: Sequence[str] | None = None,
        undo: str | None = None,
        repair_blueprint_children: bool | str = False,
        report_path: str | None = None,
        fail_if: Mapping[str, float] | None = None,
        link_table: str = "canvas_stale_link",
        repair_table: str = "canvas_link_repair",
        schema: str | None = None,
        canvas_conn_id: str = "canvas_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(canvas_conn_id=canvas_conn_id, **kwargs)
        self.batch = batch
        self.destination_course_id = check_id("destination_course_id", destination_course_id, optional=True)
        self.sql_conn_id = sql_conn_id
        self.backup_path = backup_path
        # Airflow's operators have a method of this name that only renders templates: a parameter is more useful here.
        self.dry_run = check_bool("dry_run", dry_run)  # type: ignore[method-assign,assignment]
        self.problems = check_type("problems", problems, Sequence, such_as="['points_to_source']")
        self.place_types = check_type("place_types", place_types, Sequence, such_as="['pages']")
        self.undo = undo
        self.repair_blueprint_children = check_bool("repair_blueprint_children", repair_blueprint_children)
        self.report_path = report_path
        self.fail_if = check_type("fail_if", fail_if, Mapping, such_as="{'failed': 0}")
        self.link_table = link_table
        self.repair_table = repair_table
        self.schema = schema

    def perform(self, context: Context) -> dict[str, Any]:
        """Repair, record, report, and only then fail if a threshold is exceeded."""
        from airflow_provider_canvas.client.errors import CanvasRepairError
        from airflow_provider_canvas.operators.batch_lineage import note_files
        from airflow_provider_canvas.operators.repair_lineage import note_repair
        from airflow_provider_canvas.repair import summary
        from airflow_provider_canvas.utils.sql_engine import sql_engine

        began_at = time.time()
        fail_if = parse_structure("fail_if", self.fail_if, such_as="{'failed': 0}")
        thresholds = STRICT if fail_if is None else fail_if
        summary.check_fail_if(thresholds)
        dry_run = optional_bool("dry_run", self.dry_run) is not False
        undo = None if none_if_blank(self.undo) is None else str(self.undo)
        self._check_selection(undo)
        tables = self._tables()
        run_id, host = context["run_id"], self.hook.settings.host
        report = self._report_uri(host, run_id)
        backups = self._backups(host, run_id, dry_run=dry_run)
        with sql_engine(self.sql_conn_id) as engine:
            lines = self._run(engine, tables, run_id, backups, undo, dry_run=dry_run)
            note_repair(self, engine, tables, lines, undo, dry_run=dry_run)
        text = summary.text_of(lines, dry_run=dry_run, undo=undo is not None)
        self.log.info("%s", text.rstrip())
        result = {
            "canvas_instance": host,
            "run_id": run_id,
            "dry_run": dry_run,
            "undo": undo,
            "changes": len(lines),
            "states": summary.counts_of(lines),
            "problems": summary.problems_of(lines),
            "backup_path": backups.folder if backups is not None and not undo else None,
            "report_uri": self._write_report(lines, report, run_id, undo, backups, dry_run=dry_run),
            "text": text,
        }
        note_files(self.lineage, writes=result["report_uri"])
        context["ti"].xcom_push(key=CANVAS_REPAIR, value=result)
        self.log.info("%s", self._end_in_words(result, began_at))
        if exceeded := summary.exceeded(lines, thresholds):
            at = f" Report: {result['report_uri']}" if result["report_uri"] else ""
            raise CanvasRepairError(f"The repair does not pass: {'; '.join(exceeded)}.{at}")
        return result

    def _end_in_words(self, result: Mapping[str, Any], began_at: float) -> str:
        """Return what the task did, in a sentence."""
        from airflow_provider_canvas.html.formats import format_count
        from airflow_provider_canvas.repair.states import MEANINGS, RepairState
        from airflow_provider_canvas.security.redaction import redact

        what = "undo" if result["undo"] else "repair"
        done = f"dry run of the {what}" if result["dry_run"] else what
        of_what = [f"batch {self.batch!r}"] if none_if_blank(self.batch) is not None else []
        if none_if_blank(self.destination_course_id) is not None:
            of_what.append(f"course {self.destination_course_id}")
        states = [f"{count:,} {MEANINGS[RepairState(state)].label}" for state, count in result["states"].items()]
        places = (("The report is", result["report_uri"]), ("the texts before are in", result["backup_path"]))
        sentence = (
            f"The {done} of {' and '.join(of_what) or 'the run ' + repr(result['undo'])} is complete after "
            f"{time_since(began_at)}: {format_count(result['changes'], 'link')}, {', '.join(states) or 'none changed'}."
        )
        where = ", and ".join(f"{words} {redact(str(place))}" for words, place in places if place)
        return f"{sentence} {where[:1].upper()}{where[1:]}".rstrip()

    def _tables(self) -> RepairTables:
        """Return the tables of stale links and of changes.

        :raises CanvasInputError: If a name is none that a database can have.
        """
        from airflow_provider_canvas.repair.tables import RepairTables
        from airflow_provider_canvas.utils.table_names import schema_name, table_name

        return RepairTables(
            links=table_name("link_table", self.link_table, "canvas_stale_link"),
            repairs=table_name("repair_table", self.repair_table, "canvas_link_repair"),
            schema=schema_name(self.schema),
        )

    def _run(
        self,
        engine: Engine,
        tables: RepairTables,
        run_id: str,
        backups: StoredBackups | None,
        undo: str | None,
        *,
        dry_run: bool,
    ) -> list[ChangeLine]:
        from airflow_provider_canvas.repair.places import read_places
        from airflow_provider_canvas.repair.repair_log import RepairLog
        from airflow_provider_canvas.utils.repair_backups import StoredBackups

        host, schema = self.hook.settings.host, tables.schema
        log = RepairLog(engine, canvas_instance=host, run_id=run_id, table=tables.repairs, schema=schema)
        log.create_table()
        selection = self._selection()
        if undo is not None:
            store = backups or StoredBackups("", host, run_id)
            uris = list(store.list(undo)) if "/" in undo else log.undoable(selection, undo)
            if not uris:
                raise CanvasInputError(
                    f"The run {undo!r} has no changes that can be taken back in {log.table.fullname}: write the run_id "
                    "of a repair, or the path of its backups."
                )
            with self._repair(log, backups, dry_run=dry_run) as repair:
                return repair.undo(uris, store)
        places = read_places(engine, host, selection, link_table=tables.links, schema=schema)
        self.log.info("%s stale links in %s places.", sum(len(each.links) for each in places), len(places))
        with self._repair(log, backups, dry_run=dry_run) as repair:
            return repair.repair(places, selection)

    @contextmanager
    def _repair(self, log: Any, backups: StoredBackups | None, *, dry_run: bool) -> Iterator[LinkRepair]:
        """Yield the repair with a second client, which sends each request once: a retry could overwrite an edit."""
        from airflow_provider_canvas.client.protocol.retry import RetryPolicy
        from airflow_provider_canvas.repair.link_repair import LinkRepair

        children = optional_bool("repair_blueprint_children", self.repair_blueprint_children) is True
        with self.hook.new_client(RetryPolicy(retry_for=0)) as writer:
            yield LinkRepair(
                canvas=self.hook,
                writer=writer,
                host=self.hook.settings.host,
                log=log,
                backups=backups,
                dry_run=dry_run,
                repair_blueprint_children=children,
            )

    def _check_selection(self, undo: str | None) -> None:
        """Check what is to be repaired, before any request."""
        from airflow_provider_canvas.api.parameters import check_option
        from airflow_provider_canvas.reconciliation.links.stale_link import Problem
        from airflow_provider_canvas.repair.places import PLACE_TYPES

        if all(none_if_blank(value) is None for value in (undo, self.batch, self.destination_course_id)):
            raise CanvasInputError("Nothing is selected: write batch or destination_course_id, or undo.")
        for name in parse_list("problems", self.problems, such_as="['points_to_source']") or []:
            check_option("problems", str(name), [problem.value for problem in Problem])
        for name in parse_list("place_types", self.place_types, such_as="['pages']") or []:
            if name == "quiz_questions":
                raise CanvasInputError(
                    "place_types has quiz_questions: questions are reported and not repaired, because Canvas wants all "
                    "their answers sent again, and keeps students' version until the quiz is saved in Canvas."
                )
            check_option("place_types", str(name), PLACE_TYPES)

    def _selection(self) -> Selection:
        from airflow_provider_canvas.api.ids import canvas_id
        from airflow_provider_canvas.api.storable import storable_text
        from airflow_provider_canvas.repair.places import PLACE_TYPES, Selection

        course_id = none_if_blank(self.destination_course_id)
        if course_id is not None:
            canvas_id("destination_course_id", course_id, kind="course_id")
            if not str(course_id).isdecimal():
                course_id = self.hook.courses.get(course_id=course_id)["id"]
        return Selection(
            batch=None if none_if_blank(self.batch) is None else storable_text(str(self.batch)).strip(),
            course_ids=() if course_id is None else (str(course_id),),
            problems=tuple(parse_list("problems", self.problems, such_as="['points_to_source']") or ()),
            place_types=tuple(parse_list("place_types", self.place_types, such_as="['pages']") or PLACE_TYPES),
        )

    def _backups(self, host: str, run_id: str, *, dry_run: bool) -> StoredBackups | None:
        """Return the place for backups, which was tried out; ``None`` if nothing is changed.

        :raises CanvasInputError: When it is missing or cannot be written.
        """
        from airflow_provider_canvas.utils.repair_backups import StoredBackups

        path = none_if_blank(self.backup_path)
        if dry_run or none_if_blank(self.undo) is not None:
            return None
        if path is None:
            raise CanvasInputError(
                "backup_path is missing: write a folder for the texts before the repair, such as "
                "'s3://aws_default@bucket/backups'. Only a dry run needs none."
            )
        backups = StoredBackups(path, host, run_id)
        backups.open()
        return backups

    def _report_uri(self, host: str, run_id: str) -> str | None:
        from airflow_provider_canvas.utils.object_storage import check_output_path

        if (path := none_if_blank(self.report_path)) is None:
            return None
        if not path.endswith(".html"):
            name = "".join(character if character.isalnum() or character in ".+-" else "_" for character in run_id)
            path = f"{path.rstrip('/')}/{host.replace(':', '_')}_repair-{name}.html"
        return check_output_path("report_path", path)

    def _write_report(
        self,
        lines: list[ChangeLine],
        uri: str | None,
        run_id: str,
        undo: str | None,
        backups: StoredBackups | None,
        *,
        dry_run: bool,
    ) -> str | None:
        """Write the report, and return its address; a report that cannot be written is a warning."""
        if uri is None:
            return None
        from airflow_provider_canvas.repair.report.repair_report import render_repair_report
        from airflow_provider_canvas.security.redaction import redact
        from airflow_provider_canvas.utils.object_storage import replaced_file

        settings = self.hook.settings
        try:
            with replaced_file(uri) as file:
                for part in render_repair_report(
                    lines,
                    canvas_instance=settings.host,
                    base_url=settings.base_url,
                    run_id=run_id,
                    dry_run=dry_run,
                    undo=undo,
                    backup_path=backups.folder if backups is not None else None,
                    reported_at=datetime.now(UTC),
                ):
                    file.write(part.encode(errors="xmlcharrefreplace"))
        except Exception as error:  # noqa: BLE001  # each storage has errors of its own
            self.log.warning(
                "The report %s could not be written: %s: %s", redact(uri), type(error).__name__, redact(str(error))
            )
            return None
        return uri
