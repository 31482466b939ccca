"""Whether an address in a course leads to something, as Canvas's link validation tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from fnmatch import fnmatch
from urllib.parse import SplitResult, unquote_plus, urlsplit

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    CalendarEvent,
    Content,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.content_pages import slug
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.world import World


class Reason(StrEnum):
    """Why a link is invalid."""

    UNREACHABLE = "unreachable"
    COURSE_MISMATCH = "course_mismatch"
    MISSING_ITEM = "missing_item"
    DELETED = "deleted"
    UNPUBLISHED_ITEM = "unpublished_item"


ROWS: Mapping[str, tuple[type[Content], ...]] = {
    "assignments": (Assignment,),
    "quizzes": (Quiz,),
    "discussion_topics": (DiscussionTopic, Announcement),
    "announcements": (Announcement, DiscussionTopic),
    "modules": (Module,),
    "modules/items": (ModuleItem,),
    "calendar_events": (CalendarEvent,),
    "files": (File,),
}
"""The parts of a path behind which a number names a row, and its kinds."""

_ROUTE = re.compile(
    r"/(?:courses/[^/]+(?:/(?:pages|wiki|assignments|quizzes|discussion_topics|announcements|modules|files|"
    r"file_contents|grades|users|calendar_events|external_tools|rubrics|outcomes|groups|settings|details)(?:/.*)?)?/?"
    r"|(?:files|media_attachments_iframe|media_objects|media_objects_iframe|users|groups|accounts|equation_images|"
    r"assessment_questions)/.+"
    r"|(?:calendar|courses|profile|dashboard)?)"
)
"""The paths that Canvas has pages for."""
_COURSE = re.compile(r"/courses/(?P<id>\d+)")
_OBJECT = re.compile(r"/courses/\d+/(?P<section>modules/items|[a-z_]+)/(?P<name>[^/]+)/?")
_NOT_CHECKED = ("mailto:", "javascript:", "tel:", "#")


class LinkChecks:
    """Checks the addresses of one course.

    :param world: The world of the course.
    :param course_id: The course.
    :param hosts: The hosts of this Canvas.
    """

    def __init__(self, world: World, course_id: int, hosts: frozenset[str]) -> None:
        self._world, self._course_id, self._hosts = world, course_id, hosts

    def check(self, url: str) -> Reason | None:
        """Return why an address is invalid; None if it is valid or not checked."""
        if url.lower().startswith(_NOT_CHECKED) or not url:
            return None
        try:
            parts = urlsplit(url)
            host = parts.hostname
        except ValueError:
            return Reason.UNREACHABLE
        if " " in url:
            return Reason.UNREACHABLE
        if host is not None and host not in self._hosts:
            return self._outside(host)
        if parts.scheme not in ("", "http", "https"):
            return None
        return self._inside(parts)

    def _outside(self, host: str) -> Reason | None:
        """Tell whether another host responds; nothing is sent to it."""
        silent = any(fnmatch(host, pattern) for pattern in self._world.settings.unreachable_hosts)
        return Reason.UNREACHABLE if silent else None

    def _inside(self, parts: SplitResult) -> Reason | None:
        if not _ROUTE.fullmatch(parts.path):
            return Reason.UNREACHABLE
        course = _COURSE.match(parts.path)
        if course is None:
            return None
        if int(course["id"]) != self._course_id or parts.path[course.end() :][:1] not in ("", "/"):
            return Reason.COURSE_MISMATCH
        found = _OBJECT.fullmatch(parts.path)
        return None if found is None else self._object(found["section"], found["name"])

    def _object(self, section: str, name: str) -> Reason | None:
        if section in ("pages", "wiki"):
            return self._state(self._page(unquote_plus(name)))
        if section == "external_tools" and name == "retrieve":
            return Reason.MISSING_ITEM
        row_id = parse_int(name)
        if section not in ROWS or row_id is None:
            return None
        found = (self._world.find(kind, self._course_id, row_id) for kind in ROWS[section])
        return self._state(next(filter(None, found), None))

    def _page(self, name: str) -> Page | None:
        """Find a page by its slug, its id or its title; one that is not deleted comes first."""
        rows = sorted(self._world.rows(Page, self._course_id), key=lambda row: row.deleted)
        tests: tuple[Callable[[Page], bool], ...] = (
            lambda row: row.url == name,
            lambda row: str(row.id) == name,
            lambda row: row.url == slug(name),
        )
        return next((row for test in tests for row in rows if test(row)), None)

    def _state(self, row: Content | None) -> Reason | None:
        if row is None:
            return Reason.MISSING_ITEM
        if row.deleted:
            return Reason.DELETED
        is_hidden = not row.published and not isinstance(row, File)
        return Reason.UNPUBLISHED_ITEM if is_hidden else None
