"""Modules and their items."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Module, ModuleItem, Page
from canvas_emulator.pages.collections import list_route, live_row, show_route
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found, stamp

PATH = "/courses/{course_id}/modules"
MAX_ITEMS_INCLUDED = 100
"""A module with more items than this comes without them, even if they were asked for."""

CONTENT_SECTIONS = {"Discussion": "discussion_topics", "Quiz": "quizzes", "Assignment": "assignments", "File": "files"}


def items_index(request: Request) -> Response:
    """GET the items of a module, by position."""
    module = live_row(request, Module, request.course().id, request.id("module_id"))
    return listing(request, _items(request, module), item_shape)


def show_item(request: Request) -> Response:
    """GET one item of a module."""
    course = request.course()
    row = live_row(request, ModuleItem, course.id, request.id())
    if row.module_id != request.id("module_id"):
        raise not_found()
    return Response(item_shape(request, row))


def shape(request: Request, row: Module) -> dict[str, Any]:
    """Render a Module, with its items if they were asked for and are not too many."""
    items = _items(request, row)
    payload = {
        "id": row.id,
        "name": row.title,
        "position": row.position,
        "unlock_at": stamp(row.unlock_at),
        "require_sequential_progress": row.require_sequential_progress,
        "requirement_type": "all",
        "publish_final_grade": False,
        "prerequisite_module_ids": list(row.prerequisite_module_ids),
        "items_count": len(items),
        "items_url": request.api_url(f"/courses/{row.course_id}/modules/{row.id}/items"),
        "published": row.published,
    }
    if request.includes("items") and len(items) <= MAX_ITEMS_INCLUDED:
        payload["items"] = [item_shape(request, item) for item in items]
    return payload


def item_shape(request: Request, row: ModuleItem) -> dict[str, Any]:
    """Render a ModuleItem. Which keys it has depends on its type; a page is named by its slug and not by an id."""
    payload: dict[str, Any] = {
        "id": row.id,
        "title": row.title,
        "position": row.position,
        "indent": row.indent,
        "type": row.type,
        "module_id": row.module_id,
        "published": row.published,
        "unpublishable": True,
    }
    if row.completion_requirement is not None:
        payload["completion_requirement"] = {"type": row.completion_requirement}
    if row.type != "SubHeader":
        payload["html_url"] = request.url(row.path)
    if row.external_url is not None:
        payload |= {"external_url": row.external_url, "new_tab": row.new_tab}
    if row.type == "Page" and row.content_id is not None:
        page = request.world.find(Page, row.course_id, row.content_id)
        slug = page.url if page else ""
        payload |= {"page_url": slug, "url": request.api_url(f"/courses/{row.course_id}/pages/{slug}")}
    elif row.type in CONTENT_SECTIONS:
        payload["content_id"] = row.content_id
        section = CONTENT_SECTIONS[row.type]
        payload["url"] = request.api_url(f"/courses/{row.course_id}/{section}/{row.content_id}")
    elif row.type == "ExternalTool":
        payload |= {
            "content_id": row.content_id,
            "url": request.api_url(f"/courses/{row.course_id}/external_tools/sessionless_launch"),
        }
    return payload


def _items(request: Request, module: Module) -> list[ModuleItem]:
    rows = request.world.live(ModuleItem, module.course_id)
    return sorted((row for row in rows if row.module_id == module.id), key=lambda row: row.position)


ROUTES = (
    list_route(PATH, Module, shape, order=lambda row: row.position),
    show_route(PATH + "/{id}", Module, shape),
    Route("GET", PATH + "/{module_id}/items", items_index),
    Route("GET", PATH + "/{module_id}/items/{id}", show_item),
)
