"""Pages, found by their slug or their id."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Page
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.pages.collections import live_row
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found, stamp

PATH = "/courses/{course_id}/pages"
BY_ID = "page_id:"


def index(request: Request) -> Response:
    """GET the pages of a course, by title; with their bodies only if asked for."""
    rows = sorted(request.world.live(Page, request.course().id), key=lambda row: row.title.lower())
    with_body = request.world.settings.newer_keys and request.includes("body")
    return listing(request, rows, shape_with_body if with_body else shape)


def show(request: Request) -> Response:
    """GET one page with its body."""
    return Response(shape_with_body(request, _page(request, request.course().id, request.ids["url_or_id"])))


def shape(request: Request, row: Page) -> dict[str, Any]:
    """Render a Page without its body."""
    return {
        "title": row.title,
        "created_at": stamp(row.created_at),
        "url": row.url,
        "editing_roles": "teachers",
        "page_id": row.id,
        "published": row.published,
        "hide_from_students": not row.published,
        "front_page": row.front_page,
        "html_url": request.url(row.path),
        "todo_date": stamp(row.todo_date),
        "publish_at": None,
        "updated_at": stamp(row.updated_at),
        "locked_for_user": False,
    }


def shape_with_body(request: Request, row: Page) -> dict[str, Any]:
    """Render a Page."""
    return shape(request, row) | {"body": row.body}


def _page(request: Request, course_id: int, url_or_id: str) -> Page:
    for row in request.world.live(Page, course_id):
        if row.url == url_or_id:
            return row
    if (page_id := parse_int(url_or_id.removeprefix(BY_ID))) is None:
        raise not_found()
    return live_row(request, Page, course_id, page_id)


ROUTES = (
    Route("GET", PATH, index),
    Route("GET", PATH + "/{url_or_id}", show),
)
