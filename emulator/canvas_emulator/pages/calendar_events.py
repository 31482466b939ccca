"""Calendar events of several courses, by default of today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from canvas_emulator.model.content import CalendarEvent
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.parsing import parse_list
from canvas_emulator.pages import content_changes
from canvas_emulator.pages.html_reading import html_or_none
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, not_found, stamp

CONTEXT = "course_"
SECTION = "course_section_"
ONE_DAY = timedelta(days=1)

COLUMNS: Mapping[str, tuple[str, content_changes.Reader]] = {
    "title": ("title", content_changes.text),
    "description": ("description", content_changes.html),
    "start_at": ("start_at", content_changes.time),
    "end_at": ("end_at", content_changes.time),
    "location_name": ("location_name", content_changes.text),
}
"""What of an event a PUT changes."""


def index(request: Request) -> Response:
    """GET the events of the courses of ``context_codes[]``, by time; with ``all_events`` those of all time."""
    rows = [
        row
        for code in parse_list(request.params.get("context_codes"))
        for row in request.world.live(CalendarEvent, _course_id(request, code))
        if _is_wanted(request, row)
    ]
    return listing(request, sorted(rows, key=lambda row: (row.start_at or row.created_at, row.id)), shape)


def show(request: Request) -> Response:
    """GET an event by its id alone."""
    return Response(shape(request, _event(request)))


def update(request: Request) -> Response:
    """PUT changes of an event, found by its id alone."""
    row = _event(request)
    content_changes.permit_editing(request, row)
    content_changes.change(request, row, request.table("calendar_event"), COLUMNS)
    return Response(shape(request, row))


def _event(request: Request) -> CalendarEvent:
    """Return the event of the path, which the caller may read.

    :raises CanvasError: 404 when there is none, 403 when the caller may not.
    """
    row = request.world.anywhere(CalendarEvent, request.id())
    if row is None or row.deleted:
        raise not_found()
    request.permit(request.user.may_read(row.course_id))
    return row


def shape(request: Request, row: CalendarEvent) -> dict[str, Any]:
    """Render a CalendarEvent; that of a section is of the section, and is shown in the calendar of the course."""
    section_id, course = row.course_section_id, f"{CONTEXT}{row.course_id}"
    return {
        "id": row.id,
        "title": row.title,
        "type": "event",
        "start_at": stamp(row.start_at),
        "end_at": stamp(row.end_at),
        "all_day": row.start_at is not None and row.start_at == row.end_at,
        "description": html_or_none(request, row, row.description),
        "location_name": row.location_name,
        "context_code": course if section_id is None else f"{SECTION}{section_id}",
        "effective_context_code": None if section_id is None else course,
        "context_type": "course",
        "workflow_state": row.workflow_state,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "url": request.api_url(f"/calendar_events/{row.id}"),
        "html_url": request.url(f"/calendar?event_id={row.id}&include_contexts={CONTEXT}{row.course_id}"),
    }


def _is_wanted(request: Request, row: CalendarEvent) -> bool:
    if request.parse_bool("all_events"):
        return True
    if row.start_at is None:
        return request.parse_bool("undated")
    today = datetime.combine(request.world.clock.now().date(), time.min, UTC)
    start = _moment(request, "start_date") or today
    end = _moment(request, "end_date")
    return start <= row.start_at < (end + ONE_DAY if end else start + ONE_DAY)


def _moment(request: Request, name: str) -> datetime | None:
    if not (text := request.params.get(name)):
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise CanvasError(400, {"errors": {name: "Invalid date or invalid datetime for " + name}}) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _course_id(request: Request, code: str) -> int:
    course = find_course(request.world, code.removeprefix(CONTEXT)) if code.startswith(CONTEXT) else None
    if course is None:
        raise not_found()
    request.permit(request.user.may_read(course.id))
    return course.id


ROUTES = (
    Route("GET", "/calendar_events", index),
    Route("GET", "/calendar_events/{id}", show),
    Route("PUT", "/calendar_events/{id}", update),
)
