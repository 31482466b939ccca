"""Modules and their items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canvas_emulator.model.content import Module, ModuleItem
from canvas_emulator.pages import content_changes
from canvas_emulator.pages.collections import live_row, searched, visible_rows
from canvas_emulator.pages.locks import ModuleProgress
from canvas_emulator.pages.module_item_shape import item_shape
from canvas_emulator.pages.visibility import is_visible, manages
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found, stamp

PATH = "/courses/{course_id}/modules"

COLUMNS: Mapping[str, tuple[str, content_changes.Reader]] = {
    "title": ("title", content_changes.text),
    "external_url": ("external_url", content_changes.text),
    "published": ("workflow_state", content_changes.state("active")),
}
"""What of a module item a PUT changes."""


def index(request: Request) -> Response:
    """GET the modules of a course, by position."""
    rows = visible_rows(request, Module, request.seen_course().id)
    return listing(request, sorted(rows, key=lambda row: row.position), shape)


def show(request: Request) -> Response:
    """GET one module."""
    return Response(shape(request, _module(request, "id")))


def items_index(request: Request) -> Response:
    """GET the items of a module, by position."""
    return listing(request, searched(request, _items(request, _module(request, "module_id"))), item_shape)


def show_item(request: Request) -> Response:
    """GET one item of a module."""
    return Response(item_shape(request, _item(request)))


def update_item(request: Request) -> Response:
    """PUT changes of an item. Only links have a URL, and tools where a setting says so; of others it is ignored."""
    row, wanted = _item(request), request.table("module_item")
    content_changes.permit_editing(request, row)
    has_url = row.type == "ExternalUrl" or (row.type == "ExternalTool" and request.world.settings.tool_item_url)
    if not has_url:
        wanted.pop("external_url", None)
    content_changes.change(request, row, wanted, COLUMNS)
    return Response(item_shape(request, row))


def _item(request: Request) -> ModuleItem:
    """Return the item of the path.

    :raises CanvasError: 404, when its module has none.
    """
    module = _module(request, "module_id")
    row = next((item for item in _items(request, module) if item.id == request.id()), None)
    if row is None:
        raise not_found()
    return row


def shape(request: Request, row: Module) -> dict[str, Any]:
    """Render a Module, with its items if they were asked for and are not too many."""
    items, settings = _items(request, row), request.world.settings
    payload = {
        "id": row.id,
        "name": row.title,
        "position": row.position,
        "unlock_at": stamp(row.unlock_at),
        "require_sequential_progress": row.require_sequential_progress,
        "publish_final_grade": row.publish_final_grade,
        "prerequisite_module_ids": list(row.prerequisite_module_ids),
        "items_count": len(items),
        "items_url": request.api_url(f"/courses/{row.course_id}/modules/{row.id}/items"),
    }
    if settings.newer_keys:
        payload["requirement_type"] = "all" if row.requirement_count is None else "one"
    if manages(request, row.course_id):
        payload["published"] = row.published
    else:
        progress = ModuleProgress(request, row.course_id)
        payload |= {"state": progress.state(row), "completed_at": stamp(progress.completed_at(row))}
    if request.includes("items") and len(items) <= settings.max_per_page:
        payload["items"] = [item_shape(request, item) for item in items]
    return payload


def _module(request: Request, name: str) -> Module:
    """Return the module of the path; one that the caller does not find is not there."""
    row = live_row(request, Module, request.seen_course().id, request.id(name))
    if not is_visible(request, row):
        raise not_found()
    return row


def _items(request: Request, module: Module) -> list[ModuleItem]:
    rows = request.world.live(ModuleItem, module.course_id)
    found = [row for row in rows if row.module_id == module.id and is_visible(request, row)]
    return sorted(found, key=lambda row: row.position)


ROUTES = (
    Route("GET", PATH, index),
    Route("GET", PATH + "/{id}", show),
    Route("GET", PATH + "/{module_id}/items", items_index),
    Route("GET", PATH + "/{module_id}/items/{id}", show_item),
    Route("PUT", PATH + "/{module_id}/items/{id}", update_item),
)
