"""Everything that a reconciliation reads of Canvas, fetched side by side within the token's budget."""

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
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient

log = logging.getLogger(__name__)

T = TypeVar("T")

Listings = Mapping[str, list[Any]]
"""Asset type, as the mapping names it, to Canvas's records."""


@dataclass(frozen=True)
class CopiedCourses:
    """Both sides of a copy, and what Canvas says of it: Canvas's records as they are.

    :param source: The course that was copied.
    :param destination: The course it was copied into.
    :param source_listings: What the source holds.
    :param destination_listings: What the destination holds.
    :param asset_id_mapping: What Canvas says became what.
    :param issues: What Canvas raised.
    """

    source: Course
    destination: Course
    source_listings: Listings
    destination_listings: Listings
    asset_id_mapping: AssetIdMapping
    issues: list[MigrationIssue]


def fetch_copied_courses(
    settings: Settings, migration: ContentMigration, source_id: int, course_id: int
) -> CopiedCourses:
    """Fetch both sides of a copy, and return when all is there. For code that blocks.

    :param migration: The copy; it must be completed.
    :param source_id: The course that was copied.
    :param course_id: The destination.
    :raises CanvasError: When Canvas refuses something, or does not answer.
    """

    async def fetch() -> CopiedCourses:
        async with AsyncCanvasClient(settings) as canvas:
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

    return asyncio.run(fetch())


async def fetch_listings(canvas: Canvas[AsyncIO], course_id: int) -> Listings:
    """Return all assets of a course, by the types that the mapping knows."""
    listings: dict[str, AsyncIterator[Any]] = {
        "announcements": canvas.discussion_topics.list(course_id=course_id, only_announcements=True),
        "assignments": canvas.assignments.list(course_id=course_id),
        "discussion_topics": canvas.discussion_topics.list(course_id=course_id),
        "files": canvas.files.list(course_id=course_id),
        "pages": canvas.pages.list(course_id=course_id),
        "quizzes": canvas.quizzes.list(course_id=course_id),
    }
    modules, lists = await asyncio.gather(
        _modules(canvas, course_id), asyncio.gather(*(_listed(*listing) for listing in listings.items()))
    )
    items: list[Any] = [{"module_id": module["id"], **item} for module in modules for item in module.get("items", ())]
    return {**dict(zip(listings, lists, strict=True)), "modules": modules, "module_items": items}


async def _modules(canvas: Canvas[AsyncIO], course_id: int) -> list[Module]:
    """Return the modules with all their items: Canvas leaves out those of a module that has more than 100."""
    modules = await _all(canvas.modules.list(course_id=course_id, include=["items"]))

    async def complete(module: Module) -> None:
        items: list[ModuleItem] = await _all(canvas.modules.items(course_id=course_id, module_id=module["id"]))
        module["items"] = items

    await asyncio.gather(*(complete(module) for module in modules if "items" not in module))
    return modules


async def _listed(asset_type: str, items: AsyncIterator[T]) -> list[T]:
    """Return what a listing holds; nothing, where the course has that page switched off."""
    try:
        return await _all(items)
    except CanvasNotFoundError as error:
        log.warning("The course lists no %s: %s", asset_type, error)
        return []


async def _all(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]
