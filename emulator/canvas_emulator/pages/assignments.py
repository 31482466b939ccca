"""Assignments, the shells of graded quizzes and discussions and New Quizzes among them."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Assignment
from canvas_emulator.pages.collections import list_route, show_route
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

PATH = "/courses/{course_id}/assignments"


def shape(request: Request, row: Assignment) -> dict[str, Any]:
    """Render an Assignment; ``quiz_id`` and ``discussion_topic`` show only on shells."""
    payload: dict[str, Any] = {
        "id": row.id,
        "course_id": row.course_id,
        "name": row.title,
        "description": row.description,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "due_at": stamp(row.due_at),
        "unlock_at": stamp(row.unlock_at),
        "lock_at": stamp(row.lock_at),
        "points_possible": row.points_possible,
        "grading_type": "points",
        "assignment_group_id": row.assignment_group_id,
        "submission_types": list(row.submission_types),
        "is_quiz_assignment": row.quiz_id is not None,
        "is_quiz_lti_assignment": row.external_tool_url is not None,
        "published": row.published,
        "workflow_state": row.workflow_state,
        "html_url": request.url(row.path),
    }
    if row.quiz_id is not None:
        payload["quiz_id"] = row.quiz_id
    if row.discussion_topic_id is not None:
        payload["discussion_topic"] = {
            "id": row.discussion_topic_id,
            "title": row.title,
            "assignment_id": row.id,
            "html_url": request.url(f"/courses/{row.course_id}/discussion_topics/{row.discussion_topic_id}"),
        }
    if row.external_tool_url is not None:
        payload["external_tool_tag_attributes"] = {"url": row.external_tool_url, "new_tab": False}
    return payload


ROUTES = (
    list_route(PATH, Assignment, shape),
    show_route(PATH + "/{id}", Assignment, shape),
)
