"""Submit rows of a batch: each once, in a few threads. One that Canvas refuses fails alone; the others continue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.bulk.read_ends import RowReader
from airflow_provider_canvas.bulk.row_outcome import changed_row, has_ended, refused_row, running_row
from airflow_provider_canvas.bulk.row_submission import RowStore, attempt_of, submission_of
from airflow_provider_canvas.bulk.settings import BatchSettings
from airflow_provider_canvas.bulk.stopping import PASSING, Stop, is_about_everything
from airflow_provider_canvas.bulk.threads import for_each
from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError, CanvasPermissionError
from airflow_provider_canvas.client.jobs.job_requests import BlockedSubmissionError
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.group_writer import GroupWriter
from airflow_provider_canvas.ledger.states import CopyState

_CORRECT = "Correct the row and plan the batch again."
_MAYBE_DONE = (
    "It is not known whether Canvas made the copy. The next run searches for it before it submits another one."
)


@dataclass
class RowSubmitter:
    """Submits rows of a batch.

    :param canvas: The client, which all threads share.
    :param writer: Writes rows into the ledger.
    :param reader: Reads the issues of copies that had ended before.
    :param settings: The settings of the batch.
    :param stop: Ends the work early.
    :param keep: Called every minute.
    """

    canvas: Canvas[SyncIO]
    writer: GroupWriter
    reader: RowReader
    settings: BatchSettings
    stop: Stop
    keep: Callable[[], None]
    progress_ids: list[int] = field(default_factory=list, init=False)
    """The Progresses of the copies that were submitted."""
    _undecided: list[tuple[RowStore, CanvasError]] = field(default_factory=list, init=False)
    """Rows that ended with a passing error: alone if others succeed, otherwise because Canvas is away."""
    _responses: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def submit(self, rows: Sequence[CopyRow]) -> None:
        """Submit rows, or find what an interrupted run submitted. Return early when the task stops."""
        self._undecided, self._responses = [], 0
        for_each(rows, self._submit, self.stop, self.keep)
        if self.stop.is_set or not self._undecided:
            return
        if not self._responses:
            self.stop.set(self._undecided[0][1])
            return
        for store, error in self._undecided:
            self.writer.write(self._failed(store, error))

    def _submit(self, row: CopyRow) -> None:
        store = RowStore(row, self.writer, self.settings, attempt_of(row))
        try:
            submission = submission_of(self.canvas, row, store, self.settings, self.stop.sleep)
            migration = submission.submit()
        except BlockedSubmissionError as error:
            self._responded(None)
            self.writer.write(changed_row(store.row, self.settings, CopyState.BLOCKED, str(error)))
        except CanvasInputError as error:
            self.writer.write(refused_row(store.row, str(error), _CORRECT, self.settings, attempt_of(row)))
        except CanvasError as error:
            self._responded(error)
            if is_about_everything(error):
                return
            if isinstance(error, PASSING):
                self._undecided.append((store, error))
            else:
                self.writer.write(self._failed(store, error))
        else:
            self._responded(None)
            store.row = running_row(
                replace(store.row, attempts=store.attempt, state_detail=None), migration, self.settings
            )
            if submission.started_by_other:
                detail = "Another task or user started this copy. It was adopted, as if_running says."
                store.row = replace(store.row, started_by_other=True, state_detail=detail)
            elif store.row.progress_id is not None:
                self.progress_ids.append(int(store.row.progress_id))
            if has_ended(migration):
                self.reader.finish(store.row, migration)
            else:
                self.writer.write(store.row)

    def _responded(self, error: CanvasError | None) -> None:
        """Count a result; only one that is no passing error shows that Canvas is there."""
        self.stop.count(error)
        if error is None or not isinstance(error, PASSING):
            with self._lock:
                self._responses += 1

    def _failed(self, store: RowStore, error: CanvasError) -> CopyRow:
        if error.maybe_done:
            advice = _MAYBE_DONE
        elif isinstance(error, CanvasNotFoundError):
            advice = "The destination may have been deleted or changed since the plan: plan the batch again."
        elif isinstance(error, CanvasPermissionError):
            advice = "Give the token's user the right, then run the batch again."
        else:
            advice = "See the message of Canvas; then run the batch again."
        return refused_row(store.row, str(error), advice, self.settings, store.attempt)
