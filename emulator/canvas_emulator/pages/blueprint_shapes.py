"""What both sides of a blueprint show: its changes and its migrations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from canvas_emulator.effects.mapping import blueprint_key, migration_id
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.machines.migration_reports import BLUEPRINT_STATES
from canvas_emulator.model.content import (
    MAPPED_KINDS,
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.records import BlueprintMigration, BlueprintSubscription, ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

ASSET_TYPES: Mapping[type[Content], str] = {
    Assignment: "assignment",
    Announcement: "announcement",
    File: "attachment",
    ModuleItem: "content_tag",
    Module: "context_module",
    DiscussionTopic: "discussion_topic",
    Quiz: "quiz",
    Page: "wiki_page",
}
"""What the list of changes calls the kinds."""

Change = tuple[Content, str]
"""A row, and what became of it: ``created`` or ``updated``."""


def changed(world: World, migration: ContentMigration) -> list[Change]:
    """Return what a migration made or changed in the course that follows."""
    return [(row, change) for row, _, change in _pairs(world, migration)]


def changed_at_source(world: World, migration: ContentMigration) -> list[Change]:
    """Return the same as rows of the blueprint."""
    return [(source, change) for _, source, change in _pairs(world, migration)]


def change_shape(request: Request, change: Change) -> dict[str, Any]:
    """Render a ChangeRecord. Nothing is ever in the way of a blueprint here, so that there are no exceptions."""
    row, change_type = change
    return {
        "asset_id": row.id,
        "asset_type": ASSET_TYPES[type(row)],
        "asset_name": row.title,
        "change_type": change_type,
        "html_url": request.url(row.path),
        "locked": False,
        "exceptions": [],
    }


def _pairs(world: World, migration: ContentMigration) -> list[tuple[Content, Content, str]]:
    """Return the rows that a migration made or changed, each with the one that it came from."""
    since = migration.started_at
    if migration.workflow_state is not Stored.IMPORTED or since is None or migration.source_course_id is None:
        return []
    changes: list[tuple[Content, Content, str]] = []
    for kind in MAPPED_KINDS:
        sources = {
            blueprint_key(migration.source_course_id, migration_id(kind, row.id)): row
            for row in world.rows(kind, migration.source_course_id)
        }
        for row in world.live(kind, migration.course_id):
            source = sources.get(row.migration_id or "")
            if source is not None and row.updated_at >= since:
                changes.append((row, source, "created" if row.created_at >= since else "updated"))
    return changes


def migrations_of(world: World, subscriptions: Collection[BlueprintSubscription]) -> list[BlueprintMigration]:
    """Return the migrations of some subscriptions, newest first."""
    rows = world.tables.blueprint_migrations.values()
    return [row for row in rows if row.subscription in subscriptions][::-1]


def content_migration_of(world: World, row: BlueprintMigration) -> ContentMigration:
    """Return the content migration that does the work."""
    return world.tables.content_migrations[row.content_migration_id]


def migration_shape(request: Request, row: BlueprintMigration) -> dict[str, Any]:
    """Render what both sides see of a BlueprintMigration: all but the ids."""
    migration = content_migration_of(request.world, row)
    done = migration.finished_at if migration.workflow_state is Stored.IMPORTED else None
    return {
        "user_id": migration.user_id,
        "workflow_state": BLUEPRINT_STATES[migration.workflow_state],
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
