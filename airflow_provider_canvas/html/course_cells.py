"""How tables of reports show a course: its name with a link, its number and its SIS id."""

from __future__ import annotations

import re
from dataclasses import dataclass

from airflow_provider_canvas.html.formats import shorten
from airflow_provider_canvas.html.links import safe_link

_NUMBER = re.compile(r"[0-9]+(~[0-9]+)?")  # the second form is of another shard


@dataclass(frozen=True)
class CourseCell:
    """A course in a line.

    :param name: Its name, or what is known of it.
    :param link: Its page in Canvas; None if its number is not known.
    :param course_id: Its number, or what the input has.
    :param sis_course_id: Its SIS id; may be empty.
    """

    name: str
    link: str | None
    course_id: str
    sis_course_id: str


class CourseLinks:
    """The links to courses of one Canvas. Only a number becomes a link.

    :param base_url: The base URL of Canvas.
    """

    def __init__(self, base_url: str) -> None:
        self._courses = safe_link(base_url, "/courses")

    def page(self, course_id: str) -> str | None:
        """Return the URL of a course."""
        return f"{self._courses}/{course_id}" if self._courses and _NUMBER.fullmatch(course_id) else None

    def import_page(self, course_id: str) -> str | None:
        """Return the URL of the page of a course that lists its imports."""
        return f"{page}/content_migrations" if (page := self.page(course_id)) else None

    def cell(self, name: str | None, course_id: str, sis_course_id: str | None) -> CourseCell:
        """Return what a table shows of a course.

        :param name: Its name, if it is known.
        :param course_id: Its number, or what the input has.
        :param sis_course_id: Its SIS id, if it has one.
        """
        title = shorten(name or sis_course_id or course_id)
        return CourseCell(title, self.page(course_id), shorten(course_id), shorten(sis_course_id or ""))
