"""Course: the states that the API reports, and the events that lead from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from canvas_emulator.machines.interpreter import IllegalMoveError


class CourseState(StrEnum):
    """Reported; Canvas stores `created` and `claimed` courses, which are both unpublished."""

    UNPUBLISHED = "unpublished"
    AVAILABLE = "available"
    COMPLETED = "completed"
    DELETED = "deleted"


class CourseEvent(StrEnum):
    """What a course can be told."""

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
    """Return the state that an event leads to. To bring back what is not deleted changes nothing.

    :raises IllegalMoveError: when a deleted course is told anything but to come back.
    """
    if event in UNDERSTOOD[state]:
        return EVENTS[event]
    if event is CourseEvent.UNDELETE:
        return state
    raise IllegalMoveError(f"a course that is {state.value} does not understand {event.value}")
