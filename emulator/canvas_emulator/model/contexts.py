"""Contexts of migrations and files: accounts, courses, groups and users, with rights and quotas."""

from __future__ import annotations

from dataclasses import dataclass

from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import User
from canvas_emulator.model.rights import rights
from canvas_emulator.model.world import World

MEGABYTE = 1024 * 1024
SMALL_QUOTA = 50 * MEGABYTE
"""How many bytes a group or a user may keep."""


@dataclass(frozen=True)
class Context:
    """A context by type and id: a course and a group may have the same id.

    :param type: The kind of context.
    :param id: Its id.
    """

    type: ContextType
    id: int


def of_course(course_id: int) -> Context:
    """Return the context that a course is."""
    return Context(ContextType.COURSE, course_id)


def may_read(world: World, user: User, context: Context) -> bool:
    """Tell whether a user may see the migrations and files of a context, as its managers may."""
    return _may(world, user, context, "read_as_admin")


def may_see_files(world: World, user: User, context: Context) -> bool:
    """Tell whether a user may see the files of a context; students may see those of a course, but no packages."""
    return _may(world, user, context, "read_files" if context.type is ContextType.COURSE else "read_as_admin")


def may_write(world: World, user: User, context: Context) -> bool:
    """Tell whether a user may bring content into a context."""
    return _may(world, user, context, "manage_course_content_add")


def quota(world: World, context: Context) -> int | None:
    """Return how many bytes of files a context may have; None for no limit."""
    match context.type:
        case ContextType.COURSE:
            return world.tables.courses[context.id].storage_quota_mb * MEGABYTE
        case ContextType.GROUP | ContextType.USER:
            return SMALL_QUOTA
        case _:
            return None


def owner(world: World, context: Context) -> Context:
    """Return the context whose rights and quota apply: files of a migration or an export belong to its own context."""
    tables = world.tables
    if context.type is ContextType.CONTENT_MIGRATION:
        migration = tables.content_migrations[context.id]
        return Context(migration.context_type, migration.course_id)
    if context.type is ContextType.CONTENT_EXPORT:
        export = tables.content_exports[context.id]
        return Context(export.context_type, export.context_id)
    return context


def _may(world: World, user: User, context: Context, right: str) -> bool:
    context = owner(world, context)
    match context.type:
        case _ if user.is_admin:
            return True
        case ContextType.COURSE:
            course: Course | None = world.tables.courses.get(context.id)
            return course is not None and right in rights(world, user, course)
        case ContextType.GROUP:
            return user.id in world.tables.groups[context.id].member_ids
        case ContextType.USER:
            return user.id == context.id
        case _:
            return False
