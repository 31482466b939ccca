"""Reading ``course[...]``: its keys, who may set them, and the checks of values.

What the caller may not set is ignored without a word, as Canvas does: the response shows what became of the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from canvas_emulator.effects.html_writing import stored_html
from canvas_emulator.machines.course import CourseEvent, CourseState, after
from canvas_emulator.machines.plans import IllegalMoveError
from canvas_emulator.model.content import File
from canvas_emulator.model.course import Course, CourseSettings
from canvas_emulator.model.ids import find_account, find_term, sis_id_is_free
from canvas_emulator.model.parsing import parse_bool, parse_int
from canvas_emulator.model.rights import rights
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import bad_request, invalid_record

HEX_COLOR = re.compile(r"#?[0-9a-fA-F]{3,8}")
KEYS_BY_RIGHT = {
    "manage_sis": frozenset({"sis_course_id", "integration_id"}),
    "manage_storage_quotas": frozenset({"storage_quota_mb"}),
    "manage_account": frozenset({"account_id", "term_id", "enrollment_term_id", "blueprint", "template"}),
    "manage_course_visibility": frozenset(
        {"is_public", "is_public_to_auth_users", "public_syllabus", "public_syllabus_to_auth"}
    ),
}
"""The keys that need more than the right to update the course."""

RENAMING = frozenset({"name", "course_code"})
DATES = ("start_at", "end_at")
STRINGS = frozenset({"name", "course_code", "license", "time_zone", "default_view"})
OPTIONAL_STRINGS = frozenset(
    {
        "sis_course_id",
        "integration_id",
        "public_description",
        "grade_passback_setting",
        "course_format",
        "friendly_name",
        "image_url",
    }
)


def _optional_number(value: object) -> int | None:
    return parse_int(str(value))


def _optional_text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def moment(value: object) -> datetime | None:
    """Read a time, by default in UTC; return None for a blank or invalid one."""
    try:
        read = datetime.fromisoformat(str(value or ""))
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


BOOLEANS = frozenset(field.name for field in fields(CourseSettings) if field.type == "bool") - {
    "migration_limitation",
    "has_student_submissions",
}

READERS: Mapping[str, Callable[[Any], Any]] = {
    "is_public": parse_bool,
    **dict.fromkeys(BOOLEANS, parse_bool),
    **dict.fromkeys(STRINGS, str),
    **dict.fromkeys(OPTIONAL_STRINGS, _optional_text),
    **dict.fromkeys(DATES, moment),
    "grading_standard_id": _optional_number,
}
"""How each key that is stored as it comes is read. Those with a meaning of their own are in ``_special``."""


def update(request: Request, course: Course, wanted: Mapping[str, Any]) -> None:
    """Change a course as ``course[...]`` says, except for what the caller may not change.

    :raises CanvasError: 400, for a value that cannot be; then nothing has changed.
    """
    event = wanted.get("event")
    state = next_state(request, course, str(event)) if event else None
    permitted = _permitted(request, course, {key: value for key, value in wanted.items() if key != "event"})
    _check(request, course, permitted)
    for key, value in permitted.items():
        if key == "syllabus_body":
            course.syllabus_body = stored_html(request.world, str(value or ""), request.base_url)
        elif (read := READERS.get(key)) is not None:
            store(course, key, read(value))
        else:
            _special(request, course, key, value)
    if set(wanted) - {"event"} or not event:
        _clear_dates(course)
    if state is not None:
        course.workflow_state = state


def next_state(request: Request, course: Course, event: str) -> CourseState:
    """Return the state that an event leads to.

    :raises CanvasError: 400 when there is no such event or it cannot happen, 403 without the right.
    """
    request.permit("change_course_state" in rights(request.world, request.user, course))
    try:
        state = after(CourseState(course.workflow_state), CourseEvent(event))
    except (ValueError, IllegalMoveError) as error:
        raise bad_request(f"Invalid event: {event}") from error
    if event == CourseEvent.CLAIM and course.settings.has_student_submissions:
        raise invalid_record(request.world.settings, workflow_state="Cannot unpublish: there are student submissions")
    if event == CourseEvent.UNDELETE:
        _check_sis_id(request, course, course.sis_course_id)
    return state


def store(course: Course, key: str, value: Any) -> None:
    """Set a field of the course or of its settings."""
    setattr(course if hasattr(course, key) else course.settings, key, value)


def _permitted(request: Request, course: Course, wanted: Mapping[str, Any]) -> dict[str, Any]:
    has = rights(request.world, request.user, course)
    if "update" not in has:
        return {key: value for key, value in wanted.items() if key == "syllabus_body"}
    forbidden = {key for right, keys in KEYS_BY_RIGHT.items() if right not in has for key in keys}
    if not (request.user.is_admin or request.world.settings.teachers_rename_courses):
        forbidden |= RENAMING
    return {key: value for key, value in wanted.items() if key not in forbidden}


def _check(request: Request, course: Course, wanted: Mapping[str, Any]) -> None:
    if wanted.get("image_url") and wanted.get("image_id"):
        raise bad_request("You cannot provide both an image_url and a image_id.")
    if wanted.get("image_id") and request.world.find(File, course.id, parse_int(str(wanted["image_id"])) or 0) is None:
        raise bad_request("The image_id is not a valid course file id.")
    color = str(wanted.get("course_color") or "")
    if len(color) > 1 and not HEX_COLOR.fullmatch(color):
        raise invalid_record(request.world.settings, course_color="is not a valid hex color")
    _check_sis_id(request, course, wanted.get("sis_course_id"))


def _check_sis_id(request: Request, course: Course, sis_id: str | None) -> None:
    if not sis_id_is_free(request.world, sis_id, course):
        raise invalid_record(request.world.settings, sis_source_id=f'SIS ID "{sis_id}" is already in use')


def _special(request: Request, course: Course, key: str, value: Any) -> None:
    world, text = request.world, str(value)
    match key:
        case "account_id" if account := find_account(world, text):
            course.account_id = account.id
        case "term_id" | "enrollment_term_id" if term := find_term(world, text):
            course.enrollment_term_id = term.id
        case "storage_quota_mb" if (quota := parse_int(text)) is not None:
            course.storage_quota_mb = quota
        case "course_color":
            course.settings.course_color = text if len(text) > 1 else None
        case "image_id" if file_id := parse_int(text):
            course.settings.image_id = file_id
            course.settings.image_url = request.url(f"/courses/{course.id}/files/{file_id}/download")
        case "remove_image" if parse_bool(value):
            course.settings.image_id = course.settings.image_url = None
        case "blueprint_restrictions" if isinstance(value, dict):
            course.settings.blueprint_restrictions = {name: parse_bool(locked) for name, locked in value.items()}


def _clear_dates(course: Course) -> None:
    """Every update of a course whose dates do not restrict it takes them away; a published one may keep its start."""
    if course.settings.restrict_enrollments_to_course_dates:
        return
    course.end_at = None
    if course.workflow_state == CourseState.UNPUBLISHED:
        course.start_at = None
