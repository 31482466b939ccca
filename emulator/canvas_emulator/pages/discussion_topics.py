"""Discussion topics. Announcements are topics of their own kind: the list has either the ones or the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from canvas_emulator.model.content import Announcement, Assignment, DiscussionTopic
from canvas_emulator.model.settings import TopicEdit
from canvas_emulator.pages import content_changes, topic_shape
from canvas_emulator.pages.assignment_shape import shape_without_topic
from canvas_emulator.pages.collections import visible_row, visible_rows
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response

PATH = "/courses/{course_id}/discussion_topics"

COLUMNS: Mapping[str, tuple[str, content_changes.Reader]] = {
    "title": ("title", content_changes.text),
    "message": ("message", content_changes.html),
    "published": ("workflow_state", content_changes.state("active")),
}
"""What of a topic a PUT changes."""

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
    return Response(shape(request, _topic(request)))


def update(request: Request) -> Response:
    """PUT changes of a topic or announcement: the caller becomes its editor, and it enters activity streams again."""
    row = _topic(request)
    content_changes.permit_editing(request, row)
    changed = content_changes.change(request, row, request.params, COLUMNS)
    if changed:
        row.user_id = request.user.id
    if "message" in changed:
        assignment = request.world.find(Assignment, row.course_id, row.assignment_id or 0)
        if assignment is not None:
            assignment.description, assignment.updated_at = row.message, row.updated_at
        match request.world.settings.topic_edit:
            case TopicEdit.STREAM:
                content_changes.enter_stream(request, row)
            case TopicEdit.MAIL:
                content_changes.notify(request, row, "New Discussion Topic")
    return Response(shape(request, row))


def _topic(request: Request) -> DiscussionTopic:
    """Return the topic or announcement of the path; errors as of ``visible_row``."""
    course, row_id = request.seen_course(), request.id("topic_id")
    is_announcement = request.world.find(Announcement, course.id, row_id) is not None
    return visible_row(request, Announcement if is_announcement else DiscussionTopic, course.id, row_id)


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
    Route("GET", PATH + "/{topic_id}", show),
    Route("PUT", PATH + "/{topic_id}", update),
)
