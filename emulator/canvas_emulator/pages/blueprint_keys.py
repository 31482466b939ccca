"""The keys that content of a blueprint, and of a course that follows one, has besides."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Content
from canvas_emulator.pages.visibility import manages
from canvas_emulator.wire.request import Request

SYNCED = "mastercourse_"
"""How the keys of rows begin that came from a blueprint."""


def blueprint_keys(request: Request, row: Content) -> dict[str, Any]:
    """Render whether a row is of a blueprint, or came from one. Nothing is locked here."""
    if not manages(request, row.course_id):
        return {}
    if request.world.tables.courses[row.course_id].settings.blueprint:
        return {"is_master_course_master_content": True, "restricted_by_master_course": False}
    if row.migration_id is not None and (row.migration_id.startswith(SYNCED) or _follows(request, row.course_id)):
        return {"is_master_course_child_content": True, "restricted_by_master_course": False}
    return {}


def _follows(request: Request, course_id: int) -> bool:
    return any(each.course_id == course_id for each in request.world.tables.blueprint_subscriptions.values())
