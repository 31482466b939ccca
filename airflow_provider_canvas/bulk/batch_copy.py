"""The copies of a batch: submit them in waves, record what became of them. The ledger is the only memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.bulk.late_writer import LateWriter
from airflow_provider_canvas.bulk.outstanding import Ends, Outstanding, number_of, order_of
from airflow_provider_canvas.bulk.read_ends import RowReader
from airflow_provider_canvas.bulk.row_outcome import changed_row
from airflow_provider_canvas.bulk.settings import BatchSettings
from airflow_provider_canvas.bulk.stopping import Stop, StoppedError
from airflow_provider_canvas.bulk.submit_rows import RowSubmitter
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import IN_FLIGHT, UNSUCCESSFUL, CopyState

NEW = frozenset({CopyState.PLANNED, CopyState.NOT_TRIED})
"""States of rows that no run has submitted."""

NOT_IN_INPUT = "not_in_input"
"""The verdict on a row that an earlier plan wrote and the last one no longer has."""

SILENT_ROWS = 10
"""How many records are read after a wait in which no copy ended: those of the oldest copies."""

ROWS_AT_ONCE = 500
"""How many rows are marked as not tried in one transaction."""


@dataclass
class BatchCopy:
    """Copies the rows of a batch.

    Everything it knows is in the ledger, so another process can continue at any point.

    :param canvas: The client, which all threads share.
    :param ledger: The ledger of the batch.
    :param settings: The settings of the batch.
    :param keep: Called every minute, to renew the lease. What it raises stops the work.
    """

    canvas: Canvas[SyncIO]
    ledger: BatchLedger
    settings: BatchSettings
    keep: Callable[[], None]
    stop: Stop = field(default_factory=Stop)
    """Ends the work early."""
    by_record: set[str] = field(default_factory=set)
    """Content migrations whose Progress does not tell when they end."""
    hinted: set[str] = field(default_factory=set)
    """Content migrations that were said to have ended, and had not."""

    _submitted_at: datetime | None = field(default=None, init=False)
    _ended_at: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._reader = RowReader(self.canvas, self.ledger, LateWriter(self.ledger), self.settings, self.stop, self.keep)
        self._submitter = RowSubmitter(self.canvas, self.ledger, self._reader, self.settings, self.stop, self.keep)

    def continue_interrupted(self) -> None:
        """Find out what became of submissions that an earlier process was interrupted in, and complete them.

        :raises Exception: The error that stopped the work.
        """
        self._submit(list(self.ledger.rows({CopyState.SUBMITTING})))

    def submit_more(self) -> int:
        """Submit rows until as many as allowed are outstanding. Return how many rows were submitted or refused.

        :raises Exception: The error that stopped the work.
        """
        submitted = 0
        while not self.stop.is_set:
            counts = self.ledger.counts()
            free = self.settings.max_in_flight - sum(counts.get(state, 0) for state in IN_FLIGHT)
            rows = list(islice(self._candidates(), max(0, free)))
            if not rows:
                break
            self._submitted_at = self._submitted_at or datetime.now(UTC)
            self._submit(rows)
            submitted += len(rows)
        return submitted

    def record(self, ends: Ends) -> None:
        """Write what became of copies that may have ended.

        :param ends: What the wait has seen.
        :raises Exception: The error that stopped the work.
        """
        rows: list[CopyRow] = []
        silent: list[CopyRow] = []
        for row in self.ledger.rows(IN_FLIGHT):
            migration_id, progress_id = row.content_migration_id or "", number_of(row.progress_id)
            if progress_id in ends.progresses or migration_id in ends.records or migration_id in self.hinted:
                self.by_record.add(migration_id)  # until its record has ended
            elif progress_id in ends.hints:
                self.hinted.add(migration_id)
            else:
                silent.append(row)
                continue
            rows.append(row)
        if not rows:  # the Progress of a copy that failed may never end
            rows = sorted((row for row in silent if row.content_migration_id), key=order_of)[:SILENT_ROWS]
        times = {str(each): datetime.fromtimestamp(when, UTC) for each, when in ends.progresses.items()}
        self._reader.read(rows, times)
        self._ended_at = max(times.values(), default=self._ended_at)
        self._raise_stop()

    def outstanding(self) -> Outstanding:
        """Return the copies to wait for."""
        rows = list(self.ledger.rows(IN_FLIGHT))
        in_flight = {row.content_migration_id or "" for row in rows}
        self.by_record &= in_flight
        self.hinted &= in_flight
        return Outstanding.of(rows, self.by_record)

    def times(self) -> dict[str, datetime]:
        """Return when this process first submitted a copy, and when it last saw one end, for the row of the batch."""
        times = {"first_submitted_at": self._submitted_at, "last_ended_at": self._ended_at}
        return {name: when for name, when in times.items() if when is not None}

    def submitted_progress_ids(self) -> list[int]:
        """Return the Progresses of copies that were submitted since :meth:`forget_submitted` was called."""
        return list(self._submitter.progress_ids)

    def forget_submitted(self) -> None:
        """Forget the Progresses of copies that were submitted, once :meth:`outstanding` has returned them."""
        self._submitter.progress_ids.clear()

    def has_more(self) -> bool:
        """Return whether there are rows to submit."""
        return next(self._candidates(), None) is not None

    def give_up(self, reason: str) -> int:
        """Mark the rows that this run does not submit any more, and return how many these are.

        :param reason: Why, as a sentence.
        """
        marked, detail = 0, f"{reason} The next run submits it."
        while rows := list(islice(self.ledger.rows({CopyState.PLANNED}), ROWS_AT_ONCE)):
            self.ledger.update([changed_row(row, self.settings, CopyState.NOT_TRIED, detail) for row in rows])
            marked += len(rows)
        return marked

    def _candidates(self) -> Iterator[CopyRow]:
        """Yield the rows to submit, in the order of the input."""
        states: Collection[CopyState] = NEW | UNSUCCESSFUL if self.settings.retry_failed else NEW
        for row in self.ledger.rows(states):
            if row.plan_verdict == NOT_IN_INPUT:
                continue
            if row.state in NEW or (row.attempts < self.settings.max_attempts and not self._is_of_this_run(row)):
                yield row

    def _is_of_this_run(self, row: CopyRow) -> bool:
        return row.run is not None and dict(row.run) == dict(self.settings.run)

    def _submit(self, rows: list[CopyRow]) -> None:
        if rows:
            self._submitter.submit(rows)
        self._raise_stop()

    def _raise_stop(self) -> None:
        if self.stop.is_set:
            raise self.stop.error or StoppedError("The task was ended while it worked on the batch.")
