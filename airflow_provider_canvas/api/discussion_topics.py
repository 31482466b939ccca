"""Discussion topics; announcements are discussion topics too.

https://developerdocs.instructure.com/services/canvas/resources/discussion_topics
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
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
    assignment_id: int | None
    published: bool
    locked: bool
    pinned: bool
    position: int | None
    html_url: str
    posted_at: str | None
    delayed_post_at: str | None
    last_reply_at: str | None
    discussion_type: str
    context_code: str


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
