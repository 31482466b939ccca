"""The fields in ``course={...}`` when a course is created or updated, and their checks.

Refused are values that Canvas would refuse, and those that it would silently ignore: unknown keys, and some known ones.
What depends on the caller's permissions or the course's state is left to Canvas; the response shows the resulting
course.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Never, TypedDict

from airflow_provider_canvas.api.call_mistakes import CanvasArgumentError
from airflow_provider_canvas.api.course_settings import SETTINGS
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id, canvas_id
from airflow_provider_canvas.api.parameters import (
    Check,
    Params,
    Timestamp,
    Unchecked,
    boolean_keys,
    check_choice,
    format_timestamp,
    parse_bool,
)

LICENSES = (
    "private",
    "cc_by_nc_nd",
    "cc_by_nc_sa",
    "cc_by_nc",
    "cc_by_nd",
    "cc_by_sa",
    "cc_by",
    "public_domain",
)
DEFAULT_VIEWS = ("feed", "wiki", "modules", "syllabus", "assignments")
GRADE_PASSBACK_SETTINGS = ("nightly_sync", "disabled")
COURSE_FORMATS = ("on_campus", "online", "blended")
EVENTS = ("claim", "offer", "conclude", "delete", "undelete")
"""What ``course[event]`` may be: ``claim`` unpublishes, ``offer`` publishes."""

_TERM_FORMS = ("sis_term_id", "sis_integration_id")
_TERM_WORDS = ("default", "current")
_HEX_COLOR = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")

_NEVER_BLANK = (
    "account_id",
    "blueprint_restrictions",
    "blueprint_restrictions_by_object_type",
    "default_view",
    "enrollment_term_id",
    "event",
    "term_id",
)
"""Fields that cannot be cleared."""


class BlueprintRestrictions(TypedDict, total=False):
    """What cannot be changed in the courses of a blueprint."""

    content: bool
    points: bool
    due_dates: bool
    availability_dates: bool


class BlueprintRestrictionsByObjectType(TypedDict, total=False):
    """Restrictions for each type of object; they count with ``use_blueprint_restrictions_by_object_type``."""

    assignment: BlueprintRestrictions
    attachment: BlueprintRestrictions
    discussion_topic: BlueprintRestrictions
    quiz: BlueprintRestrictions
    wiki_page: BlueprintRestrictions


class CourseFields(TypedDict, total=False):
    """The fields with which a course is created.

    A field that is left out is unchanged. A field whose value is ``None`` is cleared: it is sent blank. (Elsewhere
    ``None`` means "not given".)

    ``start_at`` and ``end_at`` need ``restrict_enrollments_to_course_dates``. ``term_id`` is a number, a form
    such as ``sis_term_id:2026F``, ``default`` or ``current``; ``enrollment_term_id`` is another name for it.
    """

    name: str | None
    course_code: str | None
    sis_course_id: str | None
    integration_id: str | None
    term_id: Id
    enrollment_term_id: Id
    start_at: Timestamp | None
    end_at: Timestamp | None
    restrict_enrollments_to_course_dates: bool
    time_zone: str | None
    default_view: str
    course_format: str | None
    license: str | None
    public_description: str | None
    syllabus_body: str | None
    syllabus_course_summary: bool
    grading_standard_id: int | None
    grade_passback_setting: str | None
    apply_assignment_group_weights: bool
    hide_final_grades: bool
    post_manually: bool
    is_public: bool
    is_public_to_auth_users: bool
    public_syllabus: bool
    public_syllabus_to_auth: bool
    allow_student_wiki_edits: bool
    allow_wiki_comments: bool
    allow_student_forum_attachments: bool
    open_enrollment: bool
    self_enrollment: bool
    storage_quota_mb: int | None
    template: bool
    homeroom_course: bool
    sync_enrollments_from_homeroom: bool
    homeroom_course_id: Id | None
    course_color: str | None
    friendly_name: str | None
    enable_course_paces: bool
    conditional_release: bool


class CourseChanges(CourseFields, total=False):
    """The fields with which a course can be updated: those of a creation, and more.

    ``end_at`` needs ``restrict_enrollments_to_course_dates``; ``start_at`` is also stored if the course is published.
    """

    account_id: Id
    event: str
    image_id: int | None
    image_url: str | None
    remove_image: bool
    remove_banner_image: bool
    blueprint: bool
    blueprint_restrictions: BlueprintRestrictions
    use_blueprint_restrictions_by_object_type: bool
    blueprint_restrictions_by_object_type: BlueprintRestrictionsByObjectType


def create_params(course: CourseFields) -> Params:
    """Return the fields to send to create a course.

    :param course: The fields as the user gave them.
    :raises CanvasInputError: For fields that Canvas would refuse or ignore; the message says what to write instead.
    """
    fields = _check_fields(course, CourseFields)
    if not fields.get("restrict_enrollments_to_course_dates"):
        _reject_dates(fields, "start_at", "end_at")
    return fields


def update_params(course: CourseChanges) -> Params:
    """Return the fields to send to update a course.

    :param course: The fields as the user gave them.
    :raises CanvasInputError: For fields that Canvas would refuse or ignore; the message says what to write instead.
    """
    fields = _check_fields(course, CourseChanges)
    if fields.get("image_id") and fields.get("image_url"):
        raise CanvasInputError("A course has one image: give image_id or image_url, not both.")
    if fields.get("restrict_enrollments_to_course_dates") is False:
        _reject_dates(fields, "end_at")
    return fields


def reject_misplaced(parameters: Mapping[str, Never], fields: Collection[str]) -> None:
    """Reject parameters that an endpoint does not have: Canvas would ignore ``name=...`` outside ``course={...}``.

    :raises CanvasInputError: For a field of the course; the message says where it belongs.
    :raises CanvasArgumentError: For any other parameter.
    """
    for name in parameters:
        if name in fields:
            raise CanvasInputError(f"{name} belongs into course: write course={{{name!r}: ...}}, or Canvas ignores it.")
        raise CanvasArgumentError(f"There is no parameter {name!r}: fields of the course belong into course={{...}}.")


def _check_fields(course: Mapping[str, Any], typed: type) -> Params:
    known, flags = typed.__annotations__, boolean_keys(typed)
    if not isinstance(course, Mapping):
        raise CanvasInputError(f"course must be a dict, such as {{'name': 'Biology'}}, not {course!r}.")
    for name in course:
        if name in SETTINGS and name not in known:
            raise CanvasInputError(f"{name} is a setting: write courses.update_settings(course_id=..., {name}=...).")
        check_choice("course", name, known)
    return {
        name: parse_bool(name, value) if name in flags and value not in (None, "") else _check_field(name, value)
        for name, value in course.items()
    }


def _check_field(name: str, value: Any) -> Any:
    if isinstance(value, Unchecked):
        return value
    if value is None or value == "":
        if name in _NEVER_BLANK:
            raise CanvasInputError(f"{name} cannot be cleared: give a value, or leave it out.")
        return ""
    check = _CHECKS.get(name)
    return value if check is None else check(name, value)


def _reject_dates(fields: Params, *names: str) -> None:
    for name in names:
        if fields.get(name):
            raise CanvasInputError(
                f"Canvas ignores {name} unless the course's dates restrict its enrollments: "
                "add 'restrict_enrollments_to_course_dates': True."
            )


def _check_term_id(name: str, value: Any) -> str:
    text = str(value).strip()
    form, _, rest = text.removeprefix("hex:").partition(":")
    if text in _TERM_WORDS or (form in _TERM_FORMS and rest):
        return text
    try:
        return canvas_id(name, value)
    except CanvasInputError:
        raise CanvasInputError(
            f"{name} {value!r} is not the id of a term. Write its number, such as 77, sis_term_id:..., "
            f"or one of {', '.join(_TERM_WORDS)}."
        ) from None


def _check_color(name: str, value: Any) -> str:
    """Return a color, or one character, which clears it."""
    text = str(value)
    if len(text) > 1 and not _HEX_COLOR.fullmatch(text):
        raise CanvasInputError(f"{name} {value!r} is not a color: write it as #14b8a6 or #1ba. None clears it.")
    return text


def _check_restrictions(name: str, value: Any) -> Params:
    if not (isinstance(value, Mapping) and value):
        raise CanvasInputError(f"{name} must be a dict, such as {{'content': True}}, not {value!r}.")
    for restriction in value:
        check_choice(name, restriction, BlueprintRestrictions.__annotations__)
    return dict(value)


def _check_restrictions_by_type(name: str, value: Any) -> Params:
    if not (isinstance(value, Mapping) and value):
        raise CanvasInputError(f"{name} must be a dict, such as {{'quiz': {{'points': True}}}}, not {value!r}.")
    for object_type in value:
        check_choice(name, object_type, BlueprintRestrictionsByObjectType.__annotations__)
    return {
        object_type: _check_restrictions(f"{name}[{object_type}]", restrictions)
        for object_type, restrictions in value.items()
    }


_CHECKS: Mapping[str, Check] = {
    "account_id": canvas_id,
    "blueprint_restrictions": _check_restrictions,
    "blueprint_restrictions_by_object_type": _check_restrictions_by_type,
    "course_color": _check_color,
    "course_format": partial(check_choice, allowed=COURSE_FORMATS),
    "default_view": partial(check_choice, allowed=DEFAULT_VIEWS),
    "end_at": format_timestamp,
    "enrollment_term_id": _check_term_id,
    "event": partial(check_choice, allowed=EVENTS),
    "grade_passback_setting": partial(check_choice, allowed=GRADE_PASSBACK_SETTINGS),
    "image_id": canvas_id,
    "license": partial(check_choice, allowed=LICENSES),
    "start_at": format_timestamp,
    "term_id": _check_term_id,
}
"""The checks of fields; fields without a check are sent unchanged."""
