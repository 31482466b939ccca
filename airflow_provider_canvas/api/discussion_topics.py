"""Discussion topics; announcements are discussion topics too.

https://developerdocs.instructure.com/services/canvas/resources/discussion_topics
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, check_choice, check_choices, drop_none

INCLUDE = ("all_dates", "sections", "sections_user_count", "overrides")
"""What ``include`` may name."""

ORDERS = ("position", "recent_activity", "title")
"""What ``order_by`` may be."""

SCOPES = ("locked", "unlocked", "pinned", "unpinned")
"""What ``scope`` may name."""


class DiscussionTopic(TypedDict, total=False):
    """A discussion topic or an announcement; ``context_code`` is there in the list of announcements."""

    id: int
    title: str
    message: str | None
    discussion_type: str
    is_announcement: bool
    position: int | None
    published: bool
    can_unpublish: bool
    pinned: bool
    html_url: str
    url: str
    context_code: str
    author: dict[str, Any]
    user_name: str | None
    attachments: list[dict[str, Any]]

    # Dates. Those of a graded topic are in its ``assignment``:
    created_at: str
    posted_at: str | None
    delayed_post_at: str | None
    last_reply_at: str | None
    lock_at: str | None
    todo_date: str | None

    # What it is graded by, and whom it is for:
    assignment_id: int | None
    assignment: dict[str, Any]
    group_category_id: int | None
    group_topic_children: list[dict[str, Any]]
    root_topic_id: int | None
    topic_children: list[int]
    is_section_specific: bool
    anonymous_state: str | None

    # How replies work:
    locked: bool
    can_lock: bool
    can_group: bool
    comments_disabled: bool
    require_initial_post: bool | None
    user_can_see_posts: bool
    allow_rating: bool
    only_graders_can_rate: bool
    sort_by_rating: bool
    podcast_url: str | None
    podcast_has_student_posts: bool
    discussion_subentry_count: int

    # The caller's own:
    read_state: str
    unread_count: int
    subscribed: bool
    subscription_hold: str
    permissions: dict[str, bool]

    # In courses of a blueprint:
    is_master_course_master_content: bool
    is_master_course_child_content: bool
    restricted_by_master_course: bool

    # For those who may not open it:
    locked_for_user: bool
    lock_info: dict[str, Any]
    lock_explanation: str

    # With ``include``:
    all_dates: list[dict[str, Any]]
    overrides: list[dict[str, Any]]
    sections: list[dict[str, Any]]
    user_count: int


class DiscussionTopics(Resource[IO]):
    """Discussion topics of a course.

    https://developerdocs.instructure.com/services/canvas/resources/discussion_topics
    """

    @many("courses/{course_id}/discussion_topics", DiscussionTopic)
    def list(
        self,
        *,
        course_id: Id,
        only_announcements: bool | None = None,
        include: Sequence[str] = (),
        order_by: str | None = None,
        scope: Sequence[str] = (),
        search_term: str | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List discussion topics; announcements are left out unless only they are asked for.

        https://developerdocs.instructure.com/services/canvas/resources/discussion_topics#method.discussion_topics.index
        """
        return drop_none(
            only_announcements=only_announcements,
            include=check_choices("include", include, INCLUDE),
            order_by=order_by and check_choice("order_by", order_by, ORDERS),
            scope=",".join(check_choices("scope", scope, SCOPES)) or None,
            search_term=search_term,
            per_page=check_per_page(per_page),
        )

    @one("GET", "courses/{course_id}/discussion_topics/{topic_id}", DiscussionTopic)
    def get(self, *, course_id: Id, topic_id: Id, include: Sequence[str] = ()) -> Params:
        """Get a single topic, which may be an announcement.

        https://developerdocs.instructure.com/services/canvas/resources/discussion_topics#method.discussion_topics_api.show
        """
        return drop_none(include=check_choices("include", include, INCLUDE))

    @one("PUT", "courses/{course_id}/discussion_topics/{topic_id}", DiscussionTopic)
    def update(
        self,
        *,
        course_id: Id,
        topic_id: Id,
        title: str | None = None,
        message: str | None = None,
        published: bool | None = None,
    ) -> Params:
        """Update a topic or an announcement. The token's user becomes its editor.

        https://developerdocs.instructure.com/services/canvas/resources/discussion_topics#method.discussion_topics.update
        """
        changes = drop_none(title=title, message=message, published=published)
        if not changes:
            raise CanvasInputError("The update changes nothing: write a change, such as message='<p>New</p>'.")
        return changes
