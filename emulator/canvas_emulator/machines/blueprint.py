"""The sync of a blueprint: its states and its plan. The imports that it queues are content migrations of their own."""

from __future__ import annotations

from enum import StrEnum

from canvas_emulator.machines.plans import Allowed, Plan, Stage


class SyncState(StrEnum):
    """Stored and reported under the same names; the last three but ``exports_failed`` follow from the imports."""

    QUEUED = "queued"
    EXPORTING = "exporting"
    EXPORTS_FAILED = "exports_failed"
    IMPORTS_QUEUED = "imports_queued"
    COMPLETED = "completed"
    IMPORTS_FAILED = "imports_failed"


class Effect(StrEnum):
    """What a stage of a sync does to the world."""

    QUEUE_IMPORTS = "queue_imports"


_S = SyncState

ALLOWED: Allowed[SyncState] = {
    _S.QUEUED: frozenset({_S.EXPORTING}),
    _S.EXPORTING: frozenset({_S.IMPORTS_QUEUED, _S.EXPORTS_FAILED}),
    _S.IMPORTS_QUEUED: frozenset({_S.COMPLETED, _S.IMPORTS_FAILED, _S.EXPORTS_FAILED}),
    _S.EXPORTS_FAILED: frozenset(),
    _S.COMPLETED: frozenset(),
    _S.IMPORTS_FAILED: frozenset(),
}

RUNNING = frozenset({_S.QUEUED, _S.EXPORTING, _S.IMPORTS_QUEUED})

EXPIRES_AFTER_SECONDS = 24 * 3600.0
"""A sync that is still running after this time is reported as failed."""

# ``after`` counts parts of the whole export here: see ``plans.lasting``.
EXPORT: Plan = (
    Stage(1, _S.EXPORTING),
    Stage(1, _S.IMPORTS_QUEUED, None, None, Effect.QUEUE_IMPORTS),
)
