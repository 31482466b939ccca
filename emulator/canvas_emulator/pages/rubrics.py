"""Rubrics of a course."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Rubric
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
        "points_possible": row.points_possible,
        "reusable": False,
        "read_only": False,
        "free_form_criterion_comments": False,
        "hide_score_total": False,
        "data": [_criterion(row, position, line) for position, line in enumerate(row.criteria, start=1)],
    }


def _criterion(row: Rubric, position: int, line: str) -> dict[str, Any]:
    description, _, points = line.rpartition(":")
    return {"id": f"_{row.id}_{position}", "description": description, "points": float(points), "ratings": []}


ROUTES = (
    list_route(PATH, Rubric, shape, order=lambda row: row.title.lower()),
    show_route(PATH + "/{id}", Rubric, shape),
)
