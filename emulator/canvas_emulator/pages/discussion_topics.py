"""Discussion topics. Announcements are topics of their own kind: the list has either the ones or the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from canvas_emulator.model.content import Announcement, Assignment, DiscussionTopic
from canvas_emulator.pages import topic_shape
from canvas_emulator.pages.assignment_shape import shape_without_topic
from canvas_emulator.pages.collections import visible_row, visible_rows
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response

PATH = "/courses/{course_id}/discussion_topics"

SCOPES: dict[str, Callable[[DiscussionTopic], bool]] = {
    "pinned": lambda row: row.pinned,
    "unpinned": lambda row: not row.pinned,
    "locked": lambda row: row.locked,
    "unlocked": lambda row: not row.locked,
}


def index(request: Request) -> Response:
    """GET the topics of a course, the newest first and pinned ones last; with ``only_announcements`` those instead."""
    if request.parse_bool("only_announcements"):
        course = request.seen_course(right="read_announcements")
        return listing(request, newest_first(visible_rows(request, Announcement, course.id)), shape)
    rows = visible_rows(request, DiscussionTopic, request.seen_course(right="read_forum").id)
    for scope in str(request.params.get("scope") or "").split(","):
        rows = [row for row in rows if scope not in SCOPES or SCOPES[scope](row)]
    return listing(request, _sorted(request, rows), shape)


def show(request: Request) -> Response:
    """GET one topic or announcement."""
    course, row_id = request.seen_course(), request.id()
    is_announcement = request.world.find(Announcement, course.id, row_id) is not None
    kind = Announcement if is_announcement else DiscussionTopic
    return Response(shape(request, visible_row(request, kind, course.id, row_id)))


def shape(request: Request, row: DiscussionTopic) -> dict[str, Any]:
    """Render a DiscussionTopic, with its assignment if it is graded."""
    payload = topic_shape.shape(request, row)
    assignment = request.world.find(Assignment, row.course_id, row.assignment_id or 0)
    return payload if assignment is None else payload | {"assignment": shape_without_topic(request, assignment)}


def newest_first(rows: list[Announcement]) -> list[Announcement]:
    """Sort announcements by the time when they appeared or will appear, the last one first."""
    return sorted(rows, key=lambda row: (row.delayed_post_at or row.posted_at or row.created_at, row.id), reverse=True)


def _sorted(request: Request, rows: list[DiscussionTopic]) -> list[DiscussionTopic]:
    newest = sorted(rows, key=lambda row: (row.posted_at or row.created_at, row.id), reverse=True)
    match request.params.get("order_by"):
        case "title":
            return sorted(rows, key=lambda row: (row.title.lower(), row.id))
        case "recent_activity":
            return newest
    return sorted(newest, key=lambda row: row.position or 0)


ROUTES = (
    Route("GET", PATH, index),
    Route("GET", PATH + "/{id}", show),
)
