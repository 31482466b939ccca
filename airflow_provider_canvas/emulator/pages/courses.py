"""Courses: one course, with what may be included."""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.emulator.content import Course
from airflow_provider_canvas.emulator.records import Term
from airflow_provider_canvas.emulator.wire.answers import Answer, stamp
from airflow_provider_canvas.emulator.wire.request import Request, Route


def show(request: Request) -> Answer:
    """GET a course."""
    return Answer(shape(request, request.course("id")))


def shape(request: Request, course: Course) -> dict[str, Any]:
    """Render a Course."""
    payload: dict[str, Any] = {
        "id": course.id,
        "name": course.name,
        "account_id": course.account_id,
        "uuid": course.uuid,
        "start_at": stamp(course.start_at),
        "grading_standard_id": None,
        "is_public": course.is_public,
        "created_at": stamp(course.created_at),
        "course_code": course.course_code,
        "default_view": course.default_view,
        "root_account_id": min(request.world.tables.accounts, default=course.account_id),
        "enrollment_term_id": course.enrollment_term_id,
        "license": course.license,
        "grade_passback_setting": None,
        "end_at": stamp(course.end_at),
        "public_syllabus": False,
        "public_syllabus_to_auth": False,
        "storage_quota_mb": course.storage_quota_mb,
        "is_public_to_auth_users": False,
        "homeroom_course": False,
        "course_color": None,
        "friendly_name": None,
        "apply_assignment_group_weights": True,
        "calendar": {"ics": request.url(f"/feeds/calendars/course_{course.uuid}.ics")},
        "time_zone": course.time_zone,
        "blueprint": False,
        "template": False,
        "hide_final_grades": False,
        "workflow_state": course.workflow_state,
        "restrict_enrollments_to_course_dates": False,
        "sis_course_id": course.sis_course_id,
        "integration_id": None,
    }
    if request.includes("syllabus_body"):
        payload["syllabus_body"] = course.syllabus_body or None
    if request.includes("term") and (term := request.world.tables.terms.get(course.enrollment_term_id)):
        payload["term"] = _term(term)
    return payload


def _term(term: Term) -> dict[str, Any]:
    return {
        "id": term.id,
        "name": term.name,
        "sis_term_id": term.sis_term_id,
        "start_at": stamp(term.start_at),
        "end_at": stamp(term.end_at),
    }


ROUTES = (Route("GET", "/courses/{id}", show),)
