"""Outcome groups of a course, and which outcomes are in which."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import LearningOutcome, LearningOutcomeGroup
from canvas_emulator.pages.collections import list_route, live_row, show_route
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response

PATH = "/courses/{course_id}/outcome_groups"


def outcomes(request: Request) -> Response:
    """GET the outcomes of a group, each as a link to it."""
    course = request.course()
    group = live_row(request, LearningOutcomeGroup, course.id, request.id())
    rows = [row for row in request.world.live(LearningOutcome, course.id) if row.outcome_group_id == group.id]
    return listing(request, rows, link_shape)


def links(request: Request) -> Response:
    """GET all outcomes of a course, each as a link from its group."""
    return listing(request, request.world.live(LearningOutcome, request.course().id), link_shape)


def shape(request: Request, row: LearningOutcomeGroup) -> dict[str, Any]:
    """Render an OutcomeGroup."""
    path = f"/api/v1/courses/{row.course_id}/outcome_groups/{row.id}"
    payload: dict[str, Any] = {
        "id": row.id,
        "title": row.title,
        "description": row.description,
        "vendor_guid": None,
        "context_id": row.course_id,
        "context_type": "Course",
        "url": path,
        "subgroups_url": f"{path}/subgroups",
        "outcomes_url": f"{path}/outcomes",
        "import_url": f"{path}/import",
        "can_edit": True,
    }
    parent = request.world.find(LearningOutcomeGroup, row.course_id, row.parent_outcome_group_id or 0)
    if parent is not None:
        payload["parent_outcome_group"] = {"id": parent.id, "title": parent.title}
    return payload


def link_shape(request: Request, row: LearningOutcome) -> dict[str, Any]:
    """Render an OutcomeLink."""
    group = request.world.find(LearningOutcomeGroup, row.course_id, row.outcome_group_id or 0)
    return {
        "url": f"/api/v1/courses/{row.course_id}/outcome_groups/{row.outcome_group_id}/outcomes/{row.id}",
        "context_id": row.course_id,
        "context_type": "Course",
        "outcome_group": group and {"id": group.id, "title": group.title},
        "outcome": {
            "id": row.id,
            "title": row.title,
            "description": row.description,
            "points_possible": row.points_possible,
            "mastery_points": row.mastery_points,
            "context_id": row.course_id,
            "context_type": "Course",
            "url": f"/api/v1/outcomes/{row.id}",
        },
    }


ROUTES = (
    list_route(PATH, LearningOutcomeGroup, shape),
    show_route(PATH + "/{id}", LearningOutcomeGroup, shape),
    Route("GET", PATH + "/{id}/outcomes", outcomes),
    Route("GET", "/courses/{course_id}/outcome_group_links", links),
)
