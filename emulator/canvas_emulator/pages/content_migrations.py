"""Content migrations: listing, showing, starting and re-running them, and the mapping that they leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from canvas_emulator.effects.folders import root_folder
from canvas_emulator.effects.mapping import asset_id_mapping
from canvas_emulator.jobs import content_migration as job
from canvas_emulator.jobs.migration_settings import BLUEPRINT_TYPE, COPY_TYPES
from canvas_emulator.machines.content_migration import Stored, reported
from canvas_emulator.machines.migration_reports import copy_percentage
from canvas_emulator.model.content import File
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.pages import file_shape, migrators
from canvas_emulator.pages.content_migration_requests import (
    attach_export,
    begin_upload,
    holds,
    read_create,
    read_update,
)
from canvas_emulator.pages.contexts import context_of, in_contexts, writable_context
from canvas_emulator.pages.progress import note_poll
from canvas_emulator.pages.selective_data import selective_data
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, bad_request, not_found, stamp

PATHS = in_contexts("/content_migrations")
WITHOUT_FILE = frozenset({Stored.PRE_PROCESSING, Stored.PRE_PROCESS_ERROR})


def index(request: Request) -> Response:
    """GET the migrations into a context, newest first. The Link header names a course, whatever the context is."""
    context = context_of(request)
    root_folder(request.world, context)
    known = request.world.migrations_of(context.id, context.type)[::-1]
    rows = [migration for migration in known if migration.migration_type != BLUEPRINT_TYPE]
    for migration in rows:
        _give_up_upload(request, migration)
    return listing(replace(request, path=f"/api/v1/courses/{context.id}/content_migrations"), rows, shape)


def show(request: Request) -> Response:
    """GET one migration."""
    migration = migration_of(request, "id")
    _give_up_upload(request, migration)
    if (progress := request.world.tables.progress.get(migration.progress_id or 0)) is not None:
        note_poll(request.world, progress)
    return Response(shape(request, migration, includes_audit=request.includes("audit_info")))


def create(request: Request) -> Response:
    """POST a migration: it is queued, held for a selection or an upload, or only recorded."""
    context = writable_context(request)
    wanted = read_create(request, context)
    world, now = request.world, request.world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=context.id,
        context_type=context.type,
        user_id=request.user.id,
        migration_type=wanted.migration_type,
        source_course_id=wanted.source_course_id,
        migration_settings=wanted.migration_settings,
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    return _go_on(request, migration)


def update(request: Request) -> Response:
    """PUT a migration: any PUT, even an empty one, runs the migration again."""
    writable_context(request)
    migration = migration_of(request, "id")
    wanted = read_update(request, migration)
    migration.migration_settings = wanted.migration_settings
    migration.source_course_id = wanted.source_course_id
    migration.updated_at = request.world.clock.now()
    return _go_on(request, migration)


def mapping(request: Request) -> Response:
    """GET where each row of the source course went."""
    migration = migration_of(request, "id")
    if migration.workflow_state is not Stored.IMPORTED:
        raise bad_request("Migration is incomplete")
    if migration.source_course_id is None:
        raise bad_request("Migration is not course copy or blueprint")
    is_sync = migration.migration_type == BLUEPRINT_TYPE
    return Response(asset_id_mapping(request.world, migration.source_course_id, migration.course_id, is_sync=is_sync))


def content_list(request: Request) -> Response:
    """GET what can be selected, or with ``type`` the single things of one type."""
    return Response(selective_data(request, migration_of(request, "id"), course_path))


def list_migrators(request: Request) -> Response:
    """GET the kinds of migration that a context can have."""
    return Response(migrators.listed(context_of(request).type))


def migration_of(request: Request, name: str) -> ContentMigration:
    """Return the migration of the path, in the context of the path.

    :param name: The part of the path that has its id.
    :raises CanvasError: 404, when it is not there or in another context; 403 without the right to read.
    """
    context = context_of(request)
    migration = request.world.tables.content_migrations.get(request.id(name))
    if migration is None or Context(migration.context_type, migration.course_id) != context:
        raise not_found()
    return migration


def course_path(migration: ContentMigration) -> str:
    """Return the path of a migration as Canvas writes it: as if its context were a course, whatever it is."""
    return f"/courses/{migration.course_id}/content_migrations/{migration.id}"


def _go_on(request: Request, migration: ContentMigration) -> Response:
    """Start what the request asks for: a wait for a file or a selection, or the job."""
    world, now = request.world, request.world.clock.now()
    if "pre_attachment" in request.params:
        target = begin_upload(request, migration)
        return Response(shape(request, migration) | ({"pre_attachment": target} if target else {}))
    if request.table("settings").get("content_export_id"):
        attach_export(request, migration)
    if holds(request, migration.migration_type) and migration.migration_type == migrators.COURSE_COPY:
        job.hold(world, migration, now)
    elif not request.parse_bool("do_not_run"):
        job.queue(world, migration, now)
    return Response(shape(request, migration))


def _give_up_upload(request: Request, migration: ContentMigration) -> None:
    """Fail a migration whose upload timed out, in the primary database although the request only reads."""
    world = request.world.primary
    job.give_up_upload(world, world.tables.content_migrations[migration.id], world.clock.now())


def shape(request: Request, migration: ContentMigration, *, includes_audit: bool = False) -> dict[str, Any]:
    """Render a ContentMigration. Of its settings, it shows only the source course.

    :param includes_audit: Whether everybody sees what was asked for, and not administrators only.
    """
    path = course_path(migration)
    payload: dict[str, Any] = {
        "id": migration.id,
        "user_id": migration.user_id,
        "workflow_state": reported(migration.workflow_state, imports_immediately=migration.imports_immediately),
        "started_at": stamp(migration.started_at),
        "finished_at": stamp(migration.finished_at),
        "migration_type": migration.migration_type,
        "created_at": stamp(migration.created_at),
        "migration_issues_url": request.api_url(path + "/migration_issues"),
        "migration_issues_count": len(request.world.issues_of(migration)),
    }
    if (source := request.world.tables.courses.get(migration.source_course_id or 0)) is not None:
        payload["settings"] = {
            "source_course_id": source.id,
            "source_course_name": source.name,
            "source_course_html_url": request.url(f"/courses/{source.id}"),
        }
    if (file := _attachment(request, migration)) is not None:
        payload["attachment"] = file_shape.shape(request, file)
    if migration.progress_id is not None:
        payload["progress_url"] = request.api_url(f"/progress/{migration.progress_id}")
    if (migrator := migrators.MIGRATORS.get(migration.migration_type)) is not None and migrator.title is not None:
        payload["migration_type_title"] = migrator.title
    if includes_audit or request.user.is_admin:
        payload["audit_info"] = _audit_info(request, migration)
    return payload


def _attachment(request: Request, migration: ContentMigration) -> File | None:
    """Return the file of a migration, as long as it shows."""
    file = request.world.anywhere(File, migration.attachment_id or 0)
    days = timedelta(days=request.world.settings.attachment_days)
    return file if file is not None and request.world.clock.now() <= file.created_at + days else None


def _audit_info(request: Request, migration: ContentMigration) -> dict[str, Any]:
    """Tell what was asked for, as it was stored, and what Canvas added to it."""
    return {
        "id": migration.id,
        "user_id": migration.user_id,
        "migration_settings": migration.migration_settings,
        "started_at": stamp(migration.started_at),
        "finished_at": stamp(migration.finished_at),
        "created_at": stamp(migration.created_at),
        "updated_at": stamp(migration.updated_at),
        "progress": _percentage(request, migration),
        "context_type": migration.context_type,
        "source_course_id": migration.source_course_id,
        "migration_type": migration.migration_type,
    }


def _percentage(request: Request, migration: ContentMigration) -> float | None:
    """Return the percentage in ``audit_info``: of a course copy with the export of its source."""
    progress = request.world.tables.progress.get(migration.progress_id or 0)
    completion = (progress and progress.completion) or 0.0
    if migration.migration_type in COPY_TYPES:
        return copy_percentage(migration.workflow_state, migration.export_completion, completion)
    if migration.workflow_state in WITHOUT_FILE and migration.attachment_id is None and not request.params:
        return 0  # an integer until the first job, except in the response to the POST
    return None if migration.workflow_state is Stored.CREATED else completion


ROUTES = (
    *(
        route
        for path in PATHS
        for route in (
            Route("GET", path, index, secondary=True),
            Route("POST", path, create),
            Route("GET", path + "/migrators", list_migrators),  # before ``{id}``, which it would be otherwise
            Route("GET", path + "/{id}", show, secondary=True),
            Route("PUT", path + "/{id}", update),
            Route("GET", path + "/{id}/selective_data", content_list),
        )
    ),
    Route("GET", "/courses/{course_id}/content_migrations/{id}/asset_id_mapping", mapping),
)
