"""The activity stream of a course, and the caller's to-do list."""

from __future__ import annotations

from collections import Counter
from typing import Any

from canvas_emulator.model.content import Announcement, Assignment, DiscussionTopic, Quiz
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.wire.pagination import bookmarked, listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, stamp

STREAM_KINDS = ((Announcement, "Announcement"), (DiscussionTopic, "DiscussionTopic"))


def stream(request: Request) -> Response:
    """GET the stream, the last change first."""
    return listing(request, _stream(request, request.seen_course()), stream_shape)


def summary(request: Request) -> Response:
    """GET the number of entries of each type in the stream."""
    counts = Counter(name for name, _ in _stream(request, request.seen_course()))
    return Response(
        [
            {"type": name, "count": number, "unread_count": 0, "notification_category": None}
            for name, number in sorted(counts.items())
        ]
    )


def todo(request: Request) -> Response:
    """GET what the caller has to hand in, by due date, in pages that are bookmarks."""
    course, now = request.seen_course(), request.world.clock.now()
    enrolled = {row.type for row in request.world.enrollments.of_user(request.user.id, course.id) if row.current}
    rows: list[Assignment | Quiz] = []
    if EnrollmentType.STUDENT in enrolled:
        rows += [row for row in request.world.live(Assignment, course.id) if row.published]
        if request.includes("ungraded_quizzes"):
            quizzes = request.world.live(Quiz, course.id)
            rows += [row for row in quizzes if row.published and row.assignment_id is None]
    due = [row for row in rows if row.due_at is not None and row.due_at >= now]
    return bookmarked(request, sorted(due, key=_todo_key), todo_shape, _todo_key)


def stream_shape(request: Request, entry: tuple[str, DiscussionTopic]) -> dict[str, Any]:
    """Render an entry of the stream."""
    kind, row = entry
    key = "announcement_id" if kind == "Announcement" else "discussion_topic_id"
    return {
        "id": row.id,
        "title": row.title,
        "message": row.message,
        "type": kind,
        "read_state": True,
        "context_type": "Course",
        "course_id": row.course_id,
        key: row.id,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "html_url": request.url(row.path),
    }


def todo_shape(request: Request, row: Assignment | Quiz) -> dict[str, Any]:
    """Render something to do; ``assignment`` and ``quiz`` are as short as lists of them need."""
    key = "quiz" if isinstance(row, Quiz) else "assignment"
    return {
        "context_type": "Course",
        "context_name": request.world.tables.courses[row.course_id].name,
        "course_id": row.course_id,
        "type": "submitting",
        "ignore": request.api_url(f"/users/self/todo/{row.ASSET}_{row.id}/submitting?permanent=0"),
        "ignore_permanently": request.api_url(f"/users/self/todo/{row.ASSET}_{row.id}/submitting?permanent=1"),
        key: {"id": row.id, "name": row.title, "due_at": stamp(row.due_at), "course_id": row.course_id},
        "html_url": request.url(row.path),
    }


def _todo_key(row: Assignment | Quiz) -> list[Any]:
    return [stamp(row.due_at), row.ASSET, row.id]


def _stream(request: Request, course: Course) -> list[tuple[str, DiscussionTopic]]:
    entries = [
        (name, row)
        for kind, name in STREAM_KINDS
        for row in request.world.live(kind, course.id)
        if row.published and (row.delayed_post_at is None or row.delayed_post_at <= request.world.clock.now())
    ]
    return sorted(entries, key=lambda entry: (entry[1].updated_at, entry[1].id), reverse=True)


ROUTES = (
    Route("GET", "/courses/{course_id}/activity_stream", stream),
    Route("GET", "/courses/{course_id}/activity_stream/summary", summary),
    Route("GET", "/courses/{course_id}/todo", todo),
)
