"""External tools (LTI) of a course.

https://developerdocs.instructure.com/services/canvas/resources/external_tools
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none


class ExternalTool(TypedDict, total=False):
    """An external tool. Each placement that it has is a key too, such as ``course_navigation``."""

    id: int
    name: str
    description: str | None
    url: str | None
    domain: str | None
    consumer_key: str
    privacy_level: str
    workflow_state: str
    custom_fields: dict[str, str]
    course_navigation: dict[str, Any] | None
    deployment_id: str | None
    developer_key_id: int | None
    version: str
    created_at: str
    updated_at: str


class ExternalTools(Resource[IO]):
    """External tools of a course.

    https://developerdocs.instructure.com/services/canvas/resources/external_tools
    """

    @many("courses/{course_id}/external_tools", ExternalTool)
    def list(
        self,
        *,
        course_id: Id,
        search_term: str | None = None,
        selectable: bool | None = None,
        include_parents: bool | None = None,
        placement: str | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List the external tools of a course; with ``include_parents`` those of its accounts too.

        https://developerdocs.instructure.com/services/canvas/resources/external_tools#method.external_tools.index
        """
        return drop_none(
            search_term=search_term,
            selectable=selectable,
            include_parents=include_parents,
            placement=placement,
            per_page=check_per_page(per_page),
        )
