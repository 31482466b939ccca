"""What other pages of the API report for a content migration: blueprint migrations and the deprecated course copy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from canvas_emulator.machines.content_migration import Stored


class SyncState(StrEnum):
    """The state that the API reports."""

    QUEUED = "queued"
    EXPORTING = "exporting"
    IMPORTS_QUEUED = "imports_queued"
    COMPLETED = "completed"
    IMPORTS_FAILED = "imports_failed"


BLUEPRINT_STATES: Mapping[Stored, SyncState] = {
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


class CopyState(StrEnum):
    """The state that the API reports."""

    CREATED = "created"
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"


COPY_STATES = dict.fromkeys(Stored, CopyState.STARTED) | {
    Stored.CREATED: CopyState.CREATED,
    Stored.IMPORTED: CopyState.COMPLETED,
    Stored.FAILED: CopyState.FAILED,
}
"""Even an error before the beginning is reported as started."""

EXPORT_SHARE, IMPORT_SHARE = 0.4, 0.6
"""How much of the whole the export of the source counts, and how much the migration."""

EXPORTING = frozenset({Stored.QUEUED, Stored.EXPORTING, Stored.PRE_PROCESSING})
"""In these the export of the source is on its way; its own percentage goes to 100 while the migration's goes to 50."""


def copy_state(state: Stored) -> CopyState:
    """Return the state that the API reports."""
    return COPY_STATES[state]


def copy_percentage(state: Stored, completion: float | None) -> float | None:
    """Return the percentage of a copy, up to 100; None before it is queued.

    :param completion: Of the migration's Progress.
    """
    if state is Stored.CREATED:
        return None
    migration = completion or 0.0
    export = min(migration * 2, 100.0) if state in EXPORTING else 100.0
    return round(export * EXPORT_SHARE + migration * IMPORT_SHARE, 1)
