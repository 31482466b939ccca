"""Links in an exported course: each gets a token in its place, which the importing course replaces.

Canvas has a token for files, by their path; for pages, by their slug; for other rows, by their migration id; and for
everything else of the course. Of what follows a row's id only the module item remains, and of files their query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from urllib.parse import parse_qsl, quote

from canvas_emulator.effects.packages.tokens import COURSE, FILE, OBJECT, PAGE, QUERY, ROOT_FOLDER, WORD
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    CalendarEvent,
    Content,
    DiscussionTopic,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.course import Course
from canvas_emulator.model.world import World

OBJECTS: Mapping[str, tuple[type[Content], ...]] = {
    "assignments": (Assignment,),
    "quizzes": (Quiz,),
    "discussion_topics": (DiscussionTopic, Announcement),
    "announcements": (Announcement, DiscussionTopic),
    "modules": (Module,),
    "calendar_events": (CalendarEvent,),
}
"""The sections of a course whose rows have a token of their own, by migration id."""

PAGES = frozenset({"pages", "wiki"})
LEFT = frozenset({"rubrics"})
"""The sections whose links Canvas leaves as they are."""

_TARGET = re.compile(r"/?([^/?#]*)([^#]*)")
_ITEM = re.compile(r"[?&;]module_item_id=(\d+)")


class LinkTokens:
    """Replaces the links into a course by tokens.

    :param world: The world of the course.
    :param course: The course that is exported.
    :param paths: Where files are below those of the course, by id.
    :param key: Gives migration ids.
    """

    def __init__(self, world: World, course: Course, paths: Mapping[int, str], key: Callable[[Content], str]) -> None:
        self._world, self._course, self._paths, self._key = world, course, paths, key
        self.files: set[int] = set()
        """The files to which links have led so far."""
        self._own_origins = {None, f"https://{world.host}", f"http://{world.host}"}
        self._slugs = {page.id: page.url for page in world.rows(Page, course.id)}
        self._pattern = re.compile(
            rf"""(?<![\w.%-])(?P<origin>https?://[^/"'\s<>]+)?(?:/courses/{course.id}(?!\d)"""
            rf"""(?:/(?P<section>\w+)(?P<rest>[^"'<>\s]*))?|/files/(?P<file>\d+)(?P<file_rest>[^"'<>\s]*))"""
        )

    def replace(self, html: str) -> str:
        """Return HTML with tokens in the place of links."""
        return self._pattern.sub(self._replaced, html)

    def _replaced(self, link: re.Match[str]) -> str:
        if link["origin"] not in self._own_origins:
            return link[0]
        if link["file"] is not None:
            return self._file(link["file"], link["file_rest"]) or link[0]
        if link["section"] is None:
            return f"{COURSE}/"
        return self._token(link["section"], link["rest"]) or link[0]

    def _token(self, section: str, rest: str) -> str | None:
        """Return the token of a link; None for a link that is left as it is."""
        target, after = _TARGET.match(rest).groups()  # type: ignore[union-attr]  # it matches everything
        if section in PAGES:
            return f"{PAGE}/{section}/{self._slug(target)}{self._item(after)}"
        if section == "file_contents":
            return FILE + rest.removeprefix(f"/{quote(ROOT_FOLDER)}")
        if section == "modules" and target == "items":
            item = _TARGET.match(after).group(1)  # type: ignore[union-attr]  # it matches everything
            row = self._row((ModuleItem,), item)
            return f"{COURSE}/modules/items/{self._key(row)}" if row else None
        if section == "files" and target.isdecimal():
            return self._file(target, after)
        if section in OBJECTS and target.isdecimal():
            row = self._row(OBJECTS[section], target)
            return f"{OBJECT}/{section}/{self._key(row)}{self._item(after)}" if row else None
        return None if section in LEFT else f"{COURSE}/{section}{rest}"

    def _slug(self, target: str) -> str:
        """Return the slug of the page of an id; a slug, or a title, stays."""
        return (self._slugs.get(int(target)) if target.isdecimal() else None) or target

    def _item(self, after: str) -> str:
        """Return the module item that a link names, by its migration id."""
        match = _ITEM.search(after)
        row = self._row((ModuleItem,), match[1]) if match else None
        return f"?module_item_id={self._key(row)}" if row else ""

    def _file(self, row_id: str, rest: str) -> str | None:
        path = self._paths.get(int(row_id))
        if path is None:
            return None
        self.files.add(int(row_id))
        return f"{FILE}/{quote(path)}{_as_query(rest.partition('#')[0])}"

    def _row(self, kinds: tuple[type[Content], ...], row_id: str) -> Content | None:
        """Return the row of a link, even if it was deleted."""
        rows = (self._world.find(kind, self._course.id, int(row_id)) for kind in kinds if row_id.isdecimal())
        return next(filter(None, rows), None)


def _as_query(rest: str) -> str:
    """Turn the part of a URL after a file's id into a query: a preview, which is the default, into none."""
    path, _, query = unescape(rest).partition("?")
    names = [name for name in path.strip("/").split("/") if name != "preview"]
    words = [f"{WORD}{name}=1" for name in names if name or query]
    words += [f"{QUERY}{quote(name)}={quote(value)}" for name, value in parse_qsl(query, keep_blank_values=True)]
    return "?" + "&amp;".join(words) if words else ""
