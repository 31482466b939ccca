"""Sets of groups of a course."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import EPOCH
from canvas_emulator.model.records import GroupCategory
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, stamp


def index(request: Request) -> Response:
    """GET the sets of groups of a course."""
    course = request.seen_course(right="read_as_admin")
    rows = [row for row in request.world.tables.group_categories.values() if row.course_id == course.id]
    return listing(request, sorted(rows, key=lambda row: (row.name.lower(), row.id)), shape)


def shape(_: Request, row: GroupCategory) -> dict[str, Any]:
    """Render a GroupCategory."""
    return {
        "id": row.id,
        "name": row.name,
        "role": None,
        "self_signup": None,
        "group_limit": None,
        "auto_leader": None,
        "created_at": stamp(EPOCH),
        "context_type": "Course",
        "course_id": row.course_id,
        "protected": False,
        "allows_multiple_memberships": False,
        "is_member": False,
        "sis_group_category_id": None,
        "sis_import_id": None,
    }


ROUTES = (Route("GET", "/courses/{course_id}/group_categories", index),)
