"""Announcements of several courses at once; those of one are also discussion topics.

https://developerdocs.instructure.com/services/canvas/resources/announcements
"""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_canvas.api.discussion_topics import DiscussionTopic
from airflow_provider_canvas.api.endpoint import IO, Resource, many
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, Timestamp, check_choices, drop_none, format_timestamp

INCLUDE = ("sections", "sections_user_count")
"""What ``include`` may name."""


class Announcements(Resource[IO]):
    """Announcements of one or several courses.

    https://developerdocs.instructure.com/services/canvas/resources/announcements
    """

    @many("announcements", DiscussionTopic)
    def list(
        self,
        *,
        context_codes: Sequence[str],
        start_date: Timestamp,
        end_date: Timestamp,
        active_only: bool | None = None,
        latest_only: bool | None = None,
        include: Sequence[str] = (),
        per_page: int | None = None,
    ) -> Params:
        """List announcements of courses (``course_123``) between two dates.

        Canvas's own defaults hide all but the last 14 days, so both dates are required here.

        https://developerdocs.instructure.com/services/canvas/resources/announcements#method.announcements_api.index
        """
        if not context_codes or isinstance(context_codes, str):
            raise CanvasInputError("context_codes must be a list of courses, such as ['course_123'].")
        return drop_none(
            context_codes=context_codes,
            start_date=format_timestamp("start_date", start_date),
            end_date=format_timestamp("end_date", end_date),
            active_only=active_only,
            latest_only=latest_only,
            include=check_choices("include", include, INCLUDE),
            per_page=check_per_page(per_page),
        )
