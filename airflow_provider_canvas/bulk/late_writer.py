"""Write results into the ledger while other threads continue with their requests."""

from __future__ import annotations

import threading

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow


class LateWriter:
    """Writes rows soon. One of the threads that finish a row writes those of all others with it.

    A row that is lost with its process is found out by the next run: what was submitted carries its key, and what has
    ended has its record in Canvas.

    :param ledger: The ledger.
    """

    def __init__(self, ledger: BatchLedger) -> None:
        self._ledger = ledger
        self._rows: list[CopyRow] = []
        self._adding, self._writing = threading.Lock(), threading.Lock()

    def write(self, row: CopyRow) -> None:
        """Write a row, at once unless another thread is writing."""
        with self._adding:
            self._rows.append(row)
        if self._writing.acquire(blocking=False):
            try:
                self._write_all()
            finally:
                self._writing.release()

    def flush(self) -> None:
        """Write all rows; return when they are committed."""
        with self._writing:
            self._write_all()

    def _write_all(self) -> None:
        while True:
            with self._adding:
                rows, self._rows = self._rows, []
            if not rows:
                return
            self._ledger.update(rows)
