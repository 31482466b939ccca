"""Assignments: graded quizzes and discussions, and New Quizzes, have one too.

https://developerdocs.instructure.com/services/canvas/resources/assignments
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.content_fields import AssignmentChanges, content_params
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, check_choice, check_choices, drop_none

INCLUDE = (
    "submission",
    "assignment_visibility",
    "all_dates",
    "overrides",
    "observed_users",
    "can_edit",
    "score_statistics",
    "ab_guid",
    "peer_review",
)
"""What ``include`` may name."""

BUCKETS = ("past", "overdue", "undated", "ungraded", "unsubmitted", "upcoming", "future")
"""What ``bucket`` may be."""

ORDERS = ("position", "name", "due_at")
"""What ``order_by`` may be."""


class Assignment(TypedDict, total=False):
    """An assignment. ``quiz_id`` is there for a classic quiz, ``discussion_topic`` for a graded discussion.

    The dates are those of an override where one applies to the caller (to teachers, all do), and may differ from the
    assignment's own: ``override_assignment_dates=False`` requests those.
    """

    id: int
    name: str
    description: str | None
    course_id: int
    assignment_group_id: int
    position: int
    due_at: str | None
    unlock_at: str | None
    lock_at: str | None
    has_overrides: bool
    only_visible_to_overrides: bool
    important_dates: bool
    due_date_required: bool
    in_closed_grading_period: bool
    published: bool
    unpublishable: bool
    workflow_state: str
    html_url: str
    created_at: str
    updated_at: str
    lti_context_id: str
    secure_params: str

    # What is handed in:
    submission_types: list[str]
    allowed_extensions: list[str]
    allowed_attempts: int
    annotatable_attachment_id: int | None
    max_name_length: int
    require_lockdown_browser: bool
    submissions_download_url: str
    has_submitted_submissions: bool
    quiz_id: int
    is_quiz_assignment: bool
    is_quiz_lti_assignment: bool
    anonymous_submissions: bool
    discussion_topic: dict[str, Any]
    external_tool_tag_attributes: dict[str, Any]
    url: str
    group_category_id: int | None
    grade_group_students_individually: bool

    # Grading:
    points_possible: float | None
    grading_type: str
    grading_standard_id: int | None
    omit_from_final_grade: bool
    hide_in_gradebook: bool
    needs_grading_count: int
    graded_submissions_exist: bool
    muted: bool
    post_manually: bool
    post_to_sis: bool
    sis_assignment_id: str | None
    integration_id: str | None
    integration_data: dict[str, Any]
    restrict_quantitative_data: bool
    rubric: list[dict[str, Any]]
    rubric_settings: dict[str, Any]
    use_rubric_for_grading: bool
    free_form_criterion_comments: bool
    anonymous_grading: bool
    anonymize_students: bool
    anonymous_instructor_annotations: bool
    moderated_grading: bool
    grader_count: int
    final_grader_id: int | None
    grader_comments_visible_to_graders: bool
    graders_anonymous_to_graders: bool
    grader_names_visible_to_final_grader: bool

    # Peer reviews:
    peer_reviews: bool
    automatic_peer_reviews: bool
    anonymous_peer_reviews: bool
    intra_group_peer_reviews: bool

    # Where it comes from, for a duplicate or a New Quiz that was copied:
    can_duplicate: bool
    original_assignment_id: int | None
    original_assignment_name: str | None
    original_course_id: int | None
    original_lti_resource_link_id: int | None
    original_quiz_id: int | None

    # In courses of a blueprint:
    is_master_course_master_content: bool
    is_master_course_child_content: bool
    restricted_by_master_course: bool

    # For those who may not open it:
    locked_for_user: bool
    lock_info: dict[str, Any]
    lock_explanation: str

    # With ``include`` or ``bucket``:
    all_dates: list[dict[str, Any]]
    overrides: list[dict[str, Any]]
    assignment_visibility: list[str]
    submission: dict[str, Any] | None
    can_edit: bool
    bucket: str


class Assignments(Resource[IO]):
    """Assignments of a course.

    https://developerdocs.instructure.com/services/canvas/resources/assignments
    """

    @many("courses/{course_id}/assignments", Assignment)
    def list(
        self,
        *,
        course_id: Id,
        include: Sequence[str] = (),
        search_term: str | None = None,
        bucket: str | None = None,
        order_by: str | None = None,
        override_assignment_dates: bool | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List assignments.

        With ``override_assignment_dates=False``, their dates are their own, not those of overrides.

        https://developerdocs.instructure.com/services/canvas/resources/assignments#method.assignments_api.index
        """
        return drop_none(
            include=check_choices("include", include, INCLUDE),
            search_term=search_term,
            bucket=bucket and check_choice("bucket", bucket, BUCKETS),
            order_by=order_by and check_choice("order_by", order_by, ORDERS),
            override_assignment_dates=override_assignment_dates,
            per_page=check_per_page(per_page),
        )

    @one("GET", "courses/{course_id}/assignments/{assignment_id}", Assignment)
    def get(
        self,
        *,
        course_id: Id,
        assignment_id: Id,
        include: Sequence[str] = (),
        override_assignment_dates: bool | None = None,
    ) -> Params:
        """Get a single assignment.

        With ``override_assignment_dates=False``, its dates are its own, not those of overrides.

        https://developerdocs.instructure.com/services/canvas/resources/assignments#method.assignments_api.show
        """
        return drop_none(
            include=check_choices("include", include, INCLUDE), override_assignment_dates=override_assignment_dates
        )

    @one("PUT", "courses/{course_id}/assignments/{assignment_id}", Assignment)
    def update(self, *, course_id: Id, assignment_id: Id, assignment: AssignmentChanges) -> Params:
        """Update an assignment, such as with ``assignment={"description": "<p>New</p>"}``.

        The description of the shell of a quiz or of a graded topic is that of the quiz or topic: update these instead.

        https://developerdocs.instructure.com/services/canvas/resources/assignments#method.assignments_api.update
        """
        return content_params("assignment", assignment, AssignmentChanges)
