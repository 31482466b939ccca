"""Announcements of several courses, by default of 28 days that begin 14 days ago."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from canvas_emulator.model.content import Announcement
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.parsing import parse_int, parse_list
from canvas_emulator.pages import discussion_topics
from canvas_emulator.pages.collections import visible_rows
from canvas_emulator.pages.discussion_topics import newest_first
from canvas_emulator.pages.visibility import can
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, bad_request

CONTEXT = "course_"
DAYS_BACK = timedelta(days=14)
DAYS_WIDE = timedelta(days=28)


def index(request: Request) -> Response:
    """GET announcements, newest first; with ``latest_only`` one for each course.

    A course that does not exist, or that the caller may not read, has none: that is no error, not even without a token.
    """
    codes = parse_list(request.params.get("context_codes"))
    if not codes:
        raise bad_request("Missing context_codes")
    start, end = _window(request)
    rows: list[Announcement] = []
    for code in codes:
        found = newest_first([row for row in _of_course(request, code) if start <= _shown_at(row) <= end])
        rows += found[:1] if request.parse_bool("latest_only") else found
    return listing(request, newest_first(rows), shape)


def shape(request: Request, row: Announcement) -> dict[str, Any]:
    """Render an announcement: a DiscussionTopic that says which course it is of."""
    return discussion_topics.shape(request, row) | {"context_code": f"{CONTEXT}{row.course_id}"}


def _shown_at(row: Announcement) -> datetime:
    return row.delayed_post_at or row.posted_at or row.created_at


def _window(request: Request) -> tuple[datetime, datetime]:
    start = _date(request, "start_date", time.min) or request.world.clock.now() - DAYS_BACK
    return start, _date(request, "end_date", time.max) or start + DAYS_WIDE


def _date(request: Request, name: str, time_of_day: time) -> datetime | None:
    """Read a parameter that is a time, or a day, which counts from its first or to its last moment."""
    if not (text := request.params.get(name)):
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise bad_request(f"Invalid {name}") from None
    if len(str(text)) == len("2026-01-12"):
        moment = datetime.combine(moment, time_of_day)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _of_course(request: Request, code: str) -> list[Announcement]:
    """Return the announcements of a course that the caller finds.

    :raises CanvasError: 400, when the code is not that of a course by its id.
    """
    course_id = parse_int(code.removeprefix(CONTEXT)) if code.startswith(CONTEXT) else None
    if course_id is None:
        raise bad_request("Invalid context_codes; only `course` codes are supported")
    course = find_course(request.world, str(course_id))
    if course is None or not can(request, course.id, "read_announcements"):
        return []
    return visible_rows(request, Announcement, course.id)


ROUTES = (Route("GET", "/announcements", index, anonymous=True),)
