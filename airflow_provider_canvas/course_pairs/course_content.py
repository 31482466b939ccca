"""A course with everything that was read of it, and the function that reads it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.courses.course_listings import fetch_listings
from airflow_provider_canvas.client.courses.course_reader import UNREADABLE, Listings
from airflow_provider_canvas.reconciliation.inventory import Inventory


@dataclass
class CourseContent:
    """A course and its content. A source is shared by all its copies, so its inventory is parsed once.

    :param course: Canvas's record, with the term and the syllabus.
    :param listings: Canvas's records by type; ``course`` has the record of the course.
    :param source_course_ids: The courses that were copied into this one, as text, the newest first; empty if no check
        needs them.
    :param pages_read: Pages that were read one by one, by slug; ``None`` for one that cannot be read.
    """

    course: Course
    listings: Listings
    source_course_ids: tuple[str, ...] = ()
    pages_read: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)

    @cached_property
    def inventory(self) -> Inventory:
        """The assets that Canvas maps, parsed."""
        return Inventory.parse(self.course, self.listings)

    @property
    def unreadable(self) -> list[str]:
        """The names of further listings that could not be read."""
        return list(self.listings.get(UNREADABLE, ()))

    @property
    def size(self) -> int:
        """The number of records."""
        return sum(map(len, self.listings.values()))

    def with_pages_read(self) -> Inventory:
        """Return the inventory with the bodies of the pages that were read one by one."""
        if not self.pages_read:
            return self.inventory
        pages = [self.pages_read.get(str(page.get("url"))) or page for page in self.listings["pages"]]
        return Inventory.parse(self.course, {**self.listings, "pages": pages})


async def read_content(canvas: Canvas[AsyncIO], course: Course, also: Collection[str]) -> CourseContent:
    """Read the content of a course whose record is known.

    :param canvas: An asynchronous client.
    :param course: The record, with the term and the syllabus.
    :param also: The further listings.
    :raises CanvasError: When Canvas refuses a request or does not respond.
    """
    listings = await fetch_listings(canvas, course["id"], also=also)
    return CourseContent(course, {**listings, "course": [course]})
