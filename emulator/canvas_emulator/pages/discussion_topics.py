"""Discussion topics. Announcements are topics of their own kind: the list has either the ones or the others."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Announcement, DiscussionTopic
from canvas_emulator.pages.collections import live_row
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, stamp

PATH = "/courses/{course_id}/discussion_topics"


def index(request: Request) -> Response:
    """GET the topics of a course, or with ``only_announcements`` its announcements."""
    course = request.course()
    kind = Announcement if request.parse_bool("only_announcements") else DiscussionTopic
    return listing(request, request.world.live(kind, course.id), shape)


def show(request: Request) -> Response:
    """GET one topic or announcement."""
    course, row_id = request.course(), request.id()
    is_announcement = request.world.find(Announcement, course.id, row_id) is not None
    kind = Announcement if is_announcement else DiscussionTopic
    return Response(shape(request, live_row(request, kind, course.id, row_id)))


def shape(request: Request, row: DiscussionTopic) -> dict[str, Any]:
    """Render a DiscussionTopic."""
    return {
        "id": row.id,
        "title": row.title,
        "message": row.message,
        "html_url": request.url(row.path),
        "url": request.url(row.path),
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "posted_at": stamp(row.posted_at),
        "delayed_post_at": stamp(row.delayed_post_at),
        "lock_at": stamp(row.lock_at),
        "discussion_type": row.discussion_type,
        "assignment_id": row.assignment_id,
        "pinned": row.pinned,
        "published": row.published,
        "workflow_state": row.workflow_state,
        "is_announcement": isinstance(row, Announcement),
    }


ROUTES = (
    Route("GET", PATH, index),
    Route("GET", PATH + "/{id}", show),
)
