"""A blueprint's migrations, as far as both of its sides show the same of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from canvas_emulator.machines.blueprint import REPORTED
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.records import BlueprintMigration, BlueprintSubscription, ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.wire.answers import stamp
from canvas_emulator.wire.request import Request


def of(world: World, subscriptions: Collection[BlueprintSubscription]) -> list[BlueprintMigration]:
    """Return the migrations of some subscriptions, newest first."""
    rows = world.tables.blueprint_migrations.values()
    return [row for row in rows if row.subscription in subscriptions][::-1]


def content_migration_of(world: World, row: BlueprintMigration) -> ContentMigration:
    """Return the content migration that does the work."""
    return world.tables.content_migrations[row.content_migration_id]


def shape(request: Request, row: BlueprintMigration) -> dict[str, Any]:
    """Render what both sides see of a BlueprintMigration: all but the ids."""
    migration = content_migration_of(request.world, row)
    done = migration.finished_at if migration.workflow_state is Stored.IMPORTED else None
    return {
        "user_id": migration.user_id,
        "workflow_state": REPORTED[migration.workflow_state],
        "created_at": stamp(migration.created_at),
        "exports_started_at": stamp(migration.created_at),
        "imports_queued_at": stamp(migration.started_at),
        "imports_completed_at": stamp(done),
        "comment": row.comment,
    }


def course_shape(request: Request, course_id: int) -> dict[str, Any]:
    """Render a course, in few words."""
    course = request.world.tables.courses[course_id]
    term = request.world.tables.terms.get(course.enrollment_term_id)
    return {
        "id": course.id,
        "name": course.name,
        "course_code": course.course_code,
        "term_name": term.name if term else None,
        "sis_course_id": course.sis_course_id,
    }
