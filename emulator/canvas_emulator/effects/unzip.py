"""Importing a plain zip file: its files go into a folder of a course, a group or a user, and replace those there."""

from __future__ import annotations

from datetime import datetime

from canvas_emulator.effects.folders import folder_at
from canvas_emulator.effects.packages.package import Package
from canvas_emulator.model.content import DELETED, File, Folder
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.wire.parameters import number


def unzip(world: World, migration: ContentMigration, package: Package, at: datetime) -> None:
    """Put the files of a package where the migration wants them: `settings[folder_id]`, or the root."""
    context = Context(migration.context_type, migration.course_id)
    folder_id = number(str(migration.migration_settings.get("folder_id", ""))) or 0
    below = world.find(Folder, context.id, folder_id, context.type)
    paths = {row.id: row.full_name for row in package.rows[Folder].values() if isinstance(row, Folder)}
    for row in package.rows[File].values():
        if isinstance(row, File):
            # The first name of a path in the package is that of its own root.
            path = paths.get(row.folder_id or 0, "").partition("/")[2]
            _put(world, context, row, folder_at(world, context, path, below=below), at)


def _put(world: World, context: Context, row: File, folder: Folder, at: datetime) -> None:
    for other in world.live(File, context.id, context.type):
        if (other.folder_id, other.title) == (folder.id, row.title):
            other.workflow_state, other.updated_at = DELETED, at
    world.add(
        File(
            course_id=context.id,
            context_type=context.type,
            title=row.title,
            content_type=row.content_type,
            size=row.size,
            data=row.data,
            folder_id=folder.id,
            created_at=at,
        )
    )
