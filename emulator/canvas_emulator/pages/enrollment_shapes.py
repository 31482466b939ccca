"""The JSON of enrollments: whole, as the users of a course have them, and short, as courses have them."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import Enrollment, EnrollmentType
from canvas_emulator.model.rights import rights
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

LOWEST_GRADE = "F"


def enrollment_shape(request: Request, row: Enrollment) -> dict[str, Any]:
    """Render an Enrollment."""
    tables = request.world.tables
    course, section = tables.courses[row.course_id], request.world.enrollments.sections[row.section_id]
    permitted = rights(request.world, request.user, course)
    payload: dict[str, Any] = {
        "id": row.id,
        "user_id": row.user_id,
        "course_id": row.course_id,
        "type": row.type,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.created_at),
        "associated_user_id": None,
        "start_at": None,
        "end_at": None,
        "course_section_id": row.section_id,
        "root_account_id": min(tables.accounts, default=course.account_id),
        "limit_privileges_to_course_section": False,
        "enrollment_state": row.workflow_state,
        "role": row.type,
        "role_id": row.type.role_id,
        "last_activity_at": stamp(row.last_activity_at),
        "last_attended_at": None,
        "total_activity_time": row.total_activity_time,
    }
    if row.type is EnrollmentType.STUDENT and (request.user.id == row.user_id or "view_all_grades" in permitted):
        payload["grades"] = _grades(request, course, row)
    if "read_sis" in permitted:
        account = tables.accounts.get(course.account_id)
        payload |= {
            "sis_account_id": account.sis_account_id if account else None,
            "sis_course_id": course.sis_course_id,
            "course_integration_id": course.integration_id,
            "sis_section_id": section.sis_section_id,
            "section_integration_id": section.integration_id,
            "sis_user_id": tables.users[row.user_id].sis_user_id,
        }
    if "manage_sis" in permitted:
        payload["sis_import_id"] = None
    return payload | {"html_url": request.url(f"/courses/{row.course_id}/users/{row.user_id}")}


def enrollment_in_course(request: Request, row: Enrollment) -> dict[str, Any]:
    """Render an enrollment as a Course has it, with its short type."""
    payload: dict[str, Any] = {
        "type": row.type.short,
        "role": row.type,
        "role_id": row.type.role_id,
        "user_id": row.user_id,
        "enrollment_state": row.workflow_state,
        "limit_privileges_to_course_section": False,
    }
    if row.type is EnrollmentType.STUDENT and request.includes("total_scores"):
        scores = ("current_grade", "current_score", "current_letter_grade", "final_grade", "final_score")
        payload |= {f"computed_{name}": None for name in scores}
    return payload


def _grades(request: Request, course: Course, row: Enrollment) -> dict[str, Any]:
    """Render the grades of a student who has handed nothing in."""
    final_grade = None if course.settings.grading_standard_id is None else LOWEST_GRADE
    return {
        "html_url": request.url(f"/courses/{row.course_id}/grades/{row.user_id}"),
        "current_grade": None,
        "current_score": None,
        "final_grade": final_grade,
        "final_score": 0.0,
        "unposted_current_score": None,
        "unposted_current_grade": None,
        "unposted_final_score": 0.0,
        "unposted_final_grade": final_grade,
    }
