"""Sets of groups ("group categories") of a course.

https://developerdocs.instructure.com/services/canvas/resources/group_categories
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none


class GroupCategory(TypedDict, total=False):
    """A set of groups. A copy of the course never brings it."""

    id: int
    name: str
    role: str | None
    self_signup: str | None
    auto_leader: str | None
    group_limit: int | None
    context_type: str
    course_id: int
    account_id: int
    protected: bool
    allows_multiple_memberships: bool
    is_member: bool
    groups_count: int
    unassigned_users_count: int
    sis_group_category_id: str | None
    sis_import_id: int | None
    progress: dict[str, Any] | None
    created_at: str


class GroupCategories(Resource[IO]):
    """Sets of groups of a course.

    https://developerdocs.instructure.com/services/canvas/resources/group_categories
    """

    @many("courses/{course_id}/group_categories", GroupCategory)
    def list(self, *, course_id: Id, per_page: int | None = None) -> Params:
        """List the sets of groups of a course.

        https://developerdocs.instructure.com/services/canvas/resources/group_categories#method.group_categories.index
        """
        return drop_none(per_page=check_per_page(per_page))
