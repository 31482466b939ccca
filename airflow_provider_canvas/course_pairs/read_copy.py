"""Read a copy from Canvas: its records, and the content of both courses."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import AssetIdMapping, ContentMigration
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.migration_issues import MigrationIssue
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.client.courses.copy_source import (
    COURSE_INCLUDES,
    WHAT_CAN_BE_RECONCILED,
    fetch_source,
    recorded_source_id,
    source_id_of,
)
from airflow_provider_canvas.client.errors import (
    CanvasNotFoundError,
    CanvasPermissionError,
    CanvasValidationError,
)
from airflow_provider_canvas.client.jobs.waiters import progress_id_of
from airflow_provider_canvas.client.protocol.task_group import task_group
from airflow_provider_canvas.course_pairs.checks import further_listings
from airflow_provider_canvas.course_pairs.course_content import CourseContent, read_content
from airflow_provider_canvas.reconciliation.content_migration import ContentMigration as ParsedMigration
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.reconciliation.selection import Selected, pages_to_read


@dataclass(frozen=True, kw_only=True)
class ReadCopy:
    """A copy as Canvas has it now.

    :param migration: The content migration of the copy.
    :param source_course_ids: The courses that were copied into the destination: the source of this copy, then those of
        other copies, the newest first.
    :param asset_id_mapping: Canvas's mapping from assets of the source to assets of the destination.
    :param issues: The issues of the migration.
    :param progress: The Progress of the migration; ``None`` if there is none any more, or the user may not see it.
    :param destination: The course that was copied into.
    """

    migration: ContentMigration
    source_course_ids: tuple[str, ...]
    asset_id_mapping: AssetIdMapping
    issues: Sequence[MigrationIssue]
    progress: ProgressRecord | None
    destination: CourseContent


async def read_course_of(canvas: Canvas[AsyncIO], parameter: str, course_id: Id) -> Course:
    """Return the course that a parameter names.

    :param canvas: An asynchronous client.
    :param parameter: The parameter, for the message of an error.
    :param course_id: A number or an SIS form.
    :raises CanvasNotFoundError: When there is none; the message names the parameter.
    """
    try:
        return await canvas.courses.get(course_id=course_id, include=COURSE_INCLUDES)
    except CanvasNotFoundError as error:
        error.args = (f"{parameter} {course_id!r}: {error}",)
        raise


async def read_pair(
    canvas: Canvas[AsyncIO],
    *,
    destination_course_id: Id,
    content_migration_id: Id,
    source_course_id: Id | None,
    selected: Selected | None,
    checks: Collection[str],
) -> tuple[CourseContent, ReadCopy]:
    """Read one copy, and return the source with its content, and the copy.

    Content is listed last, so that a copy that cannot be reconciled costs few requests.

    :param canvas: An asynchronous client.
    :param destination_course_id: The course that was copied into: a number or an SIS form.
    :param content_migration_id: The content migration of the copy.
    :param source_course_id: The course that was copied, if Canvas does not tell: a number or an SIS form.
    :param selected: What the copy selected.
    :param checks: The checks that will run.
    :raises CanvasInputError: If the copy is not completed, copied another course, or has no mapping.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    destination = await read_course_of(canvas, "destination_course_id", destination_course_id)
    migration, others = await read_migration(canvas, destination["id"], content_migration_id, checks)
    known = {destination["id"]: destination}
    if source_course_id is not None and not str(source_course_id).isdecimal():
        named = await read_course_of(canvas, "source_course_id", source_course_id)
        known[named["id"]] = named
        source_course_id = named["id"]
    source_id = source_id_of(migration, source_course_id)

    async def source_course() -> Course:
        return known.get(source_id) or await fetch_source(canvas, source_id, f"content_migration {migration['id']}")

    async with task_group() as group:
        source = group.create_task(source_course())
        records = group.create_task(_read_records(canvas, destination["id"], migration, others))
    async with task_group() as group:
        source_content = group.create_task(read_source(canvas, source.result(), checks))
        copy = group.create_task(_read_destination(canvas, destination, records.result(), checks))
    content = source_content.result()
    await read_selected_pages(canvas, content, copy.result(), selected)
    return content, copy.result()


async def read_copy(
    canvas: Canvas[AsyncIO], destination_course_id: Id, content_migration_id: Id, source_id: Id, checks: Collection[str]
) -> ReadCopy:
    """Read a copy without its source, which many copies share.

    :param canvas: An asynchronous client.
    :param destination_course_id: The number of the course that was copied into.
    :param content_migration_id: The content migration of the copy.
    :param source_id: The number of the course that was copied.
    :param checks: The checks that will run.
    :raises CanvasInputError: If the copy is not completed, copied another course, or has no mapping.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    async with task_group() as group:
        course = group.create_task(_read_destination_course(canvas, destination_course_id))
        migrations = group.create_task(read_migration(canvas, destination_course_id, content_migration_id, checks))
    migration, others = migrations.result()
    source_id_of(migration, source_id)
    records = await _read_records(canvas, destination_course_id, migration, others)
    return await _read_destination(canvas, course.result(), records, checks)


async def read_migration(
    canvas: Canvas[AsyncIO], course_id: Id, content_migration_id: Id, checks: Collection[str]
) -> tuple[ContentMigration, list[ContentMigration]]:
    """Return a completed content migration, and others of the course if a check needs them.

    The first page of the listing has the other copies of a course too, and costs one request like the record alone.
    What the listing does not show, such as the sync of a blueprint, is read by itself.

    :raises CanvasInputError: If the migration is not completed.
    :raises CanvasNotFoundError: If there is none with this id.
    """
    others = await read_newest_migrations(canvas, course_id, checks)
    migration = next((each for each in others if str(each["id"]) == str(content_migration_id)), None)
    if migration is None:
        migration = await canvas.content_migrations.get(course_id=course_id, content_migration_id=content_migration_id)
    if migration.get("workflow_state") != "completed":
        raise CanvasInputError(
            f"content_migration {migration['id']} is {migration.get('workflow_state')}: "
            "only a completed course copy can be reconciled. Wait for it first, with CanvasCourseCopyOperator."
        )
    return migration, others


async def read_newest_migrations(
    canvas: Canvas[AsyncIO], course_id: Id, checks: Collection[str]
) -> list[ContentMigration]:
    """Return the first page of a course's content migrations, the newest first, if a check of links needs them."""
    if "links" not in checks and "lti" not in checks:
        return []
    pages = cast("AsyncGenerator[list[ContentMigration]]", canvas.content_migrations.list.pages(course_id=course_id))
    async with aclosing(pages):
        return await anext(pages, [])


async def read_source(canvas: Canvas[AsyncIO], course: Course, checks: Collection[str]) -> CourseContent:
    """Read the content of a source, and which courses were copied into it before: links may lead there, too.

    :param canvas: An asynchronous client.
    :param course: The record of the source.
    :param checks: The checks that will run.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    async with task_group() as group:
        content = group.create_task(read_content(canvas, course, further_listings(checks, of_destination=False)))
        migrations = group.create_task(read_newest_migrations(canvas, course["id"], checks))
    return replace(content.result(), source_course_ids=_sources_of(migrations.result(), course["id"]))


def _sources_of(migrations: Iterable[ContentMigration], course_id: int) -> tuple[str, ...]:
    """Return the recorded sources of content migrations, each once, without the course itself."""
    sources = map(recorded_source_id, migrations)
    return tuple(dict.fromkeys(str(each) for each in sources if each not in (None, course_id)))


async def read_selected_pages(
    canvas: Canvas[AsyncIO], source: CourseContent, copy: ReadCopy, selected: Selected | None
) -> None:
    """Read the pages of the source whose bodies tell whether a file was to come along, unless they were read before.

    :param canvas: An asynchronous client.
    :param source: The source, which keeps them.
    :param copy: The copy.
    :param selected: What the copy selected.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    began_at = ParsedMigration.parse(copy.migration).began_at
    mapping = AssetMap.parse(copy.asset_id_mapping, str(source.course["id"]), str(copy.destination.course["id"]))
    slugs = pages_to_read(selected, source.inventory, mapping, began_at)
    has_body = {str(page.get("url")) for page in source.listings["pages"] if page.get("body") is not None}

    async def read(slug: str) -> None:
        try:
            source.pages_read[slug] = await canvas.pages.get(course_id=source.course["id"], url_or_id=slug)
        except (CanvasNotFoundError, CanvasPermissionError):
            source.pages_read[slug] = None

    async with task_group() as group:
        for slug in slugs:
            if slug not in has_body and slug not in source.pages_read:
                group.create_task(read(slug))


@dataclass(frozen=True)
class _Records:
    """Canvas's records of a copy, and other copies into the same course."""

    migration: ContentMigration
    others: Sequence[ContentMigration]
    asset_id_mapping: AssetIdMapping
    issues: list[MigrationIssue]
    progress: ProgressRecord | None


async def _read_records(
    canvas: Canvas[AsyncIO], course_id: Id, migration: ContentMigration, others: Sequence[ContentMigration]
) -> _Records:
    async with task_group() as group:
        mapping = group.create_task(_read_mapping(canvas, migration, course_id))
        issues = group.create_task(
            _collect(canvas.migration_issues.list(course_id=course_id, content_migration_id=migration["id"]))
        )
        progress = group.create_task(_read_progress(canvas, migration))
    return _Records(migration, others, mapping.result(), issues.result(), progress.result())


async def _read_destination(
    canvas: Canvas[AsyncIO], course: Course, records: _Records, checks: Collection[str]
) -> ReadCopy:
    """Read the content of the destination, and return the copy with all its records."""
    return ReadCopy(
        migration=records.migration,
        source_course_ids=_sources_of((records.migration, *records.others), course["id"]),
        asset_id_mapping=records.asset_id_mapping,
        issues=records.issues,
        progress=records.progress,
        destination=await read_content(canvas, course, further_listings(checks, of_destination=True)),
    )


async def _read_destination_course(canvas: Canvas[AsyncIO], course_id: Id) -> Course:
    try:
        return await canvas.courses.get(course_id=course_id, include=COURSE_INCLUDES)
    except (CanvasNotFoundError, CanvasPermissionError) as error:
        problem = "was deleted, or does not exist" if isinstance(error, CanvasNotFoundError) else "cannot be read"
        error.args = (f"Course {course_id}, the destination, {problem}: {error}",)
        raise


async def _read_mapping(canvas: Canvas[AsyncIO], migration: ContentMigration, course_id: Id) -> AssetIdMapping:
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


async def _read_progress(canvas: Canvas[AsyncIO], migration: ContentMigration) -> ProgressRecord | None:
    """Return the Progress of a migration; None if it cannot be read. Canvas deletes old ones."""
    progress_id = progress_id_of(migration)
    if progress_id is None:
        return None
    try:
        return await canvas.progress.get(progress_id=progress_id)
    except (CanvasNotFoundError, CanvasPermissionError):
        return None


async def _collect(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]
