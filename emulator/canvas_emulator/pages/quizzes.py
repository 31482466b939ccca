"""Classic quizzes and their questions. New Quizzes are assignments, and not here."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from canvas_emulator.model.content import Assignment, Quiz, QuizQuestion
from canvas_emulator.model.course import Course
from canvas_emulator.model.parsing import parse_bool
from canvas_emulator.pages import content_changes
from canvas_emulator.pages.collections import live_row, searched, visible_row, visible_rows
from canvas_emulator.pages.html_reading import html_for
from canvas_emulator.pages.quiz_shape import new_quiz_shape, question_types, shape
from canvas_emulator.pages.visibility import check_tab
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found, number

PATH = "/courses/{course_id}/quizzes"

COLUMNS: Mapping[str, tuple[str, content_changes.Reader]] = {
    "title": ("title", content_changes.text),
    "description": ("description", content_changes.html),
    "due_at": ("due_at", content_changes.time),
    "unlock_at": ("unlock_at", content_changes.time),
    "lock_at": ("lock_at", content_changes.time),
    "published": ("workflow_state", content_changes.state("available")),
}
"""What of a quiz a PUT changes."""


def index(request: Request) -> Response:
    """GET the classic quizzes of a course, by title."""
    course = _course(request)
    return listing(request, sorted(visible_rows(request, Quiz, course.id), key=_by_title), shape)


def show(request: Request) -> Response:
    """GET a quiz, with the types of its questions."""
    row = visible_row(request, Quiz, _course(request).id, request.id())
    return Response(shape(request, row) | {"question_types": question_types(request, row)})


def update(request: Request) -> Response:
    """PUT changes of a quiz: a new version, also of its assignment. Students hear of it unless the request says no."""
    row, wanted = visible_row(request, Quiz, _course(request).id, request.id()), request.table("quiz")
    content_changes.permit_editing(request, row)
    changed = content_changes.change(request, row, wanted, COLUMNS)
    if changed:
        row.version_number += 1
        assignment = request.world.find(Assignment, row.course_id, row.assignment_id or 0)
        if assignment is not None:
            for name in changed - {"workflow_state"}:
                setattr(assignment, name, getattr(row, name))
            assignment.updated_at = row.updated_at
        if parse_bool(wanted.get("notify_of_update", True)):
            content_changes.notify(request, row, "Assignment Changed")
    return Response(shape(request, row))


def all_quizzes(request: Request) -> Response:
    """GET classic and New Quizzes together, by title. A New Quiz has the id of its assignment."""
    course = _course(request)
    new = [row for row in visible_rows(request, Assignment, course.id) if row.is_new_quiz]
    rows: list[Quiz | Assignment] = [*visible_rows(request, Quiz, course.id), *new]
    return listing(request, sorted(rows, key=_by_title), _either_shape)


def questions(request: Request) -> Response:
    """GET the questions of a classic quiz, by position."""
    quiz = live_row(request, Quiz, request.course().id, request.id("quiz_id"))
    rows = [row for row in request.world.live(QuizQuestion, quiz.course_id) if row.quiz_id == quiz.id]
    return listing(request, sorted(searched(request, rows), key=lambda row: row.position), question_shape)


def show_question(request: Request) -> Response:
    """GET a question of a classic quiz."""
    quiz = live_row(request, Quiz, request.course().id, request.id("quiz_id"))
    row = live_row(request, QuizQuestion, quiz.course_id, request.id())
    if row.quiz_id != quiz.id:
        raise not_found()
    return Response(question_shape(request, row))


def question_shape(request: Request, row: QuizQuestion) -> dict[str, Any]:
    """Render a QuizQuestion."""
    return {
        "id": row.id,
        "quiz_id": row.quiz_id,
        "position": row.position,
        "question_name": row.title,
        "question_type": row.question_type,
        "question_text": html_for(request, row.question_text),
        "points_possible": number(row.points_possible),
        "correct_comments_html": html_for(request, row.correct_comments_html),
        "incorrect_comments_html": html_for(request, row.incorrect_comments_html),
        "neutral_comments_html": html_for(request, row.neutral_comments_html),
        "answers": [
            {"text": text, "html": html_for(request, html), "weight": 100 if text == row.correct else 0}
            for text, html in zip_longest(row.choices, row.answers_html[: len(row.choices)], fillvalue="")
        ],
    }


def _course(request: Request) -> Course:
    course = request.seen_course()
    check_tab(request, course, "quizzes")
    return course


def _by_title(row: Quiz | Assignment) -> tuple[str, int]:
    return row.title.lower(), row.id


def _either_shape(request: Request, row: Quiz | Assignment) -> dict[str, Any]:
    return shape(request, row) if isinstance(row, Quiz) else new_quiz_shape(request, row)


ROUTES = (
    Route("GET", PATH, index),
    Route("GET", "/courses/{course_id}/all_quizzes", all_quizzes),
    Route("GET", PATH + "/{quiz_id}/questions", questions),
    Route("GET", PATH + "/{quiz_id}/questions/{id}", show_question),
    Route("GET", PATH + "/{id}", show),
    Route("PUT", PATH + "/{id}", update),
)
