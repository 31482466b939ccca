"""Classic quizzes. New Quizzes are assignments, and not here."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Assignment, Quiz, QuizQuestion
from canvas_emulator.pages.collections import list_route, live_row, show_route
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, stamp

PATH = "/courses/{course_id}/quizzes"


def shape(request: Request, row: Quiz) -> dict[str, Any]:
    """Render a Quiz; ``assignment_id`` is null for practice."""
    return {
        "id": row.id,
        "title": row.title,
        "html_url": request.url(row.path),
        "description": row.description,
        "quiz_type": row.quiz_type,
        "assignment_id": row.assignment_id,
        "time_limit": row.time_limit,
        "points_possible": row.points_possible,
        "question_count": row.question_count,
        "due_at": stamp(row.due_at),
        "unlock_at": stamp(row.unlock_at),
        "lock_at": stamp(row.lock_at),
        "published": row.published,
        "workflow_state": row.workflow_state,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
    }


def all_quizzes(request: Request) -> Response:
    """GET classic and New Quizzes together, by title. A New Quiz has the id of its assignment."""
    course, world = request.course(), request.world
    new = [row for row in world.live(Assignment, course.id) if row.external_tool_url is not None]
    rows: list[Quiz | Assignment] = [*world.live(Quiz, course.id), *new]
    return listing(request, sorted(rows, key=lambda row: row.title.lower()), _either_shape)


def questions(request: Request) -> Response:
    """GET the questions of a classic quiz, by position."""
    quiz = live_row(request, Quiz, request.course().id, request.id("quiz_id"))
    rows = [row for row in request.world.live(QuizQuestion, quiz.course_id) if row.quiz_id == quiz.id]
    return listing(request, sorted(rows, key=lambda row: row.position), question_shape)


def question_shape(_: Request, row: QuizQuestion) -> dict[str, Any]:
    """Render a QuizQuestion."""
    return {
        "id": row.id,
        "quiz_id": row.quiz_id,
        "position": row.position,
        "question_name": row.title,
        "question_type": row.question_type,
        "question_text": row.question_text,
        "points_possible": row.points_possible,
        "answers": [{"text": text, "weight": 100 if text == row.correct else 0} for text in row.choices],
    }


def _either_shape(request: Request, row: Quiz | Assignment) -> dict[str, Any]:
    if isinstance(row, Quiz):
        return shape(request, row)
    return {
        "id": row.id,
        "title": row.title,
        "html_url": request.url(row.path),
        "description": row.description,
        "quiz_type": "quizzes.next",
        "assignment_id": row.id,
        "points_possible": row.points_possible,
        "due_at": stamp(row.due_at),
        "unlock_at": stamp(row.unlock_at),
        "lock_at": stamp(row.lock_at),
        "published": row.published,
    }


ROUTES = (
    list_route(PATH, Quiz, shape),
    Route("GET", "/courses/{course_id}/all_quizzes", all_quizzes),
    Route("GET", PATH + "/{quiz_id}/questions", questions),
    show_route(PATH + "/{id}", Quiz, shape),
)
