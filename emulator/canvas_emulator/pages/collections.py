"""The two routes that kinds of course content have in common: a list, and one of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from canvas_emulator.model.content import Content
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found

C = TypeVar("C", bound=Content)
Shape = Callable[[Request, C], dict[str, Any]]


def list_route(path: str, kind: type[C], shape: Shape[C], order: Callable[[C], Any] | None = None) -> Route:
    """GET the live rows of one kind in a course.

    :param order: A sort key; without one, by id.
    """

    def index(request: Request) -> Response:
        rows = request.world.live(kind, request.course().id)
        return listing(request, sorted(rows, key=order) if order else rows, shape)

    return Route("GET", path, index)


def show_route(path: str, kind: type[C], shape: Shape[C]) -> Route:
    """GET one live row, found by the ``id`` of the path."""

    def show(request: Request) -> Response:
        return Response(shape(request, live_row(request, kind, request.course().id, request.id())))

    return Route("GET", path, show)


def live_row(request: Request, kind: type[C], course_id: int, row_id: int) -> C:
    """Find a row of a course.

    :raises CanvasError: 404, when there is none or it was deleted.
    """
    row = request.world.find(kind, course_id, row_id)
    if row is None or row.deleted:
        raise not_found()
    return row
