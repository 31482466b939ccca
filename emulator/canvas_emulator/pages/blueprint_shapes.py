"""What both sides of a blueprint show: its changes and its migrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canvas_emulator.effects.mapping import blueprint_key, migration_id
from canvas_emulator.jobs.blueprint import completed_at, state
from canvas_emulator.machines.content_migration import Stored
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
from canvas_emulator.model.records import BlueprintMigration, ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.pages.user_shapes import user_display
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
"""A row, and what became of it: ``created``, ``updated`` or ``deleted``."""


def changed(world: World, migration: ContentMigration) -> list[tuple[Content, Content, str]]:
    """Return what a migration made or changed: the row, the row of the blueprint, and what became of it."""
    since = migration.work_began_at
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


def change_shape(request: Request, change: Change) -> dict[str, Any]:
    """Render a ChangeRecord, as the list of unsynced changes has it."""
    row, change_type = change
    return {
        "asset_id": row.id,
        "asset_type": ASSET_TYPES[type(row)],
        "asset_name": row.title,
        "change_type": change_type,
        "html_url": request.url(row.path),
        "locked": _is_locked(request, row),
    }


def _is_locked(request: Request, row: Content) -> bool:
    templates = request.world.tables.blueprint_templates.values()
    return any(each.course_id == row.course_id and (row.KIND, row.id) in each.restricted for each in templates)


def detail_shape(request: Request, change: Change) -> dict[str, Any]:
    """Render a ChangeRecord of a sync. Nothing is ever in the way of one here, so that there are no exceptions."""
    return change_shape(request, change) | {"exceptions": []}


def migration_shape(request: Request, row: BlueprintMigration) -> dict[str, Any]:
    """Render what both sides see of a BlueprintMigration: all but the ids."""
    world = request.world
    return {
        "user_id": row.user_id,
        "workflow_state": state(world, row),
        "created_at": stamp(row.created_at),
        "exports_started_at": stamp(row.exports_started_at),
        "imports_queued_at": stamp(row.imports_queued_at),
        "imports_completed_at": stamp(completed_at(world, row)),
        "comment": row.comment,
        "user": user_display(request, world.tables.users[row.user_id]),
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
