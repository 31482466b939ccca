"""Outcomes of a course, and their groups.

https://developerdocs.instructure.com/services/canvas/resources/outcome_groups
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, check_choice, drop_none

STYLES = ("abbr", "full")
"""How much of an outcome, or of its group, Canvas sends."""


class OutcomeGroup(TypedDict, total=False):
    """A group of outcomes. The root of a course's groups has no ``parent_outcome_group``."""

    id: int
    title: str
    description: str | None
    vendor_guid: str | None
    context_id: int
    context_type: str
    url: str
    subgroups_url: str
    outcomes_url: str
    import_url: str
    can_edit: bool
    parent_outcome_group: dict[str, Any]


class OutcomeLink(TypedDict, total=False):
    """An outcome in a group: one of the course, or one of an account that the course uses."""

    url: str
    context_id: int
    context_type: str
    outcome_group: dict[str, Any]
    outcome: dict[str, Any]
    assessed: bool
    can_unlink: bool


class OutcomeGroups(Resource[IO]):
    """Groups of outcomes of a course, and the outcomes in them.

    https://developerdocs.instructure.com/services/canvas/resources/outcome_groups
    """

    @many("courses/{course_id}/outcome_groups", OutcomeGroup)
    def list(self, *, course_id: Id, per_page: int | None = None) -> Params:
        """List the groups of outcomes of a course.

        https://developerdocs.instructure.com/services/canvas/resources/outcome_groups#method.outcome_groups_api.index
        """
        return drop_none(per_page=check_per_page(per_page))

    @many("courses/{course_id}/outcome_group_links", OutcomeLink)
    def links(
        self,
        *,
        course_id: Id,
        outcome_style: str | None = None,
        outcome_group_style: str | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List the outcomes of a course, each with the group that it is in; ``outcome_style="full"`` sends points.

        https://developerdocs.instructure.com/services/canvas/resources/outcome_groups#method.outcome_groups_api.link_index
        """
        return drop_none(
            outcome_style=outcome_style and check_choice("outcome_style", outcome_style, STYLES),
            outcome_group_style=outcome_group_style
            and check_choice("outcome_group_style", outcome_group_style, STYLES),
            per_page=check_per_page(per_page),
        )
