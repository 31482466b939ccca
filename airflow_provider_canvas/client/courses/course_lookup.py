"""The courses that many ids name, in any form, in as few requests as Canvas allows.

A few courses are read one by one. Of many, one is read, and the courses of its term are listed, 100 per request: most
of the others are usually in the same term. The listing is left when it finds too few of them, so that a handful of
courses never costs the listing of a large account.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal, cast

from airflow_provider_canvas.api.accounts import Accounts
from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.parameters import Unchecked
from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError, CanvasPermissionError
from airflow_provider_canvas.client.protocol.task_group import concurrently

log = logging.getLogger(__name__)

MAX_READ_SINGLY = 10
"""So few courses are read one by one, without a listing."""

MIN_FOUND_PER_PAGE = 2
"""A listing is left when it finds fewer of the courses per page, on average."""

MIN_PAGES = 3
"""How many pages are read before a listing is left."""

TABS = "tabs"
"""What to include of a course for its navigation: a tab without content is ``unused``. Not documented for listings."""

_OWN_NUMBER = re.compile(r"[1-9][0-9]{0,12}", re.ASCII)
"""A number that is no global one: only those are compared with the ids in a listing."""


@dataclass(frozen=True)
class FoundCourse:
    """What Canvas knows of the course that an id names.

    :param reference: The id as it was given.
    :param course: The course, also a deleted one if Canvas shows it; ``None`` if Canvas shows none.
    :param problem: Why it cannot be used: Canvas knows no such course, it was deleted, or the token's user may not see
        it; ``None`` if it can.
    :param message: Canvas's words about the problem.
    :param namesake: If the reference is a number, another course that has this number as its SIS id.
    """

    reference: str
    course: Course | None = None
    problem: Literal["unknown", "deleted", "refused"] | None = None
    message: str = ""
    namesake: Course | None = None


async def look_up_courses(
    canvas: Canvas[AsyncIO], references: Iterable[str], *, include: Sequence[str] = ("concluded", "term")
) -> dict[str, FoundCourse]:
    """Return the course of each id.

    :param canvas: An asynchronous client.
    :param references: Ids of courses in any form.
    :param include: What to include of each course.
    :raises CanvasError: When Canvas does not respond.
    """
    lookup = _Lookup(canvas, include)
    await lookup.run(dict.fromkeys(references))
    return lookup.found


class _Lookup:
    def __init__(self, canvas: Canvas[AsyncIO], include: Sequence[str]) -> None:
        self._canvas, self._include = canvas, include
        self.found: dict[str, FoundCourse] = {}
        self._listed_terms: set[tuple[int, int]] = set()
        self._by_sis_id: dict[str, Course] = {}

    async def run(self, references: Collection[str]) -> None:
        remaining = list(references)
        while len(remaining) > MAX_READ_SINGLY:
            first = remaining.pop(0)
            self.found[first] = await self._read(first)
            course = self.found[first].course
            if course is None:
                continue
            found = await self._list_term_of(course, remaining)
            remaining = [reference for reference in remaining if reference not in self.found]
            if found < MAX_READ_SINGLY:
                break
        await concurrently(remaining, self._read_and_keep)
        self._add_namesakes()

    async def _read_and_keep(self, reference: str) -> None:
        self.found[reference] = await self._read(reference)

    async def _list_term_of(self, course: Course, wanted: Collection[str]) -> int:
        """List the courses of a course's term, and return how many of the wanted ones were found."""
        account_id, term_id = course.get("root_account_id"), course.get("enrollment_term_id")
        if account_id is None or term_id is None or (account_id, term_id) in self._listed_terms:
            return 0
        self._listed_terms.add((account_id, term_id))
        try:
            pages, found = await self._list(_listing(account_id, term_id, self._include), set(wanted))
        except (CanvasPermissionError, CanvasNotFoundError) as error:
            log.info("The courses are read one by one, because the courses of account %s: %s", account_id, error)
            return 0
        log.info(
            "Found %s of %s courses in the listing of term %s, in %s %s.",
            found,
            len(wanted),
            term_id,
            pages,
            "request" if pages == 1 else "requests",
        )
        return found

    async def _list(self, listing: Call[Course], wanted: set[str]) -> tuple[int, int]:
        """Read a listing until it is of no more use; return how many pages that took, and how many courses it had."""
        pages = found = 0
        async with aclosing(cast("AsyncGenerator[list[Course], None]", self._canvas.io.iterate_pages(listing))) as read:
            async for page in read:
                pages += 1
                found += sum(self._keep(course, wanted) for course in page)
                if found == len(wanted) or (pages >= MIN_PAGES and found < MIN_FOUND_PER_PAGE * pages):
                    break
        return pages, found

    def _keep(self, course: Course, wanted: set[str]) -> int:
        """Keep a listed course under each wanted id that names it; return how many do."""
        if sis_id := course.get("sis_course_id"):
            self._by_sis_id[sis_id] = course
        references = [
            reference for reference in _references_to(course) if reference in wanted and reference not in self.found
        ]
        self.found.update((reference, FoundCourse(reference, course)) for reference in references)
        return len(references)

    def _add_namesakes(self) -> None:
        """Note the numbers that are also the SIS id of a listed course."""
        for reference, found in self.found.items():
            namesake = self._by_sis_id.get(reference)
            if namesake is not None and found.namesake is None:
                self.found[reference] = _with_namesake(found, namesake)

    async def _read(self, reference: str) -> FoundCourse:
        """Return the course of an id, also a deleted one, and the other course whose SIS id it is."""
        try:
            found = FoundCourse(reference, await self._get(reference))
        except CanvasPermissionError as error:
            found = FoundCourse(reference, problem="refused", message=_words(error))
        except CanvasNotFoundError:
            found = await self._read_deleted(reference)
        if _OWN_NUMBER.fullmatch(reference):
            try:
                return _with_namesake(found, await self._get(f"sis_course_id:{reference}"))
            except (CanvasNotFoundError, CanvasPermissionError):
                return found
        return found

    async def _read_deleted(self, reference: str) -> FoundCourse:
        """Return a course that Canvas does not find: it was deleted, or there never was one."""
        try:
            course = await self._get(reference, "all_courses")
        except CanvasNotFoundError as error:
            return FoundCourse(reference, problem="unknown", message=_words(error))
        except CanvasPermissionError as error:  # only those who may see deleted courses get another response
            return FoundCourse(reference, problem="deleted", message=_words(error))
        return FoundCourse(reference, course, "deleted" if course.get("workflow_state") == "deleted" else None)

    async def _get(self, reference: str, *include: str) -> Course:
        return await self._canvas.courses.get(course_id=reference, include=[*self._include, *include])


def _listing(account_id: int, term_id: int, include: Sequence[str]) -> Call[Course]:
    call = Accounts.courses.call(account_id=account_id, enrollment_term_id=term_id, include=["concluded"])
    return call.with_params(include=[Unchecked(name) for name in include if name != "concluded"])


def _references_to(course: Course) -> Iterable[str]:
    """Yield the forms of a course's id that its record shows."""
    yield str(course["id"])
    for form, key in (("sis_course_id", "sis_course_id"), ("sis_integration_id", "integration_id"), ("uuid", "uuid")):
        if value := course.get(key):
            yield f"{form}:{value}"


def _with_namesake(found: FoundCourse, namesake: Course) -> FoundCourse:
    if found.course is not None and found.course["id"] == namesake["id"]:
        return found
    return replace(found, namesake=namesake)


def _words(error: CanvasError) -> str:
    return error.canvas_message or str(error)
