"""The two routes that kinds of course content have in common, a list and one of it, and how a list is searched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from canvas_emulator.model.content import Content
from canvas_emulator.pages.visibility import is_visible
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, not_found

C = TypeVar("C", bound=Content)
Shape = Callable[[Request, C], dict[str, Any]]

SHORTEST_SEARCH = 2
TERM_TOO_SHORT = {
    "errors": [
        {"field": "search_term", "code": "invalid", "message": f"{SHORTEST_SEARCH} or more characters is required"}
    ]
}


def list_route(
    path: str, kind: type[C], shape: Shape[C], order: Callable[[C], Any] | None = None, *, right: str = "read_as_admin"
) -> Route:
    """GET the live rows of one kind in a course that the caller finds.

    :param order: A sort key; without one, by id.
    :param right: Who may ask: by default the managers of the course.
    """

    def index(request: Request) -> Response:
        rows = visible_rows(request, kind, request.seen_course(right=right).id)
        return listing(request, sorted(rows, key=order) if order else rows, shape)

    return Route("GET", path, index)


def show_route(path: str, kind: type[C], shape: Shape[C], *, right: str = "read_as_admin") -> Route:
    """GET one live row, found by the ``id`` of the path."""

    def show(request: Request) -> Response:
        return Response(shape(request, visible_row(request, kind, request.seen_course(right=right).id, request.id())))

    return Route("GET", path, show)


def visible_rows(request: Request, kind: type[C], course_id: int) -> list[C]:
    """Return the live rows of a course that the caller finds and ``search_term`` matches, by id."""
    return searched(request, [row for row in request.world.live(kind, course_id) if is_visible(request, row)])


def searched(request: Request, rows: list[C]) -> list[C]:
    """Return the rows whose title has ``search_term`` in it.

    :raises CanvasError: 400, when the term is a single letter.
    """
    term = str(request.params.get("search_term") or "").strip().lower()
    if 0 < len(term) < SHORTEST_SEARCH:
        raise CanvasError(400, TERM_TOO_SHORT)
    return [row for row in rows if term in row.title.lower()]


def visible_row(request: Request, kind: type[C], course_id: int, row_id: int) -> C:
    """Find a row of a course.

    :raises CanvasError: 404, when there is none or it was deleted; 403, when the caller may not see it.
    """
    row = live_row(request, kind, course_id, row_id)
    request.permit(is_visible(request, row))
    return row


def live_row(request: Request, kind: type[C], course_id: int, row_id: int) -> C:
    """Find a row of a course.

    :raises CanvasError: 404, when there is none or it was deleted.
    """
    row = request.world.find(kind, course_id, row_id)
    if row is None or row.deleted:
        raise not_found()
    return row
