"""The listings of a course's content, fetched concurrently within the token's rate limit."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import AssetIdMapping, ContentMigration
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.migration_issues import MigrationIssue
from airflow_provider_canvas.api.pages import Page
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.client.courses.copy_source import WHAT_CAN_BE_RECONCILED, fetch_source, source_id_of
from airflow_provider_canvas.client.courses.course_reader import (
    DISABLED,
    DISABLED_OR_FORBIDDEN,
    UNREADABLE,
    CourseReader,
    Errors,
    Listings,
    Reader,
    collect,
    read_each,
)
from airflow_provider_canvas.client.courses.further_listings import FURTHER_LISTINGS, WITHOUT_KEY, check_further
from airflow_provider_canvas.client.errors import (
    CanvasError,
    CanvasNotFoundError,
    CanvasPermissionError,
    CanvasValidationError,
)
from airflow_provider_canvas.client.jobs.waiters import progress_id_of
from airflow_provider_canvas.client.protocol.task_group import task_group

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CopiedCourses:
    """Both courses of a copy, and Canvas's records of the copy, unchanged.

    :param source: The course that was copied.
    :param destination: The course it was copied into.
    :param source_listings: The assets and folders of the source.
    :param destination_listings: The assets and folders of the destination.
    :param asset_id_mapping: Canvas's mapping from assets of the source to assets of the destination.
    :param issues: The issues of the migration.
    :param progress: The Progress of the migration; None if there is none any more, or the user may not see it.
    """

    source: Course
    destination: Course
    source_listings: Listings
    destination_listings: Listings
    asset_id_mapping: AssetIdMapping
    issues: list[MigrationIssue]
    progress: ProgressRecord | None = None


async def fetch_copied_courses(
    canvas: Canvas[AsyncIO],
    migration: ContentMigration,
    source_id: int,
    course_id: int,
    known: Sequence[Course] = (),
) -> CopiedCourses:
    """Fetch both courses of a copy and the records of the copy.

    Their content is listed last, so that a copy that cannot be reconciled costs few requests.

    :param canvas: An asynchronous client.
    :param migration: The copy; it must be completed.
    :param source_id: The course that was copied.
    :param course_id: The destination.
    :param known: Those of the two courses that were fetched already, with their terms.
    :raises CanvasInputError: If the migration copied another course, or Canvas has no mapping for it.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    source_id_of(migration, source_id)
    by_id = {course["id"]: course for course in known}

    async def fetch_source_course() -> Course:
        return by_id.get(source_id) or await fetch_source(canvas, migration, source_id)

    async def fetch_destination() -> Course:
        return by_id.get(course_id) or await canvas.courses.get(course_id=course_id, include=["term"])

    async with task_group() as group:
        source = group.create_task(fetch_source_course())
        destination = group.create_task(fetch_destination())
        mapping = group.create_task(_fetch_mapping(canvas, migration, course_id))
        issues = group.create_task(
            collect(canvas.migration_issues.list(course_id=course_id, content_migration_id=migration["id"]))
        )
        progress = group.create_task(_fetch_progress(canvas, migration))
    async with task_group() as group:
        source_listings = group.create_task(fetch_listings(canvas, source_id, also=("folders",)))
        destination_listings = group.create_task(fetch_listings(canvas, course_id, also=("folders",)))
    return CopiedCourses(
        source.result(),
        destination.result(),
        source_listings.result(),
        destination_listings.result(),
        mapping.result(),
        issues.result(),
        progress.result(),
    )


async def _fetch_mapping(canvas: Canvas[AsyncIO], migration: ContentMigration, course_id: int) -> AssetIdMapping:
    """Return the mapping of a migration.

    :raises CanvasInputError: If Canvas has none.
    """
    try:
        return await canvas.content_migrations.asset_id_mapping(
            course_id=course_id, content_migration_id=migration["id"]
        )
    except CanvasValidationError as error:
        raise CanvasInputError(
            f"Canvas has no asset_id_mapping of content_migration {migration['id']} "
            f"({migration.get('migration_type')}): {(error.canvas_message or str(error)).rstrip('.')}. "
            f"{WHAT_CAN_BE_RECONCILED}"
        ) from error


async def _fetch_progress(canvas: Canvas[AsyncIO], migration: ContentMigration) -> ProgressRecord | None:
    """Return the Progress of a migration; None if it cannot be read. Canvas deletes old ones."""
    progress_id = progress_id_of(migration)
    if progress_id is None:
        return None
    try:
        return await canvas.progress.get(progress_id=progress_id)
    except (CanvasNotFoundError, CanvasPermissionError):
        return None


async def read_pages(canvas: Canvas[AsyncIO], copied: CopiedCourses, slugs: Sequence[str]) -> CopiedCourses:
    """Return the courses of a copy with the bodies of some pages of the source, which the listing does not have.

    :param canvas: An asynchronous client.
    :param copied: Both courses.
    :param slugs: The pages. One that cannot be read, since it was deleted meanwhile, keeps its record.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    if not slugs:
        return copied
    async with task_group() as group:
        tasks = [group.create_task(_read_page(canvas, copied.source["id"], slug)) for slug in slugs]
    read = {page.get("page_id"): page for task in tasks if (page := task.result()) is not None}
    pages = [read.get(page.get("page_id"), page) for page in copied.source_listings["pages"]]
    return replace(copied, source_listings={**copied.source_listings, "pages": pages})


async def _read_page(canvas: Canvas[AsyncIO], course_id: int, slug: str) -> Page | None:
    try:
        return await canvas.pages.get(course_id=course_id, url_or_id=slug)
    except (CanvasNotFoundError, CanvasPermissionError):
        return None


async def fetch_course_content(canvas: Canvas[AsyncIO], course_id: int) -> Listings:
    """Fetch the content of one course: its assets and folders, its settings and the course itself.

    A listing that the token's user may not see counts as empty.

    :param canvas: An asynchronous client.
    :param course_id: The course.
    :return: The listings of :func:`fetch_listings`, and ``folders``, ``settings`` and ``course``.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    async with task_group() as group:
        course = group.create_task(canvas.courses.get(course_id=course_id, include=["syllabus_body"]))
        content = group.create_task(
            fetch_listings(canvas, course_id, also=("settings", "folders"), empty_if=DISABLED_OR_FORBIDDEN)
        )
    listings = dict(content.result())
    for name in listings.pop(UNREADABLE):
        listings[name] = []
    return {**listings, "course": [course.result()]}


async def fetch_listings(
    canvas: Canvas[AsyncIO], course_id: int, *, also: Collection[str] = (), empty_if: Errors = DISABLED
) -> Listings:
    """Return all assets of a course, by the types of the asset id mapping, and further listings.

    A further listing that the token's user may not read is not in the result: it is unknown, not empty. Its name is in
    the list ``unreadable``, which is there whenever ``also`` names something.

    :param canvas: An asynchronous client.
    :param course_id: The course.
    :param also: The further listings, names of ``FURTHER_LISTINGS``.
    :param empty_if: The errors for which a listing of assets counts as empty; by default that of a disabled tab.
    :raises CanvasInputError: When ``also`` names a listing that there is not.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    further = check_further(also)
    async with task_group() as group:
        readers = {**ASSET_LISTINGS, **FURTHER_LISTINGS}
        course = CourseReader(canvas, course_id, also=further, empty_if=empty_if, group=group, readers=readers)
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
    return await collect(course.canvas.discussion_topics.list(course_id=course.course_id, only_announcements=True))


async def _assignments(course: CourseReader) -> list[Any]:
    """Read the assignments with their own dates: those of overrides are not copied."""
    return await collect(course.canvas.assignments.list(course_id=course.course_id, override_assignment_dates=False))


async def _discussion_topics(course: CourseReader) -> list[Any]:
    return await collect(course.canvas.discussion_topics.list(course_id=course.course_id))


async def _files(course: CourseReader) -> list[Any]:
    return await collect(course.canvas.files.list(course_id=course.course_id))


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
    include = ["body"] if "page_bodies" in course.also else []
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
