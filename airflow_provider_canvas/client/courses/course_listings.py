"""Everything that a reconciliation reads from Canvas, fetched concurrently within the token's rate limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import AssetIdMapping, ContentMigration
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.migration_issues import MigrationIssue
from airflow_provider_canvas.api.modules import Module, ModuleItem
from airflow_provider_canvas.client.errors import CanvasNotFoundError

log = logging.getLogger(__name__)

T = TypeVar("T")

Listings = Mapping[str, list[Any]]
"""Canvas's records by asset type, as the asset id mapping names the types."""


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
        _all(canvas.migration_issues.list(**copy)),
    )
    return CopiedCourses(source, destination, source_listings, destination_listings, mapping, issues)


async def fetch_listings(canvas: Canvas[AsyncIO], course_id: int) -> Listings:
    """Return all assets of a course, by the types of the asset id mapping."""
    listings: dict[str, AsyncIterator[Any]] = {
        "announcements": canvas.discussion_topics.list(course_id=course_id, only_announcements=True),
        "assignments": canvas.assignments.list(course_id=course_id),
        "discussion_topics": canvas.discussion_topics.list(course_id=course_id),
        "files": canvas.files.list(course_id=course_id),
        "pages": canvas.pages.list(course_id=course_id),
        "quizzes": canvas.quizzes.list(course_id=course_id),
    }
    modules, lists = await asyncio.gather(
        _modules(canvas, course_id), asyncio.gather(*(_list_or_empty(*listing) for listing in listings.items()))
    )
    items: list[Any] = [{"module_id": module["id"], **item} for module in modules for item in module.get("items", ())]
    return {**dict(zip(listings, lists, strict=True)), "modules": modules, "module_items": items}


async def _modules(canvas: Canvas[AsyncIO], course_id: int) -> list[Module]:
    """Return the modules with all their items: Canvas omits the items of a module that has more than 100."""
    modules = await _all(canvas.modules.list(course_id=course_id, include=["items"]))

    async def complete(module: Module) -> None:
        items: list[ModuleItem] = await _all(canvas.modules.items(course_id=course_id, module_id=module["id"]))
        module["items"] = items

    await asyncio.gather(*(complete(module) for module in modules if "items" not in module))
    return modules


async def _list_or_empty(asset_type: str, items: AsyncIterator[T]) -> list[T]:
    """Return the items of a listing. A listing that answers 404 (its tab is disabled) counts as empty."""
    try:
        return await _all(items)
    except CanvasNotFoundError as error:
        log.warning("The course has no listing of %s, which counts as empty: %s", asset_type, error)
        return []


async def _all(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]
