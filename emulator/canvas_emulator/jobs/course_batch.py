"""Updating many courses in the background, with a message that names the failed ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from canvas_emulator.jobs import progress as progress_job
from canvas_emulator.machines.course import COURSE_BATCH, CourseEvent, CourseState, Effect, after
from canvas_emulator.machines.plans import IllegalMoveError, Stage, lasting
from canvas_emulator.machines.progress import ProgressState
from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import sis_id_is_free
from canvas_emulator.model.records import Progress
from canvas_emulator.model.world import World

LOG = logging.getLogger(__name__)

NOT_FOUND = "The course was not found"
DENIED = "Access was denied"
REFUSED = "The course could not be updated"


def begin(
    world: World,
    progress: Progress,
    *,
    event: CourseEvent,
    course_ids: Sequence[str],
    find: Callable[[str], Course | None],
    may_change: Callable[[Course], bool],
) -> None:
    """Start an update.

    :param course_ids: In any form.
    :param find: Finds the course that an id means, deleted ones among them.
    :param may_change: Whether the one who started it may change a course.
    """

    def apply(stage: Stage, at: datetime) -> None:
        progress_job.follow(progress, stage, at)
        if stage.effect is not Effect.UPDATE_COURSES:
            return
        try:
            done, progress.message = update()
        except Exception as error:
            LOG.exception("The update of courses %s failed", ", ".join(course_ids))
            done, progress.message = 0, str(error)
        end = ProgressState.COMPLETED if done else ProgressState.FAILED
        progress_job.follow(progress, Stage(0, end, end, 100.0), at)

    def update() -> tuple[int, str]:
        """Update the courses; return how many that were, and the message."""
        failures: dict[str, list[str]] = {}
        for course_id in course_ids:
            if reason := _update(world, find(course_id), event, may_change):
                failures.setdefault(reason, []).append(course_id)
        done = len(course_ids) - sum(len(ids) for ids in failures.values())
        lines = [f"{done} {'course' if done == 1 else 'courses'} processed"]
        lines += [f"{reason}: {', '.join(ids)}" for reason, ids in failures.items()]
        return done, "\n".join(lines)

    world.agenda.begin(lasting(COURSE_BATCH, world.settings.batch_seconds), apply, world.clock.now())


def _update(
    world: World, course: Course | None, event: CourseEvent, may_change: Callable[[Course], bool]
) -> str | None:
    """Apply an event to one course; return the reason if that failed."""
    if course is None:
        return NOT_FOUND
    if not may_change(course):
        return DENIED
    if event is CourseEvent.UNDELETE and not sis_id_is_free(world, course.sis_course_id, course):
        return REFUSED
    try:
        course.workflow_state = after(CourseState(course.workflow_state), event)
    except IllegalMoveError:
        return NOT_FOUND if course.workflow_state == CourseState.DELETED else REFUSED
    return None
