"""When a background job of Canvas is over, and how it ended: written once for all who wait.

A :class:`Watch` is asked to :meth:`~Watch.look` again and again. A look is a generator: it yields the calls it needs
(GETs only), is sent their answers, and returns a :class:`Status`. The blocking wait, the sensor and the trigger drive
the same watches; a trigger makes its own anew from :data:`WATCHES` by name and ids, also after a restart.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from airflow_provider_canvas.api import progress
from airflow_provider_canvas.api.content_migrations import ContentMigration, ContentMigrations
from airflow_provider_canvas.api.endpoint import Call
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.progress import Progress, ProgressRecord
from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError, CanvasPermissionError
from airflow_provider_canvas.redact import redacted


@dataclass(frozen=True)
class Status:
    """How a job stands.

    :param state: Whether it goes on, succeeded or failed.
    :param workflow_state: Canvas's word for it.
    :param completion: 0 to 100, where Canvas says so. It may fall back.
    :param message: Canvas's words, where it has any.
    """

    state: Literal["pending", "succeeded", "failed"]
    workflow_state: str
    completion: float | None = None
    message: str | None = None

    def __str__(self) -> str:
        percentage = "" if self.completion is None else f", {self.completion:g} %"
        return f"{self.workflow_state}{percentage}"


Look = Generator[Call[Any], Any, Status]


class Watch(Protocol):
    """Something to look at until it is over."""

    def look(self) -> Look:
        """Yield the calls that one look needs, be sent their answers, return how the job stands."""


class ProgressWatch:
    """Waits for a Progress.

    :param progress_id: Its id.
    """

    def __init__(self, *, progress_id: Id) -> None:
        self.progress_id = progress_id

    def look(self) -> Look:
        record: ProgressRecord = yield Progress.get.call(progress_id=self.progress_id)
        return status_of_progress(record)


class ContentMigrationWatch:
    """Waits for a content migration in a course.

    Its own record is the truth: a finished Progress may mean that it waits for a selection, and a failed migration may
    leave its Progress running for ever. The Progress has the percentage. So most looks read the Progress, every
    fourth reads the migration, and so does the one in which the Progress is over.

    :param course_id: The destination.
    :param content_migration_id: The migration.
    :param progress_id: Its Progress, if known; read from the migration otherwise.
    """

    MIGRATION_EVERY = 4

    def __init__(self, *, course_id: Id, content_migration_id: Id, progress_id: Id | None = None) -> None:
        self.course_id = course_id
        self.content_migration_id = content_migration_id
        self.progress_id = progress_id
        self._looks = 0
        self._refused = False
        self._workflow_state: str | None = None
        self._completion: float | None = None

    def look(self) -> Look:
        self._looks += 1
        record: ProgressRecord | None = None
        if self.progress_id is not None and not self._refused and self._looks % self.MIGRATION_EVERY:
            try:
                record = yield Progress.get.call(progress_id=self.progress_id)
            except (CanvasPermissionError, CanvasNotFoundError):
                self._refused = True  # who may see a migration may still be refused its Progress
        if record is not None:
            self._completion = record.get("completion")
            if status_of_progress(record).state == "pending":
                state = self._workflow_state or record.get("workflow_state", "unknown")
                return Status("pending", state, self._completion)
        migration: ContentMigration = yield ContentMigrations.get.call(
            course_id=self.course_id, content_migration_id=self.content_migration_id
        )
        return self._judged(migration, record)

    def _judged(self, migration: ContentMigration, record: ProgressRecord | None) -> Status:
        self._workflow_state = state = migration.get("workflow_state", "unknown")
        if self.progress_id is None:
            self.progress_id = progress_id_of(migration)
        if state == "completed":
            return Status("succeeded", state, 100.0)
        if state == "failed":
            return Status("failed", state, self._completion, status_of_progress(record).message if record else None)
        if state == "waiting_for_select":
            return Status("failed", state, self._completion, "Canvas waits until a selection is sent")
        if record is not None and record.get("workflow_state") in ("failed", "canceled"):
            said = status_of_progress(record).message or "no reason given"
            return Status("failed", state, self._completion, f"its Progress was cancelled or failed: {said}")
        return Status("pending", state, self._completion)


WATCHES: Mapping[str, Callable[..., Watch]] = {
    "content_migration": ContentMigrationWatch,
    "progress": ProgressWatch,
}
"""By the names that triggers are stored with: never rename one."""


def status_of_progress(record: ProgressRecord) -> Status:
    """Return how a Progress stands. Its percentage decides nothing: 100 may still be running."""
    workflow_state = record.get("workflow_state", "unknown")
    state: Literal["pending", "succeeded", "failed"] = "pending"
    if workflow_state in progress.FINAL_STATES:
        state = "succeeded" if workflow_state == "completed" else "failed"
    message = record.get("message")
    return Status(state, workflow_state, record.get("completion"), redacted(message) if message else None)


def progress_id_of(record: Mapping[str, Any]) -> int | None:
    """Return the id at the end of ``progress_url``, if the record has one."""
    end = str(record.get("progress_url") or "").partition("?")[0].rstrip("/").rpartition("/")[2]
    return int(end) if end.isdecimal() else None


def look(watch: Watch, send: Callable[[Call[Any]], Any]) -> Status:
    """Look once, with a client that blocks.

    :raises CanvasError: When a call fails that the watch cannot do without.
    """
    flow = watch.look()
    try:
        call = next(flow)
        while True:
            try:
                answer = send(call)
            except CanvasError as error:
                call = flow.throw(error)
            else:
                call = flow.send(answer)
    except StopIteration as end:
        return _status(end)


async def alook(watch: Watch, send: Callable[[Call[Any]], Awaitable[Any]]) -> Status:
    """Look once, with a client that is awaited.

    :raises CanvasError: When a call fails that the watch cannot do without.
    """
    flow = watch.look()
    try:
        call = next(flow)
        while True:
            try:
                answer = await send(call)
            except CanvasError as error:
                call = flow.throw(error)
            else:
                call = flow.send(answer)
    except StopIteration as end:
        return _status(end)


def _status(end: StopIteration) -> Status:
    status: Status = end.value
    return status
