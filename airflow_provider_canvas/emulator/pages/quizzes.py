"""Classic quizzes. New Quizzes are assignments, and not here."""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.emulator.content import Quiz
from airflow_provider_canvas.emulator.pages.collections import list_route, show_route
from airflow_provider_canvas.emulator.wire.answers import stamp
from airflow_provider_canvas.emulator.wire.request import Request

PATH = "/courses/{course_id}/quizzes"


def shape(request: Request, row: Quiz) -> dict[str, Any]:
    """Render a Quiz; `assignment_id` is null for practice."""
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


ROUTES = (
    list_route(PATH, Quiz, shape),
    show_route(PATH + "/{id}", Quiz, shape),
)
