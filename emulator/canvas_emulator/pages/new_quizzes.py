"""New Quizzes, which another service responds to: its errors are not those of Canvas."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.effects.new_quizzes import new_quizzes
from canvas_emulator.machines.assignment import DUPLICABLE
from canvas_emulator.model.content import Assignment
from canvas_emulator.model.content_assignments import NewQuizItem
from canvas_emulator.model.course import Course
from canvas_emulator.model.editions import NewQuizzesMode
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.pages.html_reading import html_for
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, no_route, number, stamp

PREFIX = "/api/quiz/v1"
PATH = "/courses/{course_id}/quizzes"
NOT_FOUND = {"error": "not_found", "message": "The quiz does not exist."}
FORBIDDEN = {"error": "forbidden", "message": "You are not allowed to see this quiz."}
FAILED = {"error": "internal_server_error"}
ABSENT = {403: FORBIDDEN, 404: NOT_FOUND, 500: FAILED}


def index(request: Request) -> Response:
    """GET the New Quizzes of a course that have arrived and were opened."""
    rows = [row for row in new_quizzes(request.world, _course(request).id) if _is_there(row)]
    return _listed(request, rows, shape)


def show(request: Request) -> Response:
    """GET one New Quiz by the id of its assignment."""
    return Response(shape(request, _quiz(request)))


def items(request: Request) -> Response:
    """GET the items of a New Quiz."""
    row = _quiz(request)
    entries = list(enumerate(row.new_quiz_items, start=1))
    return _listed(request, entries, lambda request, entry: item_shape(request, row, *entry))


def shape(request: Request, row: Assignment) -> dict[str, Any]:
    """Render a NewQuiz."""
    return {
        "id": str(row.id),
        "title": row.title,
        "instructions": html_for(request, row.description),
        "assignment_group_id": None if row.assignment_group_id is None else str(row.assignment_group_id),
        "points_possible": number(row.points_possible),
        "due_at": stamp(row.due_at),
        "lock_at": stamp(row.lock_at),
        "unlock_at": stamp(row.unlock_at),
        "published": row.published,
        "grading_type": row.grading_type,
        "quiz_settings": None,
    }


def item_shape(request: Request, row: Assignment, position: int, item: NewQuizItem) -> dict[str, Any]:
    """Render a QuizItem with a question."""
    return {
        "id": str(uuid5(NAMESPACE_URL, f"https://{request.world.host}/assignments/{row.id}/items/{position}")),
        "position": position,
        "points_possible": number(item.points_possible),
        "entry_type": "Item",
        "entry_editable": True,
        "status": "mutable",
        "properties": {},
        "entry": {
            "title": item.title,
            "item_body": html_for(request, item.body),
            "interaction_type_slug": item.interaction_type,
            "interaction_data": {},
            "scoring_algorithm": "Equivalence",
            "scoring_data": {},
        },
    }


def _course(request: Request) -> Course:
    """Return the course of the path.

    :raises CanvasError: When there are no New Quizzes here, or the caller may not see those of the course.
    """
    settings = request.world.settings
    if settings.new_quizzes is NewQuizzesMode.ABSENT:
        status = int(settings.new_quizzes_absent_status)
        raise CanvasError(status, ABSENT.get(status, FAILED)) if status else no_route()
    course = request.seen_course(right="read_as_admin")
    is_stranger = not request.world.enrollments.of_user(request.user.id, course.id)
    if request.user.is_admin and is_stranger and not settings.new_quizzes_for_admins:
        raise CanvasError(403, FORBIDDEN)
    return course


def _quiz(request: Request) -> Assignment:
    course_id, row_id = _course(request).id, parse_int(request.ids["assignment_id"])
    rows = new_quizzes(request.world, course_id)
    row = next((row for row in rows if row.id == row_id and _is_there(row)), None)
    if row is None:
        raise CanvasError(404, NOT_FOUND)
    return row


def _is_there(row: Assignment) -> bool:
    return row.workflow_state in DUPLICABLE and not row.needs_opening


def _listed(request: Request, rows: list[Any], shape_of: Any) -> Response:
    """Return a page of a list, or all of it where the service does not page."""
    if request.world.settings.new_quizzes_paging:
        return listing(request, rows, shape_of)
    return Response([shape_of(request, row) for row in rows], rows=len(rows))


ROUTES = (
    Route("GET", PATH, index, prefix=PREFIX),
    Route("GET", PATH + "/{assignment_id}", show, prefix=PREFIX),
    Route("GET", PATH + "/{assignment_id}/items", items, prefix=PREFIX),
)
