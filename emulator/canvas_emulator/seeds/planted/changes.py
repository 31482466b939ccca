"""What a planted change is, and the two courses that it changes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from canvas_emulator.effects.folders import folder_at
from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.model.content import DELETED, Assignment, Content, Module, ModuleItem, Page, Quiz, QuizQuestion
from canvas_emulator.model.content_files import Folder
from canvas_emulator.model.contexts import of_course
from canvas_emulator.model.world import World

C = TypeVar("C", bound=Content)


class Truth(StrEnum):
    """What became of an asset.

    - ``matched``: its copy is there and equals it.
    - ``changed``: its copy is there and differs.
    - ``renamed``: its copy is there, under a title that Canvas numbered since another row had it.
    - ``duplicated``: its copy is there, and another row is the same by name and place.
    - ``deleted``: it was copied, and deleted in the destination.
    - ``replaced``: it was copied, and deleted in the destination, where another row has its place.
    - ``not_selected``: the copy did not select it.
    - ``added``: it is in the destination only.
    - ``added_since``: it is in the source only, made after the copy.
    - ``source_deleted``: it was copied, and deleted in the source.
    - ``deleted_in_both``: it was copied, and deleted in both courses.
    """

    MATCHED = "matched"
    CHANGED = "changed"
    RENAMED = "renamed"
    DUPLICATED = "duplicated"
    DELETED = "deleted"
    REPLACED = "replaced"
    NOT_SELECTED = "not_selected"
    ADDED = "added"
    ADDED_SINCE = "added_since"
    SOURCE_DELETED = "source_deleted"
    DELETED_IN_BOTH = "deleted_in_both"


@dataclass(frozen=True)
class Fact:
    """The truth about one asset.

    :param change: The name of the change that it is about.
    :param asset_type: Its type as the asset id mapping names it.
    :param source_id: Its id in the source; None if it is in the destination only.
    :param destination_id: The id of its copy; None if it has none.
    :param truth: What became of it.
    :param differs: The fields in which its copy differs.
    :param other_id: The row that has its name or its place in the destination, if there is one.
    """

    change: str
    asset_type: str
    source_id: int | None
    destination_id: int | None
    truth: Truth
    differs: tuple[str, ...] = ()
    other_id: int | None = None


@dataclass
class Courses:
    """The source and the destination of a copy.

    :param world: The world of both.
    :param source_id: The course that is copied.
    :param destination_id: The course that it is copied into.
    :param facts: The truth about each asset of the changes so far.
    :param change: The name of the change that is being carried out.
    :param selection: What a copy must select, by type, as in ``select``; empty for everything.
    """

    world: World
    source_id: int
    destination_id: int
    facts: list[Fact] = field(default_factory=list)
    change: str = ""
    selection: dict[str, list[int]] = field(default_factory=dict)

    def add(self, kind: type[C], title: str, **values: Any) -> C:
        """Add a row to the source."""
        return self.world.add(kind(course_id=self.source_id, title=title, **values))

    def add_to_destination(self, kind: type[C], title: str, **values: Any) -> C:
        """Add a row to the destination, as a user there does."""
        return self.world.add(kind(course_id=self.destination_id, title=title, **values))

    def folder(self, path: str, course_id: int | None = None) -> int:
        """Return the id of a folder of the source, or of another course, made on first use."""
        folder: Folder = folder_at(self.world, of_course(course_id or self.source_id), path)
        return folder.id

    def graded(self, row: C, *, points: float = 10.0) -> Assignment:
        """Add the assignment of a graded quiz or discussion of the source."""
        reference = "quiz_id" if isinstance(row, Quiz) else "discussion_topic_id"
        kept = {reference: row.id, "points_possible": points, "workflow_state": "published"}
        assignment = self.add(Assignment, row.title, **kept)
        row.assignment_id = assignment.id  # type: ignore[attr-defined]  # quizzes and discussions have it
        return assignment

    def questions(self, quiz: Quiz, number: int) -> None:
        """Add questions of a point each to a quiz of the source."""
        for position in range(1, number + 1):
            self.add(QuizQuestion, f"Question {position}", quiz_id=quiz.id, position=position, choices=("a", "b"))
        quiz.question_count = number

    def item(self, shown: Content, item_type: str, module: Module | None = None) -> ModuleItem:
        """Add a module item for a row of the source, in a module of its own by default."""
        module = module or self.add(Module, f"Module of {shown.title}")
        return self.add(ModuleItem, shown.title, module_id=module.id, type=item_type, content_id=shown.id)

    def copy_of(self, row: C) -> C:
        """Return the copy of a row of the source."""
        key = migration_id(type(row), row.id)
        rows = self.world.rows(type(row), self.destination_id)
        return next(copy for copy in rows if copy.migration_id == key)

    def delete(self, *rows: Content) -> None:
        """Delete rows of either course; pages keep their slugs, as in Canvas."""
        for row in rows:
            row.workflow_state, row.updated_at = DELETED, self.world.clock.now()

    def set(self, row: Content, **values: Any) -> None:
        """Change a row of either course, as a user does. A page that gets another title gets another address."""
        for name, value in values.items():
            setattr(row, name, value)
        if isinstance(row, Page) and "title" in values:
            row.url = self.world.free_slug(row)
        row.updated_at = self.world.clock.now()

    def record(self, row: Content, truth: Truth, *differs: str, other: Content | None = None) -> None:
        """Record the truth about a row of the source, or about one that is in the destination only."""
        is_in_source = row.course_id == self.source_id
        has_copy = is_in_source and truth not in (Truth.ADDED_SINCE, Truth.NOT_SELECTED)
        copy_id = self.copy_of(row).id if has_copy else None
        self.facts.append(
            Fact(
                self.change,
                row.KIND,
                row.id if is_in_source else None,
                copy_id if is_in_source else row.id,
                truth,
                differs,
                other.id if other is not None else None,
            )
        )


Steps = Generator[None, None, None]


@dataclass(frozen=True)
class PlantedChange:
    """A change that is planted in one of the courses.

    :param name: Its name.
    :param done: What is done, in a sentence.
    :param steps: Prepares the courses, yields once for the copy, then carries the change out and records the facts.
    """

    name: str
    done: str
    steps: Callable[[Courses], Steps]


def planted(changes: list[PlantedChange]) -> Callable[[Callable[[Courses], Steps]], Callable[[Courses], Steps]]:
    """Return a decorator that makes a function one of the planted changes: its docstring says what is done."""

    def register(steps: Callable[[Courses], Steps]) -> Callable[[Courses], Steps]:
        changes.append(PlantedChange(steps.__name__, (steps.__doc__ or "").partition("\n")[0], steps))
        return steps

    return register


def plant(courses: Courses, changes: Iterable[PlantedChange], copy: Callable[[], object]) -> list[Fact]:
    """Prepare both courses, copy the source, and carry out the changes.

    :param courses: The courses, which are empty or have other content.
    :param changes: The changes, each of which has rows of its own.
    :param copy: Copies the source into the destination, to the end.
    :return: The truth about each asset that a change is about; other assets match.
    """
    started = [(change, change.steps(courses)) for change in changes]
    for change, steps in started:
        courses.change = change.name
        next(steps)
    copy()
    for change, steps in started:
        courses.change = change.name
        next(steps, None)
    return courses.facts
