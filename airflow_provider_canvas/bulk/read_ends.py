"""Read what became of copies whose Progress is over: the record decides. Issues are read only where there are some."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.api.migration_issues import MigrationIssues
from airflow_provider_canvas.bulk.ids import has_ended, id_of
from airflow_provider_canvas.bulk.late_writer import LateWriter
from airflow_provider_canvas.bulk.row_outcome import changed_row, ended_row, issue_rows, running_row, without_issues
from airflow_provider_canvas.bulk.settings import BatchSettings
from airflow_provider_canvas.bulk.stopping import PASSING, Stop, is_about_everything
from airflow_provider_canvas.bulk.threads import for_each
from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import CopyState

UNKNOWN_FOR = timedelta(minutes=5)
"""Age from which on a copy that Canvas does not know is lost. Canvas reads from replicas, which lag behind."""


@dataclass
class RowReader:
    """Reads the records of copies that have ended, and writes their rows.

    :param canvas: The client, which all threads share.
    :param ledger: Gets the issues.
    :param writer: Writes rows into the ledger.
    :param settings: The settings of the batch.
    :param stop: Ends the work early.
    :param keep: Called every minute.
    """

    canvas: Canvas[SyncIO]
    ledger: BatchLedger
    writer: LateWriter
    settings: BatchSettings
    stop: Stop
    keep: Callable[[], None]
    _errors: list[CanvasError] = field(default_factory=list, init=False)
    _responses: int = field(default=0, init=False)

    def read(self, rows: Sequence[CopyRow], ended_at: Mapping[str, datetime]) -> None:
        """Read the records of copies that may have ended. Those that have not stay as they are.

        :param rows: The rows.
        :param ended_at: When the Progress of each was seen over, by its id.
        """
        self._errors, self._responses = [], 0
        try:
            for_each(
                rows,
                lambda row: self._read(row, ended_at.get(row.progress_id or "")),
                self.stop,
                write=self.writer.flush,
                keep=self.keep,
            )
        finally:
            self.writer.flush()
        if self._errors and not self._responses and not self.stop.is_set:
            self.stop.set(self._errors[0])

    def _read(self, row: CopyRow, ended_at: datetime | None) -> None:
        call = ContentMigrations.get.call(
            course_id=id_of(row.dest_course_id), content_migration_id=id_of(row.content_migration_id or "")
        )
        try:
            migration = self.canvas.io.send(call)
            if has_ended(migration):
                self.finish(row, migration, ended_at)
            elif (running := running_row(row, migration, self.settings)) != row:
                self.writer.write(running)
        except CanvasNotFoundError as error:
            self._count(None)
            self._missing(row, error)
        except CanvasError as error:
            self._count(error)
            if not is_about_everything(error) and not isinstance(error, PASSING):
                detail = f"Its state could not be read: {error}"
                self.writer.write(changed_row(row, self.settings, row.state, detail))
        else:
            self._count(None)

    def _count(self, error: CanvasError | None) -> None:
        self.stop.count(error)
        if error is None:
            self._responses += 1
        elif isinstance(error, PASSING):
            self._errors.append(error)

    def finish(self, row: CopyRow, migration: Mapping[str, Any], ended_at: datetime | None = None) -> None:
        """Write the row of a copy that has ended, and its issues.

        :param migration: Canvas's record.
        :param ended_at: When it ended; now, if that is not known.
        """
        issues: list[IssueRow] = []
        refusal: CanvasError | None = None
        if migration.get("migration_issues_count", 1):
            call = MigrationIssues.list.call(course_id=id_of(row.dest_course_id), content_migration_id=migration["id"])
            try:
                found = list(self.canvas.io.iterate(call))
            except CanvasError as error:
                if is_about_everything(error) or isinstance(error, PASSING):
                    raise
                found, refusal = [], error
            issues = issue_rows(row, str(migration["id"]), found, self.settings.base_url)
            # Before the row: a crash in between leaves it in flight, and it is read again.
            self.ledger.add_issues(issues)
        ended = ended_row(row, migration, issues, self.settings, ended_at)
        self.writer.write(ended if refusal is None else without_issues(ended, refusal))

    def _missing(self, row: CopyRow, error: CanvasNotFoundError) -> None:
        """Write that Canvas does not know a copy, unless it is so young that a replica may lag behind."""
        if row.submitted_at is not None and datetime.now(UTC) - row.submitted_at < UNKNOWN_FOR:
            return
        detail = (
            f"Canvas has no content migration {row.content_migration_id} (any more): the course or the migration was "
            "deleted. The next run submits it again."
        )
        lost = changed_row(row, self.settings, CopyState.LOST, detail)
        self.writer.write(replace(lost, error_message=str(error), ended_at=datetime.now(UTC)))
