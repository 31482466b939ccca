"""The submission of one row of a batch, exactly once: the record of it is the row itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.course_copy import course_copy_params
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.bulk.ids import id_of
from airflow_provider_canvas.bulk.settings import BatchSettings
from airflow_provider_canvas.client.jobs.content_requests import ContentMigrationRequest
from airflow_provider_canvas.client.jobs.submission_record import SubmissionRecord, idempotency_key_from
from airflow_provider_canvas.client.jobs.submit_once import Submission
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.group_writer import GroupWriter
from airflow_provider_canvas.ledger.states import IN_FLIGHT, CopyState

WILL_COPY = "will_copy"
"""The verdict of a plan that found nothing in the destination, and nothing running there."""

MAX_EARLIER_KEYS = 20
"""How many earlier attempts of a row are recognized in Canvas."""


class RowStore:
    """A row of the ledger as a submission store.

    What must be stored before a request is written at once, unless it was written for many rows together. What a
    request made is only kept in :attr:`row`: the caller writes it together with Canvas's record, in one step. After a
    crash in between, the next run finds the content migration by its key, as it must after a crash before the response.

    :param row: The row.
    :param writer: Writes it.
    :param settings: The settings of the batch.
    :param attempt: The number of this attempt.
    :param reserved: The row as it was stored already for this attempt, if it was.
    """

    persistent: ClassVar[bool] = True

    def __init__(
        self,
        row: CopyRow,
        writer: GroupWriter,
        settings: BatchSettings,
        attempt: int,
        reserved: CopyRow | None = None,
    ) -> None:
        self.row = row
        self._reserved = reserved
        self._writer = writer
        self.attempt = attempt
        self._settings = settings

    def get(self) -> SubmissionRecord | None:
        """Return the record of the row, if it was ever submitted."""
        return SubmissionRecord.from_json(self.row.submission)

    @property
    def is_unknown(self) -> bool:
        """Whether it is not known if Canvas made the copy: its request may have been sent, and has no result."""
        record = self.get()
        return record is not None and record.state == "submitting"

    def set(self, record: SubmissionRecord) -> None:
        """Keep a record; write the row if its request is about to be sent."""
        if record.state != "submitting":
            self.row = replace(self.row, submission=record.to_json())
            return
        if self._reserved is not None and self._reserved.submission == record.to_json():
            self.row = replace(self._reserved, submitted_at=datetime.now(UTC))
            return
        self.row = submitting_row(self.row, record, self._settings, self.attempt)
        self._writer.write(self.row)


def submitting_row(row: CopyRow, record: SubmissionRecord, settings: BatchSettings, attempt: int) -> CopyRow:
    """Return a row whose request is about to be sent.

    :param record: The record of the submission.
    :param attempt: The number of the attempt.
    """
    now = datetime.now(UTC)
    return replace(
        started_again(row),
        submission=record.to_json(),
        idempotency_key=record.idempotency_key,
        state=CopyState.SUBMITTING,
        attempts=attempt,
        submitted_at=now,
        state_changed_at=now,
        run=settings.run,
    )


def reserved_row(row: CopyRow, settings: BatchSettings) -> CopyRow | None:
    """Return a row as it is stored before its first submission; ``None`` if something is searched in Canvas before."""
    if not is_first(row, settings):
        return None
    record = SubmissionRecord(ContentMigrationRequest.kind, idempotency_key(settings, row, 1))
    return submitting_row(row, record, settings, 1)


def started_again(row: CopyRow) -> CopyRow:
    """Return a row without what became of its earlier attempt."""
    return replace(
        row,
        state_detail=None,
        content_migration_id=None,
        progress_id=None,
        workflow_state=None,
        started_by_other=False,
        created_at=None,
        started_at=None,
        finished_at=None,
        ended_at=None,
        issues_todo=0,
        issues_warning=0,
        issues_error=0,
        error_message=None,
    )


def attempt_of(row: CopyRow) -> int:
    """Return the number of the attempt that a submission of a row belongs to: an interrupted one is continued."""
    return max(1, row.attempts) if row.state in IN_FLIGHT else row.attempts + 1


def is_first(row: CopyRow, settings: BatchSettings) -> bool:
    """Return whether nothing is to be searched in Canvas before a row is submitted.

    The ledger has no attempt of it, and its plan found an empty course, in which nothing was running. If a ledger was
    lost, the plan finds what was copied, so such a row is searched.
    """
    is_new = row.attempts == 0 and row.submission is None and row.state not in IN_FLIGHT
    return is_new and row.plan_verdict == WILL_COPY and settings.if_running == "wait"


def idempotency_key(settings: BatchSettings, row: CopyRow, attempt: int) -> str:
    """Return the key of one attempt of one row: the same in any run of the batch, another for another request."""
    request = json.dumps(row.request, sort_keys=True, default=str)
    of_row = (row.dest_course_id, row.source_course_id, request)
    return idempotency_key_from("bulk copy", settings.canvas_instance, settings.batch, *of_row, attempt)


def submission_of(
    canvas: Canvas[SyncIO], row: CopyRow, store: RowStore, settings: BatchSettings, sleep: Any
) -> Submission:
    """Return the submission of a row.

    :param sleep: Waits for a number of seconds.
    :raises CanvasInputError: When a parameter of the row is wrong.
    """
    attempt, context = attempt_of(row), {"course_id": id_of(row.dest_course_id)}
    source = id_of(row.source_course_id)
    create = ContentMigrations.create.call_with({**course_copy_params(source, row.request), **context})
    earlier = range(max(1, attempt - MAX_EARLIER_KEYS), attempt)
    return Submission(
        canvas=canvas,
        request=ContentMigrationRequest(create, context, source if isinstance(source, int) else None),
        idempotency_key=idempotency_key(settings, row, attempt),
        earlier_keys=tuple(idempotency_key(settings, row, number) for number in earlier),
        store=store,
        repeated=True,
        is_first=is_first(row, settings),
        since=row.planned_at,
        if_running=settings.if_running,
        sleep=sleep,
    )
