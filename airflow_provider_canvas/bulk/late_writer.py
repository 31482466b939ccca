"""Write results into the ledger while the threads that made them continue with their requests."""

from __future__ import annotations

import threading

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow


class LateWriter:
    """Collects the rows that threads finish, until :meth:`flush` writes them in one transaction.

    A row that is lost with its process is found out by the next run: what was submitted carries its key, and what has
    ended has its record in Canvas.

    :param ledger: The ledger.
    """

    def __init__(self, ledger: BatchLedger) -> None:
        self._ledger = ledger
        self._rows: list[CopyRow] = []
        self._lock = threading.Lock()

    def write(self, row: CopyRow) -> None:
        """Have a row written with the next :meth:`flush`."""
        with self._lock:
            self._rows.append(row)

    def flush(self) -> None:
        """Write the rows that were collected; return when they are committed."""
        with self._lock:
            rows, self._rows = self._rows, []
        if rows:
            self._ledger.update(rows)
