"""The update of many courses with one event: its states are its Progress's, and one stage of its plan does the work."""

from __future__ import annotations

from enum import StrEnum

from canvas_emulator.machines.interpreter import Plan, Stage
from canvas_emulator.machines.progress import ProgressState


class Effect(StrEnum):
    """What a stage of the update does to the world."""

    START = "start"
    UPDATE_COURSES = "update_courses"


# `after` counts thirds of the whole update here: see `interpreter.lasting`.
COURSE_BATCH: Plan = (
    Stage(1, ProgressState.RUNNING, ProgressState.RUNNING, 0.0, Effect.START),
    Stage(2, ProgressState.COMPLETED, None, 100.0, Effect.UPDATE_COURSES),
)
