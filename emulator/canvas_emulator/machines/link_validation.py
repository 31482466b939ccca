"""Link validation: the steps of the job that reads a course and follows its links."""

from __future__ import annotations

from enum import StrEnum

from canvas_emulator.machines.plans import Plan, Stage
from canvas_emulator.machines.progress import ProgressState

STEPS = (1.0, 5.0, 15.0, 25.0, 35.0, 55.0, 65.0, 85.0, 99.0)
"""The percentages after the picture, the syllabus, banks, assignments, events, discussions, modules, quizzes, pages."""


class Effect(StrEnum):
    """What a stage does."""

    VALIDATE = "validate"


# ``after`` counts parts of the whole here: see ``plans.lasting``.
VALIDATION: Plan = (
    Stage(1, ProgressState.RUNNING, ProgressState.RUNNING, 0.0),
    *(Stage(1, ProgressState.RUNNING, None, completion) for completion in STEPS),
    Stage(1, ProgressState.COMPLETED, effect=Effect.VALIDATE),
)
