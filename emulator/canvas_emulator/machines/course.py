"""Course: the states that the API reports, the events that change them, and the batch update of many courses."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from canvas_emulator.machines.plans import IllegalMoveError, Plan, Stage
from canvas_emulator.machines.progress import ProgressState


class CourseState(StrEnum):
    """Reported; Canvas stores ``created`` and ``claimed`` courses, which are both unpublished."""

    UNPUBLISHED = "unpublished"
    AVAILABLE = "available"
    COMPLETED = "completed"
    DELETED = "deleted"


class CourseEvent(StrEnum):
    """An event that changes the state of a course."""

    CLAIM = "claim"
    OFFER = "offer"
    CONCLUDE = "conclude"
    DELETE = "delete"
    UNDELETE = "undelete"


EVENTS: Mapping[CourseEvent, CourseState] = {
    CourseEvent.CLAIM: CourseState.UNPUBLISHED,
    CourseEvent.OFFER: CourseState.AVAILABLE,
    CourseEvent.CONCLUDE: CourseState.COMPLETED,
    CourseEvent.DELETE: CourseState.DELETED,
    CourseEvent.UNDELETE: CourseState.UNPUBLISHED,
}
"""Where each event leads."""

_LIVE = frozenset({CourseEvent.CLAIM, CourseEvent.OFFER, CourseEvent.CONCLUDE, CourseEvent.DELETE})

UNDERSTOOD: Mapping[CourseState, frozenset[CourseEvent]] = {
    CourseState.UNPUBLISHED: _LIVE,
    CourseState.AVAILABLE: _LIVE,
    CourseState.COMPLETED: _LIVE,
    CourseState.DELETED: frozenset({CourseEvent.DELETE, CourseEvent.UNDELETE}),
}
"""The events that change a course in each state, or find it changed already."""


def after(state: CourseState, event: CourseEvent) -> CourseState:
    """Return the state that an event leads to. Undeleting a course that is not deleted changes nothing.

    :raises IllegalMoveError: When a deleted course receives any event but undelete.
    """
    if event in UNDERSTOOD[state]:
        return EVENTS[event]
    if event is CourseEvent.UNDELETE:
        return state
    raise IllegalMoveError(f"a course in state {state.value} does not accept the event {event.value}")


class Effect(StrEnum):
    """What a stage of the update does to the world."""

    START = "start"
    UPDATE_COURSES = "update_courses"


# ``after`` counts thirds of the whole update here: see ``plans.lasting``.
COURSE_BATCH: Plan = (
    Stage(1, ProgressState.RUNNING, ProgressState.RUNNING, 0.0, Effect.START),
    Stage(2, ProgressState.COMPLETED, None, 100.0, Effect.UPDATE_COURSES),
)
