"""Assignment groups, with the share that each has in the grade."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Assignment, AssignmentGroup
from canvas_emulator.pages.assignment_shape import shape as assignment_shape
from canvas_emulator.pages.collections import list_route, show_route, visible_rows
from canvas_emulator.wire.request import Request

PATH = "/courses/{course_id}/assignment_groups"


def shape(request: Request, row: AssignmentGroup) -> dict[str, Any]:
    """Render an AssignmentGroup, with its assignments if they were asked for."""
    payload: dict[str, Any] = {
        "id": row.id,
        "name": row.title,
        "position": row.position,
        "group_weight": float(row.group_weight),
        "sis_source_id": None,
        "integration_data": {},
        "rules": {},
    }
    if request.includes("assignments"):
        rows = [each for each in visible_rows(request, Assignment, row.course_id) if each.assignment_group_id == row.id]
        rows.sort(key=lambda each: (each.position, each.id))
        payload["assignments"] = [assignment_shape(request, each) for each in rows]
    return payload


ROUTES = (
    list_route(PATH, AssignmentGroup, shape, order=lambda row: row.position, right="read"),
    show_route(PATH + "/{id}", AssignmentGroup, shape, right="read"),
)
