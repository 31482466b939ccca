"""Modules, and the items in them.

https://developerdocs.instructure.com/services/canvas/resources/modules
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.content_fields import ModuleItemChanges, content_params
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, check_choices, drop_none

INCLUDE = ("items", "content_details")
"""What ``include`` of a module may name; the details are those of its items, and need ``items``."""

INCLUDE_OF_ITEMS = ("content_details", "mastery_paths")
"""What ``include`` of an item may name."""


class ModuleItem(TypedDict, total=False):
    """An item of a module.

    Sub-headers and external URLs have no ``content_id``, pages have ``page_url`` instead. Sub-headers have no
    ``html_url``. ``published`` is there for those who may edit.
    """

    id: int
    module_id: int
    title: str
    type: str
    position: int
    indent: int
    content_id: int
    page_url: str
    external_url: str
    new_tab: bool | None
    quiz_lti: bool
    url: str
    html_url: str
    completion_requirement: dict[str, Any]
    content_details: dict[str, Any]
    published: bool
    unpublishable: bool
    publish_at: str | None
    mastery_paths: dict[str, Any] | None


class Module(TypedDict, total=False):
    """A module. ``published`` is for those who may edit.

    Canvas leaves out ``items`` of a module that has more of them than a page of a listing can have: its setting
    ``api_max_per_page``, 50 on a self-hosted Canvas and 100 on a hosted one.
    """

    id: int
    name: str
    position: int
    unlock_at: str | None
    require_sequential_progress: bool
    requirement_type: str
    publish_final_grade: bool
    prerequisite_module_ids: list[int]
    items_count: int
    items_url: str
    items: list[ModuleItem]
    published: bool
    state: str
    completed_at: str | None


class Modules(Resource[IO]):
    """Modules of a course, and their items.

    https://developerdocs.instructure.com/services/canvas/resources/modules
    """

    @many("courses/{course_id}/modules", Module)
    def list(
        self,
        *,
        course_id: Id,
        include: Sequence[str] = (),
        search_term: str | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List modules; ``include=["items"]`` brings the items of those that have at most 100.

        https://developerdocs.instructure.com/services/canvas/resources/modules#method.context_modules_api.index
        """
        return drop_none(
            include=check_choices("include", include, INCLUDE),
            search_term=search_term,
            per_page=check_per_page(per_page),
        )

    @one("GET", "courses/{course_id}/modules/{module_id}", Module)
    def get(self, *, course_id: Id, module_id: Id, include: Sequence[str] = ()) -> Params:
        """Show a module.

        https://developerdocs.instructure.com/services/canvas/resources/modules#method.context_modules_api.show
        """
        return drop_none(include=check_choices("include", include, INCLUDE))

    @many("courses/{course_id}/modules/{module_id}/items", ModuleItem)
    def items(
        self, *, course_id: Id, module_id: Id, include: Sequence[str] = (), per_page: int | None = None
    ) -> Params:
        """List module items.

        https://developerdocs.instructure.com/services/canvas/resources/modules#method.context_module_items_api.index
        """
        return drop_none(include=check_choices("include", include, INCLUDE_OF_ITEMS), per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/modules/{module_id}/items/{item_id}", ModuleItem)
    def item(self, *, course_id: Id, module_id: Id, item_id: Id, include: Sequence[str] = ()) -> Params:
        """Show a module item.

        https://developerdocs.instructure.com/services/canvas/resources/modules#method.context_module_items_api.show
        """
        return drop_none(include=check_choices("include", include, INCLUDE_OF_ITEMS))

    @one("PUT", "courses/{course_id}/modules/{module_id}/items/{item_id}", ModuleItem)
    def update_item(self, *, course_id: Id, module_id: Id, item_id: Id, module_item: ModuleItemChanges) -> Params:
        """Update a module item, such as with ``module_item={"external_url": "https://..."}``.

        https://developerdocs.instructure.com/services/canvas/resources/modules#method.context_module_items_api.update
        """
        return content_params("module_item", module_item, ModuleItemChanges)
