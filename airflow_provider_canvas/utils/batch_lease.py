"""The lease of a batch for one task instance: two runs never work on the same batch at the same time.

The lease outlives the task's process, so that a deferred task keeps it. A later attempt of the same task takes it over
at once, and so does any run if Airflow says that the task which has it has ended.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.utils.task_instance import CONTINUING_STATES, state_of

if TYPE_CHECKING:
    from airflow_provider_canvas.ledger.batch_ledger import BatchLedger

log = logging.getLogger(__name__)

LEASE_SECONDS = 1200.0
"""How long a lease holds unless it is renewed: twice the longest time between two renewals."""

_OWNER = re.compile(
    r"task (?P<task_id>[\w.-]+) of DAG (?P<dag_id>[\w.-]+), run (?P<run_id>.+?)"
    r"(?:, map index (?P<map_index>\d+))?, try (?P<try_number>\d+)",
    re.DOTALL,
)


class BatchLease:
    """The lease of a batch.

    :param ledger: The ledger of the batch.
    :param ti: The task instance.
    """

    def __init__(self, ledger: BatchLedger, ti: Any) -> None:
        self._ledger = ledger
        self._ti = ti
        mapped = f", map index {ti.map_index}" if ti.map_index is not None and ti.map_index >= 0 else ""
        self.owner = f"task {ti.task_id} of DAG {ti.dag_id}, run {ti.run_id}{mapped}, try {ti.try_number}"
        """The task instance in words, as the ledger stores it."""

    def acquire(self) -> None:
        """Take the lease, also from a task that has ended.

        :raises CanvasBusyError: When another task that continues has it.
        """
        from airflow_provider_canvas.client.errors import CanvasBusyError
        from airflow_provider_canvas.ledger.errors import BatchBusyError

        try:
            self._ledger.acquire(self.owner, LEASE_SECONDS)
        except BatchBusyError as busy:
            if not self._has_ended(busy.owner):
                raise CanvasBusyError(str(busy)) from None
            log.info("%s has ended without giving the batch back: taking over.", busy.owner)
            self._ledger.release(busy.owner)
            try:
                self._ledger.acquire(self.owner, LEASE_SECONDS)
            except BatchBusyError as still_busy:
                raise CanvasBusyError(str(still_busy)) from None

    def renew(self) -> None:
        """Extend the lease.

        :raises CanvasBusyError: When another task has it now.
        """
        from airflow_provider_canvas.client.errors import CanvasBusyError
        from airflow_provider_canvas.ledger.errors import BatchBusyError

        try:
            self._ledger.renew(self.owner, LEASE_SECONDS)
        except BatchBusyError as busy:
            raise CanvasBusyError(str(busy)) from None

    def release(self) -> None:
        """Give the lease back, if this task has it."""
        self._ledger.release(self.owner)

    def _has_ended(self, owner: str) -> bool:
        """Return whether the task that has the lease will not continue."""
        match = _OWNER.fullmatch(owner)
        if match is None:
            return False
        index = -1 if match["map_index"] is None else int(match["map_index"])
        ti = self._ti
        ids = (match["dag_id"], match["run_id"], match["task_id"], index)
        if ids == (ti.dag_id, ti.run_id, ti.task_id, -1 if ti.map_index is None else ti.map_index):
            return int(match["try_number"]) < int(ti.try_number)
        state = state_of(ti, *ids)
        return state is not None and state not in CONTINUING_STATES
