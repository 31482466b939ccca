"""The listings of a course's content, fetched concurrently within the token's rate limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import AssetIdMapping, ContentMigration
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.migration_issues import MigrationIssue
from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError, CanvasPermissionError

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
    :param source_listings: The content of the source.
    :param destination_listings: The content of the destination.
    :param asset_id_mapping: Canvas's mapping from assets of the source to assets of the destination.
    :param issues: The issues of the migration.
    """

    source: Course
    destination: Course
    source_listings: Listings
    destination_listings: Listings
    asset_id_mapping: AssetIdMapping
    issues: list[MigrationIssue]


async def fetch_copied_courses(
    canvas: Canvas[AsyncIO], migration: ContentMigration, source_id: int, course_id: int
) -> CopiedCourses:
    """Fetch both courses of a copy and the records of the copy.

    :param canvas: An asynchronous client.
    :param migration: The copy; it must be completed.
    :param source_id: The course that was copied.
    :param course_id: The destination.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    copy = {"course_id": course_id, "content_migration_id": migration["id"]}
    source, destination, source_listings, destination_listings, mapping, issues = await asyncio.gather(
        canvas.courses.get(course_id=source_id, include=["term"]),
        canvas.courses.get(course_id=course_id, include=["term"]),
        fetch_listings(canvas, source_id),
        fetch_listings(canvas, course_id),
        canvas.content_migrations.asset_id_mapping(**copy),
        _collect(canvas.migration_issues.list(**copy)),
    )
    return CopiedCourses(source, destination, source_listings, destination_listings, mapping, issues)


async def fetch_course_content(canvas: Canvas[AsyncIO], course_id: int) -> Listings:
    """Fetch the content of one course: its assets and folders, its settings and the course itself.

    A listing that the token's user may not see counts as empty.

    :param canvas: An asynchronous client.
    :param course_id: The course.
    :return: The listings of :func:`fetch_listings`, and ``folders``, ``settings`` and ``course``.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    course, settings, folders, listings = await asyncio.gather(
        canvas.courses.get(course_id=course_id, include=["syllabus_body"]),
        _unless("settings", _single(canvas.courses.settings(course_id=course_id)), DISABLED_OR_FORBIDDEN),
        _unless("folders", _collect(canvas.folders.list(course_id=course_id)), DISABLED_OR_FORBIDDEN),
        fetch_listings(canvas, course_id, empty_if=DISABLED_OR_FORBIDDEN),
    )
    return {**listings, "folders": folders, "settings": settings, "course": [course]}


async def fetch_listings(canvas: Canvas[AsyncIO], course_id: int, *, empty_if: Errors = DISABLED) -> Listings:
    """Return all assets of a course, by the types of the asset id mapping.

    :param canvas: The client.
    :param course_id: The course.
    :param empty_if: The errors for which a listing counts as empty; by default that of a disabled tab.
    """
    listings: dict[str, AsyncIterator[Any]] = {
        "announcements": canvas.discussion_topics.list(course_id=course_id, only_announcements=True),
        "assignments": canvas.assignments.list(course_id=course_id),
        "discussion_topics": canvas.discussion_topics.list(course_id=course_id),
        "files": canvas.files.list(course_id=course_id),
        "modules": canvas.modules.list(course_id=course_id, include=["items"]),
        "pages": canvas.pages.list(course_id=course_id),
        "quizzes": canvas.quizzes.list(course_id=course_id),
    }
    lists = await asyncio.gather(*(_unless(name, _collect(items), empty_if) for name, items in listings.items()))
    by_type = dict(zip(listings, lists, strict=True))

    async def items_of(module: Mapping[str, Any]) -> list[Any]:
        items = module.get("items")
        if items is None:  # Canvas leaves them out of a module with more than 100
            all_items = canvas.modules.items(course_id=course_id, module_id=module["id"])
            items = await _unless("module_items", _collect(all_items), empty_if)
        return [{"module_id": module["id"], **item} for item in items]

    items_by_module = await asyncio.gather(*(items_of(module) for module in by_type["modules"]))
    return {**by_type, "module_items": [item for items in items_by_module for item in items]}


async def _unless(name: str, rows: Awaitable[list[T]], empty_if: Errors) -> list[T]:
    """Return the rows of a listing, or none for an expected error, which is logged."""
    try:
        return await rows
    except empty_if as error:
        log.warning("The listing of %s counts as empty: %s", name, error)
        return []


async def _collect(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


async def _single(record: Awaitable[T]) -> list[T]:
    return [await record]
