"""Copying a course at once, without a server."""

from __future__ import annotations

from datetime import datetime

from canvas_emulator.effects.copy import copy_files, import_content
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World


def copy_course(world: World, source_id: int, course_id: int, at: datetime | None = None) -> ContentMigration:
    """Copy everything, and record a completed migration."""
    at = at or world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=course_id,
        user_id=next(iter(world.tables.users)),
        migration_type="course_copy_importer",
        source_course_id=source_id,
        migration_settings={"source_course_id": source_id, "copy_options": {"everything": True}},
        workflow_state=Stored.IMPORTED,
        created_at=at,
        updated_at=at,
        started_at=at,
        finished_at=at,
    )
    world.add_migration(migration)
    copy_files(world, migration, at)
    import_content(world, migration, at)
    return migration
