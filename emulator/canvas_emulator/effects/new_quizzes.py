"""New Quizzes: what becomes of one that was copied, which another service than Canvas does."""

from __future__ import annotations

from datetime import datetime

from canvas_emulator.machines import assignment
from canvas_emulator.machines.assignment import AssignmentState
from canvas_emulator.machines.plans import Stage, check_move, lasting
from canvas_emulator.model.content import Assignment
from canvas_emulator.model.editions import NewQuizzesMode
from canvas_emulator.model.world import World

PLANS = {
    NewQuizzesMode.FAILED: assignment.FAILING_DUPLICATION,
    NewQuizzesMode.STUCK: assignment.STUCK_DUPLICATION,
}


def new_quizzes(world: World, course_id: int) -> list[Assignment]:
    """Return the New Quizzes of a course that are not deleted, by id."""
    return [row for row in world.live(Assignment, course_id) if row.is_new_quiz]


def duplicate_new_quizzes(world: World, course_id: int, at: datetime) -> None:
    """Begin to duplicate the New Quizzes that an import added just now. One that was there is not duplicated again."""
    mode, seconds = world.settings.new_quizzes, world.settings.quiz_duplication_seconds
    if mode is NewQuizzesMode.ABSENT:
        return
    for row in new_quizzes(world, course_id):
        if row.migration_id is None or row.created_at != at:
            continue
        row.needs_opening = mode is NewQuizzesMode.NEEDS_OPENING
        if (seconds or mode in PLANS) and row.workflow_state in assignment.DUPLICABLE:
            _duplicate(world, row, mode, at)


def open_new_quizzes(world: World, course_id: int) -> int:
    """Open the New Quizzes of a course, as a person does in a browser; return how many needed it."""
    waiting = [row for row in new_quizzes(world, course_id) if row.needs_opening]
    for row in waiting:
        row.needs_opening = False
    return len(waiting)


def _duplicate(world: World, row: Assignment, mode: NewQuizzesMode, at: datetime) -> None:
    end = AssignmentState(row.workflow_state)

    def apply(stage: Stage, then: datetime) -> None:
        state = end if stage.effect is assignment.Effect.RESTORE else AssignmentState(stage.state)
        check_move(assignment.ALLOWED, AssignmentState(row.workflow_state), state)
        row.workflow_state, row.updated_at = state, then

    apply(Stage(0, AssignmentState.DUPLICATING), at)
    plan = PLANS.get(mode, assignment.DUPLICATION)
    if plan:
        world.agenda.begin(lasting(plan, max(world.settings.quiz_duplication_seconds, 1.0)), apply, at)
