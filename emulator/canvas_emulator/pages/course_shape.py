"""The JSON of a Course, with everything that may be included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from canvas_emulator.model.content import File
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import AS_STUDENTS, Enrollment, EnrollmentState, EnrollmentType
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.records import Account, Term
from canvas_emulator.model.rights import rights
from canvas_emulator.pages.course_progress import progress_shape
from canvas_emulator.pages.html_reading import html_for
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

DROPPED_WHEN_NULL = ("needs_grading_count", "public_description", "enrollments")


def shape(request: Request, course: Course) -> dict[str, Any]:
    """Render a Course, or as much of it as a student may see outside of its dates."""
    enrollments = request.world.enrollments.of_user(request.user.id, course.id)
    if is_restricted(request, course, enrollments):
        return {"id": course.id, "access_restricted_by_date": True}
    permitted = rights(request.world, request.user, course)
    payload = _always(request, course)
    nickname = request.world.tables.nicknames.get((request.user.id, course.id)) or course.settings.friendly_name
    if nickname:
        payload |= {"name": nickname, "original_name": course.name}
    if "read_sis" in permitted:
        payload |= {"sis_course_id": course.sis_course_id, "integration_id": course.integration_id}
    if course.settings.course_format:
        payload["course_format"] = course.settings.course_format
    if course.settings.blueprint and course.settings.blueprint_restrictions:
        payload["blueprint_restrictions"] = course.settings.blueprint_restrictions
    if enrollments:
        payload["enrollments"] = [enrollment_in_course(row) for row in enrollments]
    for name, include in INCLUDES.items():
        if request.includes(name):
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


def enrollment_in_course(row: Enrollment) -> dict[str, Any]:
    """Render an enrollment as a Course has it, with its short type."""
    return {
        "type": row.type.short,
        "role": row.type,
        "role_id": row.type.role_id,
        "user_id": row.user_id,
        "enrollment_state": row.workflow_state,
        "limit_privileges_to_course_section": False,
    }


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


def _term(request: Request, course: Course) -> dict[str, Any]:
    term = request.world.tables.terms.get(course.enrollment_term_id)
    return {"term": term_shape(term)} if term else {}


def term_shape(term: Term) -> dict[str, Any]:
    """Render a term."""
    return {
        "id": term.id,
        "name": term.name,
        "sis_term_id": term.sis_term_id,
        "start_at": stamp(term.start_at),
        "end_at": stamp(term.end_at),
        "workflow_state": "active",
    }


def account_shape(account: Account) -> dict[str, Any]:
    """Render an account."""
    return {
        "id": account.id,
        "name": account.name,
        "uuid": account.uuid,
        "parent_account_id": account.parent_account_id,
        "root_account_id": None if account.parent_account_id is None else 1,
        "workflow_state": "active",
        "sis_account_id": account.sis_account_id,
        "integration_id": account.integration_id,
        "default_time_zone": "America/New_York",
    }


def _account(request: Request, course: Course) -> dict[str, Any]:
    account = request.world.tables.accounts.get(course.account_id)
    return {"account": account_shape(account)} if account else {}


def _teachers(request: Request, course: Course) -> dict[str, Any]:
    """Return the teachers, or their number when it exceeds ``teacher_limit``."""
    users = request.world.tables.users
    rows = request.world.enrollments.in_course(course.id)
    teachers = [users[row.user_id] for row in rows if row.type is EnrollmentType.TEACHER and row.current]
    limit = parse_int(str(request.params.get("teacher_limit", "")))
    if limit is not None and len(teachers) > limit:
        return {"teacher_count": len(teachers)}
    return {"teachers": [{"id": user.id, "display_name": user.name} for user in teachers]}


def _total_students(request: Request, course: Course) -> dict[str, Any]:
    counted = (EnrollmentState.ACTIVE, EnrollmentState.INVITED)
    rows = request.world.enrollments.in_course(course.id)
    students = {r.user_id for r in rows if r.type is EnrollmentType.STUDENT and r.workflow_state in counted}
    return {"total_students": len(students)}


def _sections(request: Request, course: Course) -> dict[str, Any]:
    role_of = {row.section_id: row.type for row in request.world.enrollments.of_user(request.user.id, course.id)}
    return {
        "sections": [
            {
                "id": section.id,
                "name": section.name,
                "start_at": None,
                "end_at": None,
                "enrollment_role": role_of.get(section.id),
            }
            for section in request.world.enrollments.sections_of(course.id)
        ]
    }


def _tabs(_: Request, course: Course) -> dict[str, Any]:
    names = ("home", "announcements", "assignments", "discussions", "pages", "files", "modules", "quizzes", "settings")
    return {
        "tabs": [
            {
                "id": name,
                "html_url": f"/courses/{course.id}" + ("" if name == "home" else f"/{name}"),
                "label": name.capitalize(),
                "type": "internal",
                "position": position,
                "visibility": "admins" if name == "settings" else "public",
            }
            for position, name in enumerate(names, 1)
        ]
    }


def _storage(request: Request, course: Course) -> dict[str, Any]:
    used = sum(file.size for file in request.world.live(File, course.id))
    return {"storage_quota_used_mb": used / 1_048_576}


def _concluded(request: Request, course: Course) -> dict[str, Any]:
    over = course.end_at is not None and course.end_at < request.world.clock.now()
    return {"concluded": course.workflow_state == "completed" or over}


def _permissions(request: Request, course: Course) -> dict[str, Any]:
    permitted = rights(request.world, request.user, course)
    announces = "create_announcement" in permitted
    return {"permissions": {"create_discussion_topic": "read_forum" in permitted, "create_announcement": announces}}


def _progress(request: Request, course: Course) -> dict[str, Any]:
    return {"course_progress": progress_shape(request, course, request.user)}


def _needs_grading(request: Request, course: Course) -> dict[str, Any]:
    grades = "manage_grades" in rights(request.world, request.user, course)
    return {"needs_grading_count": 0 if grades else None}


INCLUDES: Mapping[str, Callable[[Request, Course], dict[str, Any]]] = {
    "account": _account,
    "banner_image": lambda _, __: {"banner_image_download_url": None},
    "concluded": _concluded,
    "course_image": lambda _, course: {"image_download_url": course.settings.image_url},
    "course_progress": _progress,
    "favorites": lambda _, __: {"is_favorite": False},
    "grading_periods": lambda _, __: {"grading_periods": []},
    "lti_context_id": lambda _, course: {"lti_context_id": course.uuid},
    "needs_grading_count": _needs_grading,
    "passback_status": lambda _, course: {"passback_status": course.settings.grade_passback_setting},
    "permissions": _permissions,
    "post_manually": lambda _, course: {"post_manually": course.settings.post_manually},
    "public_description": lambda _, course: {"public_description": course.settings.public_description},
    "sections": _sections,
    "storage_quota_used_mb": _storage,
    "syllabus_body": lambda request, course: {"syllabus_body": html_for(request, course.syllabus_body) or None},
    "tabs": _tabs,
    "teachers": _teachers,
    "term": _term,
    "total_students": _total_students,
}
"""What ``include[]`` may name, and the keys that each adds."""
