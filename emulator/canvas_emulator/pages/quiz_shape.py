"""The JSON of a Quiz, and of a New Quiz in the list of both kinds."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Assignment, Quiz, QuizQuestion
from canvas_emulator.pages.assignment_dates import Dates, all_dates
from canvas_emulator.pages.blueprint_keys import blueprint_keys
from canvas_emulator.pages.html_reading import html_for, html_or_none
from canvas_emulator.pages.locks import Window, lock_keys
from canvas_emulator.pages.visibility import can, manages
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import number, stamp

SETTINGS = (
    "quiz_type",
    "time_limit",
    "shuffle_answers",
    "show_correct_answers",
    "scoring_policy",
    "allowed_attempts",
    "one_question_at_a_time",
    "question_count",
    "cant_go_back",
    "ip_filter",
    "hide_results",
    "published",
    "important_dates",
    "assignment_id",
    "one_time_results",
    "show_correct_answers_last_attempt",
    "version_number",
)
"""The fields that have the same name here and there."""

CONSTANTS: dict[str, Any] = {
    "timer_autosubmit_disabled": False,
    "require_lockdown_browser": False,
    "require_lockdown_browser_for_results": False,
    "require_lockdown_browser_monitor": False,
    "in_paced_course": False,
}
"""What the emulator has not: a locked browser, and pacing."""

MANAGER_PERMISSIONS = (
    "manage",
    "create",
    "update",
    "preview",
    "delete",
    "read_statistics",
    "grade",
    "review_grades",
    "view_answer_audits",
)


def shape(request: Request, row: Quiz) -> dict[str, Any]:
    """Render a Quiz; ``assignment_id`` is null for practice."""
    can_manage, path = manages(request, row.course_id), f"/courses/{row.course_id}/quizzes/{row.id}"
    locked = quiz_lock_keys(request, row)
    is_kept_back = locked["locked_for_user"] and not can_manage
    assignment = request.world.find(Assignment, row.course_id, row.assignment_id or 0)
    payload: dict[str, Any] = {
        "id": row.id,
        "title": row.title,
        "html_url": request.url(path),
        "mobile_url": request.url(f"{path}?force_user=1&persist_headless=1"),
        "description": "" if is_kept_back else html_or_none(request, row, row.description),
        **{name: getattr(row, name) for name in SETTINGS},
        **CONSTANTS,
        "lockdown_browser_monitor_data": None if row.migration_id is None else "",
        "points_possible": number(row.points_possible),
        "due_at": stamp(row.due_at),
        "lock_at": stamp(row.lock_at),
        "unlock_at": stamp(row.unlock_at),
        **locked,
        "show_correct_answers_at": stamp(row.show_correct_answers_at),
        "hide_correct_answers_at": stamp(row.hide_correct_answers_at),
        "all_dates": all_dates(
            Dates(row.due_at, row.unlock_at, row.lock_at), assignment.overrides if assignment and can_manage else ()
        ),
        "can_update": can_manage,
        "permissions": {"read": True, "submit": True} | dict.fromkeys(MANAGER_PERMISSIONS, can_manage),
        "quiz_reports_url": request.api_url(f"{path}/reports"),
        "quiz_statistics_url": request.api_url(f"{path}/statistics"),
        "quiz_submission_versions_html_url": request.url(f"{path}/submission_versions"),
        "assignment_group_id": assignment.assignment_group_id if assignment else row.assignment_group_id,
        "has_access_code": row.access_code is not None,
        "post_to_sis": None if row.assignment_id is None else assignment is not None and assignment.post_to_sis,
        "migration_id": row.migration_id,
    }
    if row.is_survey:
        payload["anonymous_submissions"] = row.anonymous_submissions
    if can_manage:
        payload |= _keys_of_managers(request, row, path)
    return payload | blueprint_keys(request, row)


def question_types(request: Request, row: Quiz) -> list[str]:
    """Return the types of the questions of a quiz, each once, by position."""
    questions = [each for each in request.world.live(QuizQuestion, row.course_id) if each.quiz_id == row.id]
    return list(dict.fromkeys(each.question_type for each in sorted(questions, key=lambda each: each.position)))


def new_quiz_shape(request: Request, row: Assignment) -> dict[str, Any]:
    """Render a New Quiz."""
    return {
        "id": row.id,
        "title": row.title,
        "html_url": request.url(row.path),
        "description": html_for(request, row.description),
        "quiz_type": "quizzes.next",
        "assignment_id": row.id,
        "points_possible": number(row.points_possible),
        "due_at": stamp(row.due_at),
        "unlock_at": stamp(row.unlock_at),
        "lock_at": stamp(row.lock_at),
        "published": row.published,
    }


def _keys_of_managers(request: Request, row: Quiz, path: str) -> dict[str, Any]:
    grader = f"/courses/{row.course_id}/gradebook/speed_grader?assignment_id={row.assignment_id}"
    return {
        "access_code": row.access_code,
        "unpublishable": True,
        "can_unpublish": True,
        "speed_grader_url": request.url(grader) if row.published and row.assignment_id is not None else None,
        "message_students_url": request.api_url(f"{path}/submission_users/message"),
        "section_count": len(request.world.enrollments.sections_of(row.course_id)),
        "only_visible_to_overrides": row.only_visible_to_overrides,
    }


def quiz_lock_keys(request: Request, row: Quiz) -> dict[str, Any]:
    """Render why the caller cannot take a quiz: who has no place as a student cannot take any."""
    if can(request, row.course_id, "participate_as_student"):
        return lock_keys(request, row, Window(row.unlock_at, row.lock_at))
    info = {"missing_permission": "participate_as_student", "asset_string": f"{row.ASSET}_{row.id}"}
    return {"locked_for_user": True, "lock_info": info, "lock_explanation": "This quiz is currently locked."}
