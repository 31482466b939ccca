"""Collecting the rows of a package that is being read."""

from __future__ import annotations

from itertools import count
from typing import TypeVar

from canvas_emulator.effects.packages.package import Package, PackageKind, SourceCourse
from canvas_emulator.model.content import CONTENT_KINDS, Content, Course

C = TypeVar("C", bound=Content)


class PackageBuilder:
    """What was read so far. References of rows to each other are the ids that `add` and `id_of` give."""

    def __init__(self) -> None:
        self.rows: dict[type[Content], dict[int, Content]] = {kind: {} for kind in CONTENT_KINDS}
        self.course = Course(0, "", "", 0, 0)
        self.has_settings = False
        self.source: SourceCourse | None = None
        self.paths: dict[str, str] = {}
        self.warnings: list[str] = []
        self._ids: dict[str, int] = {}
        self._next = count(1)

    def id_of(self, key: str) -> int:
        """Return the id, within the package, of the row of a migration id, which may still be to come."""
        return self._ids.setdefault(key, 0) or self._give(key)

    def add(self, row: C) -> C:
        """Add a row under its migration id."""
        row.id = self.id_of(row.migration_id or "")
        self.rows[type(row)][row.id] = row
        return row

    def find(self, kind: type[C], key: str) -> C | None:
        """Return the row of a migration id, if it is there already."""
        return self.rows[kind].get(self._ids.get(key, 0))  # type: ignore[return-value]  # the key is the row's type

    def warn(self, message: str) -> None:
        """Remember something that could not be read."""
        self.warnings.append(message)

    def build(self, kind: PackageKind) -> Package:
        """Return the package."""
        return Package(kind, self.rows, self.course, self.has_settings, self.source, self.paths, tuple(self.warnings))

    def _give(self, key: str) -> int:
        self._ids[key] = next(self._next)
        return self._ids[key]
