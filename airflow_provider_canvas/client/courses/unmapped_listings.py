"""The listings of what a copy brings, but Canvas's asset id mapping does not have; and of New Quizzes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_canvas.client.courses.course_reader import CourseReader, Reader, collect, read_each
from airflow_provider_canvas.client.courses.link_validation import validate_links
from airflow_provider_canvas.client.errors import (
    CanvasAuthenticationError,
    CanvasError,
    CanvasNotFoundError,
    CanvasPermissionError,
    CanvasServerError,
)


async def read_rubrics(course: CourseReader) -> list[Any]:
    """Read the rubrics."""
    return await collect(course.canvas.rubrics.list(course_id=course.course_id))


async def read_assignment_groups(course: CourseReader) -> list[Any]:
    """Read the assignment groups."""
    return await collect(course.canvas.assignment_groups.list(course_id=course.course_id))


async def read_external_tools(course: CourseReader) -> list[Any]:
    """Read the tools of the course itself; those of its accounts are not copied."""
    return await collect(course.canvas.external_tools.list(course_id=course.course_id))


async def read_outcomes(course: CourseReader) -> list[Any]:
    """Read the outcomes with their points, each with its group."""
    return await collect(course.canvas.outcome_groups.links(course_id=course.course_id, outcome_style="full"))


async def read_outcome_groups(course: CourseReader) -> list[Any]:
    """Read the groups of outcomes."""
    return await collect(course.canvas.outcome_groups.list(course_id=course.course_id))


async def read_group_categories(course: CourseReader) -> list[Any]:
    """Read the sets of groups."""
    return await collect(course.canvas.group_categories.list(course_id=course.course_id))


async def read_tabs(course: CourseReader) -> list[Any]:
    """Read the navigation."""
    return await course.canvas.tabs.list(course_id=course.course_id)


async def read_lti_resource_links(course: CourseReader) -> list[Any]:
    """Read the LTI resource links of the course and of its assignments."""
    return await collect(course.canvas.lti_resource_links.list(course_id=course.course_id))


async def read_new_quizzes(course: CourseReader) -> list[Any]:
    """Read which New Quizzes can be used: one record for each assignment that is one.

    A course without New Quizzes costs no request. The listing of quizzes tells whether the API is there at all; that a
    quiz is there tells only the quiz itself.

    :return: Records with ``assignment_id``, ``state`` (``ok``, ``not_there``, or the problem in words), ``quiz``
        (Canvas's record) and ``item_count``.
    """
    assignments = [each for each in await course.records("assignments") if each.get("is_quiz_lti_assignment") is True]
    if not assignments:
        return []
    await collect(course.canvas.new_quizzes.list(course_id=course.course_id))
    return await read_each(assignments, lambda assignment: _read_new_quiz(course, assignment["id"]))


async def _read_new_quiz(course: CourseReader, assignment_id: int) -> dict[str, Any]:
    """Return the record of one New Quiz; it never raises what the service of New Quizzes responds."""
    ids = {"course_id": course.course_id, "assignment_id": assignment_id}
    record: dict[str, Any] = {"assignment_id": assignment_id, "state": "ok", "quiz": None, "item_count": None}
    try:
        record["quiz"] = await course.canvas.new_quizzes.get(**ids)
        record["item_count"] = len(await collect(course.canvas.new_quizzes.items(**ids)))
    except (CanvasNotFoundError, CanvasServerError):
        record["state"] = "not_there"
    except (CanvasPermissionError, CanvasAuthenticationError):
        record["state"] = "the token's user may not read it"
    except CanvasError as error:
        record["state"] = f"the API of New Quizzes responded with {type(error).__name__}"
    return record


async def read_link_validation(course: CourseReader) -> list[Any]:
    """Let Canvas validate the links of the course, and return the issues that it found."""
    return await validate_links(course.canvas, course.course_id)


UNMAPPED_LISTINGS: Mapping[str, Reader] = {
    "rubrics": read_rubrics,
    "assignment_groups": read_assignment_groups,
    "external_tools": read_external_tools,
    "outcomes": read_outcomes,
    "outcome_groups": read_outcome_groups,
    "group_categories": read_group_categories,
    "tabs": read_tabs,
    "lti_resource_links": read_lti_resource_links,
    "new_quizzes": read_new_quizzes,
    "link_validation": read_link_validation,
}
"""The name of each listing -> the function that reads it. Whatever breaks one of them makes it unknown."""
