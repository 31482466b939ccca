"""The errors of the ledger that callers handle."""

from __future__ import annotations

from datetime import datetime


class BatchBusyError(RuntimeError):
    """Another run works on the batch.

    :param batch: The name of the batch.
    :param owner: The run that has the lease.
    :param until: When its lease expires.
    """

    def __init__(self, batch: str, owner: str, until: datetime | None) -> None:
        end = f" until {until:%Y-%m-%d %H:%M:%S} UTC, unless it renews it" if until else ""
        super().__init__(
            f"Another run works on the batch {batch!r}: {owner} has its lease{end}. Wait until that run has ended, "
            "or stop it; then clear this task."
        )
        self.batch, self.owner, self.until = batch, owner, until
