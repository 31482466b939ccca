"""When a background job of Canvas is over, and how it ended: written once for all who wait.

A trigger makes its watch anew from :data:`WAITERS`, by name and ids, also after a restart. So a watch takes JSON only,
and what it remembers between two looks it can do without.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from airflow_provider_canvas.api import progress
from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.content_exports import ContentExport, ContentExports
from airflow_provider_canvas.api.content_imports import ContentImports
from airflow_provider_canvas.api.content_migrations import ContentMigration, ContentMigrations
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.progress import Progress, ProgressRecord
from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasPermissionError
from airflow_provider_canvas.client.jobs.waiter import Asking, Look, Status, Waiter
from airflow_provider_canvas.security.redaction import redact

EXPORT_FILE_GRACE = timedelta(hours=1)
"""An export that is exported shows its file a moment later. One that shows none after this has lost it."""

RECORD_EVERY = 4
"""Every which look reads the job's own record, though its Progress says that it goes on."""


class ProgressWaiter(Waiter):
    """Waits for a Progress.

    :param progress_id: Its id.
    """

    def __init__(self, *, progress_id: Id) -> None:
        self.progress_id = progress_id

    @property
    def name(self) -> str:
        return f"Progress {self.progress_id}"

    def poll(self) -> Look:
        record: ProgressRecord = yield Progress.get.call(progress_id=self.progress_id)
        return status_of_progress(record)

    def progress_ids(self) -> Asking[list[Id]]:
        return [self.progress_id]
        yield


class ProgressesWaiter(Waiter):
    """Waits for several Progresses until all are over, however they ended: Canvas runs them one after the other.

    :param progress_ids: Their ids.
    """

    def __init__(self, *, progress_ids: Sequence[Id]) -> None:
        self._all = list(progress_ids)
        self._left = list(progress_ids)

    @property
    def name(self) -> str:
        return f"Progress {self._all[0]}" if len(self._all) == 1 else f"{len(self._all)} Progresses"

    def poll(self) -> Look:
        while self._left:
            record: ProgressRecord = yield Progress.get.call(progress_id=self._left[0])
            status = status_of_progress(record)
            if status.state == "pending":
                return Status("pending", status.workflow_state, self._completion(status.completion or 0.0))
            self._left.pop(0)
        return Status("succeeded", "completed", 100.0)

    def _completion(self, present: float) -> float:
        over = len(self._all) - len(self._left)
        return round((over * 100.0 + present) / len(self._all), 1)

    def progress_ids(self) -> Asking[list[Id]]:
        return list(self._left)
        yield


class _RecordWaiter(Waiter):
    """Waits for a job that has a record of its own beside its Progress.

    The record is the truth, the Progress has the percentage: a finished Progress may mean that the job waits for
    something, and a failed job may leave its Progress running for ever. So most looks read the Progress, every fourth
    reads the record, and so does the one in which the Progress is over.

    :param progress_id: The Progress, if known; read from the record otherwise.
    """

    def __init__(self, *, progress_id: Id | None) -> None:
        self.progress_id = progress_id
        self.always_record = False
        self._polls = 0
        self._refused = False
        self._workflow_state: str | None = None
        self._completion: float | None = None

    def _read(self) -> Asking[Any]:
        """Return the record."""
        raise NotImplementedError

    def _judge(self, record: Any, progressed: ProgressRecord | None) -> Status:
        """Return how the job stands."""
        raise NotImplementedError

    def poll(self) -> Look:
        self._polls += 1
        progressed: ProgressRecord | None = None
        wanted = not self.always_record and self._polls % RECORD_EVERY != 0
        if self.progress_id is not None and not self._refused and wanted:
            try:
                progressed = yield Progress.get.call(progress_id=self.progress_id)
            except CanvasPermissionError:
                self._refused = True  # who may see a migration may still be refused its Progress
            except CanvasNotFoundError:
                pass  # not yet there, or not any more: Canvas reads from replicas, and may clean up
        if progressed is not None:
            self._completion = progressed.get("completion")
            if status_of_progress(progressed).state == "pending":
                state = self._workflow_state or progressed.get("workflow_state", "unknown")
                return Status("pending", state, self._completion)
        record = yield from self._read()
        self._workflow_state = record.get("workflow_state", "unknown")
        if self.progress_id is None:
            self.progress_id = progress_id_of(record)
        return self._judge(record, progressed)

    def progress_ids(self) -> Asking[list[Id]]:
        if self.progress_id is None:
            self.progress_id = progress_id_of((yield from self._read()))
        return [] if self.progress_id is None else [self.progress_id]


class ContentMigrationWaiter(_RecordWaiter):
    """Waits for a content migration.

    :param content_migration_id: The migration.
    :param progress_id: Its Progress, if known.
    :param until: The states to wait for. A migration that can no longer come to one of them has failed.
    :param context: Where it imports into: one of ``account_id``, ``course_id``, ``group_id``, ``user_id``.
    """

    def __init__(
        self,
        *,
        content_migration_id: Id,
        progress_id: Id | None = None,
        until: Sequence[str] = ("completed",),
        **context: Id,
    ) -> None:
        super().__init__(progress_id=progress_id)
        self.content_migration_id = content_migration_id
        self.until = frozenset(until)
        self.context = one_context(context)
        self.always_record = not self.until <= _STANDING_STILL

    @property
    def name(self) -> str:
        return f"content_migration {self.content_migration_id}"

    def _read(self) -> Asking[ContentMigration]:
        call = ContentMigrations.get.call_with({**self.context, "content_migration_id": self.content_migration_id})
        migration: ContentMigration = yield call
        return migration

    def _judge(self, record: ContentMigration, progressed: ProgressRecord | None) -> Status:
        state = record.get("workflow_state", "unknown")
        said = status_of_progress(progressed).message if progressed else None
        if state in self.until:
            return Status("succeeded", state, 100.0 if state == "completed" else self._completion)
        if state == "failed":
            return Status("failed", state, self._completion, said)
        if state == "waiting_for_select":
            return Status("failed", state, self._completion, "Canvas waits until a selection is sent")
        if state == "completed":
            return Status("failed", state, 100.0, f"it did not stop at {' or '.join(sorted(self.until))}")
        if progressed is not None and progressed.get("workflow_state") in ("failed", "canceled"):
            reason = f"its Progress was cancelled or failed: {said or 'no reason given'}"
            return Status("failed", state, self._completion, reason)
        return Status("pending", state, self._completion)


_STANDING_STILL = {"completed", "failed", "waiting_for_select"}
"""States in which a migration stays: it is enough to look when its Progress is over."""


class ContentExportWaiter(_RecordWaiter):
    """Waits for a content export until its file is there, which is a moment after its Progress is completed.

    :param content_export_id: The export.
    :param progress_id: Its Progress, if known.
    :param context: What it exports: one of ``course_id``, ``group_id``, ``user_id``.
    """

    def __init__(self, *, content_export_id: Id, progress_id: Id | None = None, **context: Id) -> None:
        super().__init__(progress_id=progress_id)
        self.content_export_id = content_export_id
        self.context = one_context(context)

    @property
    def name(self) -> str:
        return f"content_export {self.content_export_id}"

    def _read(self) -> Asking[ContentExport]:
        export: ContentExport = yield ContentExports.get.call_with(
            {**self.context, "content_export_id": self.content_export_id}
        )
        return export

    def _judge(self, record: ContentExport, progressed: ProgressRecord | None) -> Status:
        state = record.get("workflow_state", "unknown")
        if state in ("failed", "deleted"):
            said = status_of_progress(progressed).message if progressed else None
            return Status("failed", state, self._completion, said)
        if state == "exported" and record.get("attachment"):
            return Status("succeeded", state, 100.0)
        if state == "exported":
            if has_lost_its_file(record):
                return Status("failed", state, 100.0, "its file is gone: Canvas keeps it for 30 days. Export again")
        elif progressed is not None and progressed.get("workflow_state") in ("failed", "canceled"):
            said = status_of_progress(progressed).message or "no reason given"
            return Status("failed", state, self._completion, f"its Progress was cancelled or failed: {said}")
        return Status("pending", state, self._completion)


class CourseCopyWaiter(Waiter):
    """Waits for a copy that was started by the deprecated endpoint, and asks the deprecated endpoint how it stands.

    :param course_id: The destination.
    :param content_migration_id: The copy.
    """

    def __init__(self, *, course_id: Id, content_migration_id: Id) -> None:
        self.course_id = course_id
        self.content_migration_id = content_migration_id

    @property
    def name(self) -> str:
        return f"course copy {self.content_migration_id}"

    def poll(self) -> Look:
        with warnings.catch_warnings():  # whoever started it was warned
            warnings.simplefilter("ignore", DeprecationWarning)
            call = ContentImports.copy_course_status.call(
                course_id=self.course_id, content_migration_id=self.content_migration_id
            )
        record = yield call
        workflow_state = record.get("workflow_state", "unknown")
        state: Literal["pending", "succeeded", "failed"] = "pending"
        if workflow_state in ("completed", "failed"):
            state = "succeeded" if workflow_state == "completed" else "failed"
        return Status(state, workflow_state, record.get("progress"))

    def progress_ids(self) -> Asking[list[Id]]:
        migration: ContentMigration = yield ContentMigrations.get.call(
            course_id=self.course_id, content_migration_id=self.content_migration_id
        )
        progress_id = progress_id_of(migration)
        return [] if progress_id is None else [progress_id]


WAITERS: Mapping[str, Callable[..., Waiter]] = {
    "content_export": ContentExportWaiter,
    "content_migration": ContentMigrationWaiter,
    "course_copy": CourseCopyWaiter,
    "progress": ProgressWaiter,
    "progresses": ProgressesWaiter,
}
"""By the names that triggers are stored with: never rename one."""


def has_lost_its_file(export: ContentExport) -> bool:
    """Return whether an export had a file and has none any more: Canvas keeps it for 30 days."""
    if export.get("workflow_state") != "exported" or export.get("attachment"):
        return False
    return datetime.now(UTC) - datetime.fromisoformat(export["created_at"]) > EXPORT_FILE_GRACE


def one_context(context: Mapping[str, Id]) -> dict[str, Id]:
    """Return the context in which a job was started.

    :raises TypeError: When it is none.
    """
    if len(context) != 1 or not set(context) <= set(CONTEXTS):
        raise TypeError(f"Give exactly one of {', '.join(CONTEXTS)}, not {', '.join(context) or 'none'}.")
    return dict(context)


def status_of_progress(record: ProgressRecord) -> Status:
    """Return how a Progress stands. Its percentage decides nothing: 100 may still be running."""
    workflow_state = record.get("workflow_state", "unknown")
    state: Literal["pending", "succeeded", "failed"] = "pending"
    if workflow_state in progress.FINAL_STATES:
        state = "succeeded" if workflow_state == "completed" else "failed"
    message = record.get("message")
    return Status(state, workflow_state, record.get("completion"), redact(message) if message else None)


def progress_id_of(record: Mapping[str, Any]) -> int | None:
    """Return the id at the end of ``progress_url``, if the record has one."""
    end = str(record.get("progress_url") or "").partition("?")[0].rstrip("/").rpartition("/")[2]
    return int(end) if end.isdecimal() else None
