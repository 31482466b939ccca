"""Accounts: the courses in one, for those who administer it.

https://developerdocs.instructure.com/services/canvas/resources/accounts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypedDict, Unpack

from airflow_provider_canvas.api.course_filters import Check, checked, some, some_among
from airflow_provider_canvas.api.course_records import Course
from airflow_provider_canvas.api.course_searches import ENROLLMENT_TYPES
from airflow_provider_canvas.api.endpoint import IO, Resource, many
from airflow_provider_canvas.api.ids import Id, canvas_id
from airflow_provider_canvas.api.paging import page_size
from airflow_provider_canvas.api.parameters import Params, Timestamp, all_among, among, drop_none

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
      those that are so, or only those that are not. Canvas takes a course for completed also when its term is over.
    - ``enrollment_type``: with somebody in one of these roles. ``by_teachers``, ``by_subaccounts``: of one of these.
    - ``state``: Canvas's stored states; by default all but ``deleted``. Courses that are ``created`` or ``claimed``
      say ``unpublished`` in answers.
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


_COURSE_SEARCH: Mapping[str, Check] = {
    "by_subaccounts": some,
    "by_teachers": some,
    "enrollment_term_id": partial(canvas_id, kind="term_id"),
    "enrollment_type": partial(some_among, allowed=ENROLLMENT_TYPES),
    "include": partial(all_among, allowed=INCLUDES),
    "order": partial(among, allowed=("asc", "desc")),
    "search_by": partial(among, allowed=("course", "teacher")),
    "sort": partial(among, allowed=SORTS),
    "state": partial(some_among, allowed=STATES),
}


class Accounts(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/accounts"""

    @many("accounts/{account_id}/courses", Course)
    def courses(self, *, account_id: Id, per_page: int | None = None, **search: Unpack[CourseSearch]) -> Params:
        """List courses in an account, and below it.

        https://developerdocs.instructure.com/services/canvas/resources/accounts#method.accounts.courses_api
        """
        return _searched(search) | drop_none(per_page=page_size(per_page))


def _searched(search: Mapping[str, Any]) -> Params:
    """Return the search, checked.

    :raises ValueError: For what Canvas does not know, an empty list, and an order of nothing.
    """
    for name in search:
        among("parameter", name, CourseSearch.__annotations__)
    if search.get("order") is not None and search.get("sort") is None:
        raise ValueError("order goes with sort: Canvas ignores it otherwise.")
    return checked(_COURSE_SEARCH, **search)
