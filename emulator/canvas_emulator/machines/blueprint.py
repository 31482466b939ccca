"""Blueprint migrations: what they report for each state of the content migration behind them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from canvas_emulator.machines.content_migration import Stored


class SyncState(StrEnum):
    """What the API says."""

    QUEUED = "queued"
    EXPORTING = "exporting"
    IMPORTS_QUEUED = "imports_queued"
    COMPLETED = "completed"
    IMPORTS_FAILED = "imports_failed"


REPORTED: Mapping[Stored, SyncState] = {
    Stored.CREATED: SyncState.QUEUED,
    Stored.QUEUED: SyncState.QUEUED,
    Stored.EXPORTING: SyncState.EXPORTING,
    Stored.PRE_PROCESSING: SyncState.EXPORTING,
    Stored.PRE_PROCESSED: SyncState.IMPORTS_QUEUED,
    Stored.EXPORTED: SyncState.IMPORTS_QUEUED,
    Stored.IMPORTING: SyncState.IMPORTS_QUEUED,
    Stored.IMPORTED: SyncState.COMPLETED,
    Stored.PRE_PROCESS_ERROR: SyncState.IMPORTS_FAILED,
    Stored.FAILED: SyncState.IMPORTS_FAILED,
}
