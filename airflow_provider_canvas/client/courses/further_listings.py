"""The listings of a course that the asset id mapping does not name. ``fetch_listings(also=...)`` names the wanted ones.

To add one: write a function that reads it through a :class:`CourseReader`, and add it to ``FURTHER_LISTINGS``. It
raises the 403 or 404 of Canvas where the token's user may not read the listing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from airflow_provider_canvas.api.parameters import check_choices
from airflow_provider_canvas.client.courses.course_reader import CourseReader, Reader, collect, collect_by_id, read_each
from airflow_provider_canvas.client.courses.unmapped_listings import UNMAPPED_LISTINGS
from airflow_provider_canvas.client.errors import CanvasPermissionError


async def _folders(course: CourseReader) -> list[Any]:
    return await collect_by_id(course.canvas.folders.list(course_id=course.course_id))


async def _course(course: CourseReader) -> list[Any]:
    """Read the course itself, with its term and the text of its syllabus."""
    return [await course.canvas.courses.get(course_id=course.course_id, include=["term", "syllabus_body"])]


async def _settings(course: CourseReader) -> list[Any]:
    return [await course.canvas.courses.settings(course_id=course.course_id)]


async def _page_bodies(course: CourseReader) -> list[Any]:
    """Read the bodies of the pages, one by one where Canvas ignores ``include`` in the listing of pages.

    A page that is locked for the user has no body anywhere.
    """
    pages = await course.records("pages")
    without = [page for page in pages if "body" not in page]
    locked = [page for page in without if page.get("locked_for_user")]
    if locked:
        course.cannot_read("page_bodies", f"{len(locked)} pages are locked for the user")
    wanted = [page for page in without if not page.get("locked_for_user")]
    if course.support is not None and len(pages) > len(locked):
        course.support.lists_bodies = len(without) < len(pages)

    async def read(page: dict[str, Any]) -> None:
        slug = page.get("url") or f"page_id:{page['page_id']}"
        try:
            page.update(await course.canvas.pages.get(course_id=course.course_id, url_or_id=slug))
        except CanvasPermissionError as error:
            course.cannot_read("page_bodies", error)

    await read_each(wanted, read)
    return []


async def _quiz_questions(course: CourseReader) -> list[Any]:
    """Read the questions of the classic quizzes, a listing for each quiz that has questions."""
    quizzes = [quiz for quiz in await course.records("quizzes") if quiz.get("question_count") != 0]

    async def read(quiz: dict[str, Any]) -> list[Any]:
        listing = course.canvas.quiz_questions.list(course_id=course.course_id, quiz_id=quiz["id"])
        return [{"quiz_id": quiz["id"], **question} for question in await collect(listing)]

    return [question for questions in await read_each(quizzes, read) for question in questions]


async def _calendar_events(course: CourseReader) -> list[Any]:
    codes = [f"course_{course.course_id}"]
    return await collect(course.canvas.calendar_events.list(context_codes=codes, all_events=True))


FURTHER_LISTINGS: Mapping[str, Reader] = {
    "folders": _folders,
    "course": _course,
    "settings": _settings,
    "page_bodies": _page_bodies,
    "quiz_questions": _quiz_questions,
    "calendar_events": _calendar_events,
    **UNMAPPED_LISTINGS,
}
"""The name of each further listing -> the function that reads it."""

WITHOUT_KEY = frozenset({"page_bodies"})
"""The further listings that complete the records of another one, and have no key of their own."""


def check_further(also: Collection[str]) -> tuple[str, ...]:
    """Return the names of further listings, each once.

    :param also: The names.
    :raises CanvasInputError: For one text instead of a list, and for a name that there is not; the message suggests
        the nearest one.
    """
    return tuple(dict.fromkeys(check_choices("also", also, tuple(FURTHER_LISTINGS))))
