"""What a package is once it is read.

A package holds rows like those of a course. They refer to each other by ids that mean something within the package
only; what they are called everywhere is their migration id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from canvas_emulator.model.content import Content, Course

PackageRows = Mapping[type[Content], Mapping[int, Content]]


class PackageError(ValueError):
    """A file cannot be imported; the message says why."""


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

    :param root_account_uuid: tells one installation of Canvas from another.
    :param course_id: its id there.
    """

    root_account_uuid: str
    course_id: int


@dataclass(frozen=True)
class Package:
    """A package that was read.

    :param kind: what it is.
    :param rows: its content by kind and id, an entry for each kind.
    :param course: its course settings, syllabus and dates, as far as it has them.
    :param has_settings: whether it says anything of the course's own settings.
    :param source: the course that it was exported from, if it says.
    :param paths: where the package has files, below the course's, to their migration ids.
    :param warnings: what could not be read.
    """

    kind: PackageKind
    rows: PackageRows
    course: Course
    has_settings: bool = False
    source: SourceCourse | None = None
    paths: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
