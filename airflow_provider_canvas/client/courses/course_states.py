"""Looking what became of courses after a batch update: its Progress does not tell.

A Progress is completed when one of 500 courses was changed, and failed when none was, because all were changed before,
for instance. Its message names courses that were not; whether the others were, only each course itself shows.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasPermissionError
from airflow_provider_canvas.client.protocol.rate_limit import MAX_IN_FLIGHT
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient

GOOD_ENDS = {
    "offer": ("available",),
    "conclude": ("completed",),
    "delete": ("deleted",),
    "undelete": ("unpublished", "available", "completed"),
}
"""The states in which a course may be after each event; one that was not deleted is not changed by ``undelete``."""


@dataclass(frozen=True)
class CourseState:
    """How a course stands.

    :param course_id: As it was asked for.
    :param workflow_state: Canvas's word for it; ``None`` where Canvas does not show the course.
    :param problem: Why not.
    """

    course_id: str
    workflow_state: str | None
    problem: str | None = None


def fetch_course_states(settings: Settings, course_ids: Sequence[str]) -> list[CourseState]:
    """Return how each course stands, in their order; as many are looked at at once as the token's budget allows.

    :raises CanvasError: When Canvas does not answer.
    """

    async def fetch() -> list[CourseState]:
        found: dict[str, CourseState] = {}
        todo = iter(dict.fromkeys(course_ids))

        async def look_on(canvas: Canvas[AsyncIO]) -> None:
            for course_id in todo:
                found[course_id] = await _state(canvas, course_id)

        async with AsyncCanvasClient(settings) as canvas:
            lookers = [asyncio.create_task(look_on(canvas)) for _ in range(MAX_IN_FLIGHT)]
            try:
                await asyncio.gather(*lookers)
            finally:
                for looker in lookers:
                    looker.cancel()
                await asyncio.gather(*lookers, return_exceptions=True)
        return [found[course_id] for course_id in course_ids]

    return asyncio.run(fetch())


async def _state(canvas: Canvas[AsyncIO], course_id: str) -> CourseState:
    """Look at a course, also at a deleted one."""
    try:
        course = await canvas.courses.get(course_id=course_id, include=["all_courses"])
    except CanvasNotFoundError as error:
        return CourseState(course_id, None, str(error))
    except CanvasPermissionError as error:
        # For a user who may not see deleted courses such a one does not exist.
        with contextlib.suppress(CanvasPermissionError):
            try:
                await canvas.courses.get(course_id=course_id)
            except CanvasNotFoundError:
                return CourseState(course_id, "deleted")
        return CourseState(course_id, None, str(error))
    return CourseState(course_id, course.get("workflow_state"), None)


def reasons(messages: Iterable[str | None]) -> dict[str, str]:
    """Return why courses were not changed, by id, from the messages of batch updates.

    A message counts the courses in its first line; each further one is a reason and the ids that it is about:
    ``The course was not found: 98, 99``.
    """
    found = {}
    for message in messages:
        for line in (message or "").splitlines()[1:]:
            reason, colon, ids = line.rpartition(": ")
            if colon:
                found.update(dict.fromkeys((course_id.strip() for course_id in ids.split(",")), reason))
    return found
