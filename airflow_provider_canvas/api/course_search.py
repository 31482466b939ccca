"""How courses, and the users of one, are searched: what narrows a listing, what it includes, how it is ordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypedDict

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id, canvas_id
from airflow_provider_canvas.api.listing_parameters import (
    check_non_empty,
    check_non_empty_choices,
    check_params,
    numeric_id,
    numeric_ids,
)
from airflow_provider_canvas.api.parameters import Check, Params, check_choice, check_choices

STATES = ("unpublished", "available", "completed", "deleted")
ENROLLMENT_STATES = ("active", "invited_or_pending", "completed")
ENROLLMENT_TYPES = ("teacher", "student", "ta", "observer", "designer")
USER_ENROLLMENT_TYPES = (*ENROLLMENT_TYPES, "student_view")
USER_ENROLLMENT_STATES = ("active", "invited", "rejected", "completed", "inactive")
SORTS = ("username", "last_login", "email", "sis_id")

COURSES_INCLUDES = (
    "needs_grading_count",
    "syllabus_body",
    "public_description",
    "total_scores",
    "current_grading_period_scores",
    "grading_periods",
    "term",
    "account",
    "course_progress",
    "sections",
    "storage_quota_used_mb",
    "total_students",
    "passback_status",
    "favorites",
    "teachers",
    "observed_users",
    "course_image",
    "banner_image",
    "concluded",
    "post_manually",
    "tabs",
)
"""What a listing of courses may include."""

COURSE_INCLUDES = (*COURSES_INCLUDES, "all_courses", "permissions", "lti_context_id")
"""What one course may include; ``all_courses`` finds a deleted one too."""

USERS_INCLUDES = (
    "enrollments",
    "locked",
    "avatar_url",
    "test_student",
    "bio",
    "custom_links",
    "current_grading_period_scores",
    "uuid",
    "email",
)
"""What a listing of users may include; ``email`` is not documented."""

USER_INCLUDES = (*USERS_INCLUDES, "inactive_enrollments")
"""What one user of a course may include; ``inactive_enrollments``, not documented, finds those who are inactive."""


class UserSearch(TypedDict, total=False):
    """What ``courses.users`` takes.

    - ``search_term``: a part of a name, or a whole id.
    - ``enrollment_type`` (``student_view`` is the test student) is ignored by Canvas if ``enrollment_role_id``, or the
      deprecated ``enrollment_role``, is given.
    - ``enrollment_state``: by default ``active`` and ``invited``. ``include_inactive``, not documented, adds others.
    - ``user_id``: the page that this user is on. It is the only one, ``next(canvas.courses.users.pages(...))``: asked
      for the one after it, Canvas answers the same page again.
    - ``user_ids``, and the undocumented ``user_uuids`` and ``section_ids``: only these.
    """

    search_term: str
    sort: str
    enrollment_type: Sequence[str]
    enrollment_role: str
    enrollment_role_id: Id
    enrollment_state: Sequence[str]
    include: Sequence[str]
    include_inactive: bool
    section_ids: Sequence[Id]
    user_id: Id
    user_ids: Sequence[Id]
    user_uuids: Sequence[str]


def user_search_params(search: Mapping[str, Any]) -> Params:
    """Return the search, checked.

    :raises CanvasInputError: For what Canvas does not know, what cannot go together, and an empty list.
    """
    for name in search:
        check_choice("parameter", name, UserSearch.__annotations__)
    if search.get("user_id") is not None and search.get("user_ids") is not None:
        raise CanvasInputError("user_id chooses a page of all users, and does not go together with user_ids: give one.")
    return check_params(_USER_SEARCH_CHECKS, **search)


COURSE_SEARCH_CHECKS: Mapping[str, Check] = {
    "account_id": canvas_id,
    "enrollment_role_id": numeric_id,
    "enrollment_state": partial(check_choice, allowed=ENROLLMENT_STATES),
    "enrollment_type": partial(check_choice, allowed=ENROLLMENT_TYPES),
    "include": partial(check_choices, allowed=COURSES_INCLUDES),
    "state": partial(check_non_empty_choices, allowed=STATES),
}
"""How the parameters of a listing of courses are checked."""

_USER_SEARCH_CHECKS: Mapping[str, Check] = {
    "enrollment_role_id": numeric_id,
    "enrollment_state": partial(check_non_empty_choices, allowed=USER_ENROLLMENT_STATES),
    "enrollment_type": partial(check_non_empty_choices, allowed=USER_ENROLLMENT_TYPES),
    "include": partial(check_choices, allowed=USERS_INCLUDES),
    "section_ids": check_non_empty,
    "sort": partial(check_choice, allowed=SORTS),
    "user_id": numeric_id,
    "user_ids": numeric_ids,
    "user_uuids": check_non_empty,
}
