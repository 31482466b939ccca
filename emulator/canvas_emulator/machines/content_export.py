"""ContentExport: its states and its plans.

The Progress is ``completed`` a moment before the row is ``exported``, or of a zip file a moment after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from canvas_emulator.machines.plans import Allowed, Plan, Stage
from canvas_emulator.machines.progress import ProgressState


class ExportState(StrEnum):
    """Stored and reported under the same names."""

    CREATED = "created"
    EXPORTING = "exporting"
    EXPORTED = "exported"
    WAITING_FOR_EXTERNAL_TOOL = "waiting_for_external_tool"
    EXPORTED_FOR_COURSE_COPY = "exported_for_course_copy"
    FAILED = "failed"
    DELETED = "deleted"


class Effect(StrEnum):
    """What a stage of an export does to the world."""

    WRITE = "write"


_S, _P = ExportState, ProgressState

ALLOWED: Allowed[ExportState] = {
    _S.CREATED: frozenset({_S.EXPORTING, _S.FAILED, _S.DELETED}),
    _S.EXPORTING: frozenset(
        {_S.EXPORTED, _S.EXPORTED_FOR_COURSE_COPY, _S.WAITING_FOR_EXTERNAL_TOOL, _S.FAILED, _S.DELETED}
    ),
    _S.WAITING_FOR_EXTERNAL_TOOL: frozenset({_S.EXPORTED, _S.FAILED, _S.DELETED}),
    _S.EXPORTED: frozenset({_S.DELETED}),
    _S.EXPORTED_FOR_COURSE_COPY: frozenset({_S.DELETED}),
    _S.FAILED: frozenset({_S.DELETED}),
    _S.DELETED: frozenset(),
}

FINAL = frozenset({_S.EXPORTED, _S.EXPORTED_FOR_COURSE_COPY, _S.FAILED, _S.DELETED})

HIDDEN = frozenset({_S.EXPORTED_FOR_COURSE_COPY, _S.DELETED})
"""The API does not know of these."""

# ``after`` counts hundredths of the whole export here: see ``plans.lasting``.
EXPORT: Plan = (
    Stage(10, _S.EXPORTING, _P.RUNNING, 10.0),
    Stage(20, _S.EXPORTING, None, 20.0),
    Stage(25, _S.EXPORTING, None, 15.0),
    Stage(25, _S.EXPORTING, None, 93.0),
    Stage(15, _S.EXPORTING, _P.COMPLETED, 100.0),
    Stage(5, _S.EXPORTED, None, None, Effect.WRITE),
)
"""A Common Cartridge. Its percentage falls once."""

QTI_EXPORT: Plan = (
    Stage(10, _S.EXPORTING, _P.RUNNING, 5.0),
    Stage(85, _S.EXPORTING, _P.COMPLETED, 100.0),
    Stage(5, _S.EXPORTED, None, None, Effect.WRITE),
)
ZIP_EXPORT: Plan = (
    Stage(10, _S.EXPORTING, _P.RUNNING, 0.0),
    Stage(80, _S.EXPORTING, None, 1.0),
    Stage(5, _S.EXPORTED, None, None, Effect.WRITE),
    Stage(5, _S.EXPORTED, _P.COMPLETED, 100.0),
)
"""The export is over before its Progress, in contrast to those of the other types."""

PLANS: Mapping[str, Plan] = {"qti": QTI_EXPORT, "zip": ZIP_EXPORT}
"""By type; all others are cartridges."""


def fails(plan: Plan, stage: int) -> Plan:
    """Fail in place of a stage: row and Progress, without a message."""
    return (*plan[:stage], Stage(plan[stage].after, _S.FAILED, _P.FAILED))


def stuck(plan: Plan, stage: int) -> Plan:
    """End the plan before a stage, so that the job is stuck."""
    return plan[:stage]


def slow(plan: Plan, factor: float) -> Plan:
    """Let every stage take ``factor`` times as long."""
    return tuple(replace(stage, after=stage.after * factor) for stage in plan)
