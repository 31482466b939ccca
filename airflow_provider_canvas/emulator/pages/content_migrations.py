"""Content migrations: listing, showing, starting and re-running them, and the mapping that they leave."""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.emulator.effects.mapping import asset_id_mapping
from airflow_provider_canvas.emulator.jobs import content_migration as job
from airflow_provider_canvas.emulator.machines.content_migration import Stored, reported
from airflow_provider_canvas.emulator.pages import migrators
from airflow_provider_canvas.emulator.pages.content_migration_requests import read_create, read_update
from airflow_provider_canvas.emulator.records import ContentMigration
from airflow_provider_canvas.emulator.wire.answers import Answer, bad_request, not_found, stamp
from airflow_provider_canvas.emulator.wire.pagination import listing
from airflow_provider_canvas.emulator.wire.request import Request, Route

PATH = "/courses/{course_id}/content_migrations"


def index(request: Request) -> Answer:
    """GET the migrations into a course, newest first."""
    course = request.course()
    return listing(request, request.world.migrations_of(course.id)[::-1], shape)


def show(request: Request) -> Answer:
    """GET one migration."""
    migration = migration_of(request, "id")
    payload = shape(request, migration)
    if request.includes("audit_info"):
        payload["audit_info"] = _audit_info(request, migration)
    return Answer(payload)


def create(request: Request) -> Answer:
    """POST a migration: it is queued, held for a selection, or only recorded."""
    course = request.writable_course()
    wanted = read_create(request)
    world, now = request.world, request.world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=course.id,
        user_id=request.user.id,
        migration_type=wanted.migration_type,
        source_course_id=wanted.source_course_id,
        migration_settings=wanted.migration_settings,
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    return _go_on(request, migration)


def update(request: Request) -> Answer:
    """PUT a migration: whatever it says, even nothing, runs the migration again."""
    request.writable_course()
    migration = migration_of(request, "id")
    wanted = read_update(request, migration)
    migration.migration_settings = wanted.migration_settings
    migration.source_course_id = wanted.source_course_id
    migration.updated_at = request.world.clock.now()
    return _go_on(request, migration)


def mapping(request: Request) -> Answer:
    """GET where each row of the source course went."""
    migration = migration_of(request, "id")
    if migration.workflow_state is not Stored.IMPORTED:
        raise bad_request("Migration is incomplete")
    if migration.source_course_id is None:
        raise bad_request("Migration is not course copy or blueprint")
    return Answer(asset_id_mapping(request.world, migration.source_course_id, migration.course_id))


def list_migrators(request: Request) -> Answer:
    """GET the kinds of migration that a course can have."""
    request.course()
    return Answer(migrators.listed())


def migration_of(request: Request, name: str) -> ContentMigration:
    """Return the migration of the path, in the course of the path.

    :param name: the part of the path that has its id.
    :raises CanvasError: 404, when it is not there or in another course; 403 without the right to read.
    """
    course = request.course()
    migration = request.world.tables.content_migrations.get(request.id(name))
    if migration is None or migration.course_id != course.id:
        raise not_found()
    return migration


def _go_on(request: Request, migration: ContentMigration) -> Answer:
    """Let happen what was asked for: nothing yet, a wait for a selection, or the job."""
    now = request.world.clock.now()
    if request.flag("do_not_run") or "pre_attachment" in request.params:
        return Answer(shape(request, migration))
    if request.flag("selective_import"):
        job.hold(request.world, migration, now)
    else:
        job.queue(request.world, migration, now)
    return Answer(shape(request, migration))


def shape(request: Request, migration: ContentMigration) -> dict[str, Any]:
    """Render a ContentMigration. Of its settings, only the source course is told."""
    path = f"/courses/{migration.course_id}/content_migrations/{migration.id}"
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
    if migration.progress_id is not None:
        payload["progress_url"] = request.api_url(f"/progress/{migration.progress_id}")
    if (migrator := migrators.MIGRATORS.get(migration.migration_type)) is not None:
        payload["migration_type_title"] = migrator.title
    return payload


def _audit_info(request: Request, migration: ContentMigration) -> dict[str, Any]:
    """Tell what was asked for, as it was stored."""
    progress = request.world.tables.progress.get(migration.progress_id or 0)
    return {
        "id": migration.id,
        "user_id": migration.user_id,
        "migration_settings": migration.migration_settings,
        "started_at": stamp(migration.started_at),
        "finished_at": stamp(migration.finished_at),
        "created_at": stamp(migration.created_at),
        "updated_at": stamp(migration.updated_at),
        "progress": progress and progress.completion,
        "context_type": "Course",
        "source_course_id": migration.source_course_id,
        "migration_type": migration.migration_type,
    }


ROUTES = (
    Route("GET", PATH, index),
    Route("POST", PATH, create),
    Route("GET", PATH + "/migrators", list_migrators),  # before `{id}`, which it would be otherwise
    Route("GET", PATH + "/{id}", show),
    Route("PUT", PATH + "/{id}", update),
    Route("GET", PATH + "/{id}/asset_id_mapping", mapping),
)
