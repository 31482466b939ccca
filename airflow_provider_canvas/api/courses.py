"""Courses.

https://developerdocs.instructure.com/services/canvas/resources/courses
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Params, Resource, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import given


class Course(TypedDict, total=False):
    """A course, as Canvas sends it. A course restricted by date has only ``id`` and ``access_restricted_by_date``."""

    id: int
    name: str
    course_code: str
    account_id: int
    root_account_id: int
    enrollment_term_id: int
    uuid: str
    sis_course_id: str | None
    workflow_state: str
    start_at: str | None
    end_at: str | None
    created_at: str
    time_zone: str
    blueprint: bool
    template: bool
    term: dict[str, Any]
    syllabus_body: str
    access_restricted_by_date: bool


class Courses(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/courses"""

    @one("GET", "courses/{course_id}", Course)
    def get(self, *, course_id: Id, include: Sequence[str] = (), teacher_limit: int | None = None) -> Params:
        """Get a single course.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.show
        """
        return given(include=include, teacher_limit=teacher_limit)
