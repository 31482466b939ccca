"""Rubrics of a course, and the rubric of an assignment."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Assignment, Rubric
from canvas_emulator.pages.collections import list_route, show_route
from canvas_emulator.wire.request import Request

PATH = "/courses/{course_id}/rubrics"


def shape(_: Request, row: Rubric) -> dict[str, Any]:
    """Render a Rubric."""
    return {
        "id": row.id,
        "title": row.title,
        "context_id": row.course_id,
        "context_type": "Course",
        "points_possible": float(row.points_possible),
        "reusable": False,
        "read_only": False,
        "free_form_criterion_comments": False,
        "hide_score_total": False,
        "data": _criteria(row),
    }


def rubric_of_assignment(request: Request, row: Assignment) -> dict[str, Any]:
    """Render the keys that an assignment with a rubric has besides."""
    rubric = request.world.find(Rubric, row.course_id, row.rubric_id or 0)
    if rubric is None or rubric.deleted:
        return {}
    return {
        "use_rubric_for_grading": row.use_rubric_for_grading,
        "free_form_criterion_comments": False,
        "rubric": _criteria(rubric),
        "rubric_settings": {
            "id": rubric.id,
            "title": rubric.title,
            "points_possible": float(rubric.points_possible),
            "free_form_criterion_comments": False,
            "hide_score_total": False,
            "hide_points": False,
        },
    }


def _criteria(row: Rubric) -> list[dict[str, Any]]:
    return [_criterion(row, position, line) for position, line in enumerate(row.criteria, start=1)]


def _criterion(row: Rubric, position: int, line: str) -> dict[str, Any]:
    """Render a line of a rubric, with one rating for all of its points and one for none."""
    description, _, points = line.rpartition(":")
    row_id, score = f"_{row.id}_{position}", float(points)
    return {
        "id": row_id,
        "points": score,
        "description": description,
        "long_description": "",
        "criterion_use_range": False,
        "ratings": [
            {"id": f"{row_id}_full", "points": score, "description": "Full Marks", "long_description": ""},
            {"id": f"{row_id}_none", "points": 0.0, "description": "No Marks", "long_description": ""},
        ],
    }


ROUTES = (
    list_route(PATH, Rubric, shape, order=lambda row: row.title.lower()),
    show_route(PATH + "/{id}", Rubric, shape),
)
