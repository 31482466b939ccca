"""Pages, found by their slug or their id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from canvas_emulator.model.content import Page
from canvas_emulator.model.course import Course
from canvas_emulator.model.parsing import parse_bool, parse_int
from canvas_emulator.model.settings import BlockEditor
from canvas_emulator.pages import content_changes
from canvas_emulator.pages.blueprint_keys import blueprint_keys
from canvas_emulator.pages.collections import visible_rows
from canvas_emulator.pages.html_reading import html_for
from canvas_emulator.pages.locks import lock_keys
from canvas_emulator.pages.user_shapes import user_display
from canvas_emulator.pages.visibility import check_tab, is_visible
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, bad_request, stamp

PATH = "/courses/{course_id}/pages"
BY_ID = "page_id:"

COLUMNS: Mapping[str, tuple[str, content_changes.Reader]] = {
    "title": ("title", content_changes.text),
    "body": ("body", content_changes.html),
    "editing_roles": ("editing_roles", content_changes.text),
    "published": ("workflow_state", content_changes.state("active")),
    "publish_at": ("publish_at", content_changes.time),
}
"""What of a page a PUT changes."""

SORTS: dict[str, Callable[[Page], Any]] = {
    "title": lambda row: row.title.lower(),
    "created_at": lambda row: row.created_at,
    "updated_at": lambda row: row.updated_at,
}
"""What ``sort`` may name; anything else leaves the pages in the order of their ids."""


def index(request: Request) -> Response:
    """GET the pages of a course; a newer Canvas gives their bodies, if asked for."""
    rows = visible_rows(request, Page, _course(request).id)
    if (sort := SORTS.get(str(request.params.get("sort")))) is not None:
        rows = sorted(rows, key=sort, reverse=request.params.get("order") == "desc")
    with_body = request.world.settings.newer_keys and request.includes("body")
    return listing(request, rows, shape_with_body if with_body else shape)


def show(request: Request) -> Response:
    """GET one page with its body."""
    return Response(shape_with_body(request, _page(request, _course(request).id, request.ids["url_or_id"])))


def front_page(request: Request) -> Response:
    """GET the front page of a course.

    :raises CanvasError: 404, when it has none.
    """
    rows = request.world.live(Page, _course(request).id)
    row = next((row for row in rows if row.front_page), None)
    if row is None:
        raise CanvasError(404, {"message": "No front page has been set"})
    request.permit(is_visible(request, row))
    return Response(shape_with_body(request, row))


def update(request: Request) -> Response:
    """PUT changes of a page: a change of its title or body is a new revision, and its title makes its slug.

    Of a page of the block editor, the body cannot be changed so.
    """
    course = _course(request)
    row, wanted = _page(request, course.id, request.ids["url_or_id"]), request.table("wiki_page")
    content_changes.permit_editing(request, row)
    if _has_blocks(request, row) and "body" in wanted:
        if request.world.settings.block_editor is BlockEditor.REFUSES:
            raise bad_request("the body of a page of the block editor cannot be changed")
        del wanted["body"]
    changed = content_changes.change(request, row, wanted, COLUMNS)
    if "title" in changed:
        row.url = request.world.free_slug(row)
    if changed & {"title", "body"}:
        row.revision += 1
        row.user_id = request.user.id
        if parse_bool(wanted.get("notify_of_update")):
            content_changes.notify(request, row, "Updated Wiki Page")
    return Response(shape_with_body(request, row))


def shape(request: Request, row: Page) -> dict[str, Any]:
    """Render a Page without its body."""
    editor = request.world.tables.users.get(row.user_id or 0)
    return {
        "title": row.title,
        "created_at": stamp(row.created_at),
        "url": row.url,
        "editing_roles": row.editing_roles,
        "page_id": row.id,
        **({"last_edited_by": user_display(request, editor, row.course_id)} if editor else {}),
        "published": row.published,
        "hide_from_students": not row.published,
        "front_page": row.front_page,
        "html_url": request.url(row.path),
        "todo_date": stamp(row.todo_date),
        "publish_at": stamp(row.publish_at),
        "updated_at": stamp(row.updated_at),
        **({"editor": "block_editor"} if _has_blocks(request, row) else {}),
        **lock_keys(request, row),
        **blueprint_keys(request, row),
    }


def shape_with_body(request: Request, row: Page) -> dict[str, Any]:
    """Render a Page. One that is locked for the caller has no body."""
    payload = shape(request, row)
    if payload["locked_for_user"]:
        return payload
    if _has_blocks(request, row):
        return payload | {"block_editor_attributes": {"id": row.id, "version": "0.2", "blocks": row.body}}
    return payload | {"body": html_for(request, row.body)}


def _has_blocks(request: Request, row: Page) -> bool:
    """Tell whether a page is one of the block editor, and this Canvas has that."""
    return row.block_editor and request.world.settings.block_editor is not BlockEditor.OFF


def _course(request: Request) -> Course:
    course = request.seen_course()
    check_tab(request, course, "pages")
    return course


def _page(request: Request, course_id: int, url_or_id: str) -> Page:
    """Find a page by its slug, or by its id.

    :raises CanvasError: 404, when there is none; 403, when the caller may not see it.
    """
    row_id = parse_int(url_or_id.removeprefix(BY_ID))
    rows = request.world.live(Page, course_id)
    row = next((row for row in rows if row.url == url_or_id), None)
    row = row or next((row for row in rows if row.id == row_id), None)
    if row is None:
        raise CanvasError(404, {"message": "page not found"})
    request.permit(is_visible(request, row))
    return row


ROUTES = (
    Route("GET", PATH, index),
    Route("GET", "/courses/{course_id}/front_page", front_page),
    Route("GET", PATH + "/{url_or_id}", show),
    Route("PUT", PATH + "/{url_or_id}", update),
)
