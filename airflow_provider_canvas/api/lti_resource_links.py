"""LTI resource links of a course: what a tool placed in pages, modules and assignments.

https://developerdocs.instructure.com/services/canvas/resources/lti_resource_links
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none


class LtiResourceLink(TypedDict, total=False):
    """An LTI resource link. A copy has the ``lookup_uuid`` of its original."""

    id: int
    context_id: int
    context_type: str
    context_external_tool_id: int | None
    resource_type: str
    canvas_launch_url: str
    resource_link_uuid: str
    lookup_uuid: str
    title: str | None
    url: str | None
    custom: dict[str, Any] | None
    lti_1_1_id: str | None
    workflow_state: str
    created_at: str
    updated_at: str
    associated_content_type: str
    associated_content_id: int
    root_account_id: int


class LtiResourceLinks(Resource[IO]):
    """LTI resource links of a course and of its assignments.

    https://developerdocs.instructure.com/services/canvas/resources/lti_resource_links
    """

    @many("courses/{course_id}/lti_resource_links", LtiResourceLink)
    def list(self, *, course_id: Id, include_deleted: bool | None = None, per_page: int | None = None) -> Params:
        """List the LTI resource links of a course and of its assignments.

        https://developerdocs.instructure.com/services/canvas/resources/lti_resource_links#method.lti/resource_links.index
        """
        return drop_none(include_deleted=include_deleted or None, per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/lti_resource_links/{resource_link_id}", LtiResourceLink)
    def get(self, *, course_id: Id, resource_link_id: Id, include_deleted: bool | None = None) -> Params:
        """Get an LTI resource link by its id, or by ``lookup_uuid:...`` or ``resource_link_uuid:...``.

        https://developerdocs.instructure.com/services/canvas/resources/lti_resource_links#method.lti/resource_links.show
        """
        return drop_none(include_deleted=include_deleted or None)

    @one("PUT", "courses/{course_id}/lti_resource_links/{resource_link_id}", LtiResourceLink)
    def update(
        self,
        *,
        course_id: Id,
        resource_link_id: Id,
        url: str | None = None,
        custom: Mapping[str, str] | None = None,
        context_external_tool_id: Id | None = None,
    ) -> Params:
        """Update an LTI resource link; ``custom`` replaces all custom parameters.

        https://developerdocs.instructure.com/services/canvas/resources/lti_resource_links#method.lti/resource_links.update
        """
        if custom is not None and not custom:
            raise CanvasInputError("custom is empty, and a form cannot send an empty dict: leave it out.")
        for name, value in (custom or {}).items():
            if not isinstance(value, str):
                raise CanvasInputError(f"custom[{name}] is {value!r}: Canvas takes only text, such as '{value}'.")
        changes = drop_none(url=url, custom=custom, context_external_tool_id=context_external_tool_id)
        if not changes:
            raise CanvasInputError("The update changes nothing: write a change, such as url='https://tool.example/x'.")
        return changes
