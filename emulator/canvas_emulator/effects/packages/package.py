"""A package that was read, and the builder that collects it.

A package holds rows like those of a course. They refer to each other by ids that are valid within the package only;
outside, a row is known by its migration id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import TypeVar

from canvas_emulator.model.content import CONTENT_KINDS, Content
from canvas_emulator.model.course import Course

PackageRows = Mapping[type[Content], Mapping[int, Content]]


UNEXPECTED = "There was an unexpected error, please contact support."
"""The words of an issue whose reason Canvas keeps for its error report."""


class PackageError(ValueError):
    """A file cannot be imported. The issue of the migration has Canvas's words, which seldom give the reason.

    :param reason: Why, for those who test against the emulator.
    :param description: The description of the issue.
    :param issue_type: The type of the issue: ``error``, or ``warning`` if Canvas understands what is wrong.
    :param error_message: What only administrators read in the issue.
    """

    def __init__(
        self,
        reason: str,
        description: str = UNEXPECTED,
        *,
        issue_type: str = "error",
        error_message: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.description, self.issue_type, self.error_message = description, issue_type, error_message


class PackageKind(StrEnum):
    """What is in a file."""

    CANVAS_CARTRIDGE = "canvas_cartridge"
    COMMON_CARTRIDGE = "common_cartridge"
    QTI = "qti"
    MOODLE = "moodle"
    ZIP = "zip"


@dataclass(frozen=True)
class SourceCourse:
    """The course that a cartridge was exported from.

    :param root_account_uuid: Tells one installation of Canvas from another.
    :param course_id: Its id there.
    """

    root_account_uuid: str
    course_id: int


@dataclass(frozen=True)
class Package:
    """A package that was read.

    :param kind: What it is.
    :param rows: Its content by kind and id, an entry for each kind.
    :param course: Its course settings, syllabus and dates; those that it lacks keep their defaults.
    :param has_settings: Whether it contains the course's own settings.
    :param source: The course that it was exported from, if it says.
    :param paths: Where the package has files, below the course's, to their migration ids.
    :param warnings: What could not be read.
    """

    kind: PackageKind
    rows: PackageRows
    course: Course
    has_settings: bool = False
    source: SourceCourse | None = None
    paths: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


C = TypeVar("C", bound=Content)


class PackageBuilder:
    """The rows read so far. References of rows to each other are the ids that ``add`` and ``id_of`` give."""

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
        """Return the id, within the package, of the row with a migration id, which may be added later."""
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
        """Record a part that could not be read."""
        self.warnings.append(message)

    def build(self, kind: PackageKind) -> Package:
        """Return the package."""
        return Package(kind, self.rows, self.course, self.has_settings, self.source, self.paths, tuple(self.warnings))

    def _give(self, key: str) -> int:
        self._ids[key] = next(self._next)
        return self._ids[key]
