"""Importing into an existing module: imported content becomes items of it, and no module is imported."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from canvas_emulator.model.content import (
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World

INSERTED: Mapping[str, tuple[type[Content], str]] = {
    "assignment": (Assignment, "Assignment"),
    "discussion_topic": (DiscussionTopic, "Discussion"),
    "file": (File, "File"),
    "page": (Page, "Page"),
    "quiz": (Quiz, "Quiz"),
}
"""By the value of ``insert_into_module_type``: the kind of content, and the type of its items."""


class ModuleInsertion:
    """The existing module into which a migration adds items, if ``settings[insert_into_module_id]`` names one.

    :param world: The world of the migration.
    :param migration: The migration, whose settings name the module.
    """

    def __init__(self, world: World, migration: ContentMigration) -> None:
        settings = migration.migration_settings
        self._world = world
        self._module = world.find(Module, migration.course_id, _number(settings, "insert_into_module_id") or 0)
        self._position = _number(settings, "insert_into_module_position")
        wanted = str(settings.get("insert_into_module_type") or "")
        self._types = {kind: item_type for name, (kind, item_type) in INSERTED.items() if wanted in ("", name)}

    def importable(self, kinds: Collection[type[Content]]) -> Collection[type[Content]]:
        """Return the kinds that are imported: modules and items only if there is no module to insert into."""
        return kinds if self._module is None else [kind for kind in kinds if kind not in (Module, ModuleItem)]

    def insert(self, rows: Sequence[Content]) -> None:
        """Add items for imported rows that the module does not show yet, at the position requested or at the end."""
        if self._module is None:
            return
        items = [
            row for row in self._world.live(ModuleItem, self._module.course_id) if row.module_id == self._module.id
        ]
        shown = {(item.type, item.content_id) for item in items}
        new = [row for row in rows if self._is_wanted(row) and (self._types[type(row)], row.id) not in shown]
        at = min(self._position or len(items) + 1, len(items) + 1)
        for item in items:
            if item.position >= at:
                item.position += len(new)
        for position, row in enumerate(new, start=at):
            self._world.add(
                ModuleItem(
                    course_id=row.course_id,
                    title=row.title,
                    module_id=self._module.id,
                    type=self._types[type(row)],
                    content_id=row.id,
                    position=position,
                )
            )

    def _is_wanted(self, row: Content) -> bool:
        is_shell = isinstance(row, Assignment) and bool(row.quiz_id or row.discussion_topic_id)
        return type(row) in self._types and not is_shell


def _number(settings: Mapping[str, Any], name: str) -> int | None:
    return parse_int(str(settings.get(name, "")))
