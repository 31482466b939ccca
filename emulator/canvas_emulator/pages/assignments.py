"""Assignments, the shells of graded quizzes and discussions and New Quizzes among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from canvas_emulator.model.content import Announcement, Assignment, AssignmentGroup, DiscussionTopic, Quiz
from canvas_emulator.model.parsing import parse_bool
from canvas_emulator.pages import content_changes
from canvas_emulator.pages.assignment_dates import Dates, dates_for_caller
from canvas_emulator.pages.assignment_shape import shape
from canvas_emulator.pages.collections import show_route, visible_row, visible_rows
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, invalid_record

PATH = "/courses/{course_id}/assignments"

Bucket = Callable[[Dates, datetime], bool]
BUCKETS: Mapping[str, Bucket] = {
    "past": lambda dates, now: dates.due_at is not None and dates.due_at < now,
    "overdue": lambda dates, now: dates.due_at is not None and dates.due_at < now,
    "undated": lambda dates, _: dates.due_at is None,
    "ungraded": lambda _, __: False,
    "unsubmitted": lambda _, __: True,
    "upcoming": lambda dates, now: dates.due_at is None or dates.due_at >= now,
    "future": lambda dates, now: dates.due_at is None or dates.due_at >= now,
}
"""Which assignments are in a bucket: nobody hands anything in here."""


COLUMNS: Mapping[str, tuple[str, content_changes.Reader]] = {
    "name": ("title", content_changes.text),
    "description": ("description", content_changes.html),
    "points_possible": ("points_possible", content_changes.number),
    "due_at": ("due_at", content_changes.time),
    "unlock_at": ("unlock_at", content_changes.time),
    "lock_at": ("lock_at", content_changes.time),
    "published": ("workflow_state", content_changes.state("published")),
}
"""What of an assignment a PUT changes."""


def index(request: Request) -> Response:
    """GET the assignments of a course, by group and position.

    :raises CanvasError: 400, when there is no such ``bucket``, or ``search_term`` is one letter.
    """
    course = request.seen_course()
    bucket = request.params.get("bucket")
    if bucket and bucket not in BUCKETS:
        raise invalid_record(bucket=f"bucket name must be one of the following: {', '.join(BUCKETS)}")
    rows = visible_rows(request, Assignment, course.id)
    if bucket:
        now = request.world.clock.now()
        rows = [row for row in rows if BUCKETS[str(bucket)](dates_for_caller(request, row), now)]
        return listing(request, _sorted(request, rows), lambda request, row: shape(request, row) | {"bucket": bucket})
    return listing(request, _sorted(request, rows), shape)


def update(request: Request) -> Response:
    """PUT changes of an assignment: of the shell of a quiz or topic, the description is the quiz's or topic's too."""
    course, wanted = request.seen_course(), request.table("assignment")
    row = visible_row(request, Assignment, course.id, request.id())
    content_changes.permit_editing(request, row)
    changed = content_changes.change(request, row, wanted, COLUMNS)
    tool = wanted.get("external_tool_tag_attributes")
    if isinstance(tool, dict) and "url" in tool and row.external_tool_url not in (None, tool["url"]):
        row.external_tool_url, row.updated_at = str(tool["url"]), request.world.clock.now()
    world = request.world
    if "description" in changed:
        quiz = world.find(Quiz, course.id, row.quiz_id or 0)
        topic_id = row.discussion_topic_id or 0
        topic = world.find(DiscussionTopic, course.id, topic_id) or world.find(Announcement, course.id, topic_id)
        if quiz is not None:
            quiz.description, quiz.updated_at = row.description, row.updated_at
        if topic is not None:
            topic.message, topic.updated_at = row.description, row.updated_at
    if changed and parse_bool(wanted.get("notify_of_update")):
        content_changes.notify(request, row, "Assignment Changed")
    return Response(shape(request, row))


def in_group(request: Request) -> Response:
    """GET the assignments of one group, by position."""
    course, group_id = request.seen_course(), request.id("group_id")
    rows = [row for row in visible_rows(request, Assignment, course.id) if row.assignment_group_id == group_id]
    return listing(request, _sorted(request, rows), shape)


def _sorted(request: Request, rows: list[Assignment]) -> list[Assignment]:
    """Sort assignments by ``order_by``: their place, their name, or when they are due."""
    match request.params.get("order_by"):
        case "name":
            return sorted(rows, key=lambda row: (row.title.lower(), row.id))
        case "due_at":
            return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or row.created_at, row.id))

    def place(row: Assignment) -> tuple[bool, int, int, int, int]:
        group_id = row.assignment_group_id or 0
        group = request.world.find(AssignmentGroup, row.course_id, group_id)
        return (row.assignment_group_id is None, group.position if group else 0, group_id, row.position, row.id)

    return sorted(rows, key=place)


ROUTES = (
    Route("GET", PATH, index),
    Route("GET", "/courses/{course_id}/assignment_groups/{group_id}/assignments", in_group),
    show_route(PATH + "/{id}", Assignment, shape, right="read"),
    Route("PUT", PATH + "/{id}", update),
)
