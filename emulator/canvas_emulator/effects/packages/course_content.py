"""The content of a course that goes into a package."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

from canvas_emulator.effects.copy import live_course
from canvas_emulator.effects.link_placeholders import Placeholders
from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.effects.packages.file_paths import file_placeholder, paths_of
from canvas_emulator.effects.selection import chosen_rows, selects
from canvas_emulator.model.content import Content, File, Folder
from canvas_emulator.model.course import Course
from canvas_emulator.model.world import World

C = TypeVar("C", bound=Content)

KEY = re.compile(r"\bg[0-9a-f]{32}\b")
"""A migration id."""


class CourseContent:
    """The content of a course that goes into a package.

    :param world: The world of the course.
    :param course: The course.
    :param options: What to take, as ``copy`` options.
    """

    def __init__(self, world: World, course: Course, options: Mapping[str, Any]) -> None:
        self.world, self.course, self._options = world, course, options
        origin = live_course(world, course, course.id)
        self._chosen: dict[type[Content], dict[int, Content]] = {kind: {} for kind in origin.rows}
        for row in chosen_rows(origin.rows, self.key, options, origin.shown, course.syllabus_body):
            self._chosen[type(row)][row.id] = row
        self.folders = {row.id: row for row in world.rows(Folder, course.id)}
        paths = paths_of(sorted(world.rows(File, course.id), key=lambda file: file.deleted), self.folders)
        self.paths: Mapping[int, str] = paths
        """Where files are below those of the course, by id; deleted ones, to which links may lead, among them."""
        self._links = Placeholders(world, course.id, self._file_placeholder, pages_by_slug=True)
        self.linked_files: set[int] = set()
        """The files to which the HTML that was written so far leads."""

    def html(self, html: str) -> str:
        """Return HTML as packages have it: with placeholders for links."""
        return self._links.write(html)

    def all(self, kind: type[C]) -> Iterator[C]:
        """Return the rows of a kind."""
        yield from self._chosen[kind].values()  # type: ignore[misc]  # the key is the row's type

    def find(self, kind: type[C], row_id: int | None) -> C | None:
        """Return a row of a kind, if it goes into the package."""
        return self._chosen[kind].get(row_id or 0)  # type: ignore[return-value]  # the key is the row's type

    def selects(self, name: str) -> bool:
        """Tell whether ``course_settings`` or ``syllabus_body`` goes into the package."""
        return selects(self._options, name)

    def with_own_keys(self, text: str) -> str:
        """Return the text of the package that rows came from, with their keys in this course."""
        return KEY.sub(lambda match: self._own_keys.get(match[0], match[0]), text)

    @cached_property
    def _own_keys(self) -> Mapping[str, str]:
        rows = (row for rows in self._chosen.values() for row in rows.values())
        return {row.migration_id: self.key(row) for row in rows if row.migration_id}

    def _file_placeholder(self, file: File, rest: str) -> str:
        self.linked_files.add(file.id)
        return file_placeholder(self.paths[file.id], rest)

    def key(self, row: Content) -> str:
        """Return the migration id of a row."""
        return migration_id(type(row), row.id)
