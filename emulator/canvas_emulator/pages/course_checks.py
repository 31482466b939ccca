"""The checks of a course before it is stored, and Canvas's words for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from canvas_emulator.model.content import Page
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.ids import sis_id_is_free
from canvas_emulator.model.parsing import parse_bool
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import invalid_record

MAX_LENGTH = 255
HOME_PAGES = frozenset({"feed", "wiki", "modules", "syllabus", "assignments"})
PASSBACK_SETTINGS = (None, "", "nightly_sync", "disabled")
HEX_COLOR = re.compile(r"#?[0-9a-fA-F]{3,8}")
LOCKS = frozenset({"content", "points", "due_dates", "availability_dates", "settings", "state"})
LOCKED_KINDS = frozenset({"assignment", "attachment", "discussion_topic", "quiz", "wiki_page"})


def check(request: Request, course: Course, wanted: Mapping[str, Any], read: Mapping[str, Any]) -> None:
    """Check what a course is about to become.

    :param wanted: The keys of the request that the caller may set.
    :param read: Those of them that are stored as they come, with their values as they will be stored.
    :raises CanvasError: 400, with a message for each attribute that cannot be.
    """
    errors = {name: "too_long" for name in ("name", "course_code") if len(read.get(name) or "") > MAX_LENGTH}
    errors |= _home_page(request, course, read.get("default_view"))
    errors |= _dates(course, read)
    errors |= _blueprint(request, course, wanted)
    if read.get("grade_passback_setting") not in PASSBACK_SETTINGS:
        errors["grade_passback_setting"] = "Invalid grade_passback_setting"
    color = str(wanted.get("course_color") or "")
    if len(color) > 1 and not HEX_COLOR.fullmatch(color):
        errors["course_color"] = "Invalid hexcode provided"
    if read.get("template") and request.world.enrollments.has_any(course.id):
        errors["template"] = "Courses with enrollments can't become templates"
    if errors:
        raise invalid_record(request.world.settings, **errors)
    check_sis_id(request, course, read.get("sis_course_id"))


def check_sis_id(request: Request, course: Course, sis_id: str | None) -> None:
    """Check that no other course has an SIS id, deleted ones among them.

    :raises CanvasError: 400, when one has.
    """
    if not sis_id_is_free(request.world, sis_id, course):
        raise invalid_record(request.world.settings, sis_source_id=f'SIS ID "{sis_id}" is already in use')


def _home_page(request: Request, course: Course, view: str | None) -> dict[str, str]:
    if view is None:
        return {}
    if view not in HOME_PAGES:
        return {"default_view": "Home page is not valid"}
    if view == "wiki" and not any(page.front_page for page in request.world.live(Page, course.id)):
        return {"default_view": "A Front Page is required"}
    return {}


def _dates(course: Course, read: Mapping[str, Any]) -> dict[str, str]:
    restricts = read.get("restrict_enrollments_to_course_dates", course.settings.restrict_enrollments_to_course_dates)
    start, end = read.get("start_at", course.start_at), read.get("end_at", course.end_at)
    if restricts and start is not None and end is not None and end < start:
        return {"conclude_at": "End date cannot be before start date"}
    return {}


def _blueprint(request: Request, course: Course, wanted: Mapping[str, Any]) -> dict[str, str]:
    world = request.world
    if parse_bool(wanted.get("blueprint")):
        if any(row.type is EnrollmentType.STUDENT for row in world.enrollments.in_course(course.id)):
            return {"master_course": "Cannot have a blueprint course with students"}
        if any(row.course_id == course.id for row in world.tables.blueprint_subscriptions.values()):
            return {"master_course": "Course is already associated with a blueprint"}
    by_kind = wanted.get("blueprint_restrictions_by_object_type")
    kinds = by_kind if isinstance(by_kind, dict) else {}
    locks = [wanted.get("blueprint_restrictions"), *kinds.values()]
    if set(kinds) - LOCKED_KINDS or any(set(names) - LOCKS for names in locks if isinstance(names, dict)):
        return {"master_course_restrictions": "Invalid restrictions"}
    return {}
