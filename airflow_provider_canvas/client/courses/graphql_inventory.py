"""Reading a part of a course's content with GraphQL: one request in place of four listings, or of more.

GraphQL is used where many courses are read, as in a batch, and where Canvas allows it to the token. Whatever it does
not tell is read with the REST API, and so is everything of which its response leaves a doubt: so a reconciliation
cannot tell the difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.graphql import Graphql, GraphqlResponse, is_number
from airflow_provider_canvas.api.graphql_content import content_pages
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.courses.course_reader import CourseReader, FlowClient, Listings, Reader
from airflow_provider_canvas.client.jobs.graphql_support import ContentSupport, content_support_for
from airflow_provider_canvas.client.protocol.retry import RetryPolicy

MAX_REQUESTS = 3
"""Requests per course at most. A listing with more pages than that is read with the REST API, many pages at a time."""

MIN_COURSES = 3
"""The course of a process from which on GraphQL is tried: a request that Canvas refuses is one too many for fewer."""

_CONNECTION_OF = {
    "announcements": "discussions",
    "discussion_topics": "discussions",
    "files": "files",
    "folders": "folders",
}
"""The listings that GraphQL has, and the connection that each is in."""

_PASSING = (
    errors.CanvasAuthenticationError,
    errors.CanvasThrottledError,
    errors.CanvasServerError,
    errors.CanvasTransportError,
)
"""The errors that say nothing of GraphQL: they may be gone at the next course."""


INVENTORY = "graphql"
"""The name under which a course's reader keeps what GraphQL told."""


def graphql_readers(canvas: Canvas[AsyncIO], readers: Mapping[str, Reader]) -> dict[str, Reader]:
    """Return functions that read listings of the next course with GraphQL; none where it is not to be used.

    :param canvas: An asynchronous client.
    :param readers: The functions that read each listing with the REST API.
    """
    client = canvas.io
    if not isinstance(client, FlowClient) or not client.settings.graphql:
        return {}
    support = content_support_for(client.settings)
    if not support.begin_course(MIN_COURSES):
        return {}

    async def read_inventory(course: CourseReader) -> list[Any]:
        try:
            return [await fetch_inventory(canvas, course.course_id, course.also)]
        finally:
            support.end_course()

    def reader_of(name: str) -> Reader:
        async def read(course: CourseReader) -> list[Any]:
            (inventory,) = await course.records(INVENTORY)
            return inventory[name] if name in inventory else await readers[name](course)

        return read

    return {name: reader_of(name) for name in _CONNECTION_OF} | {INVENTORY: read_inventory}


async def fetch_inventory(canvas: Canvas[AsyncIO], course_id: int, also: Collection[str] = ()) -> Listings:
    """Return the listings of a course that GraphQL tells; those that are missing must be read with the REST API.

    Files and topics are read with every inventory, folders where ``also`` names them.

    :param canvas: An asynchronous client that runs flows.
    :param course_id: The course.
    :param also: The further listings that are wanted.
    """
    client = canvas.io
    if not isinstance(client, FlowClient) or not is_number(course_id):
        return {}
    support = content_support_for(client.settings)
    wanted = (name for listing, name in _CONNECTION_OF.items() if listing != "folders" or listing in also)
    cursors: dict[str, str | None] = dict.fromkeys(wanted)
    records: dict[str, list[Any]] = {name: [] for name in cursors}
    for _ in range(MAX_REQUESTS):
        response = await _send(client, support, Graphql.content.call(course_id=course_id, cursors=cursors))
        pages = content_pages(response, cursors)
        if pages:
            support.succeeded()
        else:
            _learn(support, response)
        for name in list(cursors):
            page = pages.get(name)
            if page is None:
                del cursors[name], records[name]
                continue
            records[name] += page.records
            cursors[name] = page.next_cursor
            if page.next_cursor is None:
                del cursors[name]
        if not cursors:
            break
    return _listings({name: found for name, found in records.items() if name not in cursors})


def _listings(records: Mapping[str, list[Any]]) -> Listings:
    """Return the listings of the REST API, by id, from the records of complete connections."""
    records = {name: sorted(found, key=itemgetter("id")) for name, found in records.items()}
    listings: dict[str, list[Any]] = {name: records[name] for name in ("files", "folders") if name in records}
    if (topics := records.get("discussions")) is not None:
        listings["announcements"] = [topic for topic in topics if topic["is_announcement"]]
        listings["discussion_topics"] = [topic for topic in topics if not topic["is_announcement"]]
    return listings


async def _send(client: FlowClient, support: ContentSupport, call: Call[GraphqlResponse]) -> GraphqlResponse:
    """Send a query once. A failure is an empty response: the REST API then has the words for it."""
    try:
        return await client.run(lambda caller: replace(caller, policy=RetryPolicy(retry_for=0)).call_json(call))
    except errors.CanvasError as error:
        if isinstance(error, _PASSING) and "insufficient scopes" not in str(error).lower():
            support.failed(str(error))
        else:
            support.refused(str(error))
        return {}


def _learn(support: ContentSupport, response: GraphqlResponse) -> None:
    """Learn from a response that tells nothing.

    A response without data is about the query or the token, so it would be the same for any course. One with data is
    about the course: it cannot be read, or not as by a teacher, or something in it is not in the schema.
    """
    found = response.get("errors")
    messages = [str(each.get("message")) for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    text = "; ".join(messages)[:500]
    if messages and (not isinstance(response.get("data"), dict) or "insufficient scopes" in text.lower()):
        support.refused(text)
