"""How GraphQL reads the content of a course: its connections, in Canvas's orders, and the fields of each type.

A connection does not list what the REST API lists: quizzes have the New Quizzes among them, and
assignments are only those of the current grading period unless a filter says otherwise.

It has no tools of accounts, for the emulator has none, and nothing about sections and people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from canvas_emulator.effects.folders import folders_of, parent_of, root_folder
from canvas_emulator.model.content import (
    ITEM_CONTENT,
    Announcement,
    Assignment,
    AssignmentGroup,
    Content,
    DiscussionTopic,
    ExternalTool,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    Quiz,
    Rubric,
)
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, may_see_files
from canvas_emulator.model.course import Course
from canvas_emulator.pages.assignment_dates import dates_for_caller
from canvas_emulator.pages.collections import visible_rows
from canvas_emulator.pages.discussion_topics import newest_first
from canvas_emulator.pages.file_shape import is_listed
from canvas_emulator.pages.graphql_connections import connection
from canvas_emulator.pages.graphql_resolvers import Info, identified, moment, shown_moment
from canvas_emulator.pages.html_reading import html_for, html_or_none
from canvas_emulator.pages.locks import Window, lock_keys
from canvas_emulator.pages.visibility import can, manages
from canvas_emulator.wire.responses import internal_error

FORBIDDEN = "You do not have permission to view this course."
STATES = frozenset(
    {
        *("unpublished", "published", "deleted", "duplicating", "failed_to_duplicate", "importing", "fail_to_import"),
        *("migrating", "failed_to_migrate", "outcome_alignment_cloning", "failed_to_clone_outcome_alignment"),
    }
)
NEW_STATES = frozenset({"outcome_alignment_cloning", "failed_to_clone_outcome_alignment"})
"""The states of assignments, and those of them that the schema of 2023 does not have."""

SUBMISSION_TYPES = frozenset(
    {
        *("attendance", "basic_lti_launch", "discussion_topic", "external_tool", "media_recording", "none"),
        *("not_graded", "on_paper", "online_quiz", "online_text_entry", "online_upload", "online_url"),
        *("student_annotation", "wiki_page"),
    }
)
UNITS = ("Bytes", "KB", "MB", "GB", "TB")

Resolver = Callable[..., Any]


@dataclass(frozen=True)
class ShownItem:
    """What a module item shows that is no content of the course.

    :param type_name: Its type: a link, a tool or a header.
    :param item: The item itself.
    """

    type_name: str
    item: ModuleItem

    @property
    def title(self) -> str:
        """The title of the item."""
        return self.item.title

    @property
    def published(self) -> bool:
        """Whether the item is published."""
        return self.item.published


def _connection(rows_of: Callable[..., Sequence[Any]]) -> Resolver:
    """Return a resolver of a connection, from a function that returns all rows of a course."""

    def resolve(
        row: Any,
        info: Info,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        **arguments: Any,
    ) -> dict[str, Any]:
        rows = rows_of(row, info, **arguments)
        settings = info.context.world.settings
        return connection(settings, rows, first=first, after=after, last=last, before=before)

    return resolve


def _assignments(course: Course, info: Info, filter: dict[str, Any] | None = None) -> list[Assignment]:  # noqa: A002
    """Return assignments by group and position, without those that the gradebook hides.

    Without a filter for grading periods, those of the current period; none, where all periods are over.
    """
    request = info.context
    if request.world.settings.grading_periods_over and "gradingPeriodId" not in (filter or {}):
        return []
    groups = {row.id: row.position for row in request.world.live(AssignmentGroup, course.id)}
    rows = [row for row in _searched(visible_rows(request, Assignment, course.id), filter) if not row.hide_in_gradebook]
    return sorted(rows, key=lambda row: (groups.get(row.assignment_group_id or 0, 0), row.position, row.id))


def _quizzes(course: Course, info: Info, filter: dict[str, Any] | None = None) -> list[Content]:  # noqa: A002
    """Return classic quizzes and New Quizzes by id, which are ids of two tables."""
    _permit(info, course)
    new = [row for row in visible_rows(info.context, Assignment, course.id) if row.is_new_quiz]
    return sorted(_searched([*visible_rows(info.context, Quiz, course.id), *new], filter), key=lambda row: row.id)


def _files(course: Course, info: Info, filter: dict[str, Any] | None = None) -> list[File]:  # noqa: A002
    request = info.context
    if not may_see_files(request.world, request.user, Context(ContextType.COURSE, course.id)):
        raise GraphQLError(FORBIDDEN)
    rows = [row for row in request.world.live(File, course.id) if is_listed(request, row)]
    return sorted(_searched(rows, filter), key=lambda row: row.id)


def _pages(course: Course, info: Info, filter: dict[str, Any] | None = None) -> list[Page]:  # noqa: A002
    _permit(info, course)
    return sorted(_searched(visible_rows(info.context, Page, course.id), filter), key=lambda row: row.id)


def _discussions(course: Course, info: Info, filter: dict[str, Any] | None = None) -> list[DiscussionTopic]:  # noqa: A002
    """Return topics and announcements together by id; the ones or the others if a filter says so."""
    if not can(info.context, course.id, "read_forum"):
        raise GraphQLError(FORBIDDEN)
    announcements = _searched(visible_rows(info.context, Announcement, course.id), filter)
    topics = _searched(visible_rows(info.context, DiscussionTopic, course.id), filter)
    match (filter or {}).get("isAnnouncement"):
        case True:
            return list(newest_first(announcements))
        case False:
            return sorted(topics, key=lambda row: row.id)
    return sorted([*topics, *announcements], key=lambda row: row.id)


def _modules(course: Course, info: Info) -> list[Module]:
    return sorted(visible_rows(info.context, Module, course.id), key=lambda row: (row.position, row.id))


def _items(module: Module, info: Info) -> list[ModuleItem]:
    rows = [row for row in visible_rows(info.context, ModuleItem, module.course_id) if row.module_id == module.id]
    return sorted(rows, key=lambda row: row.position)


def _rubrics(course: Course, info: Info) -> list[Rubric]:
    """Return rubrics by title. Canvas has only those here that a teacher can find again; the emulator's all are."""
    return sorted(visible_rows(info.context, Rubric, course.id), key=lambda row: row.title.lower())


def _folders(course: Course, info: Info) -> list[Folder]:
    context = Context(ContextType.COURSE, course.id)
    root_folder(info.context.world, context)
    rows = folders_of(info.context.world, context)
    can_manage = manages(info.context, course.id)
    return sorted((row for row in rows if can_manage or not (row.locked or row.hidden)), key=lambda row: row.id)


def _tools(course: Course, info: Info) -> list[ExternalTool]:
    """Return the tools of a course; those of its accounts are among them, but the emulator has none."""
    return sorted(visible_rows(info.context, ExternalTool, course.id), key=lambda row: row.title.lower())


def _group_sets(course: Course, info: Info, **_: Any) -> list[Any]:
    request = info.context
    if not manages(request, course.id):
        return []
    rows = (row for row in request.world.tables.group_categories.values() if row.course_id == course.id)
    return sorted(rows, key=lambda row: row.id)


def _assignment_groups(course: Course, info: Info) -> list[AssignmentGroup]:
    return sorted(info.context.world.live(AssignmentGroup, course.id), key=lambda row: (row.position, row.id))


def _searched(rows: list[Any], filter: dict[str, Any] | None) -> list[Any]:  # noqa: A002
    term = str((filter or {}).get("searchTerm") or "").lower()
    return [row for row in rows if term in row.title.lower()]


def _permit(info: Info, course: Course) -> None:
    """Check that the caller is a member or a manager of a course.

    :raises GraphQLError: When not.
    """
    if not can(info.context, course.id, "read"):
        raise GraphQLError(FORBIDDEN)


def _permissions(course: Course, info: Info) -> dict[str, bool]:
    names = {"manageGrades": "manage_grades", "viewAllGrades": "view_all_grades", "becomeUser": "become_user"}
    return {name: can(info.context, course.id, right) for name, right in names.items()}


def _description(row: Assignment, info: Info) -> str | None:
    """Return a description as the caller sees it; None where the assignment is locked."""
    dates = dates_for_caller(info.context, row)
    is_locked = lock_keys(info.context, row, Window(dates.unlock_at, dates.lock_at))["locked_for_user"]
    return None if is_locked else html_or_none(info.context, row, row.description)


def _date(name: str) -> Resolver:
    """Return a resolver of a date of an assignment: that of the overrides, unless the query wants its own."""

    def resolve(row: Assignment, info: Info, *, applyOverrides: bool = True) -> str | None:  # noqa: N803
        own = not applyOverrides and manages(info.context, row.course_id)
        return shown_moment(getattr(row if own else dates_for_caller(info.context, row), name), info)

    return resolve


def _assignment_state(row: Assignment, info: Info) -> str:
    """Return the state of an assignment.

    :raises CanvasError: 500, for a state that the schema does not have.
    """
    known = STATES if info.context.world.settings.graphql_version == "2026" else STATES - NEW_STATES
    if row.workflow_state not in known:
        raise internal_error()
    return row.workflow_state


def _one(kind: type[Content], name: str) -> Resolver:
    """Return a resolver of a live row of the same course that a field of a row points to."""

    def resolve(row: Any, info: Info) -> Content | None:
        found = info.context.world.find(kind, row.course_id, getattr(row, name, None) or 0)
        return None if found is None or found.deleted else found

    return resolve


def _field(name: str) -> Resolver:
    return lambda row, _: getattr(row, name, None)


def _size(row: File, _: Info) -> str:
    """Return a size for people: ``1.2 MB``."""
    size, unit = float(row.size), 0
    while size >= 1024 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.3g} {UNITS[unit]}"


def _parent_folder(row: Folder, info: Info) -> int | None:
    above = parent_of(info.context.world, row)
    return None if above is None else above.id


def _content(item: ModuleItem, info: Info) -> Any:
    """Return what an item shows."""
    kind = ITEM_CONTENT.get(item.type)
    found = info.context.world.find(kind, item.course_id, item.content_id or 0) if kind else None
    if found is not None:
        return found
    names = {"ExternalUrl": "ExternalUrl", "ExternalTool": "ModuleExternalTool", "SubHeader": "SubHeader"}
    return ShownItem(names[item.type], item) if item.type in names else None


_ITEM: dict[str, Resolver] = {
    "modules": lambda row, info: [
        module
        for module in info.context.world.live(Module, row.course_id)
        if any(
            item.module_id == module.id and ITEM_CONTENT.get(item.type) is type(row) and item.content_id == row.id
            for item in info.context.world.live(ModuleItem, row.course_id)
        )
    ],
    "title": _field("title"),
    "type": lambda row, _: type(row).__name__,
    "published": _field("published"),
    "pointsPossible": _field("points_possible"),
}
_SHOWN: dict[str, Resolver] = {
    "modules": lambda *_: [],
    "url": lambda shown, _: shown.item.external_url,
    "type": lambda *_: "ContentTag",
    "pointsPossible": lambda *_: None,
}
_TIMES: dict[str, Resolver] = {"createdAt": moment("created_at"), "updatedAt": moment("updated_at")}


def _type(*parts: dict[str, Resolver], **fields: Resolver) -> dict[str, Resolver]:
    merged = _TIMES | {}
    for part in parts:
        merged |= part
    return identified(merged | fields)


CONTENT_RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Course": {
        "permissions": _permissions,
        "assignmentGroupsConnection": _connection(_assignment_groups),
        "assignmentsConnection": _connection(_assignments),
        "discussionsConnection": _connection(_discussions),
        "externalToolsConnection": _connection(_tools),
        "filesConnection": _connection(_files),
        "foldersConnection": _connection(_folders),
        "groupSets": _group_sets,
        "groupSetsConnection": _connection(_group_sets),
        "modulesConnection": _connection(_modules),
        "pagesConnection": _connection(_pages),
        "quizzesConnection": _connection(_quizzes),
        "rubricsConnection": _connection(_rubrics),
    },
    "Assignment": _type(
        _ITEM,
        name=_field("title"),
        description=_description,
        dueAt=_date("due_at"),
        lockAt=_date("lock_at"),
        unlockAt=_date("unlock_at"),
        state=_assignment_state,
        submissionTypes=lambda row, _: [each for each in row.submission_types if each in SUBMISSION_TYPES],
        gradingType=_field("grading_type"),
        htmlUrl=lambda row, info: info.context.url(row.path),
        omitFromFinalGrade=_field("omit_from_final_grade"),
        assignmentGroup=_one(AssignmentGroup, "assignment_group_id"),
        assignmentGroupId=_field("assignment_group_id"),
        quiz=_one(Quiz, "quiz_id"),
        discussion=_one(DiscussionTopic, "discussion_topic_id"),
        rubric=_one(Rubric, "rubric_id"),
        isNewQuiz=_field("is_new_quiz"),
        sisId=_field("sis_assignment_id"),
    ),
    "AssignmentGroup": _type(name=_field("title"), groupWeight=_field("group_weight"), state=_field("workflow_state")),
    "Discussion": _type(
        _ITEM,
        message=lambda row, info: html_for(info.context, row.message),
        isAnnouncement=lambda row, _: isinstance(row, Announcement),
        discussionType=_field("discussion_type"),
        assignment=_one(Assignment, "assignment_id"),
        pointsPossible=lambda row, info: _field("points_possible")(_one(Assignment, "assignment_id")(row, info), info),
        delayedPostAt=moment("delayed_post_at"),
        lockAt=moment("lock_at"),
        postedAt=moment("posted_at"),
        todoDate=moment("todo_date"),
    ),
    "ExternalTool": _type(_ITEM, name=_field("title"), state=_field("privacy_level")),
    "File": _type(
        _ITEM,
        displayName=_field("title"),
        contentType=_field("content_type"),
        size=_size,
        sizeBytes=_field("size"),
        url=lambda row, info: info.context.url(f"/files/{row.id}/download?download_frd=1"),
        fileState=_field("workflow_state"),
        folder=_one(Folder, "folder_id"),
        lockAt=moment("lock_at"),
        unlockAt=moment("unlock_at"),
    ),
    "Folder": _type(
        name=_field("title"),
        fullName=_field("full_name"),
        contextId=_field("course_id"),
        contextType=_field("context_type"),
        hidden=lambda row, _: row.hidden or None,
        parentFolderId=_parent_folder,
        lockAt=moment("lock_at"),
        unlockAt=moment("unlock_at"),
    ),
    "GroupSet": identified({"name": _field("name")}),
    "Page": _type(_ITEM),
    "Quiz": _type(
        _ITEM,
        quizType=lambda row, _: "quiz" if isinstance(row, Quiz) else "assignment",
        anonymousSubmissions=lambda row, _: isinstance(row, Quiz) and row.anonymous_submissions,
    ),
    "Rubric": _type(pointsPossible=_field("points_possible")),
    "Module": _type(
        name=_field("title"),
        unlockAt=moment("unlock_at"),
        requireSequentialProgress=_field("require_sequential_progress"),
        moduleItems=_items,
        moduleItemsConnection=_connection(_items),
        moduleItemsTotalCount=lambda row, info: len(_items(row, info)),
    ),
    "ModuleItem": _type(
        url=lambda row, info: info.context.url(f"/courses/{row.course_id}/modules/items/{row.id}"),
        module=_one(Module, "module_id"),
        content=_content,
    ),
    "ExternalUrl": _SHOWN,
    "ModuleExternalTool": _SHOWN,
    "SubHeader": _SHOWN,
}
"""By type: how the fields of the content of a course are read."""
