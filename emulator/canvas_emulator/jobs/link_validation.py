"""Validating the links of a course: one Progress for each course, which every run resets."""

from __future__ import annotations

from datetime import datetime

from canvas_emulator.effects.link_validation import validate_links
from canvas_emulator.jobs import progress as progress_job
from canvas_emulator.machines.link_validation import VALIDATION, Effect
from canvas_emulator.machines.plans import Stage, lasting
from canvas_emulator.machines.progress import FINAL, ProgressState
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import Progress
from canvas_emulator.model.world import World

TAG, VERSION = "link_validation", 2


def validation_of(world: World, course: Course) -> Progress | None:
    """Return the Progress of the validations of a course; None if there was none."""
    rows = reversed(world.tables.progress.values())
    return next((row for row in rows if row.tag == TAG and row.context_id == course.id), None)


def begin(world: World, course: Course, hosts: frozenset[str]) -> None:
    """Start a validation, unless one is running. The results of the one before are lost.

    :param hosts: The hosts of this Canvas.
    """
    at = world.clock.now()
    progress = validation_of(world, course)
    if progress is not None and progress.workflow_state not in FINAL:
        return
    if progress is None:
        progress = Progress(
            id=world.next_id("progress"),
            context_id=course.id,
            context_type="Course",
            user_id=None,
            tag=TAG,
            created_at=at,
            updated_at=at,
        )
        world.tables.progress[progress.id] = progress
    progress_job.reset(progress, at)
    row = progress

    def apply(stage: Stage, then: datetime) -> None:
        progress_job.follow(row, stage, then)
        if stage.effect is not Effect.VALIDATE:
            return
        completed_at = then.isoformat()[:19] + "Z"
        if world.settings.link_validation_fails:
            row.results = {"error_report_id": world.next_id("error_report"), "completed_at": completed_at}
            progress_job.follow(row, Stage(0, ProgressState.FAILED, ProgressState.FAILED), then)
            return
        issues = validate_links(world, course, hosts)
        row.results = {"issues": issues, "completed_at": completed_at, "version": VERSION}
        progress_job.follow(row, Stage(0, ProgressState.COMPLETED, ProgressState.COMPLETED, 100.0), then)

    world.agenda.begin(lasting(VALIDATION, world.settings.link_validation_seconds or 0.001), apply, at)
