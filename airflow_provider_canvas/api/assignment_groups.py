"""Assignment groups of a course, with their weights and rules.

https://developerdocs.instructure.com/services/canvas/resources/assignment_groups
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.assignments import Assignment
from airflow_provider_canvas.api.endpoint import IO, Resource, many
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, check_choices, drop_none

INCLUDE = (
    "assignments",
    "discussion_topic",
    "all_dates",
    "assignment_visibility",
    "overrides",
    "submission",
    "observed_users",
    "can_edit",
    "score_statistics",
)
"""What ``include`` may name; all but the first need ``assignments``."""


class AssignmentGroup(TypedDict, total=False):
    """An assignment group."""

    id: int
    name: str
    position: int
    group_weight: float
    sis_source_id: str | None
    integration_data: dict[str, Any]
    rules: dict[str, Any]
    assignments: list[Assignment]


class AssignmentGroups(Resource[IO]):
    """Assignment groups of a course.

    https://developerdocs.instructure.com/services/canvas/resources/assignment_groups
    """

    @many("courses/{course_id}/assignment_groups", AssignmentGroup)
    def list(
        self,
        *,
        course_id: Id,
        include: Sequence[str] = (),
        override_assignment_dates: bool | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List assignment groups. Canvas creates one called "Assignments" in a course that has none.

        https://developerdocs.instructure.com/services/canvas/resources/assignment_groups#method.assignment_groups.index
        """
        return drop_none(
            include=check_choices("include", include, INCLUDE),
            override_assignment_dates=override_assignment_dates,
            per_page=check_per_page(per_page),
        )
