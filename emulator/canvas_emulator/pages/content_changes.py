"""What all routes that change content have in common: the right, the locks of blueprints, HTML, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from canvas_emulator.effects.html_writing import stored_html
from canvas_emulator.model.content import Content
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.notices import Notice
from canvas_emulator.model.parsing import parse_bool
from canvas_emulator.model.time_zones import zone_of_users
from canvas_emulator.pages.blueprint_keys import restrictions
from canvas_emulator.pages.course_requests import moment
from canvas_emulator.pages.visibility import can
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import invalid_record

LOCKED_BY: Mapping[str, str] = {
    "title": "content",
    "body": "content",
    "description": "content",
    "message": "content",
    "points_possible": "points",
    "due_at": "due_dates",
    "unlock_at": "availability_dates",
    "lock_at": "availability_dates",
    "workflow_state": "state",
}
"""The class of restrictions that locks a column."""

Reader = Callable[[Request, Any], Any]


def text(_: Request, value: Any) -> str:
    """Read a text."""
    return "" if value is None else str(value)


def html(request: Request, value: Any) -> str:
    """Read HTML, as it is stored."""
    return stored_html(request.world, text(request, value), request.base_url)


def time(request: Request, value: Any) -> datetime | None:
    """Read a time; None for a blank one."""
    return moment(value, zone_of_users(request.world))


def number(_: Request, value: Any) -> float | None:
    """Read a number; None for a blank one."""
    return None if value in (None, "") else float(value)


def state(published: str) -> Reader:
    """Return the reader of ``published``.

    :param published: The state of a row that is published.
    """
    return lambda _, value: published if parse_bool(value) else "unpublished"


def permit_editing(request: Request, row: Content) -> None:
    """Check that the caller may change the content of the row's course; errors as of ``Request.permit``."""
    request.permit(can(request, row.course_id, "manage_course_content_edit"))


def change(
    request: Request, row: Content, wanted: Mapping[str, Any], columns: Mapping[str, tuple[str, Reader]]
) -> set[str]:
    """Change the columns of a row that a request names; a request that changes nothing leaves ``updated_at``.

    :param wanted: The request's values; unknown keys are ignored.
    :param columns: The column, and how it is read, by the key of the request.
    :return: The columns that changed.
    :raises CanvasError: 400, when a blueprint locks one of them; then nothing has changed.
    """
    read = {columns[key][0]: columns[key][1](request, value) for key, value in wanted.items() if key in columns}
    changed = {name: value for name, value in read.items() if getattr(row, name) != value}
    locks = restrictions(request.world, row)
    if locked := [name for name in changed if locks.get(LOCKED_BY.get(name, ""), False)]:
        raise invalid_record(
            request.world.settings,
            base=f"cannot change column(s): {', '.join(locked)} - locked by Master Course",
        )
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.updated_at = request.world.clock.now()
    return set(changed)


def notify(request: Request, row: Content, name: str) -> None:
    """Send a notification about a published row to the students of its course."""
    if notice := _notice(request, row, name):
        request.world.notices.notifications.append(notice)


def enter_stream(request: Request, row: Content) -> None:
    """Put a published row at the top of the activity streams of its course's students."""
    if notice := _notice(request, row, ""):
        request.world.notices.stream_entries.append(notice)


def _notice(request: Request, row: Content, name: str) -> Notice | None:
    world = request.world
    members = world.enrollments.in_course(row.course_id)
    students = {each.user_id for each in members if each.current and each.type is EnrollmentType.STUDENT}
    if not (students and row.published):
        return None
    asset = f"{row.ASSET}_{row.id}"
    return Notice(name, row.course_id, asset, tuple(sorted(students)), world.clock.now())
