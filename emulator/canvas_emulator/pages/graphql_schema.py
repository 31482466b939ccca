"""The part of Canvas's GraphQL schema that the emulator has: a course, its assignments, and one mutation."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema

from canvas_emulator.model.content import Assignment
from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.rights import rights
from canvas_emulator.pages.collections import visible_rows
from canvas_emulator.wire.request import Request

SCHEMA = """
type Query { course(id: ID!): Course }

type Course {
  _id: ID!
  id: ID!
  name: String!
  courseCode: String
  state: String!
  sisId: String
  assignmentsConnection(first: Int, after: String): AssignmentConnection
}

type AssignmentConnection { nodes: [Assignment], pageInfo: PageInfo! }

type Assignment { _id: ID!, id: ID!, name: String, state: String!, pointsPossible: Float }

type PageInfo { hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: String, endCursor: String }

type Mutation { createAssignment(input: CreateAssignmentInput!): CreateAssignmentPayload }

input CreateAssignmentInput { courseId: ID!, name: String! }

type CreateAssignmentPayload { assignment: Assignment, errors: [ValidationError!] }

type ValidationError { attribute: String!, message: String! }
"""


Info = GraphQLResolveInfo[Request]


def schema() -> GraphQLSchema:
    """Build the schema. The context of a query is the ``Request``."""
    built = build_schema(SCHEMA)
    for type_name, resolvers in RESOLVERS.items():
        for name, resolve in resolvers.items():
            built.type_map[type_name].fields[name].resolve = resolve  # type: ignore[attr-defined]  # an object type
    return built


def _course(_: object, info: Info, id: str) -> Course | None:  # noqa: A002  Canvas's word
    """Return a course that the caller may read; None for any other."""
    request = info.context
    course = find_course(request.world, id)
    return course if course is not None and "read" in rights(request.world, request.user, course) else None


def _assignments(course: Course, info: Info, first: int | None = None, after: str | None = None) -> dict[str, Any]:
    """Return assignments of a course, after a cursor. A cursor is the place of a row in the list, encoded."""
    request = info.context
    rows = visible_rows(request, Assignment, course.id)
    start = int(_decoded(after)) if after else 0
    shown = rows[start:] if first is None else rows[start : start + first]
    end = start + len(shown)
    return {
        "nodes": shown,
        "pageInfo": {
            "hasNextPage": end < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": _encoded(str(start + 1)) if shown else None,
            "endCursor": _encoded(str(end)) if shown else None,
        },
    }


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


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode().rstrip("=")


def _decoded(text: str) -> str:
    return b64decode(text + "=" * (-len(text) % 4)).decode()


STATES = {"unpublished": "claimed"}
"""The stored state of a course, where the REST API reports another one."""

RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": {"course": _course},
    "Mutation": {"createAssignment": _create_assignment},
    "Course": {
        "_id": lambda course, _: course.id,
        "id": lambda course, _: _encoded(f"Course-{course.id}"),
        "courseCode": lambda course, _: course.course_code,
        "state": lambda course, _: STATES.get(course.workflow_state, course.workflow_state),
        "sisId": lambda course, info: _sis_id(course, info.context),
        "assignmentsConnection": _assignments,
    },
    "Assignment": {
        "_id": lambda row, _: row.id,
        "id": lambda row, _: _encoded(f"Assignment-{row.id}"),
        "name": lambda row, _: row.title,
        "state": lambda row, _: row.workflow_state,
        "pointsPossible": lambda row, _: row.points_possible,
    },
}
"""By type: how fields are read that have another name in the emulator."""


def _sis_id(course: Course, request: Request) -> str | None:
    """Return the SIS id of a course to those who may read SIS data."""
    return course.sis_course_id if "read_sis" in rights(request.world, request.user, course) else None
