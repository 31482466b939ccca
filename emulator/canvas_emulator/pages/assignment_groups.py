"""Assignment groups, with the share that each has in the grade."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Assignment, AssignmentGroup
from canvas_emulator.pages import assignments
from canvas_emulator.pages.collections import list_route, show_route
from canvas_emulator.wire.request import Request

PATH = "/courses/{course_id}/assignment_groups"


def shape(request: Request, row: AssignmentGroup) -> dict[str, Any]:
    """Render an AssignmentGroup, with its assignments if they were asked for."""
    payload: dict[str, Any] = {
        "id": row.id,
        "name": row.title,
        "position": row.position,
        "group_weight": row.group_weight,
        "sis_source_id": None,
        "integration_data": {},
        "rules": {},
    }
    if request.includes("assignments"):
        rows = request.world.live(Assignment, row.course_id)
        payload["assignments"] = [
            assignments.shape(request, each) for each in rows if each.assignment_group_id == row.id
        ]
    return payload


ROUTES = (
    list_route(PATH, AssignmentGroup, shape, order=lambda row: row.position),
    show_route(PATH + "/{id}", AssignmentGroup, shape),
)
