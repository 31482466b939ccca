"""Small things about a course: previews of HTML, permissions, due dates, nicknames, a message to take away."""

from __future__ import annotations

import re
from typing import Any

from canvas_emulator.model.content import Assignment
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.parsing import parse_int, parse_list
from canvas_emulator.model.permissions import permissions as permissions_of
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, not_found, stamp

NEVER_KEPT = re.compile(
    r"<(script|style|object)\b.*?</\1\s*>|\son\w+\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE | re.DOTALL
)
"""What Canvas takes out of HTML that users write, of which this is the worst part."""


def preview_html(request: Request) -> Response:
    """POST HTML, and see what Canvas would keep of it."""
    request.seen_course()
    return Response({"html": NEVER_KEPT.sub("", str(request.params.get("html", "")))})


def permissions(request: Request) -> Response:
    """GET which of the named permissions the caller has; all of them, when none is named."""
    course, names = request.seen_course(), parse_list(request.params.get("permissions"))
    return Response(permissions_of(request.world, request.user, course, names))


def effective_due_dates(request: Request) -> Response:
    """GET when each student has to hand in each assignment.

    :raises CanvasError: 422, for ids that are none of the course's.
    """
    course = request.seen_course(right="read_as_admin")
    wanted = request.params.get("assignment_ids")
    rows = {row.id: row for row in request.world.live(Assignment, course.id)}
    if wanted is not None:
        ids = [parse_int(text) for text in parse_list(wanted)] if isinstance(wanted, list) else [None]
        if any(row_id not in rows for row_id in ids):
            raise CanvasError(422, {"errors": "assignment_ids param is invalid"})
        rows = {row_id: rows[row_id] for row_id in ids if row_id is not None}
    enrolled = request.world.enrollments.in_course(course.id)
    students = [row.user_id for row in enrolled if row.type is EnrollmentType.STUDENT and row.current]
    return Response({str(row.id): {str(user_id): _due(row) for user_id in students} for row in rows.values()})


def dismiss_migration_limitation_message(request: Request) -> Response:
    """POST that the message about quizzes that could not be migrated has been read."""
    course = request.seen_course("id", right="manage_course_content_edit")
    if not course.settings.migration_limitation:
        raise CanvasError(404, {"message": "Quiz migration alert not found"})
    course.settings.migration_limitation = False
    return Response({"success": True})


def show_nickname(request: Request) -> Response:
    """GET what the caller calls a course."""
    return Response(_nickname(request, request.seen_course()))


def set_nickname(request: Request) -> Response:
    """PUT what the caller calls a course."""
    course, nickname = request.seen_course(), str(request.params.get("nickname") or "")
    if not nickname:
        raise CanvasError(400, {"errors": [{"message": "nickname is missing"}]})
    request.world.tables.nicknames[request.user.id, course.id] = nickname
    return Response(_nickname(request, course))


def delete_nickname(request: Request) -> Response:
    """DELETE what the caller calls a course."""
    course = request.seen_course()
    if request.world.tables.nicknames.pop((request.user.id, course.id), None) is None:
        raise not_found()
    return Response(_nickname(request, course))


def _nickname(request: Request, course: Course) -> dict[str, Any]:
    nickname = request.world.tables.nicknames.get((request.user.id, course.id))
    return {"course_id": course.id, "name": course.name, "nickname": nickname}


def _due(row: Assignment) -> dict[str, Any]:
    return {"due_at": stamp(row.due_at), "grading_period_id": None, "in_closed_grading_period": False}


ROUTES = (
    Route("POST", "/courses/{course_id}/preview_html", preview_html),
    Route("GET", "/courses/{course_id}/permissions", permissions),
    Route("GET", "/courses/{course_id}/effective_due_dates", effective_due_dates),
    Route("POST", "/courses/{id}/dismiss_migration_limitation_message", dismiss_migration_limitation_message),
    Route("GET", "/users/self/course_nicknames/{course_id}", show_nickname),
    Route("PUT", "/users/self/course_nicknames/{course_id}", set_nickname),
    Route("DELETE", "/users/self/course_nicknames/{course_id}", delete_nickname),
)
