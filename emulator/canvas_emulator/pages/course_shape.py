"""The JSON of a Course."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import AS_STUDENTS, Enrollment
from canvas_emulator.model.records import User
from canvas_emulator.model.rights import rights
from canvas_emulator.pages.course_includes import INCLUDES
from canvas_emulator.pages.enrollment_shapes import enrollment_in_course
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

DROPPED_WHEN_NULL = ("needs_grading_count", "public_description")


def shape(request: Request, course: Course, enrolled: User | None = None) -> dict[str, Any]:
    """Render a Course, or as much of it as a student may see outside of its dates.

    :param enrolled: The user whose enrollments it shows; None for a response that has none, such as that of a PUT.
    """
    enrollments = request.world.enrollments.of_user(request.user.id, course.id)
    if is_restricted(request, course, enrollments):
        return {"id": course.id, "access_restricted_by_date": True}
    permitted = rights(request.world, request.user, course)
    settings, payload = course.settings, _always(request, course)
    if nickname := _nickname(request, course):
        payload |= {"name": nickname, "original_name": course.name}
    if "read_sis" in permitted:
        payload |= {"sis_course_id": course.sis_course_id, "integration_id": course.integration_id}
    if "manage_sis" in permitted:
        payload["sis_import_id"] = None
    if settings.course_format:
        payload["course_format"] = settings.course_format
    if settings.blueprint and settings.blueprint_restrictions_by_object_type:
        payload["blueprint_restrictions_by_object_type"] = settings.blueprint_restrictions_by_object_type
    elif settings.blueprint:
        payload["blueprint_restrictions"] = settings.blueprint_restrictions
    if enrolled is not None:
        rows = request.world.enrollments.of_user(enrolled.id, course.id)
        payload["enrollments"] = [enrollment_in_course(request, row) for row in rows]
    return payload | _included(request, course) if request.included else payload


def _included(request: Request, course: Course) -> dict[str, Any]:
    """Return what ``include[]`` adds, some of it only where it is not null."""
    payload = dict[str, Any]()
    for name, include in INCLUDES.items():
        if name in request.included:
            payload |= include(request, course)
    return {key: value for key, value in payload.items() if value is not None or key not in DROPPED_WHEN_NULL}


def is_restricted(request: Request, course: Course, enrollments: list[Enrollment]) -> bool:
    """Tell whether the caller is a student of a course that students may not see now."""
    if not enrollments or any(row.type not in AS_STUDENTS for row in enrollments):
        return False
    settings, now = course.settings, request.world.clock.now()
    if request.user.is_admin or not settings.restrict_enrollments_to_course_dates:
        return False
    too_early = settings.restrict_student_future_view and course.start_at is not None and now < course.start_at
    too_late = settings.restrict_student_past_view and course.end_at is not None and now > course.end_at
    return too_early or too_late


def _nickname(request: Request, course: Course) -> str | None:
    """Return the name that the caller, or else an elementary school, calls the course."""
    nickname = request.world.tables.nicknames.get((request.user.id, course.id))
    return nickname or (course.settings.friendly_name if request.world.settings.elementary_school else None)


def _always(request: Request, course: Course) -> dict[str, Any]:
    settings = course.settings
    return {
        "id": course.id,
        "name": course.name,
        "account_id": course.account_id,
        "uuid": course.uuid,
        "start_at": stamp(course.start_at),
        "grading_standard_id": settings.grading_standard_id,
        "is_public": course.is_public,
        "created_at": stamp(course.created_at),
        "course_code": course.course_code,
        "default_view": course.default_view,
        "root_account_id": min(request.world.tables.accounts, default=course.account_id),
        "enrollment_term_id": course.enrollment_term_id,
        "license": course.license,
        "grade_passback_setting": settings.grade_passback_setting,
        "end_at": stamp(course.end_at),
        "public_syllabus": settings.public_syllabus,
        "public_syllabus_to_auth": settings.public_syllabus_to_auth,
        "storage_quota_mb": course.storage_quota_mb,
        "is_public_to_auth_users": settings.is_public_to_auth_users,
        "homeroom_course": settings.homeroom_course,
        "course_color": settings.course_color,
        "friendly_name": settings.friendly_name,
        "apply_assignment_group_weights": settings.apply_assignment_group_weights,
        "calendar": {"ics": request.url(f"/feeds/calendars/course_{course.uuid}.ics")},
        "time_zone": course.time_zone,
        "blueprint": settings.blueprint,
        "template": settings.template,
        "hide_final_grades": settings.hide_final_grades,
        "workflow_state": course.workflow_state,
        "restrict_enrollments_to_course_dates": settings.restrict_enrollments_to_course_dates,
    }
