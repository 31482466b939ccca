"""Rewriting links in imported HTML, from the source course to the copies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
)

Find = Callable[[type[Content], str], Content | None]
"""From a kind and an id or slug of the source course to the row in the destination."""

SECTIONS: Mapping[str, tuple[type[Content], ...]] = {
    "pages": (Page,),
    "wiki": (Page,),
    "files": (File,),
    "assignments": (Assignment,),
    "quizzes": (Quiz,),
    "discussion_topics": (DiscussionTopic, Announcement),
    "announcements": (Announcement,),
    "modules/items": (ModuleItem,),
    "modules": (Module,),
}
"""What is meant by the part of an address after the course; longer names come first."""


SLUGS = frozenset({"pages", "wiki"})
"""Where a target may be a word; elsewhere only a number is one, and a word is a page of Canvas's own."""


@dataclass(frozen=True)
class Target:
    """The target of a link into the source course.

    :param row: What became of it; None when it is the course itself, or one of Canvas's pages in it.
    :param section: The part of the address between course and row.
    :param rest: The part after the row.
    :param root: Scheme and host, and the API's prefix, if the link has them.
    """

    row: Content | None
    section: str
    rest: str
    root: str


class Links:
    """Rewrites links between two courses.

    :param host: This Canvas, in absolute links; those to other hosts are left alone.
    :param source_id: The course that links point to.
    :param destination_id: The course that they shall point to.
    :param find: What became of the target of a link.
    """

    def __init__(self, host: str, source_id: int, destination_id: int, find: Find) -> None:
        self._own_origins = {None, f"https://{host}", f"http://{host}"}
        self._destination_id = destination_id
        self._find = find
        sections = "|".join(SECTIONS)
        self._pattern = re.compile(
            rf"""(?<![\w.%-])(?P<origin>https?://[^/"'\s<>]+)?(?P<api>/api/v1)?(?:/courses/{source_id}(?!\d)"""
            rf"""(?:/(?P<section>{sections})(?:/(?P<target>[^/?\#"'&<>\s]+)|\?preview=(?P<preview>\d+)))?"""
            rf"""|/files/(?P<file>\d+)(?!\d))(?P<rest>[/?][^"'<>\s\#]*)?"""
        )

    def rewrite(self, html: str) -> tuple[str, list[str]]:
        """Rewrite all links of a piece of HTML.

        :return: The HTML, and the links whose target did not arrive; these are left as they were.
        """
        return self.replace(html, self._in_the_destination)

    def replace(self, html: str, write: Callable[[Target], str]) -> tuple[str, list[str]]:
        """Replace all links of a piece of HTML.

        :param write: Returns what takes a link's place.
        :return: As of ``rewrite``.
        """
        missing: dict[str, None] = {}

        def replaced(link: re.Match[str]) -> str:
            if link["origin"] not in self._own_origins:
                return link[0]
            root, rest = f"{link['origin'] or ''}{link['api'] or ''}", link["rest"] or ""
            section, name = link["section"] or "files", link["target"] or link["preview"] or link["file"]
            if name is None:
                return write(Target(None, "", rest, root))
            if section not in SLUGS and not name.isdecimal():
                return write(Target(None, "", f"/{section}/{name}{rest}", root))
            row = next(filter(None, (self._find(kind, name) for kind in SECTIONS[section])), None)
            if row is not None:
                return write(Target(row, section, rest, root))
            if link["file"] is None:  # a file that no course is named with may be anyone's
                missing[link[0].removesuffix(rest)] = None
            return link[0]

        return self._pattern.sub(replaced, html), list(missing)

    def _in_the_destination(self, target: Target) -> str:
        course = f"{target.root}/courses/{self._destination_id}"
        if (row := target.row) is None:
            return course + target.rest
        return f"{course}/{target.section}/{row.url if isinstance(row, Page) else row.id}{target.rest}"
