"""Canvas's records of courses, and the errors that responses of status 200 may report.

Every key may be missing, and additional keys are kept.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.api.users import Enrollment, User, UserDisplay


class Term(TypedDict, total=False):
    """An enrollment term. ``sis_term_id`` is only for those who may see SIS ids."""

    id: int
    name: str
    sis_term_id: str | None
    sis_import_id: int | None
    grading_period_group_id: int | None
    start_at: str | None
    end_at: str | None
    created_at: str
    workflow_state: str


class CourseSection(TypedDict, total=False):
    """A section in which the caller is enrolled, as a course lists it."""

    id: int
    name: str
    start_at: str | None
    end_at: str | None
    enrollment_role: str


class CourseProgress(TypedDict, total=False):
    """How many of the modules' requirements a user has met; ``completed_at`` is ``None`` until it is all of them.

    Where no module requires anything there is only ``error``.
    """

    requirement_count: int
    requirement_completed_count: int
    next_requirement_url: str | None
    completed_at: str | None
    error: dict[str, str]


class Course(TypedDict, total=False):
    """A course, as Canvas sends it. A course restricted by date has only ``id`` and ``access_restricted_by_date``.

    ``workflow_state`` is ``unpublished``, ``available``, ``completed`` or ``deleted``. ``name`` is a nickname where
    the caller has given one, and then ``original_name`` is the course's. SIS ids are only for those who may see them.
    """

    id: int
    name: str
    original_name: str
    course_code: str
    account_id: int
    account_name: str
    root_account_id: int
    enrollment_term_id: int
    uuid: str
    sis_course_id: str | None
    integration_id: str | None
    sis_import_id: int | None
    workflow_state: str
    start_at: str | None
    end_at: str | None
    conclude_at: str | None
    created_at: str
    time_zone: str
    locale: str
    license: str | None
    default_view: str
    course_format: str
    course_color: str | None
    friendly_name: str | None
    calendar: dict[str, str]
    storage_quota_mb: int
    grading_standard_id: int | None
    grade_passback_setting: str | None
    is_public: bool | None
    is_public_to_auth_users: bool
    public_syllabus: bool
    public_syllabus_to_auth: bool
    overridden_course_visibility: str
    restrict_enrollments_to_course_dates: bool
    apply_assignment_group_weights: bool
    hide_final_grades: bool
    homeroom_course: bool
    template: bool
    blueprint: bool
    blueprint_restrictions: dict[str, bool]
    blueprint_restrictions_by_object_type: dict[str, dict[str, bool]]
    enrollments: list[Enrollment]
    access_restricted_by_date: bool

    # With ``include``:
    term: Term
    account: dict[str, Any]
    sections: list[CourseSection]
    teachers: list[UserDisplay]
    teacher_count: int
    total_students: int
    syllabus_body: str | None
    public_description: str | None
    needs_grading_count: int
    course_progress: CourseProgress
    grading_periods: list[dict[str, Any]] | None
    has_grading_periods: bool
    has_weighted_grading_periods: bool
    multiple_grading_periods_enabled: bool
    tabs: list[dict[str, Any]]
    permissions: dict[str, bool]
    image_download_url: str | None
    banner_image_download_url: str | None
    storage_quota_used_mb: float
    passback_status: Any
    is_favorite: bool
    concluded: bool
    post_manually: bool
    lti_context_id: str

    # Only in the response to a creation:
    open_enrollment: bool | None
    self_enrollment: bool | None
    allow_wiki_comments: bool | None
    allow_student_assignment_edits: bool
    allow_student_forum_attachments: bool


class UserProgress(UserDisplay, total=False):
    """A student of a course, with their progress."""

    progress: CourseProgress


class EffectiveDueDate(TypedDict, total=False):
    """When one student has to hand in one assignment."""

    due_at: str | None
    grading_period_id: int | None
    in_closed_grading_period: bool


EffectiveDueDates = dict[str, dict[str, EffectiveDueDate]]
"""Assignment id -> student id -> when it is due. Ids are text; only students to whom it is assigned are there."""

Permissions = dict[str, bool]
"""Name of a permission -> whether the caller has it. A name that Canvas does not know is ``False`` too."""

Done = dict[str, bool]
"""Event -> whether it was performed: ``{"delete": True}``."""


class PreviewHtml(TypedDict, total=False):
    """HTML as Canvas would show it: what it does not allow is gone, links are rewritten."""

    html: str


class ActivityStreamItem(TypedDict, total=False):
    """An item of the activity stream. ``type`` tells which id it has, such as ``announcement_id``.

    A ``Submission`` has the keys of a submission beside these.
    """

    id: int
    type: str
    title: str | None
    message: str | None
    read_state: bool
    created_at: str
    updated_at: str
    context_type: str
    course_id: int
    html_url: str
    announcement_id: int
    discussion_topic_id: int
    total_root_discussion_entries: int
    require_initial_post: bool | None
    user_has_posted: bool | None
    root_discussion_entries: list[dict[str, Any]]
    message_id: int | None
    notification_category: str
    submission_id: int
    assignment: dict[str, Any]
    assessment_request_id: int
    conversation_id: int
    web_conference_id: int
    collaboration_id: int


class ActivityStreamSummary(TypedDict, total=False):
    """How many items of one type the activity stream has."""

    type: str
    notification_category: str | None
    count: int
    unread_count: int


class TodoItem(TypedDict, total=False):
    """Something to do: ``submitting`` for a student, ``grading`` for a teacher, who also gets a count.

    ``ignore`` and ``ignore_permanently`` are addresses for a DELETE that takes the item away.
    """

    type: Literal["submitting", "grading"]
    context_type: str
    context_name: str
    course_id: int
    assignment: dict[str, Any]
    quiz: dict[str, Any]
    needs_grading_count: int
    ignore: str
    ignore_permanently: str
    html_url: str


Students = list[User]
"""All students of a course at once."""

ActivityStreamSummaries = list[ActivityStreamSummary]
"""The counts of the activity stream: one entry per type and notification category."""


def find_undone(done: Done) -> str | None:
    """Return the error for ``{"delete": False}``; the documentation has the booleans as text."""
    undone = [event for event, success in done.items() if success in (False, "false")]
    return f"Canvas did not do it: {', '.join(undone)}" if undone else None


def find_progress_error(progress: CourseProgress) -> str | None:
    """Return the error that Canvas may send instead of the progress."""
    error = progress.get("error")
    return None if error is None else error.get("message", "No progress available")


def find_batch_error(progress: ProgressRecord) -> str | None:
    """Return the error of a batch that failed at once."""
    failed = progress.get("workflow_state") == "failed"
    return f"Canvas did not update the courses: {progress.get('message') or 'it gives no reason'}" if failed else None
