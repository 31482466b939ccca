"""Assignments: graded quizzes and discussions, and New Quizzes, have one too.

https://developerdocs.instructure.com/services/canvas/resources/assignments
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

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
    """An assignment. ``quiz_id`` is there for a classic quiz, ``discussion_topic`` for a graded discussion."""

    id: int
    name: str
    description: str | None
    course_id: int
    assignment_group_id: int
    position: int
    points_possible: float | None
    grading_type: str
    submission_types: list[str]
    due_at: str | None
    unlock_at: str | None
    lock_at: str | None
    published: bool
    workflow_state: str
    quiz_id: int
    is_quiz_assignment: bool
    is_quiz_lti_assignment: bool
    discussion_topic: dict[str, Any]
    external_tool_tag_attributes: dict[str, Any]
    html_url: str
    created_at: str
    updated_at: str


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
        per_page: int | None = None,
    ) -> Params:
        """List assignments.

        https://developerdocs.instructure.com/services/canvas/resources/assignments#method.assignments_api.index
        """
        return drop_none(
            include=check_choices("include", include, INCLUDE),
            search_term=search_term,
            bucket=bucket and check_choice("bucket", bucket, BUCKETS),
            order_by=order_by and check_choice("order_by", order_by, ORDERS),
            per_page=check_per_page(per_page),
        )

    @one("GET", "courses/{course_id}/assignments/{assignment_id}", Assignment)
    def get(self, *, course_id: Id, assignment_id: Id, include: Sequence[str] = ()) -> Params:
        """Get a single assignment.

        https://developerdocs.instructure.com/services/canvas/resources/assignments#method.assignments_api.show
        """
        return drop_none(include=check_choices("include", include, INCLUDE))
