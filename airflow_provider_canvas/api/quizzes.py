"""Classic quizzes, and the list that has the New Quizzes too.

https://developerdocs.instructure.com/services/canvas/resources/quizzes
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.content_fields import QuizChanges, content_params
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none


class Quiz(TypedDict, total=False):
    """A classic quiz, with its shell ``assignment_id`` if it is graded; New Quizzes are assignments."""

    id: int
    title: str
    description: str | None
    quiz_type: str
    points_possible: float | None
    question_count: int
    question_types: list[str]
    version_number: int
    migration_id: str | None
    published: bool
    unpublishable: bool
    can_unpublish: bool
    can_update: bool
    html_url: str
    mobile_url: str

    # Dates:
    due_at: str | None
    unlock_at: str | None
    lock_at: str | None
    all_dates: list[dict[str, Any]]
    only_visible_to_overrides: bool
    important_dates: bool
    in_paced_course: bool

    # Grading:
    assignment_id: int | None
    assignment_group_id: int | None
    scoring_policy: str | None
    post_to_sis: bool | None

    # How it is taken:
    time_limit: int | None
    timer_autosubmit_disabled: bool
    allowed_attempts: int
    shuffle_answers: bool
    one_question_at_a_time: bool
    cant_go_back: bool
    has_access_code: bool
    access_code: str | None
    ip_filter: str | None
    anonymous_submissions: bool
    require_lockdown_browser: bool
    require_lockdown_browser_for_results: bool
    require_lockdown_browser_monitor: bool
    lockdown_browser_monitor_data: str | None

    # What students see of their results:
    hide_results: str | None
    one_time_results: bool
    show_correct_answers: bool
    show_correct_answers_last_attempt: bool
    show_correct_answers_at: str | None
    hide_correct_answers_at: str | None

    # Beside it:
    section_count: int
    permissions: dict[str, bool]
    message_students_url: str
    quiz_reports_url: str
    quiz_statistics_url: str
    quiz_submission_versions_html_url: str
    speed_grader_url: str | None

    # In courses of a blueprint:
    is_master_course_master_content: bool
    is_master_course_child_content: bool
    restricted_by_master_course: bool

    # For those who may not open it:
    locked_for_user: bool
    lock_info: dict[str, Any]
    lock_explanation: str


class Quizzes(Resource[IO]):
    """Classic quizzes of a course.

    https://developerdocs.instructure.com/services/canvas/resources/quizzes
    """

    @many("courses/{course_id}/quizzes", Quiz)
    def list(self, *, course_id: Id, search_term: str | None = None, per_page: int | None = None) -> Params:
        """List classic quizzes.

        https://developerdocs.instructure.com/services/canvas/resources/quizzes#method.quizzes/quizzes_api.index
        """
        return drop_none(search_term=search_term, per_page=check_per_page(per_page))

    @many("courses/{course_id}/all_quizzes", Quiz)
    def all(self, *, course_id: Id, search_term: str | None = None, per_page: int | None = None) -> Params:
        """List classic quizzes and New Quizzes; the ``id`` of a New Quiz is that of its assignment.

        https://developerdocs.instructure.com/services/canvas/resources/quizzes#method.quizzes_next/quizzes_api.index
        """
        return drop_none(search_term=search_term, per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/quizzes/{quiz_id}", Quiz)
    def get(self, *, course_id: Id, quiz_id: Id) -> Params:
        """Get a single classic quiz.

        https://developerdocs.instructure.com/services/canvas/resources/quizzes#method.quizzes/quizzes_api.show
        """
        return {}

    @one("PUT", "courses/{course_id}/quizzes/{quiz_id}", Quiz)
    def update(self, *, course_id: Id, quiz_id: Id, quiz: QuizChanges) -> Params:
        """Update a classic quiz. Canvas notifies its students unless ``quiz`` has ``notify_of_update`` of false.

        https://developerdocs.instructure.com/services/canvas/resources/quizzes#method.quizzes/quizzes_api.update
        """
        return content_params("quiz", quiz, QuizChanges)
