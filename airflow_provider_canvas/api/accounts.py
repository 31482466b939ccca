"""Accounts: the courses in one, for those who administer it.

https://developerdocs.instructure.com/services/canvas/resources/accounts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypedDict, Unpack

from airflow_provider_canvas.api.course_records import Course
from airflow_provider_canvas.api.course_search import ENROLLMENT_TYPES
from airflow_provider_canvas.api.endpoint import IO, Resource, many
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id, canvas_id
from airflow_provider_canvas.api.listing_parameters import (
    check_non_empty,
    check_non_empty_choices,
    check_params,
    check_per_page,
)
from airflow_provider_canvas.api.parameters import Check, Params, Timestamp, check_choice, check_choices, drop_none

STATES = ("created", "claimed", "available", "completed", "deleted", "all")
SORTS = ("course_name", "sis_course_id", "teacher", "account_name")
INCLUDES = (
    "syllabus_body",
    "term",
    "course_progress",
    "storage_quota_used_mb",
    "total_students",
    "teachers",
    "account_name",
    "concluded",
    "post_manually",
)


class CourseSearch(TypedDict, total=False):
    """What ``accounts.courses`` takes.

    - ``with_enrollments``, ``published``, ``completed``, ``blueprint``, ``blueprint_associated``, ``public``: only
      such courses for ``True``, only the others for ``False``. A course whose term is over counts as completed.
    - ``enrollment_type``: with a user in one of these roles. ``by_teachers``, ``by_subaccounts``: of one of these.
    - ``state``: Canvas's stored states; by default all but ``deleted``. In responses, ``created`` and ``claimed`` are
      ``unpublished``.
    - ``search_term``: a part of a name, a code or an SIS id, or a whole id; with ``search_by="teacher"`` a part of a
      teacher's name. Canvas refuses terms of one or two letters.
    - ``starts_before``, ``ends_after``: by the dates of the course or of its term; those without any are in.
    - ``sort`` and ``order`` (``asc``, ``desc``); by default by id.
    """

    with_enrollments: bool
    enrollment_type: Sequence[str]
    published: bool
    completed: bool
    blueprint: bool
    blueprint_associated: bool
    public: bool
    homeroom: bool
    by_teachers: Sequence[Id]
    by_subaccounts: Sequence[Id]
    state: Sequence[str]
    enrollment_term_id: Id
    search_term: str
    search_by: str
    starts_before: Timestamp
    ends_after: Timestamp
    include: Sequence[str]
    sort: str
    order: str


_COURSE_SEARCH_CHECKS: Mapping[str, Check] = {
    "by_subaccounts": check_non_empty,
    "by_teachers": check_non_empty,
    "enrollment_term_id": partial(canvas_id, kind="term_id"),
    "enrollment_type": partial(check_non_empty_choices, allowed=ENROLLMENT_TYPES),
    "include": partial(check_choices, allowed=INCLUDES),
    "order": partial(check_choice, allowed=("asc", "desc")),
    "search_by": partial(check_choice, allowed=("course", "teacher")),
    "sort": partial(check_choice, allowed=SORTS),
    "state": partial(check_non_empty_choices, allowed=STATES),
}


class Accounts(Resource[IO]):
    """Courses of an account.

    https://developerdocs.instructure.com/services/canvas/resources/accounts
    """

    @many("accounts/{account_id}/courses", Course)
    def courses(self, *, account_id: Id, per_page: int | None = None, **search: Unpack[CourseSearch]) -> Params:
        """List courses in an account, and below it.

        https://developerdocs.instructure.com/services/canvas/resources/accounts#method.accounts.courses_api
        """
        return _search_params(search) | drop_none(per_page=check_per_page(per_page))


def _search_params(search: Mapping[str, Any]) -> Params:
    """Return the search parameters, checked.

    :raises CanvasInputError: For unknown parameters and values, an empty list, and ``order`` without ``sort``.
    """
    for name in search:
        check_choice("parameter", name, CourseSearch.__annotations__)
    if search.get("order") is not None and search.get("sort") is None:
        raise CanvasInputError("order goes with sort: Canvas ignores it otherwise.")
    return check_params(_COURSE_SEARCH_CHECKS, **search)
