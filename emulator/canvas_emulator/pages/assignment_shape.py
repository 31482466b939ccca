"""The JSON of an Assignment, with what may be included in it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.model.content import Assignment, DiscussionTopic
from canvas_emulator.model.editions import NewQuizzesMode
from canvas_emulator.model.signed_urls import signature
from canvas_emulator.pages import topic_shape
from canvas_emulator.pages.assignment_dates import Dates, all_dates, dates_for_caller, override_shape, visible_to
from canvas_emulator.pages.blueprint_keys import blueprint_keys
from canvas_emulator.pages.html_reading import html_or_none
from canvas_emulator.pages.locks import Window, lock_keys
from canvas_emulator.pages.rubrics import rubric_of_assignment
from canvas_emulator.pages.submission_shape import submission_shape
from canvas_emulator.pages.visibility import can, manages
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import number, stamp

SETTINGS = (
    "peer_reviews",
    "automatic_peer_reviews",
    "position",
    "grade_group_students_individually",
    "anonymous_peer_reviews",
    "group_category_id",
    "post_to_sis",
    "moderated_grading",
    "omit_from_final_grade",
    "intra_group_peer_reviews",
    "anonymous_instructor_annotations",
    "anonymous_grading",
    "grader_count",
    "final_grader_id",
    "allowed_attempts",
    "annotatable_attachment_id",
    "hide_in_gradebook",
    "important_dates",
    "post_manually",
    "only_visible_to_overrides",
)
"""The fields that have the same name here and there."""

CONSTANTS: dict[str, Any] = {
    "graders_anonymous_to_graders": False,
    "grader_comments_visible_to_graders": True,
    "grader_names_visible_to_final_grader": True,
    "has_submitted_submissions": False,
    "due_date_required": False,
    "max_name_length": 255,
    "in_closed_grading_period": False,
    "graded_submissions_exist": False,
    "original_course_id": None,
    "original_assignment_id": None,
    "original_lti_resource_link_id": None,
    "original_assignment_name": None,
    "original_quiz_id": None,
    "muted": True,
    "anonymize_students": False,
    "require_lockdown_browser": False,
    "restrict_quantitative_data": False,
}
"""What Canvas says of submissions, grading periods and the like, which are not there in the emulator."""


def shape(request: Request, row: Assignment) -> dict[str, Any]:
    """Render an Assignment; ``quiz_id`` and ``discussion_topic`` show only on shells."""
    payload = shape_without_topic(request, row) | blueprint_keys(request, row)
    topic = request.world.find(DiscussionTopic, row.course_id, row.discussion_topic_id or 0)
    if topic is not None:
        payload["discussion_topic"] = topic_shape.shape(request, topic)
    return payload


def shape_without_topic(request: Request, row: Assignment) -> dict[str, Any]:
    """Render an Assignment as its discussion has it."""
    dates = dates_for_caller(request, row)
    locked = lock_keys(request, row, Window(dates.unlock_at, dates.lock_at))
    path = f"/courses/{row.course_id}/assignments/{row.id}"
    payload: dict[str, Any] = {
        "id": row.id,
        "description": None if locked["locked_for_user"] else html_or_none(request, row, row.description),
        **dates.shape(),
        "points_possible": number(row.points_possible),
        "grading_type": row.grading_type,
        "assignment_group_id": row.assignment_group_id,
        "grading_standard_id": row.grading_standard_id,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        **{name: getattr(row, name) for name in SETTINGS},
        **CONSTANTS,
        "secure_params": _secure_params(request, row),
        "lti_context_id": str(uuid5(NAMESPACE_URL, request.url(path))),
        "course_id": row.course_id,
        "name": row.title,
        "submission_types": list(row.submission_types),
        "is_quiz_assignment": row.quiz_id is not None,
        "can_duplicate": row.quiz_id is None and row.external_tool_url is None,
        "workflow_state": row.workflow_state,
        "html_url": request.url(path),
        "published": row.published,
        **locked,
        "submissions_download_url": request.url(f"{path}/submissions?zip=1"),
    }
    if row.allowed_extensions:
        payload["allowed_extensions"] = list(row.allowed_extensions)
    if request.world.settings.newer_keys:
        payload["is_quiz_lti_assignment"] = row.is_new_quiz
    elif row.is_new_quiz and request.world.settings.new_quizzes is not NewQuizzesMode.ABSENT:
        payload["is_quiz_lti_assignment"] = True
    if row.quiz_id is not None:
        payload |= {"quiz_id": row.quiz_id, "anonymous_submissions": False}
    if row.external_tool_url is not None:
        payload |= _tool_keys(request, row)
    if manages(request, row.course_id):
        payload |= _keys_of_managers(row)
    return payload | rubric_of_assignment(request, row) | _included(request, row)


def _keys_of_managers(row: Assignment) -> dict[str, Any]:
    return {
        "has_overrides": bool(row.overrides),
        "needs_grading_count": 0,
        "sis_assignment_id": row.sis_assignment_id,
        "integration_id": row.integration_id,
        "integration_data": {},
        "unpublishable": True,
    }


def _tool_keys(request: Request, row: Assignment) -> dict[str, Any]:
    launch = f"/courses/{row.course_id}/external_tools/sessionless_launch?assignment_id={row.id}&launch_type=assessment"
    return {
        "external_tool_tag_attributes": {
            "url": row.external_tool_url,
            "new_tab": row.external_tool_new_tab,
            "resource_link_id": signature(request.world, f"resource link {row.id}"),
            "external_data": None,
            "content_type": "ContextExternalTool",
            "content_id": row.external_tool_id,
            "custom_params": None,
        },
        "url": request.api_url(launch),
    }


def _included(request: Request, row: Assignment) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    can_manage = manages(request, row.course_id)
    if request.includes("submission") and can(request, row.course_id, "participate_as_student"):
        payload["submission"] = submission_shape(request, row)
    if request.includes("assignment_visibility") and can_manage:
        payload["assignment_visibility"] = [str(user_id) for user_id in visible_to(request, row)]
    if can_manage and (request.parse_bool("all_dates") if "id" in request.ids else request.includes("all_dates")):
        payload["all_dates"] = all_dates(Dates(row.due_at, row.unlock_at, row.lock_at), row.overrides)
    if request.includes("overrides") and can_manage:
        payload["overrides"] = [override_shape(row, each) for each in row.overrides]
    if request.includes("can_edit"):
        payload["can_edit"] = can_manage
    return payload


def _secure_params(request: Request, row: Assignment) -> str:
    """Return a text with the form of the signed token that tools get."""
    parts = ("header", f"assignment {row.id}", signature(request.world, f"secure_params {row.id}"))
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
