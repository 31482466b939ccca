"""A package that was read, and the builder that collects it.

A package holds rows like those of a course. They refer to each other by ids that are valid within the package only;
outside, a row is known by its migration id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any, TypeVar

from canvas_emulator.model.content import CONTENT_KINDS, AssignmentGroup, Content
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
    :param warnings: The descriptions of warnings beside the issue.
    """

    def __init__(
        self,
        reason: str,
        description: str = UNEXPECTED,
        *,
        issue_type: str = "error",
        error_message: str | None = None,
        warnings: tuple[str, ...] = (),
    ) -> None:
        super().__init__(reason)
        self.warnings = warnings
        self.description, self.issue_type, self.error_message = description, issue_type, error_message


class PackageKind(StrEnum):
    """What is in a file."""

    CANVAS_CARTRIDGE = "canvas_cartridge"
    COMMON_CARTRIDGE = "common_cartridge"
    QTI = "qti"
    MOODLE_1_9 = "moodle_1_9"
    MOODLE = "moodle"
    ZIP = "zip"


@dataclass(frozen=True)
class Upload:
    """A file that is imported as a package.

    :param data: Its bytes.
    :param name: Its name.
    :param migration_type: The migration type that was asked for; None for whatever the file looks like.
    :param migration_id: The migration that imports it.
    :param max_bytes: How many bytes it may have when it is unpacked; None for the default.
    """

    data: bytes
    name: str = "package.zip"
    migration_type: str | None = None
    migration_id: int = 0
    max_bytes: int | None = None


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
    :param settings: The options of the course that it contains, by the names of ``CourseSettings``.
    :param source: The course that it was exported from, if it says.
    :param paths: Where the package has files, below the course's, to their migration ids.
    :param warnings: What Canvas tells of what it could not import.
    :param question_warnings: The same for single questions, with their migration ids.
    :param default_group_id: The id for the assignment group that every course has, which is no part of the package.
    :param made_banks: The ids of the banks that Canvas makes, of quizzes and of loose questions.
    """

    kind: PackageKind
    rows: PackageRows
    course: Course
    has_settings: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: SourceCourse | None = None
    paths: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    question_warnings: tuple[tuple[str, str], ...] = ()
    default_group_id: int = 0
    made_banks: frozenset[int] = frozenset()


C = TypeVar("C", bound=Content)

DEFAULT_GROUP_KEY = "the default assignment group"


class PackageBuilder:
    """The rows read so far. References of rows to each other are the ids that ``add`` and ``id_of`` give."""

    def __init__(self) -> None:
        self.rows: dict[type[Content], dict[int, Content]] = {kind: {} for kind in CONTENT_KINDS}
        self.course = Course(0, "", "", 0, 0)
        self.has_settings = False
        self.settings: dict[str, Any] = {}
        self.source: SourceCourse | None = None
        self.paths: dict[str, str] = {}
        self.warnings: list[str] = []
        self.question_warnings: list[tuple[str, str]] = []
        self.made_banks: set[int] = set()
        self._ids: dict[tuple[type[Content], str], int] = {}
        self._owners: dict[str, type[Content]] = {}
        self._next = count(1)

    def id_of(self, kind: type[Content], key: str) -> int:
        """Return the id, within the package, of the row with a migration id, which may be added later."""
        if (kind, key) not in self._ids:
            self._ids[kind, key] = next(self._next)
        return self._ids[kind, key]

    def add(self, row: C) -> C:
        """Add a row under its migration id; one of its kind with the same migration id loses its place.

        A row of another kind keeps the migration id, since it is unique in the course: the new row gets another one.
        """
        key = row.migration_id or ""
        row.id = self.id_of(type(row), key)
        self.rows[type(row)][row.id] = row
        if self._owners.setdefault(key, type(row)) is not type(row):
            row.migration_id = f"{key}_{row.KIND}"
        return row

    def find(self, kind: type[C], key: str) -> C | None:
        """Return the row of a migration id, if it is there already."""
        return self.rows[kind].get(self._ids.get((kind, key), 0))  # type: ignore[return-value]  # see ``rows``

    def add_aliases(self, kind: type[Content], aliases: Mapping[str, str]) -> None:
        """Let migration ids stand for rows that have other ones."""
        for alias, key in aliases.items():
            self._ids[kind, alias] = self.id_of(kind, key)

    def default_group(self) -> int:
        """Return the id of the assignment group that every course has; the import adds the group."""
        return self.id_of(AssignmentGroup, DEFAULT_GROUP_KEY)

    def warn(self, message: str, *, once: bool = False) -> None:
        """Record what could not be imported.

        :param once: Whether the same words are not repeated.
        """
        if not (once and message in self.warnings):
            self.warnings.append(message)

    def build(self, kind: PackageKind) -> Package:
        """Return the package."""
        return Package(
            kind,
            self.rows,
            self.course,
            self.has_settings,
            self.settings,
            self.source,
            self.paths,
            tuple(self.warnings),
            tuple(self.question_warnings),
            self.default_group(),
            frozenset(self.made_banks),
        )
