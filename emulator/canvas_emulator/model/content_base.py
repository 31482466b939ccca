"""The base of all rows of a course, and what a copy needs to know about a kind of row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PUBLISHED_STATES = frozenset({"active", "available", "published"})
DELETED = "deleted"


class ContextType(StrEnum):
    """The kinds of context. Ids are unique per kind only."""

    ACCOUNT = "Account"
    COURSE = "Course"
    GROUP = "Group"
    USER = "User"
    CONTENT_MIGRATION = "ContentMigration"
    CONTENT_EXPORT = "ContentExport"


@dataclass(kw_only=True, eq=False)
class Content:
    """A row of a course.

    :param course_id: The course that the row is in: for files and folders, whatever ``context_type`` says.
    :param context_type: What the row is in. All but files and folders are in courses.
    :param title: Its name.
    :param id: Given by the world when the row is added.
    :param migration_id: In an imported row, the key of the row that it was copied from.
    :param workflow_state: Canvas's stored state; ``deleted`` rows stay in their table.
    :param created_at: When the row came to be.
    :param updated_at: When it last changed.
    """

    course_id: int
    title: str
    context_type: ContextType = ContextType.COURSE
    id: int = 0
    migration_id: str | None = None
    workflow_state: str = "active"
    created_at: datetime = EPOCH
    updated_at: datetime = EPOCH

    KIND: ClassVar[str]
    """The type's name in ``select`` and in the asset id mapping."""
    ASSET: ClassVar[str]
    """The prefix of the asset string from which Canvas computes migration ids."""
    LABEL: ClassVar[str]
    """What the issues of a migration call it."""
    SECTION: ClassVar[str]
    """Where its pages are, within the course's address."""
    HTML: ClassVar[str | None] = None
    """The field that holds HTML."""
    MORE_HTML: ClassVar[tuple[str, ...]] = ()
    """Further fields that hold HTML: a text, or several."""
    DATES: ClassVar[tuple[str, ...]] = ()
    """The fields that a date shift moves."""
    REFERENCES: ClassVar[References] = {}
    """The fields that hold ids of other rows of the course."""
    REQUIRED: ClassVar[tuple[str, ...]] = ()
    """The references without which the row makes no sense."""
    OWN: ClassVar[frozenset[str]] = frozenset(
        {"id", "course_id", "context_type", "migration_id", "created_at", "updated_at"}
    )
    """The fields that an imported row does not take over."""

    @property
    def deleted(self) -> bool:
        """Tell whether the row was deleted: Canvas keeps it and answers 404."""
        return self.workflow_state == DELETED

    @property
    def published(self) -> bool:
        """Tell whether students can see it."""
        return self.workflow_state in PUBLISHED_STATES

    @property
    def path(self) -> str:
        """Return the path of the page of this row."""
        return f"/courses/{self.course_id}/{self.SECTION}/{self.id}"

    def texts(self) -> dict[str, str | tuple[str, ...]]:
        """Return all HTML of this row by field; a field may hold several texts."""
        names = self.MORE_HTML if self.HTML is None else (self.HTML, *self.MORE_HTML)
        return {name: getattr(self, name) for name in names}

    def references(self) -> References:
        """Return the fields of this row that hold ids, with the kind of row that each points to."""
        return self.REFERENCES


References = Mapping[str, type[Content]]
