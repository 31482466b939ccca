"""How the fields of GraphQL are read from the rows of the emulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from canvas_emulator.machines.course import CourseState
from canvas_emulator.machines.progress import ProgressState
from canvas_emulator.model.content import (
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
from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.records import Account, GroupCategory, Progress, Term
from canvas_emulator.model.rights import rights
from canvas_emulator.model.settings import BadNode
from canvas_emulator.model.time_zones import zone_of_users
from canvas_emulator.pages.graphql_connections import decoded, encoded
from canvas_emulator.pages.progress import is_purged, may_read_progress, note_poll
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import internal_error

Info = GraphQLResolveInfo[Request]

MAX_COURSES = 100
STATES = {"unpublished": "claimed"}
"""The stored state of a course, where the REST API reports another one."""

CONTENT = {
    Assignment: "Assignment",
    AssignmentGroup: "AssignmentGroup",
    DiscussionTopic: "Discussion",
    File: "File",
    Module: "Module",
    ModuleItem: "ModuleItem",
    Page: "Page",
    Rubric: "Rubric",
}
"""The content that ``legacyNode`` finds."""

NAMES = CONTENT | {
    Account: "Account",
    Announcement: "Discussion",
    Course: "Course",
    ExternalTool: "ExternalTool",
    Folder: "Folder",
    GroupCategory: "GroupSet",
    Progress: "Progress",
    Quiz: "Quiz",
    Term: "Term",
}
"""The names of types in GraphQL."""

UNGUARDED = frozenset(
    {"Page", "File", "Discussion", "DiscussionEntry", "Module", "ModuleItem", "Enrollment", "Progress", "Submission"}
)
"""The types of which an unknown id is an internal error of the whole request; of the others it is null."""


def type_of(row: object, *_: object) -> str:
    """Return the name of a row's type in GraphQL."""
    name: str | None = getattr(row, "type_name", None)
    return name or NAMES[type(row)]


TYPE_OF: Callable[..., str] = type_of


def shown(row: Any, info: Info) -> Any:
    """Return a row that the token may see: one with scopes sees no object at all.

    :raises GraphQLError: When the token has scopes.
    """
    if row is not None and info.context.scopes is not None:
        raise GraphQLError(f"An object of type {type_of(row)} was hidden due to insufficient scopes on access token")
    return row


def _course(
    _: object,
    info: Info,
    id: str | None = None,  # noqa: A002  Canvas's word
    sisId: str | None = None,  # noqa: N803  Canvas's word
) -> Course | None:
    """Return a course that the caller may read; None for any other.

    :raises GraphQLError: When neither or both of the ids are there.
    """
    if (id is None) == (sisId is None):
        raise GraphQLError("Must specify exactly one of id or sisId")
    text = f"sis_course_id:{sisId}" if sisId is not None else str(id)
    return _readable_course(info, _relay("Course", text) or text)


def _readable_course(info: Info, text: str) -> Course | None:
    request = info.context
    course = find_course(request.world, text)
    is_readable = course is not None and "read" in rights(request.world, request.user, course)
    return shown(course, info) if is_readable else None


def _relay(type_name: str, text: str) -> str | None:
    """Return the id within a relay id of a type; None for any other text."""
    try:
        name, dash, row_id = decoded(text).partition("-")
    except ValueError:
        return None
    return row_id if dash and name == type_name else None


def _all_courses(_: object, info: Info) -> list[Course]:
    """Return the courses that the caller is enrolled in."""
    request = info.context
    ids = {row.course_id for row in request.world.enrollments.of_user(request.user.id)}
    rows = [course for row_id in sorted(ids) if (course := request.world.tables.courses.get(row_id))]
    return [shown(row, info) for row in rows if row.workflow_state != CourseState.DELETED]


def _courses(_: object, info: Info, ids: list[str]) -> list[Course]:
    """Return those of some courses that the caller is enrolled in, by name; administrators miss all others.

    :raises GraphQLError: When more are asked for than Canvas returns at once.
    """
    if len(ids) > MAX_COURSES:
        raise GraphQLError(f"Cannot request more than {MAX_COURSES} courses at once")
    wanted = {_relay("Course", text) or text for text in ids}
    rows = [row for row in _all_courses(_, info) if str(row.id) in wanted]
    return sorted(rows, key=lambda row: row.name.lower())


def _legacy_node(_: object, info: Info, _id: str, type: str) -> Any:  # noqa: A002  Canvas's word
    """Return a row by its type and its id: None when the caller may not read it.

    :raises CanvasError: 500, when there is no such row and Canvas does not guard against it.
    """
    if type == "Course":
        return _readable_course(info, _id)
    row = _row(info.context, type, parse_int(_id))
    if row is None:
        return _unknown(info.context, type) if _id.isdecimal() else None
    return shown(row, info) if _may_read(info.context, row) else None


def _node(_: object, info: Info, id: str) -> Any:  # noqa: A002  Canvas's word
    """Return a row by its relay id.

    :raises CanvasError: 500, when it is none, or Canvas does not guard against an unknown one.
    """
    try:
        name, dash, row_id = decoded(id).partition("-")
    except ValueError:
        raise internal_error() from None
    if not dash or name not in NAMES.values():
        raise internal_error()
    return _legacy_node(_, info, row_id, name)


def _row(request: Request, type_name: str, row_id: int | None) -> Any:
    world = request.world
    match type_name:
        case _ if row_id is None:
            return None
        case "Progress":
            row = world.tables.progress.get(row_id)
            return None if row is None or is_purged(request, row) else row
        case "Term":
            return world.tables.terms.get(row_id)
        case "Account":
            return world.tables.accounts.get(row_id)
        case _:
            kind = next((kind for kind, name in CONTENT.items() if name == type_name), None)
            return None if kind is None else world.anywhere(kind, row_id)


def _may_read(request: Request, row: Any) -> bool:
    match row:
        case Progress():
            return may_read_progress(request, row)
        case Content():
            course = request.world.tables.courses.get(row.course_id)
            return course is not None and "read" in rights(request.world, request.user, course)
        case _:
            return request.user.is_admin


def _unknown(request: Request, type_name: str) -> None:
    """Respond to an unknown id as Canvas does: some types are not guarded against it.

    :raises CanvasError: 500, by default.
    :raises GraphQLError: Where the settings want an error instead.
    """
    if type_name not in UNGUARDED or request.world.settings.graphql_bad_node is BadNode.NULL:
        return
    if request.world.settings.graphql_bad_node is BadNode.ERROR:
        raise GraphQLError(f"{type_name} not found")
    raise internal_error()


def _create_assignment(_: object, info: Info, input: dict[str, str]) -> dict[str, Any]:  # noqa: A002
    """Create an assignment in a course whose content the caller may change.

    :raises GraphQLError: When there is no such course, or the right is missing.
    """
    request = info.context
    course = find_course(request.world, input["courseId"])
    if course is None or "manage_course_content_add" not in rights(request.world, request.user, course):
        raise GraphQLError(f"invalid course: {input['courseId']}")
    if not input["name"]:
        return {
            "assignment": None,
            "errors": [{"attribute": "name", "message": "is too short (minimum is 1 character)"}],
        }
    row = Assignment(course_id=course.id, title=input["name"], workflow_state="unpublished")
    return {"assignment": request.world.add(row), "errors": None}


def _sis_id(course: Course, info: Info) -> str | None:
    """Return the SIS id of a course to those who may read SIS data."""
    request = info.context
    return course.sis_course_id if "read_sis" in rights(request.world, request.user, course) else None


def _state_of_progress(row: Progress, info: Info) -> str:
    """Return the state of a Progress.

    :raises CanvasError: 500, for a state that the schema does not have.
    """
    if row.workflow_state not in list(ProgressState):
        raise internal_error()
    note_poll(info.context.world, row)
    return row.workflow_state


def moment(name: str) -> Callable[[Any, Info], str | None]:
    """Return a resolver of a time, which has the offset of the account's time zone."""
    return lambda row, info: shown_moment(getattr(row, name), info)


def shown_moment(value: datetime | None, info: Info) -> str | None:
    """Return a time as GraphQL shows it."""
    if value is None:
        return None
    zoned = value.astimezone(zone_of_users(info.context.world))
    return zoned.isoformat(timespec="seconds").replace("+00:00", "Z")


def identified(fields: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Return the resolvers of a type whose objects have ids, from those of its other fields."""
    return {
        "_id": lambda row, _: row.id,
        "id": lambda row, _: encoded(f"{type_of(row)}-{row.id}"),
        **fields,
    }


RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": {
        "course": _course,
        "courses": _courses,
        "allCourses": _all_courses,
        "legacyNode": _legacy_node,
        "node": _node,
    },
    "Mutation": {"createAssignment": _create_assignment},
    "Course": identified(
        {
            "courseCode": lambda course, _: course.course_code,
            "state": lambda course, _: STATES.get(course.workflow_state, course.workflow_state),
            "sisId": _sis_id,
            "syllabusBody": lambda course, _: course.syllabus_body or None,
            "term": lambda course, info: info.context.world.tables.terms.get(course.enrollment_term_id),
            "account": lambda course, info: info.context.world.tables.accounts.get(course.account_id),
            "createdAt": moment("created_at"),
            "updatedAt": moment("created_at"),
        }
    ),
    "Progress": identified(
        {
            "state": _state_of_progress,
            "completion": lambda row, _: None if row.completion is None else int(row.completion),
            "context": lambda *_: None,
            "createdAt": moment("created_at"),
            "updatedAt": moment("updated_at"),
        }
    ),
    "Term": identified(
        {
            "startAt": moment("start_at"),
            "endAt": moment("end_at"),
            "sisId": lambda term, info: term.sis_term_id if info.context.user.is_admin else None,
        }
    ),
    "Account": identified({"sisId": lambda row, info: row.sis_account_id if info.context.user.is_admin else None}),
}
"""By type: how fields are read that have another name in the emulator."""
