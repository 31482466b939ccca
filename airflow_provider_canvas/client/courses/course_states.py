"""The state of each course after a batch update, whose Progress does not tell it.

A Progress is completed when one of 500 courses was changed. It is failed when none was changed, for instance because
all of them were changed before. Its message names some courses that were not changed; only the courses themselves
show the state of the others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasPermissionError
from airflow_provider_canvas.client.protocol.task_group import concurrently

EXPECTED_STATES = {
    "offer": ("available",),
    "conclude": ("completed",),
    "delete": ("deleted",),
    "undelete": ("unpublished", "available", "completed"),
}
"""The states that a course may have after each event. ``undelete`` does not change a course that was not deleted."""


@dataclass(frozen=True)
class CourseState:
    """The state of a course.

    :param course_id: The id as it was given.
    :param workflow_state: Canvas's state; ``None`` if Canvas does not show the course.
    :param problem: Why Canvas does not show it.
    """

    course_id: str
    workflow_state: str | None
    problem: str | None = None


async def fetch_course_states(canvas: Canvas[AsyncIO], course_ids: Sequence[str]) -> list[CourseState]:
    """Return the state of each course, in the same order; fetch as many concurrently as the rate limit allows.

    :param canvas: An asynchronous client.
    :param course_ids: Numbers or SIS forms.
    :raises CanvasError: When Canvas does not respond.
    """
    states: dict[str, CourseState] = {}

    async def fetch(course_id: str) -> None:
        states[course_id] = await _fetch_state(canvas, course_id)

    await concurrently(dict.fromkeys(course_ids), fetch)
    return [states[course_id] for course_id in course_ids]


async def _fetch_state(canvas: Canvas[AsyncIO], course_id: str) -> CourseState:
    """Return the state of a course, also of a deleted one."""
    try:
        course = await canvas.courses.get(course_id=course_id, include=["all_courses"])
    except CanvasNotFoundError as error:
        return CourseState(course_id, None, str(error))
    except CanvasPermissionError as error:
        # For a user who may not see deleted courses, Canvas answers 404 for a deleted course.
        with contextlib.suppress(CanvasPermissionError):
            try:
                await canvas.courses.get(course_id=course_id)
            except CanvasNotFoundError:
                return CourseState(course_id, "deleted")
        return CourseState(course_id, None, str(error))
    return CourseState(course_id, course.get("workflow_state"), None)


def failure_reasons(messages: Iterable[str | None]) -> dict[str, str]:
    """Return why courses were not changed, by id, from the messages of batch updates.

    The first line of a message counts the courses. Each further line is a reason and the ids of the courses:
    ``The course was not found: 98, 99``.
    """
    reasons = {}
    for message in messages:
        for line in (message or "").splitlines()[1:]:
            reason, colon, ids = line.rpartition(": ")
            if colon:
                reasons.update(dict.fromkeys((course_id.strip() for course_id in ids.split(",")), reason))
    return reasons
