"""The listings of a course's content, fetched concurrently within the token's rate limit."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.courses.course_reader import (
    DISABLED,
    DISABLED_OR_FORBIDDEN,
    UNKNOWN,
    UNREADABLE,
    CourseReader,
    Errors,
    Listings,
    Reader,
    collect,
    collect_by_id,
    read_each,
)
from airflow_provider_canvas.client.courses.further_listings import FURTHER_LISTINGS, WITHOUT_KEY, check_further
from airflow_provider_canvas.client.courses.graphql_inventory import graphql_readers
from airflow_provider_canvas.client.courses.unmapped_listings import UNMAPPED_LISTINGS
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.protocol.task_group import task_group

log = logging.getLogger(__name__)


async def fetch_course_content(canvas: Canvas[AsyncIO], course_id: int) -> Listings:
    """Fetch the content of one course: its assets and folders, its settings and the course itself.

    A listing that the token's user may not see counts as empty. The REST API reads everything, so that an unchanged
    course always has the same records.

    :param canvas: An asynchronous client.
    :param course_id: The course.
    :return: The listings of :func:`fetch_listings`, and ``folders``, ``settings`` and ``course``.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    async with task_group() as group:
        course = group.create_task(canvas.courses.get(course_id=course_id, include=["syllabus_body"]))
        content = group.create_task(
            fetch_listings(
                canvas, course_id, also=("settings", "folders"), empty_if=DISABLED_OR_FORBIDDEN, graphql=False
            )
        )
    listings = dict(content.result())
    for name in listings.pop(UNREADABLE):
        listings[name] = []
    return {**listings, "course": [course.result()]}


async def fetch_listings(
    canvas: Canvas[AsyncIO],
    course_id: int,
    *,
    also: Collection[str] = (),
    empty_if: Errors = DISABLED,
    graphql: bool = True,
) -> Listings:
    """Return all assets of a course, by the types of the asset id mapping, and further listings.

    A further listing that the token's user may not read is not in the result: it is unknown, not empty. Its name is in
    the list ``unreadable``, which is there whenever ``also`` names something.

    Where many courses are read, and Canvas allows it, GraphQL reads topics, announcements, files and folders with one
    request; the REST API reads everything else. The records of GraphQL have fewer keys, with the same values.

    :param canvas: An asynchronous client.
    :param course_id: The course.
    :param also: The further listings, names of ``FURTHER_LISTINGS``.
    :param empty_if: The errors for which a listing of assets counts as empty; by default that of a disabled tab.
    :param graphql: Whether GraphQL may be used.
    :raises CanvasInputError: When ``also`` names a listing that there is not.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    further = check_further(also)
    async with task_group() as group:
        readers = {**ASSET_LISTINGS, **FURTHER_LISTINGS}
        if graphql:
            readers = {**readers, **graphql_readers(canvas, readers)}
        course = CourseReader(
            canvas,
            course_id,
            also=further,
            empty_if=empty_if,
            group=group,
            readers=readers,
            unknown_if=dict.fromkeys(UNMAPPED_LISTINGS, UNKNOWN),
        )
        tasks = {name: course.start(name) for name in (*ASSET_LISTINGS, *further)}
    listings: dict[str, list[Any]] = {}
    for name, task in tasks.items():
        records = task.result()
        if not isinstance(records, CanvasError):
            if name not in WITHOUT_KEY:
                listings[name] = records
        elif name in further:
            course.cannot_read(name, records)
        else:
            log.warning("The listing of %s counts as empty: %s", name, records)
            listings[name] = []
    return {**listings, UNREADABLE: sorted(course.unreadable)} if further else listings


async def _announcements(course: CourseReader) -> list[Any]:
    return await collect_by_id(
        course.canvas.discussion_topics.list(course_id=course.course_id, only_announcements=True)
    )


async def _assignments(course: CourseReader) -> list[Any]:
    """Read the assignments with their own dates: those of overrides are not copied."""
    return await collect(course.canvas.assignments.list(course_id=course.course_id, override_assignment_dates=False))


async def _discussion_topics(course: CourseReader) -> list[Any]:
    return await collect_by_id(course.canvas.discussion_topics.list(course_id=course.course_id))


async def _files(course: CourseReader) -> list[Any]:
    return await collect_by_id(course.canvas.files.list(course_id=course.course_id))


async def _modules(course: CourseReader) -> list[Any]:
    return await collect(course.canvas.modules.list(course_id=course.course_id, include=["items"]))


async def _module_items(course: CourseReader) -> list[Any]:
    """Read the items of all modules. Canvas leaves them out of a module with more than a page has (50 or 100)."""

    async def items_of(module: Mapping[str, Any]) -> list[Any]:
        items = module.get("items")
        if items is None:
            items = await collect(course.canvas.modules.items(course_id=course.course_id, module_id=module["id"]))
        return [{"module_id": module["id"], **item} for item in items]

    return [item for items in await read_each(await course.records("modules"), items_of) for item in items]


async def _pages(course: CourseReader) -> list[Any]:
    """Read the pages, with their bodies if they are wanted and Canvas is not known to leave them out."""
    leaves_out = course.support is not None and course.support.lists_bodies is False
    include = ["body"] if "page_bodies" in course.also and not leaves_out else []
    return await collect(course.canvas.pages.list(course_id=course.course_id, include=include))


async def _quizzes(course: CourseReader) -> list[Any]:
    return await collect(course.canvas.quizzes.list(course_id=course.course_id))


ASSET_LISTINGS: Mapping[str, Reader] = {
    "announcements": _announcements,
    "assignments": _assignments,
    "discussion_topics": _discussion_topics,
    "files": _files,
    "modules": _modules,
    "pages": _pages,
    "quizzes": _quizzes,
    "module_items": _module_items,
}
"""Each type of the asset id mapping -> the function that reads its listing."""
