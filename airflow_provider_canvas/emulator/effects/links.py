"""Rewriting the links in imported HTML: what points into the source course shall point to the copies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from airflow_provider_canvas.emulator.content import (
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


class Links:
    """Rewrites links between two courses.

    :param host: this Canvas, in absolute links; those to other hosts are left alone.
    :param source_id: the course that links point to.
    :param destination_id: the course that they shall point to.
    :param find: what became of the target of a link.
    """

    def __init__(self, host: str, source_id: int, destination_id: int, find: Find) -> None:
        self._own_origins = {None, f"https://{host}", f"http://{host}"}
        self._destination_id = destination_id
        self._find = find
        sections = "|".join(SECTIONS)
        self._pattern = re.compile(
            rf"""(?P<origin>https?://[^/"'\s<>]+)?(?P<api>/api/v1)?/courses/{source_id}(?!\d)"""
            rf"""(?:/(?P<section>{sections})/(?P<target>[^/?\#"'&<>\s]+))?"""
        )

    def rewrite(self, html: str) -> tuple[str, list[str]]:
        """Rewrite all links of a piece of HTML.

        :return: the HTML, and the links whose target did not arrive; these are left as they were.
        """
        missing: dict[str, None] = {}

        def replaced(link: re.Match[str]) -> str:
            if link["origin"] not in self._own_origins:
                return link[0]
            root = f"{link['origin'] or ''}{link['api'] or ''}/courses/{self._destination_id}"
            if link["section"] is None:
                return root
            found = (self._find(kind, link["target"]) for kind in SECTIONS[link["section"]])
            if (target := next(filter(None, found), None)) is None:
                missing[link[0]] = None
                return link[0]
            return f"{root}/{link['section']}/{target.url if isinstance(target, Page) else target.id}"

        return self._pattern.sub(replaced, html), list(missing)
