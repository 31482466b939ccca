"""Users: who the token belongs to, and who is in a course.

https://developerdocs.instructure.com/services/canvas/resources/users
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import Params


class UserDisplay(TypedDict, total=False):
    """A user, as Canvas mentions one beside something else."""

    id: int
    anonymous_id: str
    display_name: str
    avatar_image_url: str | None
    html_url: str
    pronouns: str | None


class Enrollment(TypedDict, total=False):
    """An enrollment. ``type`` is ``StudentEnrollment`` at a user, and the short ``student`` at a course.

    ``grades`` are there for those who may see them; the ``computed_*`` scores, which include others for the current
    grading period, where a course was asked for ``total_scores``.
    """

    id: int
    user_id: int
    course_id: int
    root_account_id: int
    course_section_id: int
    type: str
    role: str
    role_id: int
    enrollment_state: str
    limit_privileges_to_course_section: bool
    associated_user_id: int | None
    sis_account_id: str | None
    sis_course_id: str | None
    sis_section_id: str | None
    sis_user_id: str | None
    sis_import_id: int | None
    course_integration_id: str | None
    section_integration_id: str | None
    created_at: str
    updated_at: str
    start_at: str | None
    end_at: str | None
    last_activity_at: str | None
    last_attended_at: str | None
    total_activity_time: int
    html_url: str
    grades: dict[str, Any]
    computed_current_score: float | None
    computed_final_score: float | None
    computed_current_grade: str | None
    computed_current_letter_grade: str | None
    computed_final_grade: str | None


class User(TypedDict, total=False):
    """A user, as Canvas sends it; what else it sends is kept. SIS ids are only for those who may see them."""

    id: int
    name: str
    sortable_name: str
    short_name: str
    pronouns: str | None
    created_at: str
    login_id: str
    sis_user_id: str | None
    sis_import_id: int | None
    integration_id: str | None
    locale: str | None
    effective_locale: str
    permissions: dict[str, bool]

    # With ``include``:
    email: str | None
    uuid: str
    avatar_url: str | None
    bio: str | None
    locked: bool
    custom_links: list[dict[str, Any]]
    enrollments: list[Enrollment]

    # Only among the recent students of a course:
    last_login: str | None


class Users(Resource[IO]):
    """Users of Canvas.

    https://developerdocs.instructure.com/services/canvas/resources/users
    """

    @one("GET", "users/{user_id}", User)
    def get(self, *, user_id: Id) -> Params:
        """Show user details; ``self`` is the token's own user.

        https://developerdocs.instructure.com/services/canvas/resources/users#method.users.api_show
        """
        return {}
