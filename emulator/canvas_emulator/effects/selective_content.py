"""The content of a course or a package that can be selected, as a tree in Canvas's order and under Canvas's names.

The first level has a node a type. The nodes of a type are its rows; assignments are below their groups, files below
their folders. How a node is named to the API, as ``copy[...]`` or otherwise, is for the pages to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from canvas_emulator.effects.copyable_rows import copyable_rows
from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.effects.packages.package import Package
from canvas_emulator.effects.selection import Rows
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    CalendarEvent,
    Content,
    DiscussionTopic,
    ExternalTool,
    File,
    Folder,
    LearningOutcome,
    LearningOutcomeGroup,
    Module,
    ModuleItem,
    Page,
    QuestionBank,
    Quiz,
    Rubric,
)
from canvas_emulator.model.content_base import DELETED
from canvas_emulator.model.course import Course
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.world import World


@dataclass(frozen=True)
class Selectable:
    """The content of a course or a package that can be selected.

    :param rows: Its content by kind and id, an entry for each kind.
    :param key: The migration id of a row.
    :param course_types: What the course itself has: ``course_settings``, ``syllabus_body``.
    :param is_package: Whether it is that of a package, whose files have a path and whose modules a number of items.
    """

    rows: Rows
    key: Callable[[Content], str]
    course_types: tuple[str, ...]
    is_package: bool = False


@dataclass(frozen=True)
class Node:
    """A row that can be selected.

    :param type: The type's name in ``select``.
    :param row: The row.
    :param children: The nodes below it.
    :param linked: The row that is selected together with it, such as the assignment of a quiz, under its type.
    :param path: Of the files of a package, the folder that they are in.
    :param item_count: Of the modules of a package, how many items they have.
    """

    type: str
    row: Content
    children: tuple[Node, ...] = ()
    linked: tuple[str, Content] | None = None
    path: str | None = None
    item_count: int | None = None


TYPES: Mapping[str, tuple[type[Content], str]] = {
    "context_modules": (Module, "Modules"),
    "assignments": (Assignment, "Assignments"),
    "quizzes": (Quiz, "Quizzes"),
    "assessment_question_banks": (QuestionBank, "Question Banks"),
    "discussion_topics": (DiscussionTopic, "Discussion Topics"),
    "wiki_pages": (Page, "Pages"),
    "context_external_tools": (ExternalTool, "External Tools"),
    "announcements": (Announcement, "Announcements"),
    "calendar_events": (CalendarEvent, "Calendar Events"),
    "rubrics": (Rubric, "Rubrics"),
    "learning_outcomes": (LearningOutcome, "Learning Outcomes"),
    "attachments": (File, "Files"),
}
"""The types in Canvas's order: the kind that each counts, and its title. Their names are the internal ones."""

COURSE_TYPES: Mapping[str, str] = {"course_settings": "Course Settings", "syllabus_body": "Syllabus Body"}
"""What is no list: what the course itself has."""

LINKED = {"assignments": "Assignment", "quizzes": "Quiz", "discussion_topics": "Discussion Topic"}

GROUP_OF_OUTCOMES = "learning_outcome_groups_"
SUBMODULES = "submodules_"
WITHOUT_ROWS = frozenset({"tool_profiles", "groups"})
"""Types that Canvas knows and this emulator has nothing of."""


def of_course(world: World, course: Course) -> Selectable:
    """Return what can be selected from a course as it is now."""
    return Selectable(copyable_rows(world, course.id), lambda row: migration_id(type(row), row.id), tuple(COURSE_TYPES))


def of_package(package: Package) -> Selectable:
    """Return what can be selected from a package."""
    has = {"course_settings": package.source is not None, "syllabus_body": bool(package.course.syllabus_body)}
    course_types = tuple(name for name in COURSE_TYPES if has[name])
    return Selectable(package.rows, lambda row: row.migration_id or "", course_types, is_package=True)


def counts(selectable: Selectable) -> dict[str, int]:
    """Return how many rows there are of each type, in order, types without any left out."""
    by_type = {name: len(selectable.rows.get(kind, {})) for name, (kind, _) in TYPES.items()}
    return {name: count for name, count in by_type.items() if count}


def nodes(selectable: Selectable, name: str) -> list[Node]:
    """Return the nodes of a type.

    :raises KeyError: When there is no such type.
    """
    match name:
        case "assignments" | "assignment_groups":
            return _below(selectable, AssignmentGroup, "assignment_groups", "assignments", "assignment_group_id")
        case "attachments" | "folders":
            return _below(selectable, Folder, "folders", "attachments", "folder_id")
        case "learning_outcomes":
            return _outcomes(selectable, None)
        case _ if name.startswith(GROUP_OF_OUTCOMES):
            return _outcomes(selectable, parse_int(name.removeprefix(GROUP_OF_OUTCOMES)))
        case _ if name.startswith(SUBMODULES) or name in WITHOUT_ROWS:
            return []
        case _:
            kind, _ = TYPES[name]
            return [_node(selectable, name, row) for row in selectable.rows.get(kind, {}).values()]


def _outcomes(selectable: Selectable, group_id: int | None) -> list[Node]:
    """Return the groups and outcomes within a group, or at the top."""
    groups = selectable.rows.get(LearningOutcomeGroup, {}).values()
    outcomes = selectable.rows.get(LearningOutcome, {}).values()
    rows = [
        ("learning_outcome_groups", row) for row in groups if getattr(row, "parent_outcome_group_id", None) == group_id
    ]
    rows += [("learning_outcomes", row) for row in outcomes if getattr(row, "outcome_group_id", None) == group_id]
    return [_node(selectable, name, row) for name, row in rows]


def _below(selectable: Selectable, kind: type[Content], name: str, child_name: str, reference: str) -> list[Node]:
    """Return the rows of a kind with their children, and rows without a parent."""
    parents = selectable.rows.get(kind, {})
    by_parent: dict[int | None, list[Node]] = {}
    for row in selectable.rows.get(TYPES[child_name][0], {}).values():
        parent_id = getattr(row, reference)
        by_parent.setdefault(parent_id if parent_id in parents else None, []).append(_node(selectable, child_name, row))
    groups = [
        Node(name, row, children=tuple(by_parent[row_id])) for row_id, row in parents.items() if row_id in by_parent
    ]
    return groups + by_parent.get(None, [])


def _node(selectable: Selectable, name: str, row: Content) -> Node:
    if not selectable.is_package:
        return Node(name, row, linked=_linked(selectable.rows, row))
    folder = selectable.rows.get(Folder, {}).get(row.folder_id or 0) if isinstance(row, File) else None
    items = selectable.rows.get(ModuleItem, {}).values() if isinstance(row, Module) else ()
    return Node(
        name,
        row,
        linked=_linked(selectable.rows, row),
        path=folder.full_name if isinstance(folder, Folder) else None,
        item_count=sum(getattr(item, "module_id", 0) == row.id for item in items) if isinstance(row, Module) else None,
    )


def linked_message(name: str, row: Content) -> str:
    """Return what Canvas says of a row that is selected together with another one.

    :param name: The name of its type.
    """
    return f"linked with {LINKED[name]} '{row.title}'"


def _linked(rows: Rows, row: Content) -> tuple[str, Content] | None:
    """Return the row that is always selected together with this one."""
    match row:
        case Quiz(assignment_id=int(row_id)) | DiscussionTopic(assignment_id=int(row_id)):
            linked = ("assignments", rows.get(Assignment, {}).get(row_id))
        case Assignment(quiz_id=int(row_id)):
            linked = ("quizzes", rows.get(Quiz, {}).get(row_id))
        case Assignment(discussion_topic_id=int(row_id)):
            linked = ("discussion_topics", rows.get(DiscussionTopic, {}).get(row_id))
        case _:
            return None
    name, linked_row = linked
    return (name, linked_row) if linked_row is not None and linked_row.workflow_state != DELETED else None
