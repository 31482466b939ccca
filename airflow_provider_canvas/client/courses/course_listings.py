"""The listings of a course's content, fetched concurrently within the token's rate limit."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import AssetIdMapping, ContentMigration
from airflow_provider_canvas.api.course_settings import CourseSettings
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.migration_issues import MigrationIssue
from airflow_provider_canvas.api.pages import Page
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.client.courses.copy_source import WHAT_CAN_BE_RECONCILED, fetch_source, source_id_of
from airflow_provider_canvas.client.errors import (
    CanvasError,
    CanvasNotFoundError,
    CanvasPermissionError,
    CanvasValidationError,
)
from airflow_provider_canvas.client.jobs.waiters import progress_id_of
from airflow_provider_canvas.client.protocol.task_group import task_group

log = logging.getLogger(__name__)

T = TypeVar("T")

Listings = Mapping[str, list[Any]]
"""Asset type, as the asset id mapping names it -> Canvas's records."""

Errors = tuple[type[CanvasError], ...]

DISABLED: Errors = (CanvasNotFoundError,)
"""The error of a listing whose tab is disabled in the course."""

DISABLED_OR_FORBIDDEN: Errors = (CanvasNotFoundError, CanvasPermissionError)
"""The errors of a listing that the token's user cannot see, for whatever reason."""


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
            _collect(canvas.migration_issues.list(course_id=course_id, content_migration_id=migration["id"]))
        )
        progress = group.create_task(_fetch_progress(canvas, migration))
    async with task_group() as group:
        source_listings = group.create_task(_fetch_listings_and_folders(canvas, source_id))
        destination_listings = group.create_task(_fetch_listings_and_folders(canvas, course_id))
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
        settings = group.create_task(_unless("settings", _settings(canvas, course_id), DISABLED_OR_FORBIDDEN))
        listings = group.create_task(_fetch_listings_and_folders(canvas, course_id, empty_if=DISABLED_OR_FORBIDDEN))
    return {**listings.result(), "settings": settings.result(), "course": [course.result()]}


async def _fetch_listings_and_folders(
    canvas: Canvas[AsyncIO], course_id: int, *, empty_if: Errors = DISABLED
) -> Listings:
    """Return the listings of :func:`fetch_listings`, and ``folders``."""
    async with task_group() as group:
        folders = group.create_task(_unless("folders", canvas.folders.list(course_id=course_id), empty_if))
        listings = group.create_task(fetch_listings(canvas, course_id, empty_if=empty_if))
    return {**listings.result(), "folders": folders.result()}


async def fetch_listings(canvas: Canvas[AsyncIO], course_id: int, *, empty_if: Errors = DISABLED) -> Listings:
    """Return all assets of a course, by the types of the asset id mapping.

    :param canvas: The client.
    :param course_id: The course.
    :param empty_if: The errors for which a listing counts as empty; by default that of a disabled tab.
    """
    listings: dict[str, AsyncIterator[Any]] = {
        "announcements": canvas.discussion_topics.list(course_id=course_id, only_announcements=True),
        # With their own dates: those of overrides are not copied.
        "assignments": canvas.assignments.list(course_id=course_id, override_assignment_dates=False),
        "discussion_topics": canvas.discussion_topics.list(course_id=course_id),
        "files": canvas.files.list(course_id=course_id),
        "modules": canvas.modules.list(course_id=course_id, include=["items"]),
        "pages": canvas.pages.list(course_id=course_id),
        "quizzes": canvas.quizzes.list(course_id=course_id),
    }
    async with task_group() as group:
        tasks = {name: group.create_task(_unless(name, items, empty_if)) for name, items in listings.items()}
    by_type = {name: task.result() for name, task in tasks.items()}

    async def items_of(module: Mapping[str, Any]) -> list[Any]:
        items = module.get("items")
        if items is None:  # Canvas leaves them out of a module with more than a page has (50 or 100)
            all_items = canvas.modules.items(course_id=course_id, module_id=module["id"])
            items = await _unless("module_items", all_items, empty_if)
        return [{"module_id": module["id"], **item} for item in items]

    async with task_group() as group:
        by_module = [group.create_task(items_of(module)) for module in by_type["modules"]]
    return {**by_type, "module_items": [item for task in by_module for item in task.result()]}


async def _unless(name: str, rows: AsyncIterator[T], empty_if: Errors) -> list[T]:
    """Return the rows of a listing, or none for an expected error, which is logged."""
    try:
        return await _collect(rows)
    except empty_if as error:
        log.warning("The listing of %s counts as empty: %s", name, error)
        return []


async def _collect(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


async def _settings(canvas: Canvas[AsyncIO], course_id: int) -> AsyncIterator[CourseSettings]:
    yield await canvas.courses.settings(course_id=course_id)
