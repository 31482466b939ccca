"""A course that another one was copied into, and what of both belongs together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from canvas_emulator.effects.html_places import Place, places
from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    CalendarEvent,
    Content,
    DiscussionTopic,
    File,
    LtiResourceLink,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.world import World

C = TypeVar("C", bound=Content)

PAIRED: tuple[type[Content], ...] = (
    Announcement,
    Assignment,
    CalendarEvent,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
COPY = "course_copy_importer"


class CopiedCourse:
    """A destination and the course that was copied into it last.

    :param world: The world of both.
    :param source_id: The course that was copied.
    :param course_id: The destination.
    """

    def __init__(self, world: World, source_id: int, course_id: int) -> None:
        self.world, self.source_id, self.course_id = world, source_id, course_id
        self.source, self.here = f"/courses/{source_id}", f"/courses/{course_id}"
        self.changed: set[Content] = set()
        """The rows of the destination that were removed, unpublished or renamed: no other link leads there."""
        self._pairs: dict[tuple[type[Content], bool, int], list[Any]] = {}
        """The results of ``pairs``, as long as no further row is changed."""
        self._copies = {
            row.migration_id: row for kind in PAIRED for row in world.rows(kind, course_id) if row.migration_id
        }
        self.others: list[int] = []
        """Further courses that were copied, or copied into: links to them are no accident of this copy."""
        self.places = list(places(world, course_id))

    def pairs(self, kind: type[C], *, changed: bool = False) -> list[tuple[C, C]]:
        """Return the rows of a kind that are in both courses, each with its copy, by id.

        :param changed: Return those whose copy was removed instead.
        """
        key = (kind, changed, len(self.changed))
        if key in self._pairs:
            return self._pairs[key]
        found: list[tuple[C, C]] = []
        for row in self.world.live(kind, self.source_id):
            copy = self._copies.get(migration_id(kind, row.id))
            if isinstance(copy, kind) and (copy.deleted if changed else not copy.deleted and copy not in self.changed):
                found.append((row, copy))
        self._pairs[key] = found
        return found

    def copy_of(self, row: C) -> C | None:
        """Return the copy of a row of the source, deleted or not."""
        copy = self._copies.get(migration_id(type(row), row.id))
        return copy if isinstance(copy, type(row)) else None

    def items_of(self, row: Content) -> list[ModuleItem]:
        """Return the module items of the destination that show a row."""
        return [
            item
            for item in self.world.live(ModuleItem, self.course_id)
            if item.content_id == row.id and item.type in ("Page", "File")
        ]

    def links(self) -> list[LtiResourceLink]:
        """Return the LTI resource links of the destination."""
        return self.world.live(LtiResourceLink, self.course_id)

    def live_places(self) -> Iterator[Place]:
        """Yield the places of the destination that are still there."""
        for place in self.places:
            if not (isinstance(place.owner, Content) and place.owner.deleted):
                yield place


def copied_courses(world: World) -> list[CopiedCourse]:
    """Return the courses that were copied into, by id, each with the source of its newest completed copy."""
    sources: dict[int, int] = {}
    for migration in world.tables.content_migrations.values():
        is_copy = migration.migration_type == COPY and migration.workflow_state is Stored.IMPORTED
        source = world.tables.courses.get(migration.source_course_id or 0)
        if is_copy and source is not None and source.workflow_state != "deleted":
            sources[migration.course_id] = source.id
    return [CopiedCourse(world, source_id, course_id) for course_id, source_id in sorted(sources.items())]
