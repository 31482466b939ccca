"""Submit rows of a batch: each once, in a few threads. One that Canvas refuses fails alone; the others continue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.users import Users
from airflow_provider_canvas.bulk.ids import has_ended
from airflow_provider_canvas.bulk.read_ends import RowReader
from airflow_provider_canvas.bulk.row_outcome import changed_row, refused_row, running_row
from airflow_provider_canvas.bulk.row_submission import RowStore, attempt_of, reserved_row, submission_of
from airflow_provider_canvas.bulk.settings import BatchSettings
from airflow_provider_canvas.bulk.stopping import PASSING, Stop, is_about_everything
from airflow_provider_canvas.bulk.threads import for_each
from airflow_provider_canvas.client.errors import (
    CanvasBusyError,
    CanvasError,
    CanvasNotFoundError,
    CanvasPermissionError,
)
from airflow_provider_canvas.client.jobs.job_requests import BlockedSubmissionError
from airflow_provider_canvas.client.jobs.submit_once import LATE_RESPONSE
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.group_writer import GroupWriter
from airflow_provider_canvas.ledger.states import IN_FLIGHT, CopyState

ROWS_PER_RESERVATION = 32
"""How many rows are stored as about to be submitted in one transaction: after a crash, each of them is searched."""

MAX_SEARCHES = 2
"""How often a run searches for a copy of which it is not known whether Canvas made it, after its first attempt."""
SEARCH_PAUSE = LATE_RESPONSE
"""Seconds before each of these searches: by then Canvas has processed what was sent to it, or never will."""

_CORRECT = "Correct the row and plan the batch again."
_MAYBE_DONE = (
    "It is not known whether Canvas made the copy. The next run searches for it before it submits another one."
)


@dataclass
class RowSubmitter:
    """Submits rows of a batch.

    :param canvas: The client, which all threads share.
    :param ledger: The ledger.
    :param reader: Reads the issues of copies that had ended before.
    :param settings: The settings of the batch.
    :param stop: Ends the work early.
    :param keep: Called every minute.
    """

    canvas: Canvas[SyncIO]
    ledger: BatchLedger
    reader: RowReader
    settings: BatchSettings
    stop: Stop
    keep: Callable[[], None]
    progress_ids: list[int] = field(default_factory=list, init=False)
    """The Progresses of the copies that were submitted."""
    _undecided: list[tuple[RowStore, CanvasError]] = field(default_factory=list, init=False)
    """Rows that ended with a passing error: alone if others succeed, otherwise because Canvas is away."""
    _responses: int = field(default=0, init=False)
    _reserved: dict[str, CopyRow] = field(default_factory=dict, init=False)
    """Rows that are stored as about to be submitted, by destination, as they were before."""
    _taken: set[str] = field(default_factory=set, init=False)
    """The destinations of rows that a thread has taken."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._group_writer = GroupWriter(self.ledger)
        self.writer = self.reader.writer

    def submit(self, rows: Sequence[CopyRow]) -> None:
        """Submit rows, or find what an interrupted run submitted. Return early when the task stops."""
        self._undecided, self._responses = [], 0
        self._taken.clear()
        try:
            self._for_each(self._reserve(rows))
            if not self.stop.is_set and self._undecided:
                self._decide()
        finally:
            self._restore()
            self.writer.flush()

    def _for_each(self, items: Iterable[tuple[CopyRow, CopyRow | None]]) -> None:
        for_each(items, self._submit, self.stop, write=self.writer.flush, keep=self.keep)

    def _decide(self) -> None:
        """Decide whether passing errors were about single copies, or about Canvas."""
        if not self._responses and not self._responds():
            self.stop.set(self._undecided[0][1])
            return
        self._search_again()
        for store, error in [] if self.stop.is_set else self._undecided:
            self._taken.add(store.row.dest_course_id)
            self.writer.write(self._failed(store, error))

    def _search_again(self) -> None:
        """Submit the rows again of which it is not known whether Canvas made their copies; that searches first."""
        for _ in range(MAX_SEARCHES):
            unknown = [store.row for store, _ in self._undecided if store.is_unknown]
            if not unknown:
                return
            self.stop.sleep(SEARCH_PAUSE)
            self._undecided = [(store, error) for store, error in self._undecided if not store.is_unknown]
            self._for_each([(row, None) for row in unknown])

    def _responds(self) -> bool:
        """Return whether Canvas responds to a request about no course: otherwise one copy could stop all others."""
        try:
            self.canvas.io.send(Users.get.call(user_id="self"))
        except CanvasError as error:
            return not isinstance(error, PASSING) and not is_about_everything(error)
        return True

    def _reserve(self, rows: Sequence[CopyRow]) -> Iterator[tuple[CopyRow, CopyRow | None]]:
        """Yield the rows. Store before that they are about to be submitted, for some rows in one transaction."""
        for first in range(0, len(rows), ROWS_PER_RESERVATION):
            current = self._current(rows[first : first + ROWS_PER_RESERVATION])
            group = [(row, reserved_row(row, self.settings)) for row in current]
            if reserved := [each for _, each in group if each is not None]:
                self.ledger.update(reserved)
            self._reserved.update({row.dest_course_id: row for row, each in group if each is not None})
            yield from group

    def _current(self, rows: Sequence[CopyRow]) -> list[CopyRow]:
        """Return the rows as a plan that ran meanwhile left them, without those that are not to be submitted any more.

        A row with a new state or verdict is left out: if it is still to be submitted, the next wave finds it.
        """
        found = {
            row.dest_course_id: row for row in self.ledger.rows(dest_course_ids=[row.dest_course_id for row in rows])
        }
        pairs = [(row, found[row.dest_course_id]) for row in rows if row.dest_course_id in found]
        return [
            now
            for row, now in pairs
            if now.state is row.state and (now.plan_verdict == row.plan_verdict or now.state is CopyState.SUBMITTING)
        ]

    def _restore(self) -> None:
        """Write the rows back that were to be submitted when the task stopped, and were not."""
        rows = [row for course_id, row in self._reserved.items() if course_id not in self._taken]
        self._reserved.clear()
        error = self.stop.error
        is_writable = error is None or (isinstance(error, CanvasError) and not isinstance(error, CanvasBusyError))
        if rows and is_writable:  # another run may have the batch by now, or the database may be away
            self.ledger.update(rows)

    def _submit(self, item: tuple[CopyRow, CopyRow | None]) -> None:
        row, reserved = item
        self._taken.add(row.dest_course_id)
        store = RowStore(row, self._group_writer, self.settings, attempt_of(row), reserved)
        try:
            submission = submission_of(self.canvas, row, store, self.settings, self.stop.sleep)
            migration = submission.submit()
            # A copy that was submitted before an interruption, and failed meanwhile, was an attempt of its own.
            failed = submission.request.count_failed(submission.attempt) if row.state in IN_FLIGHT else 0
        except BlockedSubmissionError as error:
            self._responded(None)
            self.writer.write(changed_row(store.row, self.settings, CopyState.BLOCKED, str(error)))
        except CanvasInputError as error:
            self.writer.write(refused_row(store.row, str(error), _CORRECT, self.settings, attempt_of(row)))
        except CanvasError as error:
            self._responded(error)
            if not store.is_unknown and (is_about_everything(error) or isinstance(error, PASSING)):
                self._taken.discard(row.dest_course_id)  # nothing was made: if the task stops, it is as before
            if is_about_everything(error):
                return
            if isinstance(error, PASSING):
                self._undecided.append((store, error))
            else:
                self.writer.write(self._failed(store, error))
        else:
            self._responded(None)
            store.row = running_row(
                replace(store.row, attempts=store.attempt + failed, state_detail=None), migration, self.settings
            )
            if submission.started_by_other:
                detail = "Another task or user started this copy. It was adopted, as if_running says."
                store.row = replace(store.row, started_by_other=True, state_detail=detail)
            elif store.row.progress_id is not None:
                self.progress_ids.append(int(store.row.progress_id))
            if not has_ended(migration) or not self._finish(store.row, migration):
                self.writer.write(store.row)

    def _finish(self, row: CopyRow, migration: Mapping[str, Any]) -> bool:
        """Write the row of a copy that had ended before; return whether its issues could be read."""
        try:
            self.reader.finish(row, migration)
        except CanvasError as error:
            self.stop.count(error)
            return False  # it is read again with those that end
        return True

    def _responded(self, error: CanvasError | None) -> None:
        """Count a result; only one that is no passing error shows that Canvas is there."""
        self.stop.count(error)
        if error is None or not isinstance(error, PASSING):
            with self._lock:
                self._responses += 1

    def _failed(self, store: RowStore, error: CanvasError) -> CopyRow:
        if store.is_unknown:
            advice = _MAYBE_DONE
        elif isinstance(error, CanvasNotFoundError):
            advice = "The destination may have been deleted or changed since the plan: plan the batch again."
        elif isinstance(error, CanvasPermissionError):
            advice = "Give the token's user the right, then run the batch again."
        else:
            advice = "See the message of Canvas; then run the batch again."
        return refused_row(store.row, str(error), advice, self.settings, store.attempt)
