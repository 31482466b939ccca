"""Copying a course's content into another."""

from __future__ import annotations

from datetime import datetime

from canvas_emulator.effects.copyable_rows import copyable_rows
from canvas_emulator.effects.course_options import COPIED_OPTIONS
from canvas_emulator.effects.folders import file_at
from canvas_emulator.effects.importing import FILE_KINDS, OTHER_KINDS, SYNC, ContentImport, Find, Origin
from canvas_emulator.effects.link_placeholders import Placeholders
from canvas_emulator.effects.link_resolver import LinkResolver
from canvas_emulator.effects.mapping import blueprint_key, migration_id
from canvas_emulator.effects.new_quizzes import duplicate_new_quizzes
from canvas_emulator.effects.resource_links import copy_resource_links
from canvas_emulator.model.content_base import Content, ContextType
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.course import Course, hidden_course
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World


def copy_files(world: World, migration: ContentMigration, at: datetime) -> None:
    """Copy the selected files and their folders."""
    _course_copy(world, migration, at).take(FILE_KINDS)


def import_content(world: World, migration: ContentMigration, at: datetime) -> None:
    """Copy all other selected content, then the course's own settings and syllabus, and its LTI resource links."""
    course_copy = _course_copy(world, migration, at)
    course_copy.take(OTHER_KINDS)
    course_copy.take_course()
    duplicate_new_quizzes(world, migration.course_id, at)
    if migration.source_course_id is not None:
        copy_resource_links(world, migration, migration.source_course_id, course_copy.copy_of, at)


def _course_copy(world: World, migration: ContentMigration, at: datetime) -> ContentImport:
    if migration.source_course_id is None:
        raise ValueError(f"migration {migration.id} has no source course")
    source = world.tables.courses.get(migration.source_course_id) or hidden_course()
    is_sync = migration.migration_type == SYNC
    return ContentImport(world, migration, live_course(world, source, migration.course_id, is_sync=is_sync), at)


def live_course(world: World, source: Course, destination_id: int, *, is_sync: bool = False) -> Origin:
    """Return a course as an origin: its rows that are not deleted, under the migration ids that Canvas computes.

    :param is_sync: Whether it is a blueprint that is synced, whose rows have other keys.
    """
    destination = Context(ContextType.COURSE, destination_id)
    placeholders = Placeholders(world, source.id)

    def key_of(kind: type[Content], row_id: int) -> str:
        return imported(migration_id(kind, row_id))

    def imported(key: str) -> str:
        return blueprint_key(source.id, key) if is_sync else key

    def rewrite(html: str, find: Find) -> tuple[str, list[str]]:
        def found(key: str) -> Content | None:
            return find(imported(key))

        resolver = LinkResolver(destination_id, world.host, found, lambda path: file_at(world, destination, path))
        return resolver.resolve(placeholders.write(html))

    options = {name: getattr(source.settings, name) for name in COPIED_OPTIONS}
    rows = copyable_rows(world, source.id)
    return Origin(source, rows, key_of, rewrite, shown=placeholders.files, settings=options)
