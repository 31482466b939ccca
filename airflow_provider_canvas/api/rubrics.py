"""Rubrics of a course.

https://developerdocs.instructure.com/services/canvas/resources/rubrics
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none


class Rubric(TypedDict, total=False):
    """A rubric; ``data`` has its criteria."""

    id: int
    title: str
    context_id: int
    context_type: str
    points_possible: float
    reusable: bool
    read_only: bool
    free_form_criterion_comments: bool
    hide_score_total: bool
    data: list[dict[str, Any]]


class Rubrics(Resource[IO]):
    """Rubrics of a course.

    https://developerdocs.instructure.com/services/canvas/resources/rubrics
    """

    @many("courses/{course_id}/rubrics", Rubric)
    def list(self, *, course_id: Id, per_page: int | None = None) -> Params:
        """List rubrics.

        https://developerdocs.instructure.com/services/canvas/resources/rubrics#method.rubrics_api.index
        """
        return drop_none(per_page=check_per_page(per_page))
