"""Many threads write rows of the ledger, and share its transactions."""

from __future__ import annotations

from threading import Condition
from types import TracebackType
from typing import Self

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.patience import PATIENCE, Patience


class _Write:
    """A row that a thread waits to have committed."""

    def __init__(self, row: CopyRow, since: float) -> None:
        self.row, self.since = row, since
        self.over = False
        self.error: BaseException | None = None


class GroupWriter:
    """Writes rows from several threads, as few transactions as the database's speed allows.

    While one thread commits, the rows of the others are collected; the next thread commits all of them in one
    transaction. So no row waits for a timer, and a slow database gets larger transactions, not more of them.

    :param ledger: The ledger.
    :param patience: How many seconds a database that is away is retried. Then each waiting ``write`` raises its error.
    """

    def __init__(self, ledger: BatchLedger, patience: float = PATIENCE) -> None:
        self.ledger = ledger.with_patience(0)  # one patience is enough
        self.patience = Patience(patience)
        self.waiting: list[_Write] = []
        self._committing = False
        self._changed = Condition()

    def write(self, row: CopyRow) -> None:
        """Write a row; return when the transaction that contains it is committed.

        :param row: The row.
        :raises sqlalchemy.exc.SQLAlchemyError: If the database refused the transaction, or is away for too long.
        """
        write = _Write(row, self.patience.clock())
        with self._changed:
            self.waiting.append(write)
            self._changed.wait_for(lambda: write.over or not self._committing)
            if not write.over:
                self._committing = True
                group, self.waiting = self.waiting, []
        if not write.over:
            self._commit(group)
        if write.error is not None:
            raise write.error

    def _commit(self, group: list[_Write]) -> None:
        """Commit a group of rows, and wake the threads that wait: those of the group, and one that commits the next."""
        error: BaseException | None = None
        try:
            since = min(write.since for write in group)
            self.patience.run(lambda: self.ledger.update([write.row for write in group]), since=since)
        except BaseException as caught:
            error = caught
            raise
        finally:
            with self._changed:
                for write in group:
                    write.over, write.error = True, error
                self._committing = False
                self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait until the transaction that is under way has ended."""
        with self._changed:
            self._changed.wait_for(lambda: not self._committing)
