"""Reading ``course[...]``: its keys, and who may set them.

What the caller may not set is ignored without a word, as Canvas does: the response shows what became of the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, tzinfo
from typing import Any

from canvas_emulator.effects.html_writing import stored_html
from canvas_emulator.machines.course import CourseEvent, CourseState, after
from canvas_emulator.machines.plans import IllegalMoveError
from canvas_emulator.model.content import File
from canvas_emulator.model.course import Course, CourseSettings
from canvas_emulator.model.ids import find_account, find_term
from canvas_emulator.model.parsing import parse_bool, parse_column_bool, parse_int
from canvas_emulator.model.rights import TEACHER, rights
from canvas_emulator.model.time_zones import time_zone_name, zone_of_users
from canvas_emulator.pages.course_checks import PASSBACK_SETTINGS, check, check_sis_id
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import internal_error, invalid_record, not_found

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
STRINGS = frozenset({"name", "course_code", "default_view"})
OPTIONAL_STRINGS = frozenset({"sis_course_id", "integration_id", "public_description", "grade_passback_setting"})
NOT_CLEARED_BY_NULL = frozenset({"sis_course_id", "integration_id", "name", "course_code", "default_view"})

CHOICES: Mapping[str, frozenset[str]] = {
    "license": frozenset(
        ["private", "cc_by_nc_nd", "cc_by_nc_sa", "cc_by_nc", "cc_by_nd", "cc_by_sa", "cc_by", "public_domain"]
    ),
    "course_format": frozenset({"on_campus", "online", "blended"}),
}
"""Keys of which Canvas ignores any other value, without a word."""

COLUMNS = frozenset(
    {
        "is_public",
        "allow_wiki_comments",
        "open_enrollment",
        "self_enrollment",
        "restrict_enrollments_to_course_dates",
    }
)
"""The booleans that are columns of the row."""


def _optional_number(value: object) -> int | None:
    return parse_int(str(value))


def _optional_text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def moment(value: object, zone: tzinfo) -> datetime | None:
    """Read a time; return None for a blank or invalid one.

    :param zone: The zone of a time that names none.
    """
    try:
        read = datetime.fromisoformat(str(value or ""))
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


BOOLEANS = frozenset(field.name for field in fields(CourseSettings) if str(field.type).startswith("bool")) - {
    "migration_limitation",
    "has_student_submissions",
    "blueprint",
}

READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(BOOLEANS, parse_bool),
    **dict.fromkeys(COLUMNS, parse_column_bool),
    **dict.fromkeys(STRINGS, _text),
    **dict.fromkeys(OPTIONAL_STRINGS, _optional_text),
    "grading_standard_id": _optional_number,
    "restrict_enrollments_to_course_dates": lambda value: bool(parse_column_bool(value)),
}
"""How each key that is stored as it comes is read. Those with a meaning of their own are in ``_special``."""


def course_table(request: Request) -> dict[str, Any]:
    """Return ``course[...]``; empty when the request has none.

    :raises CanvasError: 500, when it is no hash, and for a name that is a boolean.
    """
    value = request.params.get("course")
    if value is None:
        return {}
    if not isinstance(value, dict) or isinstance(value.get("name"), bool):
        raise internal_error()
    return {key: text for key, text in value.items() if text is not None or key not in NOT_CLEARED_BY_NULL}


def create(request: Request, course: Course, wanted: Mapping[str, Any]) -> None:
    """Fill a new course as ``course[...]`` says, except for what the caller may not set; errors as of ``update``."""
    of_administrator = rights(request.world, request.user, course)
    has = of_administrator if request.user.is_admin else TEACHER - {"manage_course_visibility"}
    if "manage_course_visibility" not in has:
        course.is_public = False
    named = {"course_code": short_name(str(wanted["name"]))} | dict(wanted)
    setting = named.get("grade_passback_setting")
    if setting not in PASSBACK_SETTINGS:
        del named["grade_passback_setting"]
    _change(request, course, _permitted(request, named, has))


def update(request: Request, course: Course, wanted: Mapping[str, Any]) -> None:
    """Change a course as ``course[...]`` says, except for what the caller may not change.

    :raises CanvasError: 400 for a value that cannot be, and 404 for an unknown term; then nothing has changed.
    """
    event = wanted.get("event")
    state = next_state(request, course, str(event)) if event else None
    attributes = {key: value for key, value in wanted.items() if key != "event"}
    if attributes or not event:
        has = rights(request.world, request.user, course)
        _change(request, course, _permitted(request, attributes, has))
    if state is not None:
        course.workflow_state = state


def short_name(name: str) -> str:
    """Return the course code that a new course gets from its name: the first word, and the next one with a digit."""
    first, *others = name.split() or [""]
    numbered = [word for word in others if any(character.isdigit() for character in word)]
    return " ".join([first, *numbered[:1]])


def next_state(request: Request, course: Course, event: str) -> CourseState:
    """Return the state that an event leads to.

    :raises CanvasError: 400 when there is no such event or it cannot happen, 403 without the right.
    """
    request.permit("change_course_state" in rights(request.world, request.user, course))
    current = CourseState(course.workflow_state)
    try:
        state = after(current, CourseEvent(event))
    except (ValueError, IllegalMoveError) as error:
        stored = "claimed" if current is CourseState.UNPUBLISHED else current.value
        message = f"There is no event {event} defined for the {stored} state"
        raise invalid_record(request.world.settings, workflow_state=message) from error
    if event == CourseEvent.CLAIM and course.settings.has_student_submissions:
        raise invalid_record(request.world.settings, workflow_state="Cannot unpublish: there are student submissions")
    if event == CourseEvent.UNDELETE:
        check_sis_id(request, course, course.sis_course_id)
    return state


def store(course: Course, key: str, value: Any) -> None:
    """Set a field of the course or of its settings."""
    setattr(course if hasattr(course, key) else course.settings, key, value)


def _permitted(request: Request, wanted: Mapping[str, Any], has: frozenset[str] | set[str]) -> dict[str, Any]:
    if "update" not in has:
        return {key: value for key, value in wanted.items() if key == "syllabus_body"}
    forbidden = {key for right, keys in KEYS_BY_RIGHT.items() if right not in has for key in keys}
    if not (request.user.is_admin or request.world.settings.teachers_rename_courses):
        forbidden |= RENAMING
    return {key: value for key, value in wanted.items() if key not in forbidden}


def _change(request: Request, course: Course, permitted: Mapping[str, Any]) -> None:
    for name in ("term_id", "enrollment_term_id"):
        if (term_id := permitted.get(name)) and find_term(request.world, str(term_id)) is None:
            raise not_found()
    read = {key: READERS[key](value) for key, value in permitted.items() if key in READERS}
    read |= {key: moment(permitted[key], zone_of_users(request.world)) for key in DATES if key in permitted}
    check(request, course, permitted, read)
    for key, value in read.items():
        store(course, key, value)
    for key, value in permitted.items():
        if key not in read:
            _special(request, course, key, value)
    if course.is_public:
        course.settings.public_syllabus = True
    _clear_dates(course)


def _special(request: Request, course: Course, key: str, value: Any) -> None:
    world, text, settings = request.world, str(value), course.settings
    match key:
        case "syllabus_body":
            course.syllabus_body = stored_html(world, _text(value), request.base_url)
        case "account_id" if account := find_account(world, text):
            course.account_id = account.id
        case "term_id" | "enrollment_term_id" if term := find_term(world, text):
            course.enrollment_term_id = term.id
        case "storage_quota_mb" if (quota := parse_int(text)) is not None:
            course.storage_quota_mb = quota
        case "license" | "course_format" if value in CHOICES[key]:
            store(course, key, value)
        case "time_zone" if zone := time_zone_name(text):
            course.time_zone = zone
        case "course_color":
            settings.course_color = text if len(text) > 1 else None
        case "friendly_name" if world.settings.elementary_school:
            settings.friendly_name = _optional_text(value)
        case "image_url" | "image_id":
            _set_image(request, course, key, text)
        case "remove_image" if parse_bool(value):
            settings.image_id = settings.image_url = None
        case _ if "blueprint" in key:
            _set_blueprint(course, key, value)


def _set_blueprint(course: Course, key: str, value: Any) -> None:
    settings = course.settings
    if key == "blueprint":
        settings.blueprint = parse_bool(value)
        settings.blueprint_restrictions = settings.blueprint_restrictions or {"content": True}
    elif key == "use_blueprint_restrictions_by_object_type" and not parse_bool(value):
        settings.blueprint_restrictions_by_object_type = {}
    elif key == "blueprint_restrictions" and isinstance(value, dict):
        settings.blueprint_restrictions = _locks(value)
    elif key == "blueprint_restrictions_by_object_type" and isinstance(value, dict):
        kinds = {kind: _locks(locks) for kind, locks in value.items() if isinstance(locks, dict)}
        settings.blueprint_restrictions_by_object_type = kinds


def _set_image(request: Request, course: Course, key: str, text: str) -> None:
    """Set the image of the course's card, unless the request names two, or a file that the course has not."""
    settings, wanted = course.settings, request.params["course"]
    if wanted.get("image_url") and wanted.get("image_id"):
        return
    if key == "image_url" and text:
        settings.image_url, settings.image_id = text, None
    elif key == "image_id" and request.world.find(File, course.id, file_id := parse_int(text) or 0) is not None:
        settings.image_url, settings.image_id = None, file_id


def _locks(restrictions: Mapping[str, Any]) -> dict[str, bool]:
    return {name: parse_bool(locked) for name, locked in restrictions.items()}


def _clear_dates(course: Course) -> None:
    """Every update of a course whose dates do not restrict it takes them away; a published one may keep its start."""
    if course.settings.restrict_enrollments_to_course_dates:
        return
    course.end_at = None
    if course.workflow_state == CourseState.UNPUBLISHED:
        course.start_at = None
