"""Course copy, deprecated: what it reports for each state of the content migration behind it, and how far it is."""

from __future__ import annotations

from enum import StrEnum

from canvas_emulator.machines.content_migration import Stored


class CopyState(StrEnum):
    """What the API says."""

    CREATED = "created"
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"


REPORTED = dict.fromkeys(Stored, CopyState.STARTED) | {
    Stored.CREATED: CopyState.CREATED,
    Stored.IMPORTED: CopyState.COMPLETED,
    Stored.FAILED: CopyState.FAILED,
}
"""Even an error before the beginning is reported as started."""

EXPORT_SHARE, IMPORT_SHARE = 0.4, 0.6
"""How much of the whole the export of the source counts, and how much the migration."""

EXPORTING = frozenset({Stored.QUEUED, Stored.EXPORTING, Stored.PRE_PROCESSING})
"""In these the export of the source is on its way; its own percentage goes to 100 while the migration's goes to 50."""


def reported(state: Stored) -> CopyState:
    """Return the state that the API says."""
    return REPORTED[state]


def percentage(state: Stored, completion: float | None) -> float | None:
    """Return how far a copy is: nothing before it is queued, then a float up to 100.

    :param completion: of the migration's Progress.
    """
    if state is Stored.CREATED:
        return None
    migration = completion or 0.0
    export = min(migration * 2, 100.0) if state in EXPORTING else 100.0
    return round(export * EXPORT_SHARE + migration * IMPORT_SHARE, 1)
