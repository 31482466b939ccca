"""Events of calendars. The dates of assignments are no events.

https://developerdocs.instructure.com/services/canvas/resources/calendar_events
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.content_fields import CalendarEventChanges, content_params
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, Timestamp, drop_none, format_timestamp

MAX_CONTEXTS = 10
"""How many ``context_codes`` Canvas reads; it ignores further ones."""


class CalendarEvent(TypedDict, total=False):
    """An event of a calendar. ``context_code`` names its course (``course_123``), group or user."""

    id: int
    title: str
    description: str | None
    start_at: str | None
    end_at: str | None
    all_day: bool
    all_day_date: str | None
    location_name: str | None
    location_address: str | None
    context_code: str
    effective_context_code: str | None
    context_name: str
    context_type: str
    all_context_codes: str
    type: str
    workflow_state: str
    hidden: bool
    parent_event_id: int | None
    child_events_count: int
    child_events: list[dict[str, Any]] | None
    series_uuid: str | None
    rrule: str | None
    comments: str | None
    important_dates: bool
    blackout_date: bool
    url: str
    html_url: str
    created_at: str
    updated_at: str


class CalendarEvents(Resource[IO]):
    """Events of the calendars of courses, groups and users.

    https://developerdocs.instructure.com/services/canvas/resources/calendar_events
    """

    @many("calendar_events", CalendarEvent)
    def list(
        self,
        *,
        context_codes: Sequence[str],
        all_events: bool | None = None,
        undated: bool | None = None,
        start_date: Timestamp | None = None,
        end_date: Timestamp | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List events of courses (``course_123``), groups or users, of today unless dates or ``all_events`` are named.

        https://developerdocs.instructure.com/services/canvas/resources/calendar_events#method.calendar_events_api.index
        """
        if not context_codes or isinstance(context_codes, str):
            raise CanvasInputError("context_codes must be a list of calendars, such as ['course_123'].")
        if len(context_codes) > MAX_CONTEXTS:
            raise CanvasInputError(
                f"context_codes has {len(context_codes)} calendars, but Canvas reads {MAX_CONTEXTS} at most: "
                "make several calls."
            )
        if all_events and (undated or start_date is not None or end_date is not None):
            raise CanvasInputError("With all_events Canvas ignores undated, start_date and end_date: leave them out.")
        return drop_none(
            type="event",
            context_codes=context_codes,
            all_events=all_events,
            undated=undated,
            start_date=start_date and format_timestamp("start_date", start_date),
            end_date=end_date and format_timestamp("end_date", end_date),
            per_page=check_per_page(per_page),
        )

    @one("GET", "calendar_events/{event_id}", CalendarEvent)
    def get(self, *, event_id: Id) -> Params:
        """Get a single event.

        https://developerdocs.instructure.com/services/canvas/resources/calendar_events#method.calendar_events_api.show
        """
        return {}

    @one("PUT", "calendar_events/{event_id}", CalendarEvent)
    def update(self, *, event_id: Id, calendar_event: CalendarEventChanges) -> Params:
        """Update an event, such as with ``calendar_event={"description": "<p>New</p>"}``.

        https://developerdocs.instructure.com/services/canvas/resources/calendar_events#method.calendar_events_api.update
        """
        return content_params("calendar_event", calendar_event, CalendarEventChanges)
