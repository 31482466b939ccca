"""Changes of rows that break links to them: removals, renamed and unpublished rows, pages that take a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import cycle
from typing import TypeVar

from canvas_emulator.model.content import (
    DELETED,
    Assignment,
    CalendarEvent,
    Content,
    DiscussionTopic,
    File,
    Module,
    Page,
    Quiz,
)
from canvas_emulator.seeds.planted.copied_course import CopiedCourse
from canvas_emulator.seeds.planted.defects import Link, Planting

C = TypeVar("C", bound=Content)

UNPUBLISHED = "unpublished"
SHARE = 0.35
"""The share of the defects that come from changes of rows."""

Broken = tuple[str, str | None]
"""The problem of the links to a row, and the name that the page has in the right ones."""
Change = Callable[[Planting, CopiedCourse], Iterator[tuple[Content, Broken]]]
"""Changes a row, if there is one to change. It yields once, before links to the row cannot be found any more."""


def _removed(kind: type[Content]) -> Change:
    def change(planting: Planting, course: CopiedCourse) -> Iterator[tuple[Content, Broken]]:
        for row in _drawn(planting, course, kind):
            planting.set(row, workflow_state=DELETED)
            for item in course.items_of(row):
                planting.set(item, workflow_state=DELETED)
            yield row, ("target_missing", None)

    return change


def _unpublished(kind: type[Content]) -> Change:
    def change(planting: Planting, course: CopiedCourse) -> Iterator[tuple[Content, Broken]]:
        for row in _drawn(planting, course, kind):
            planting.set(row, workflow_state="locked" if kind is File else UNPUBLISHED)
            yield row, ("target_unpublished", None)

    return change


def _renamed(planting: Planting, course: CopiedCourse) -> Iterator[tuple[Content, Broken]]:
    for page in _drawn(planting, course, Page):
        old = page.url
        page.title = f"{page.title} (revised)"
        page.url = planting.world.free_slug(page)
        new, page.url = page.url, old
        yield page, ("target_missing", new)
        planting.set(page, url=new)


def _own_page(planting: Planting, course: CopiedCourse) -> Iterator[tuple[Content, Broken]]:
    """Give the copied page another title, and the course a page of its own that has the old one."""
    for page in _drawn(planting, course, Page):
        old_title, old = page.title, page.url
        own = Page(course_id=course.course_id, title=old_title, url=old, body="<p>What I say about it.</p>")
        own.created_at = planting.at
        yield page, ("wrong_page", f"{old}-2")
        planting.set(page, title=f"{old_title}-2", url=f"{old}-2")
        planting.world.add(own)


CHANGES: tuple[Change, ...] = (
    _removed(CalendarEvent),
    _own_page,
    _unpublished(Assignment),
    _renamed,
    _removed(Page),
    _unpublished(Quiz),
    _unpublished(Page),
    _removed(File),
    _unpublished(DiscussionTopic),
    _unpublished(Module),
    _unpublished(File),
)
"""What is done to rows: each yields the row, the problem of its links, and the name that the right ones have."""


def change_rows(planting: Planting) -> None:
    """Change rows, until the links that this breaks are a share of all defects."""
    found: list[tuple[CopiedCourse, Broken, re.Pattern[str]]] = []
    courses = list(planting.courses)
    planting.random.shuffle(courses)
    expected = 0
    for number, (course, change) in enumerate(zip(cycle(courses), cycle(CHANGES), strict=False)):
        if expected >= planting.count * SHARE or number >= len(CHANGES) * len(courses):
            break
        for row, broken in change(planting, course):
            pattern = _links_to(course, row)
            expected += sum(len(pattern.findall(place.text)) for place in course.live_places())
            found.append((course, broken, pattern))
    for course, broken, pattern in found:
        _record(planting, course, broken, pattern)


def _record(planting: Planting, course: CopiedCourse, broken: Broken, pattern: re.Pattern[str]) -> None:
    """Record the links to a row that are in places which are still there."""
    problem, name = broken
    for place in course.live_places():
        for match in pattern.finditer(place.text):
            right = None if name is None else f"{course.here}/pages/{name}{unescape(match['rest'])}"
            planting.add(course, place, Link(match["attribute"].lower(), unescape(match["url"]), problem, right))


def _drawn(planting: Planting, course: CopiedCourse, kind: type[C]) -> list[C]:
    """Draw a row of the destination to change: one that is copied, linked to, and no shell; return none or one."""
    rows = [copy for _, copy in course.pairs(kind) if not _is_needed(copy)]
    planting.random.shuffle(rows)
    for row in rows:
        pattern = _links_to(course, row)
        if any(pattern.search(place.text) for place in course.live_places() if place.owner is not row):
            course.changed.add(row)
            return [row]
    return []


def _is_needed(row: Content) -> bool:
    if isinstance(row, Assignment):
        return row.quiz_id is not None or row.discussion_topic_id is not None or row.external_tool_url is not None
    return isinstance(row, Page) and row.front_page


def _links_to(course: CopiedCourse, row: Content) -> re.Pattern[str]:
    """Return the pattern of an attribute that leads to a row of the destination."""
    section, name = row.SECTION, str(row.id)
    if isinstance(row, Page):
        section, name = "(?:pages|wiki)", f"(?:{re.escape(row.url)}|{row.id})"
    return re.compile(
        rf"""(?P<attribute>[\w-]+)=(?P<quote>["'])(?P<url>{course.here}/{section}/{name}(?![\w%-])(?P<rest>[^"']*))""",
    )
