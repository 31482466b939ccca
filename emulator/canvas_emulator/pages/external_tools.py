"""External tools of a course."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import ExternalTool
from canvas_emulator.pages.collections import list_route, show_route
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

PATH = "/courses/{course_id}/external_tools"


def shape(_: Request, row: ExternalTool) -> dict[str, Any]:
    """Render an ExternalTool."""
    return {
        "id": row.id,
        "name": row.title,
        "description": row.description,
        "url": row.url or None,
        "domain": row.domain,
        "consumer_key": row.consumer_key,
        "privacy_level": row.privacy_level,
        "workflow_state": row.workflow_state,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "version": "1.1",
    }


ROUTES = (
    list_route(PATH, ExternalTool, shape, order=lambda row: row.title.lower()),
    show_route(PATH + "/{id}", ExternalTool, shape),
)
