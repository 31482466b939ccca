"""What a course holds: the listings that a reconciliation compares.

Eight pages of the documentation share this module because only their listings are wrapped. The types hold what a
reconciliation reads; everything else that Canvas sends is kept beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from airflow_provider_canvas.api.endpoint import IO, Params, Resource, many
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import Timestamp, given, timestamp


class Assignment(TypedDict, total=False):
    """An assignment; graded quizzes and discussions, and New Quizzes, have one too."""

    id: int
    name: str
    points_possible: float | None
    due_at: str | None
    published: bool
    workflow_state: str
    quiz_id: int
    html_url: str
    updated_at: str


class DiscussionTopic(TypedDict, total=False):
    """A discussion topic or an announcement."""

    id: int
    title: str
    assignment_id: int | None
    published: bool
    html_url: str
    posted_at: str | None
    context_code: str


File = TypedDict(
    "File",
    {
        "id": int,
        "folder_id": int,
        "display_name": str,
        "filename": str,
        "content-type": str,
        "size": int,
        "updated_at": str,
    },
    total=False,
)


class ModuleItem(TypedDict, total=False):
    """An item of a module. Sub-headers and external URLs have no ``content_id``, pages have ``page_url`` instead."""

    id: int
    module_id: int
    title: str
    type: str
    position: int
    content_id: int
    page_url: str
    external_url: str
    html_url: str
    published: bool


class Module(TypedDict, total=False):
    """A module. ``items`` is left out by Canvas when it has more than 100."""

    id: int
    name: str
    position: int
    items_count: int
    items: list[ModuleItem]
    published: bool


class Page(TypedDict, total=False):
    """A page. The mapping knows it by ``page_id``, links by ``url`` (its slug)."""

    page_id: int
    url: str
    title: str
    published: bool
    front_page: bool
    body: str
    html_url: str
    updated_at: str


class Quiz(TypedDict, total=False):
    """A classic quiz; New Quizzes are assignments."""

    id: int
    title: str
    points_possible: float | None
    due_at: str | None
    assignment_id: int | None
    published: bool
    html_url: str


class Announcements(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/announcements"""

    @many("announcements", DiscussionTopic)
    def list(
        self,
        *,
        context_codes: Sequence[str],
        start_date: Timestamp,
        end_date: Timestamp,
        active_only: bool | None = None,
    ) -> Params:
        """List announcements of courses (``course_123``) between two dates.

        Canvas's own defaults hide all but the last 14 days, so both dates are required here.

        https://developerdocs.instructure.com/services/canvas/resources/announcements#method.announcements_api.index
        """
        if not context_codes:
            raise ValueError("context_codes is empty: name at least one course, as course_123.")
        return given(
            context_codes=context_codes,
            start_date=timestamp("start_date", start_date),
            end_date=timestamp("end_date", end_date),
            active_only=active_only,
        )


class Assignments(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/assignments"""

    @many("courses/{course_id}/assignments", Assignment)
    def list(self, *, course_id: Id, include: Sequence[str] = (), search_term: str | None = None) -> Params:
        """List assignments.

        https://developerdocs.instructure.com/services/canvas/resources/assignments#method.assignments_api.index
        """
        return given(include=include, search_term=search_term)


class DiscussionTopics(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/discussion_topics"""

    @many("courses/{course_id}/discussion_topics", DiscussionTopic)
    def list(self, *, course_id: Id, only_announcements: bool | None = None, include: Sequence[str] = ()) -> Params:
        """List discussion topics; announcements are left out unless only they are asked for.

        https://developerdocs.instructure.com/services/canvas/resources/discussion_topics#method.discussion_topics.index
        """
        return given(only_announcements=only_announcements, include=include)


class Files(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/files"""

    @many("courses/{course_id}/files", File)
    def list(self, *, course_id: Id, include: Sequence[str] = (), sort: str | None = None) -> Params:
        """List files.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.files.api_index
        """
        return given(include=include, sort=sort)


class Modules(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/modules"""

    @many("courses/{course_id}/modules", Module)
    def list(self, *, course_id: Id, include: Sequence[str] = ()) -> Params:
        """List modules; ``include=["items"]`` brings the items of those that have at most 100.

        https://developerdocs.instructure.com/services/canvas/resources/modules#method.context_modules_api.index
        """
        return given(include=include)

    @many("courses/{course_id}/modules/{module_id}/items", ModuleItem)
    def items(self, *, course_id: Id, module_id: Id, include: Sequence[str] = ()) -> Params:
        """List module items.

        https://developerdocs.instructure.com/services/canvas/resources/modules#method.context_module_items_api.index
        """
        return given(include=include)


class Pages(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/pages"""

    @many("courses/{course_id}/pages", Page)
    def list(self, *, course_id: Id, include: Sequence[str] = ()) -> Params:
        """List pages; ``include=["body"]`` brings their HTML.

        https://developerdocs.instructure.com/services/canvas/resources/pages#method.wiki_pages_api.index
        """
        return given(include=include)


class Quizzes(Resource[IO]):
    """https://developerdocs.instructure.com/services/canvas/resources/quizzes"""

    @many("courses/{course_id}/quizzes", Quiz)
    def list(self, *, course_id: Id, search_term: str | None = None) -> Params:
        """List classic quizzes.

        https://developerdocs.instructure.com/services/canvas/resources/quizzes#method.quizzes/quizzes_api.index
        """
        return given(search_term=search_term)
