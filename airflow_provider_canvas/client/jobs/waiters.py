"""Waiters: when a background job of Canvas is over, and how it ended.

A :class:`Waiter` polls one job. Each poll is a :data:`~airflow_provider_canvas.client.protocol.flow.Flow` that returns
a :class:`Status`. Operators, sensors and the trigger use the same waiters (see
:mod:`~airflow_provider_canvas.client.jobs.wait`).

A trigger creates its waiter from :data:`WAITERS`, by name and ids, again after each restart. So a waiter's arguments
are JSON, and it can do without what it remembers between two polls.
"""

from __future__ import annotations

import re
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar, cast

from airflow_provider_canvas.api import progress
from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.content_exports import ContentExport, ContentExports
from airflow_provider_canvas.api.content_imports import ContentImports
from airflow_provider_canvas.api.content_migrations import ContentMigration, ContentMigrations
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.progress import Progress, ProgressRecord
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.errors import (
    CanvasError,
    CanvasNotFoundError,
    CanvasPermissionError,
    CanvasUnexpectedResponseError,
)
from airflow_provider_canvas.client.protocol.flow import Flow
from airflow_provider_canvas.security.redaction import redact

EXPORT_FILE_GRACE = timedelta(days=1)
"""Age from which on an exported export without a file has lost it. Canvas keeps files for 30 days, and its clock may be
hours off."""

FILE_APPEARS_WITHIN = 600.0
"""Seconds for which an export is polled that is exported and has no file: usually it appears a moment later."""

NO_FILE = "Canvas has exported the content, but made no file of it"
"""What messages say of an export whose file did not appear."""

MAX_MESSAGE = 2000
"""Longest message of a Progress, in characters; the rest is cut off."""

POLLS_PER_RECORD = 4
"""Every how many polls the job's own record is read, although its Progress says that the job is still running."""


T = TypeVar("T")


class OtherVersionError(CanvasError):
    """This version of the package cannot read what another version stored in Airflow's database.

    :param message: What cannot be read. The advice is added to it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(
            f"{message} Another version of this package may have stored it. Install the same version for workers and "
            "triggerers."
        )


class WaitError(CanvasError):
    """The triggerer gave up the wait for a job. The message is that of the cause."""


@dataclass(frozen=True)
class Status:
    """The status of a job.

    :param state: Whether it is pending, succeeded or failed.
    :param workflow_state: Canvas's name for its state.
    :param completion: Percentage, 0 to 100, if known. It may fall back.
    :param message: Canvas's message, if it has one.
    :param record: The job's own record, if this poll read it.
    """

    state: Literal["pending", "succeeded", "failed"]
    workflow_state: str
    completion: float | None = None
    message: str | None = None
    record: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        percentage = "" if self.completion is None else f", {int(self.completion)} %"
        message = f" ({' / '.join(self.message.split(chr(10)))})" if self.message and self.state != "failed" else ""
        return f"{self.workflow_state}{percentage}{message}"


class Log(Protocol):
    """A logger of Airflow or of Python."""

    def info(self, event: str, /, *args: Any) -> Any: ...
    def warning(self, event: str, /, *args: Any) -> Any: ...


class Waiter(ABC):
    """Polls one job of Canvas until it is over."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The job's name in logs and messages, such as ``content_export 12``."""

    @abstractmethod
    def poll(self, caller: Caller) -> Flow[Status]:
        """Return the job's status. It sends GET requests only.

        :raises CanvasError: When a request fails that the status depends on. The waiter can be polled again.
        """

    @abstractmethod
    def cancel(self, caller: Caller, message: str, log: Log) -> Flow[list[Id]]:
        """Cancel the job's Progresses that are not over, and return their ids.

        The list is empty if the job has none yet, or all are over.

        :param message: The message that Canvas keeps in the Progress.
        :param log: Logs each Progress that is cancelled.
        :raises CanvasError: When Canvas refuses.
        """

    def _cancel(self, caller: Caller, progress_ids: Iterable[Id], message: str, log: Log) -> Flow[list[Id]]:
        cancelled: list[Id] = []
        for progress_id in progress_ids:
            progress = yield from caller.call_json(Progress.get.call(progress_id=progress_id))
            if (status := status_of_progress(progress)).state != "pending":
                log.info("%s: its Progress %s is %s, and so not cancelled.", self.name, progress_id, status)
                continue
            yield from caller.call_json(Progress.cancel.call(progress_id=progress_id, message=message))
            log.info(
                "%s: asked Canvas to cancel Progress %s. Canvas usually carries the job out all the same.",
                self.name,
                progress_id,
            )
            cancelled.append(progress_id)
        return cancelled


class ProgressWaiter(Waiter):
    """Wait for a Progress.

    :param progress_id: The Progress.
    """

    def __init__(self, *, progress_id: Id) -> None:
        self.progress_id = progress_id

    @property
    def name(self) -> str:
        return f"Progress {self.progress_id}"

    def poll(self, caller: Caller) -> Flow[Status]:
        record = yield from _read_to_its_end(caller, self.progress_id)
        status = status_of_progress(_check_state(record, self.name))
        return status if status.state != "failed" else replace(status, record=cast("Mapping[str, Any]", record))

    def cancel(self, caller: Caller, message: str, log: Log) -> Flow[list[Id]]:
        return self._cancel(caller, [self.progress_id], message, log)


class ProgressesWaiter(Waiter):
    """Wait for several Progresses until all are over, successful or not. Canvas runs them one after the other.

    :param progress_ids: The Progresses.
    """

    def __init__(self, *, progress_ids: Sequence[Id]) -> None:
        self._all = list(progress_ids)
        self._pending = list(progress_ids)
        self._messages: list[str] = []

    @property
    def name(self) -> str:
        return f"Progress {self._all[0]}" if len(self._all) == 1 else f"{len(self._all)} Progresses"

    def poll(self, caller: Caller) -> Flow[Status]:
        while self._pending:
            record = yield from _read_to_its_end(caller, self._pending[0])
            status = status_of_progress(_check_state(record, f"Progress {self._pending[0]}"))
            if status.state == "pending":
                return Status("pending", status.workflow_state, self._completion(status.completion or 0.0))
            self._pending.pop(0)
            if status.message:
                self._messages.append(status.message)
        return Status("succeeded", "completed", 100.0, "\n".join(self._messages) or None)

    def _completion(self, of_first_pending: float) -> float:
        finished = len(self._all) - len(self._pending)
        return round((finished * 100.0 + of_first_pending) / len(self._all), 1)

    def cancel(self, caller: Caller, message: str, log: Log) -> Flow[list[Id]]:
        return self._cancel(caller, list(self._pending), message, log)


class _RecordWaiter(Waiter):
    """Wait for a job that has a record of its own beside its Progress.

    The record is the truth, the Progress has the percentage: a finished Progress may mean that the job waits for
    something, a Progress that was cancelled ends nothing, and a failed job may leave its Progress running for ever. So
    most polls read the Progress; every fourth poll, and the one that finds the Progress over, reads the record.

    Canvas's record says ``running`` while the job still waits for its turn. As long as its Progress says ``queued``,
    so does the status.

    :param progress_id: The Progress, if known; otherwise it is read from the record.
    """

    def __init__(self, *, progress_id: Id | None) -> None:
        self.progress_id = progress_id
        self.always_read_record = False
        self._polls = 0
        self._progress_refused = False
        self._progress: ProgressRecord | None = None
        self._workflow_state: str | None = None

    def _read(self, caller: Caller) -> Flow[Any]:
        """Return the job's record."""
        raise NotImplementedError

    def _status_of(self, record: Any) -> Status:
        """Return the job's status.

        :param record: The job's record.
        """
        raise NotImplementedError

    @property
    def _completion(self) -> float | None:
        return self._progress.get("completion") if self._progress else None

    @property
    def _message(self) -> str | None:
        """The message of the Progress, if it has one."""
        return status_of_progress(self._progress).message if self._progress else None

    def _pending(self, workflow_state: str) -> Status:
        """Return the status of a job whose record says that it is not over."""
        of_progress = status_of_progress(self._progress) if self._progress else None
        if of_progress is None or of_progress.state == "succeeded":
            return Status("pending", workflow_state, self._completion)
        if of_progress.state == "failed":
            reason = of_progress.message or "no reason given"
            return Status(
                "pending", workflow_state, self._completion, f"its Progress was cancelled or failed: {reason}"
            )
        is_queued = workflow_state == "running" and of_progress.workflow_state == "queued"
        return Status("pending", "queued" if is_queued else workflow_state, self._completion)

    def poll(self, caller: Caller) -> Flow[Status]:
        self._polls += 1
        progress = yield from self._read_progress(caller)
        if progress is not None:
            self._progress = progress
            of_progress = status_of_progress(_check_state(progress, f"Progress {self.progress_id}"))
            if of_progress.state == "pending":
                return self._pending(self._workflow_state or of_progress.workflow_state)
        record = yield from self._read(caller)
        self._workflow_state = _check_state(record, self.name)["workflow_state"]
        if self.progress_id is None:
            self.progress_id = progress_id_of(record)
        return replace(self._status_of(record), record=record)

    def _read_progress(self, caller: Caller) -> Flow[ProgressRecord | None]:
        """Return the Progress; ``None`` if this poll does without it."""
        if self.progress_id is None or self._progress_refused:
            return None
        if self.always_read_record or self._polls % POLLS_PER_RECORD == 0:
            return None
        try:
            return (yield from caller.read_progress(self.progress_id))
        except CanvasPermissionError:
            self._progress_refused = True  # a user who may see a migration may still be refused its Progress
        except CanvasNotFoundError:
            pass  # Canvas reads from replicas, which lag behind, and deletes old Progresses
        return None

    def cancel(self, caller: Caller, message: str, log: Log) -> Flow[list[Id]]:
        if self.progress_id is None:
            self.progress_id = progress_id_of((yield from self._read(caller)))
        known = [] if self.progress_id is None else [self.progress_id]
        return (yield from self._cancel(caller, known, message, log))


class ContentMigrationWaiter(_RecordWaiter):
    """Wait for a content migration.

    :param content_migration_id: The migration.
    :param progress_id: Its Progress, if known.
    :param until: The states to wait for. A migration that can no longer reach one of them counts as failed.
    :param context: The destination: one of ``account_id``, ``course_id``, ``group_id``, ``user_id``.
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
        self.always_read_record = not self.until <= _RESTING_STATES

    @property
    def name(self) -> str:
        return f"content_migration {self.content_migration_id}"

    def _read(self, caller: Caller) -> Flow[ContentMigration]:
        ids = {**self.context, "content_migration_id": self.content_migration_id}
        return caller.call_json(ContentMigrations.get.call_with(ids))

    def _status_of(self, record: ContentMigration) -> Status:
        state = record.get("workflow_state", "unknown")
        if state in self.until:
            return Status("succeeded", state, 100.0 if state == "completed" else self._completion, self._message)
        if state == "failed":
            return Status("failed", state, self._completion, self._message)
        if state == "waiting_for_select":
            return Status("failed", state, self._completion, "Canvas waits until a selection is sent")
        if state == "completed":
            return Status("failed", state, 100.0, f"it did not stop at {' or '.join(sorted(self.until))}")
        return self._pending(state)


_RESTING_STATES = {"completed", "failed", "waiting_for_select"}
"""States that a migration does not leave by itself. Its Progress is over in each: the record is read only then."""


class ContentExportWaiter(_RecordWaiter):
    """Wait until the file of a content export exists, a moment after its Progress is completed.

    :param content_export_id: The export.
    :param progress_id: Its Progress, if known.
    :param context: What is exported: one of ``course_id``, ``group_id``, ``user_id``.
    """

    def __init__(self, *, content_export_id: Id, progress_id: Id | None = None, **context: Id) -> None:
        super().__init__(progress_id=progress_id)
        self.content_export_id = content_export_id
        self.context = one_context(context)
        self._exported_since: float | None = None

    @property
    def name(self) -> str:
        return f"content_export {self.content_export_id}"

    def _read(self, caller: Caller) -> Flow[ContentExport]:
        ids = {**self.context, "content_export_id": self.content_export_id}
        return caller.call_json(ContentExports.get.call_with(ids))

    def _status_of(self, record: ContentExport) -> Status:
        state = record.get("workflow_state", "unknown")
        if state in ("failed", "deleted"):
            return Status("failed", state, self._completion, self._message)
        if state == "exported" and record.get("attachment"):
            return Status("succeeded", state, 100.0, self._message)
        if state == "exported" and has_lost_its_file(record):
            return Status("failed", state, 100.0, "its file is gone: Canvas keeps it for 30 days")
        if state == "exported":
            self._exported_since = now = self._exported_since or time.monotonic()
            if time.monotonic() - now > FILE_APPEARS_WITHIN:
                return Status("failed", state, 100.0, NO_FILE)
        return self._pending(state)


class CourseCopyWaiter(Waiter):
    """Wait for a copy that the deprecated endpoint started, by polling the deprecated endpoint.

    :param course_id: The destination.
    :param content_migration_id: The copy.
    """

    def __init__(self, *, course_id: Id, content_migration_id: Id) -> None:
        self.course_id = course_id
        self.content_migration_id = content_migration_id

    @property
    def name(self) -> str:
        return f"course copy {self.content_migration_id}"

    def poll(self, caller: Caller) -> Flow[Status]:
        with warnings.catch_warnings():  # starting the copy has warned already
            warnings.simplefilter("ignore", DeprecationWarning)
            call = ContentImports.copy_course_status.call(
                course_id=self.course_id, content_migration_id=self.content_migration_id
            )
        record = _check_state((yield from caller.call_json(call)), self.name)
        workflow_state = record["workflow_state"]
        state: Literal["pending", "succeeded", "failed"] = "pending"
        if workflow_state in ("completed", "failed"):
            state = "succeeded" if workflow_state == "completed" else "failed"
        return Status(state, workflow_state, record.get("progress"))

    def cancel(self, caller: Caller, message: str, log: Log) -> Flow[list[Id]]:
        call = ContentMigrations.get.call(course_id=self.course_id, content_migration_id=self.content_migration_id)
        progress_id = progress_id_of((yield from caller.call_json(call)))
        return (yield from self._cancel(caller, [] if progress_id is None else [progress_id], message, log))


WAITERS: Mapping[str, Callable[..., Waiter]] = {
    "content_export": ContentExportWaiter,
    "content_migration": ContentMigrationWaiter,
    "course_copy": CourseCopyWaiter,
    "progress": ProgressWaiter,
    "progresses": ProgressesWaiter,
}
"""The waiters by name. Airflow's database stores these names with triggers: never rename one."""


def waiter_for(name: str, ids: Mapping[str, Any]) -> Waiter:
    """Return a new waiter.

    :param name: Its name in :data:`WAITERS`.
    :param ids: Its arguments.
    :raises OtherVersionError: When there is no such waiter, or it does not take these arguments.
    """
    if name not in WAITERS:
        raise OtherVersionError(f"There is no waiter named {name!r}.")
    try:
        return WAITERS[name](**ids)
    except TypeError as error:
        raise OtherVersionError(f"The waiter {name!r} does not take {dict(ids)!r} ({error}).") from error


def has_lost_its_file(export: ContentExport) -> bool:
    """Return whether an export had a file and has none any more: Canvas keeps it for 30 days."""
    if export.get("workflow_state") != "exported" or export.get("attachment"):
        return False
    return datetime.now(UTC) - datetime.fromisoformat(export["created_at"]) > EXPORT_FILE_GRACE


def one_context(context: Mapping[str, Id]) -> dict[str, Id]:
    """Return the context of a job.

    :raises TypeError: When it is not exactly one of ``account_id``, ``course_id``, ``group_id``, ``user_id``.
    """
    if len(context) != 1 or not set(context) <= set(CONTEXTS):
        raise TypeError(f"Give exactly one of {', '.join(CONTEXTS)}, not {', '.join(context) or 'none'}.")
    return dict(context)


def _check_state(record: T, name: str) -> T:
    """Return a record that has a state: what has none does not come from Canvas, and a wait for it would not end.

    :param record: A record of a job, or its Progress.
    :param name: The name of what it is about, for the message.
    :raises CanvasUnexpectedResponseError: When it has none.
    """
    if not isinstance(cast("Mapping[str, Any]", record).get("workflow_state"), str):
        raise CanvasUnexpectedResponseError(
            f"The response to a poll of {name} has no workflow_state, and so does not come from Canvas: check what "
            "answers at the connection's host."
        )
    return record


def _read_to_its_end(caller: Caller, progress_id: Id) -> Flow[ProgressRecord]:
    """Read a Progress; with the REST API once it is over, since GraphQL knows fewer states, and no results."""
    record = yield from caller.read_progress(progress_id)
    if "url" in record or not caller.is_pooled or status_of_progress(record).state == "pending":
        return record
    return (yield from caller.call_json(Progress.get.call(progress_id=progress_id)))


def status_of_progress(record: ProgressRecord) -> Status:
    """Return the status of a Progress. Its percentage decides nothing: at 100 it may still be running."""
    workflow_state = record.get("workflow_state", "unknown")
    state: Literal["pending", "succeeded", "failed"] = "pending"
    if workflow_state in progress.FINAL_STATES:
        state = "succeeded" if workflow_state == "completed" else "failed"
    message = (record.get("message") or "")[: 4 * MAX_MESSAGE]
    text = storable_text(redact(message), MAX_MESSAGE) if message else None
    return Status(state, workflow_state, record.get("completion"), text)


def progress_id_of(record: Mapping[str, Any]) -> int | None:
    """Return the id of a job's Progress, if its record has a ``progress_url``."""
    return progress_id_from_url(str(record.get("progress_url") or ""))


def progress_id_from_url(url: str) -> int | None:
    """Return the number at the end of the URL of a Progress; ``None`` if it does not end with one."""
    last_part = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return int(last_part) if re.fullmatch("[1-9][0-9]{0,18}", last_part) else None
