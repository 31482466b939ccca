"""Pages of a course.

https://developerdocs.instructure.com/services/canvas/resources/pages
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.content_fields import PageChanges, content_params
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, check_choice, check_choices, drop_none

SORTS = ("title", "created_at", "updated_at")
"""What ``sort`` may be."""


class Page(TypedDict, total=False):
    """A page. The mapping knows it by ``page_id``, links by ``url`` (its slug). Lists have no ``body`` unless asked."""

    page_id: int
    url: str
    title: str
    published: bool
    front_page: bool
    hide_from_students: bool
    editing_roles: str
    body: str
    html_url: str
    todo_date: str | None
    publish_at: str | None
    created_at: str
    updated_at: str
    last_edited_by: dict[str, Any]
    locked_for_user: bool
    lock_info: dict[str, Any]
    lock_explanation: str
    is_master_course_master_content: bool
    is_master_course_child_content: bool
    restricted_by_master_course: bool


class Pages(Resource[IO]):
    """Wiki pages of a course.

    https://developerdocs.instructure.com/services/canvas/resources/pages
    """

    @many("courses/{course_id}/pages", Page)
    def list(
        self,
        *,
        course_id: Id,
        include: Sequence[str] = (),
        search_term: str | None = None,
        published: bool | None = None,
        sort: str | None = None,
        order: str | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List pages; ``include=["body"]``, newer than June 2023, brings their HTML.

        https://developerdocs.instructure.com/services/canvas/resources/pages#method.wiki_pages_api.index
        """
        return drop_none(
            include=check_choices("include", include, ("body",)),
            search_term=search_term,
            published=published,
            sort=sort and check_choice("sort", sort, SORTS),
            order=order and check_choice("order", order, ("asc", "desc")),
            per_page=check_per_page(per_page),
        )

    @one("GET", "courses/{course_id}/pages/{url_or_id}", Page)
    def get(self, *, course_id: Id, url_or_id: Id) -> Params:
        """Show a page, found by its slug (``week-1``) or its ``page_id``.

        A number is a slug first, if a page has it for one; ``page_id:7`` is always the id.

        https://developerdocs.instructure.com/services/canvas/resources/pages#method.wiki_pages_api.show
        """
        return {}

    @one("PUT", "courses/{course_id}/pages/{url_or_id}", Page)
    def update(self, *, course_id: Id, url_or_id: Id, wiki_page: PageChanges) -> Params:
        """Update a page, such as with ``wiki_page={"body": "<p>New</p>"}``: a new revision.

        https://developerdocs.instructure.com/services/canvas/resources/pages#method.wiki_pages_api.update
        """
        return content_params("wiki_page", wiki_page, PageChanges)
