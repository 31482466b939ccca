"""What the deprecated course copy and ``audit_info`` report for a content migration."""

from __future__ import annotations

from enum import StrEnum

from canvas_emulator.machines.content_migration import Stored


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


def copy_state(state: Stored) -> CopyState:
    """Return the state that the API reports."""
    return COPY_STATES[state]


def copy_percentage(state: Stored, export: float, migration: float) -> float | None:
    """Return the percentage of a course copy, up to 100; None before it is queued.

    :param export: How much of the source is exported, in percent.
    :param migration: The completion of the migration's Progress.
    """
    return None if state is Stored.CREATED else export * EXPORT_SHARE + migration * IMPORT_SHARE
