"""Reading the listings of one course, each once, however many of the others are made from it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, TypeVar, runtime_checkable

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.errors import (
    CanvasAuthenticationError,
    CanvasError,
    CanvasJobTimeoutError,
    CanvasNotFoundError,
    CanvasPermissionError,
    CanvasServerError,
    CanvasUnexpectedResponseError,
    CanvasValidationError,
)
from airflow_provider_canvas.client.jobs.graphql_support import ContentSupport, content_support_for
from airflow_provider_canvas.client.protocol.flow import Flow
from airflow_provider_canvas.client.protocol.task_group import concurrently
from airflow_provider_canvas.client.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

Listings = Mapping[str, list[Any]]
"""The name of a listing, as the asset id mapping or ``FURTHER_LISTINGS`` has it -> Canvas's records."""

Errors = tuple[type[CanvasError], ...]

DISABLED: Errors = (CanvasNotFoundError,)
"""The error of a listing whose tab is disabled in the course."""

DISABLED_OR_FORBIDDEN: Errors = (CanvasNotFoundError, CanvasPermissionError)
"""The errors of a listing that the token's user cannot see, for whatever reason."""

UNKNOWN: Errors = (
    *DISABLED_OR_FORBIDDEN,
    CanvasAuthenticationError,
    CanvasJobTimeoutError,
    CanvasServerError,
    CanvasUnexpectedResponseError,
    CanvasValidationError,
)
"""The errors after which a listing that few courses need is unknown, whatever broke: New Quizzes are another service,
and GET rubrics is a 500 in courses with a rubric that an import broke."""

UNREADABLE = "unreadable"
"""The key of the names of the further listings that cannot be read."""


@runtime_checkable
class FlowClient(Protocol):
    """A client that runs flows, and so can send a request once, without retries."""

    settings: Settings

    async def run(self, make_flow: Callable[[Caller], Flow[T]]) -> T:
        """Run a flow and return its result."""
        ...


class CourseReader:
    """Reads the listings of a course, concurrently and each once.

    :param canvas: An asynchronous client.
    :param course_id: The course.
    :param also: The further listings that are wanted.
    :param empty_if: The errors for which a listing of assets counts as empty.
    :param group: Where the requests run.
    :param readers: The name of each listing -> the function that reads it.
    :param unknown_if: By further listing, the errors after which it is unknown; for others a 403 or 404.
    """

    def __init__(
        self,
        canvas: Canvas[AsyncIO],
        course_id: int,
        *,
        also: Collection[str],
        empty_if: Errors,
        group: asyncio.TaskGroup,
        readers: Mapping[str, Reader],
        unknown_if: Mapping[str, Errors] = MappingProxyType({}),
    ) -> None:
        self.canvas = canvas
        self.course_id = course_id
        self.also = also
        self.unreadable: set[str] = set()
        client = canvas.io
        self.support: ContentSupport | None = None
        if isinstance(client, FlowClient):
            self.support = content_support_for(client.settings)
        self._empty_if = empty_if
        self._group = group
        self._readers = readers
        self._unknown_if = unknown_if
        self._tasks: dict[str, asyncio.Task[list[Any] | CanvasError]] = {}

    async def records(self, name: str) -> list[Any]:
        """Return the records of a listing, which is read unless it was, or is being read.

        :param name: The listing.
        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        records = await self.start(name)
        if isinstance(records, CanvasError):
            raise records
        return records

    def start(self, name: str) -> asyncio.Task[list[Any] | CanvasError]:
        """Return the task that reads a listing. Its result is the error, where the user may not see the listing."""
        if name not in self._tasks:
            self._tasks[name] = self._group.create_task(self._read(name))
        return self._tasks[name]

    async def _read(self, name: str) -> list[Any] | CanvasError:
        unknown_if = self._unknown_if.get(name, DISABLED_OR_FORBIDDEN)
        expected = unknown_if if name in self.also else self._empty_if
        try:
            return await self._readers[name](self)
        except expected as error:
            return error

    def cannot_read(self, name: str, reason: object) -> None:
        """Record that a further listing cannot be read, or not all of it.

        :param name: The listing.
        :param reason: Why, for the log.
        """
        if name not in self.unreadable:
            self.unreadable.add(name)
            log.warning("The listing %s of course %s cannot be read: %s", name, self.course_id, reason)


Reader = Callable[[CourseReader], Awaitable[list[Any]]]
"""Reads one listing of a course. A 403 or 404 that it raises means that the user may not see the listing."""


async def collect(items: AsyncIterator[T]) -> list[T]:
    """Return the items of all pages of a listing."""
    return [item async for item in items]


async def collect_by_id(items: AsyncIterator[T]) -> list[T]:
    """Return the items of all pages of a listing by id: GraphQL has another order than the REST API."""
    return sorted(await collect(items), key=_id_of)


def _id_of(item: Any) -> int:
    row_id: int = item["id"]
    return row_id


async def read_each(records: Iterable[dict[str, Any]], read: Callable[[dict[str, Any]], Awaitable[T]]) -> list[T]:
    """Read something of each record, concurrently; the results have the order of the records.

    A record that was deleted meanwhile is left out.

    :param records: The records.
    :param read: Reads something of one.
    :raises CanvasNotFoundError: When Canvas finds nothing of any record: then it is something else that is not there.
    """
    by_place: dict[int, T] = {}
    missing: list[CanvasNotFoundError] = []

    async def read_one(place_and_record: tuple[int, dict[str, Any]]) -> None:
        place, record = place_and_record
        try:
            by_place[place] = await read(record)
        except CanvasNotFoundError as error:
            missing.append(error)

    await concurrently(enumerate(records), read_one)
    if missing and not by_place:
        raise missing[0]
    return [by_place[place] for place in sorted(by_place)]
