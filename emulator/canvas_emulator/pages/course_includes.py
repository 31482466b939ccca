"""What ``include[]`` adds to the JSON of a Course."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from canvas_emulator.model.content import File
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentState, EnrollmentType
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.records import Account, Term
from canvas_emulator.model.rights import rights
from canvas_emulator.pages.account_shapes import account_shape, term_shape
from canvas_emulator.pages.course_progress import progress_shape
from canvas_emulator.pages.course_settings import course_image
from canvas_emulator.pages.course_tabs import course_tabs
from canvas_emulator.pages.html_reading import html_for
from canvas_emulator.pages.user_shapes import user_display
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

R = TypeVar("R", Account, Term)

SMALLEST_FILE = 512
"""A smaller file takes as much of the quota as one of so many bytes."""


def _term(request: Request, course: Course) -> dict[str, Any]:
    term = request.world.tables.terms.get(course.enrollment_term_id)
    return _rendered_once(request, "term", term, term_shape)


def _account(request: Request, course: Course) -> dict[str, Any]:
    account = request.world.tables.accounts.get(course.account_id)
    return _rendered_once(request, "account", account, account_shape)


def _rendered_once(request: Request, name: str, row: R | None, render: Callable[[Request, R], Any]) -> dict[str, Any]:
    """Return the JSON of a row that many courses of a list have, under a name; nothing without a row."""
    if row is None:
        return {}
    key = (name, row.id)
    if key not in request.rendered:
        request.rendered[key] = render(request, row)
    return {name: request.rendered[key]}


def _teachers(request: Request, course: Course) -> dict[str, Any]:
    """Return the teachers, or in a list of courses their number when it exceeds ``teacher_limit``."""
    users = request.world.tables.users
    rows = request.world.enrollments.in_course(course.id)
    teachers = [users[row.user_id] for row in rows if row.type is EnrollmentType.TEACHER and row.current]
    limit = parse_int(str(request.params.get("teacher_limit", "")))
    is_list = "id" not in request.ids
    if is_list and limit is not None and len(teachers) > limit:
        return {"teacher_count": len(teachers)}
    return {"teachers": [user_display(request, user) for user in teachers]}


def _total_students(request: Request, course: Course) -> dict[str, Any]:
    counted = (EnrollmentState.ACTIVE, EnrollmentState.INVITED)
    rows = request.world.enrollments.in_course(course.id)
    students = {r.user_id for r in rows if r.type is EnrollmentType.STUDENT and r.workflow_state in counted}
    return {"total_students": len(students)}


def _sections(request: Request, course: Course) -> dict[str, Any]:
    """Return the sections, with the caller's role in those that the caller is enrolled in."""
    role_of = {row.section_id: row.type for row in request.world.enrollments.of_user(request.user.id, course.id)}
    return {
        "sections": [
            {
                "id": section.id,
                "name": section.name,
                "start_at": stamp(section.start_at),
                "end_at": stamp(section.end_at),
            }
            | ({"enrollment_role": role_of[section.id]} if section.id in role_of else {})
            for section in request.world.enrollments.sections_of(course.id)
        ]
    }


def _storage(request: Request, course: Course) -> dict[str, Any]:
    used = sum(max(file.size, SMALLEST_FILE) for file in request.world.live(File, course.id))
    return {"storage_quota_used_mb": used / 1_048_576}


def _concluded(request: Request, course: Course) -> dict[str, Any]:
    """Tell whether a course is concluded, or over: by its own end if it restricts enrollments to it, or by its term."""
    term = request.world.tables.terms.get(course.enrollment_term_id)
    own_end = course.end_at if course.settings.restrict_enrollments_to_course_dates else None
    end = own_end or (term.end_at if term else None)
    return {"concluded": course.workflow_state == "completed" or (end is not None and end < request.world.clock.now())}


def _permissions(request: Request, course: Course) -> dict[str, Any]:
    permitted = rights(request.world, request.user, course)
    announces = "create_announcement" in permitted
    return {"permissions": {"create_discussion_topic": "read_forum" in permitted, "create_announcement": announces}}


def _progress(request: Request, course: Course) -> dict[str, Any]:
    return {"course_progress": progress_shape(request, course, request.user)}


def _needs_grading(request: Request, course: Course) -> dict[str, Any]:
    """Return the number of ungraded submissions for those who grade in the course, and nothing for administrators."""
    grades = "manage_grades" in rights(request.world, request.user, course)
    return {"needs_grading_count": 0 if grades and not request.user.is_admin else None}


def _post_manually(request: Request, course: Course) -> dict[str, Any]:
    return {"post_manually": course.settings.post_manually} if request.world.settings.newer_keys else {}


def _course_image(request: Request, course: Course) -> dict[str, Any]:
    return {"image_download_url": course_image(request, course)}


def _grading_period_scores(_: Request, __: Course) -> dict[str, Any]:
    names = ("has_grading_periods", "multiple_grading_periods_enabled", "has_weighted_grading_periods")
    return dict.fromkeys(names, False)


INCLUDES: Mapping[str, Callable[[Request, Course], dict[str, Any]]] = {
    "account": _account,
    "banner_image": lambda _, __: {"banner_image_download_url": None},
    "concluded": _concluded,
    "course_image": _course_image,
    "course_progress": _progress,
    "current_grading_period_scores": _grading_period_scores,
    "favorites": lambda _, __: {"is_favorite": False},
    "grading_periods": lambda _, __: {"grading_periods": None},
    "lti_context_id": lambda _, course: {"lti_context_id": course.uuid},
    "needs_grading_count": _needs_grading,
    "passback_status": lambda _, course: {"passback_status": course.settings.grade_passback_setting},
    "permissions": _permissions,
    "post_manually": _post_manually,
    "public_description": lambda _, course: {"public_description": course.settings.public_description},
    "sections": _sections,
    "storage_quota_used_mb": _storage,
    "syllabus_body": lambda request, course: {"syllabus_body": html_for(request, course.syllabus_body) or None},
    "tabs": lambda request, course: {"tabs": course_tabs(request, course)},
    "teachers": _teachers,
    "term": _term,
    "total_students": _total_students,
}
"""What ``include[]`` may name, and the keys that each adds."""
