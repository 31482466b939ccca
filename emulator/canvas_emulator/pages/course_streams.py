"""The activity stream of a course, and the caller's to-do list."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from canvas_emulator.model.content import Announcement, Assignment, DiscussionTopic, Quiz
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.pages import assignment_shape, quiz_shape
from canvas_emulator.pages.assignment_dates import Dates, all_dates
from canvas_emulator.pages.html_reading import html_for
from canvas_emulator.wire.pagination import bookmarked, listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, stamp

SOON = timedelta(days=7)
NEW_ASSIGNMENT = "Due Date"
"""The category of the notification about a new assignment."""

Entry = DiscussionTopic | Assignment
"""What is in a stream: an announcement, a discussion, or an assignment, of which its course's users were notified."""


def stream(request: Request) -> Response:
    """GET the stream, the last change first."""
    return listing(request, _stream(request, request.seen_course()), stream_shape)


def summary(request: Request) -> Response:
    """GET the number of entries of each type in the stream."""
    course = request.seen_course()
    counts = Counter(_type(entry) for entry in _stream(request, course))
    enrolled = bool(request.world.enrollments.of_user(request.user.id, course.id))
    return Response(
        [
            {
                "type": name,
                "notification_category": NEW_ASSIGNMENT if name == "Message" else None,
                "count": number,
                "unread_count": number if enrolled and name != "Message" else 0,
            }
            for name, number in sorted(counts.items())
        ]
    )


def todo(request: Request) -> Response:
    """GET what the caller has to hand in within a week, by due date, in pages that are bookmarks."""
    course, now = request.seen_course(), request.world.clock.now()
    enrolled = {row.type for row in request.world.enrollments.of_user(request.user.id, course.id) if row.current}
    rows: list[Assignment | Quiz] = []
    if EnrollmentType.STUDENT in enrolled:
        rows += [row for row in request.world.live(Assignment, course.id) if row.published]
        if request.includes("ungraded_quizzes"):
            quizzes = request.world.live(Quiz, course.id)
            rows += [row for row in quizzes if row.published and row.assignment_id is None]
    due = [row for row in rows if row.due_at is not None and now <= row.due_at <= now + SOON]
    return bookmarked(request, sorted(due, key=_todo_key), todo_shape, _todo_key)


def stream_shape(request: Request, entry: Entry) -> dict[str, Any]:
    """Render an entry of the stream. Nobody has read the topics whose course the caller is enrolled in."""
    course = request.world.tables.courses[entry.course_id]
    enrolled = bool(request.world.enrollments.of_user(request.user.id, course.id))
    payload: dict[str, Any] = {
        "created_at": stamp(entry.created_at),
        "updated_at": stamp(entry.updated_at),
        "id": entry.id,
        "type": _type(entry),
        "context_type": "Course",
        "course_id": course.id,
        "html_url": request.url(entry.path),
    }
    if isinstance(entry, Assignment):
        return payload | {
            "title": f"Assignment Created - {entry.title}, {course.name}",
            "message": f"{entry.title}: {request.url(entry.path)}",
            "read_state": True,
            "message_id": None,
            "notification_category": NEW_ASSIGNMENT,
            "url": request.url(entry.path),
        }
    key = "announcement_id" if isinstance(entry, Announcement) else "discussion_topic_id"
    return payload | {
        "title": entry.title,
        "message": html_for(request, entry.message),
        "read_state": not enrolled,
        key: entry.id,
        "total_root_discussion_entries": 0,
        "require_initial_post": bool(entry.require_initial_post),
        "user_has_posted": None,
        "root_discussion_entries": [],
    }


def todo_shape(request: Request, row: Assignment | Quiz) -> dict[str, Any]:
    """Render something to do, with the whole assignment or quiz."""
    if isinstance(row, Quiz):
        key, payload = "quiz", quiz_shape.shape(request, row)
    else:
        own = all_dates(Dates(row.due_at, row.unlock_at, row.lock_at), ())
        key, payload = "assignment", assignment_shape.shape(request, row) | {"all_dates": own}
    return {
        "context_type": "Course",
        "context_name": request.world.tables.courses[row.course_id].name,
        "course_id": row.course_id,
        "type": "submitting",
        "ignore": request.api_url(f"/users/self/todo/{row.ASSET}_{row.id}/submitting?permanent=0"),
        "ignore_permanently": request.api_url(f"/users/self/todo/{row.ASSET}_{row.id}/submitting?permanent=1"),
        key: payload,
        "html_url": request.url(f"{row.path}#submit"),
    }


def _todo_key(row: Assignment | Quiz) -> list[Any]:
    return [stamp(row.due_at), row.ASSET, row.id]


def _type(entry: Entry) -> str:
    match entry:
        case Assignment():
            return "Message"
        case Announcement():
            return "Announcement"
        case _:
            return "DiscussionTopic"


def _stream(request: Request, course: Course) -> list[Entry]:
    """Return the entries of the caller: notifications are for those who are enrolled, and not about imported rows."""
    world = request.world
    topics = [row for kind in (Announcement, DiscussionTopic) for row in world.live(kind, course.id)]
    entries: list[Entry] = [row for row in topics if row.published and _is_posted(request, row)]
    if world.enrollments.of_user(request.user.id, course.id):
        assignments = world.live(Assignment, course.id)
        entries += [row for row in assignments if row.published and row.migration_id is None]
    return sorted(entries, key=lambda entry: (entry.updated_at, entry.id), reverse=True)


def _is_posted(request: Request, topic: DiscussionTopic) -> bool:
    """Tell whether a topic is posted in the course, and not only in its groups."""
    delayed = topic.delayed_post_at is not None and topic.delayed_post_at > request.world.clock.now()
    return not delayed and topic.group_category_id is None


ROUTES = (
    Route("GET", "/courses/{course_id}/activity_stream", stream),
    Route("GET", "/courses/{course_id}/activity_stream/summary", summary),
    Route("GET", "/courses/{course_id}/todo", todo),
)
