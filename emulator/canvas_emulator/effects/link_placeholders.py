"""Placeholders for the links into a course, as Canvas writes them when it exports HTML.

A placeholder names its target by migration id, so that it means the same in every course. It takes the place of a link
anywhere in the text, also where ``LinkResolver`` does not look for it later: in ``style``, ``poster`` and plain text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import md5

from canvas_emulator.effects.mapping import migration_id
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
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.world import World

COURSE, OBJECT = "$CANVAS_COURSE_REFERENCE$", "$CANVAS_OBJECT_REFERENCE$"
PAGE, FILE = "$WIKI_REFERENCE$", "$IMS-CC-FILEBASE$"

ROWS: Mapping[str, tuple[type[Content], ...]] = {
    "files": (File,),
    "modules/items": (ModuleItem,),
    "assignments": (Assignment,),
    "quizzes": (Quiz,),
    "discussion_topics": (DiscussionTopic, Announcement),
    "announcements": (Announcement, DiscussionTopic),
    "modules": (Module,),
    "calendar_events": (CalendarEvent,),
}
"""The parts of an address whose numbers are replaced by migration ids, and the kinds of row that have these numbers."""

MEDIA = "media_attachment=true"
"""Marks the placeholder of a file that an iframe plays."""

PAGES = frozenset({"pages", "wiki"})
KEPT = frozenset({"rubrics"})
"""The parts of an address whose numbers Canvas leaves alone, with the whole link."""

ROOT_BY_PATH = "/file_contents/course%20files/"
UNKNOWN_ITEM = "g" + md5(b"content_tag_", usedforsecurity=False).hexdigest()
"""What becomes of a ``module_item_id`` that is no id of an item: the migration id of none."""

_ITEM_ID = re.compile(r"(?<=module_item_id=)[^&]*")

WriteFile = Callable[[File, str], str]
"""Writes the placeholder of a link to a file, from the file and what follows its number."""


def file_reference(file: File, rest: str) -> str:
    """Write the placeholder that course copies have for a file."""
    return f"{COURSE}/file_ref/{migration_id(File, file.id)}{rest}"


class Placeholders:
    """Replaces the links into a course by placeholders.

    A link to a row that was deleted gets one, too. A link to a row that never existed stays as it is.

    :param world: The world of the course.
    :param course_id: The course that the links lead into.
    :param write_file: Writes the placeholders of files.
    :param pages_by_slug: Name pages by their slugs, as packages do in every edition.
    """

    def __init__(
        self, world: World, course_id: int, write_file: WriteFile = file_reference, *, pages_by_slug: bool = False
    ) -> None:
        self._world, self._course_id, self._write_file = world, course_id, write_file
        self._is_legacy = world.settings.legacy_copied_links
        self._by_slug = pages_by_slug or self._is_legacy
        pages = sorted(world.rows(Page, course_id), key=lambda page: not page.deleted)
        self._pages = {str(page.id): page for page in pages} | {page.url: page for page in pages}
        self._pattern = re.compile(
            rf"""(?<![\w.%-])(?:"""
            rf"""(?:https?://[^/"'\s<>]+)?/courses/{course_id}(?P<course>(?=[/?\#])[^\s"'<>]*|(?![\w/?\#]))"""
            rf"""|(?:https?://{re.escape(world.host)})?/files/(?P<file>\d+)(?!\d)(?P<file_rest>[^\s"'<>]*)"""
            rf"""|/media_attachments_iframe/(?P<media>\d+)(?!\d)(?P<media_rest>[^\s"'<>]*))"""
        )

    def write(self, html: str) -> str:
        """Replace all links into the course in a piece of HTML."""
        return self._pattern.sub(self._replaced, html)

    def files(self, html: str) -> Iterator[File]:
        """Yield the files of the course that the links of a piece of HTML show, by number."""
        for match in self._pattern.finditer(html):
            number = match["file"] or self._media_number(match)
            if number is None and (parts := _parts(match["course"] or ""))[0] == "files":
                number = parts[1]
            if (file := self._row((File,), number or "")) is not None:
                yield file  # type: ignore[misc]  # only files were looked for

    def _replaced(self, match: re.Match[str]) -> str:
        if match["course"] is not None:
            return self._in_course(match["course"]) or match[0].replace(ROOT_BY_PATH, f"/file_contents/{FILE}/")
        rest = match["file_rest"] or ""
        if (number := self._media_number(match)) is not None:
            query = match["media_rest"].partition("?")[2]
            rest = f"?{MEDIA}" + (f"&amp;{query}" if query else "")
        file = self._row((File,), match["file"] or number or "")
        return self._write_file(file, rest) if isinstance(file, File) else match[0]

    def _media_number(self, match: re.Match[str]) -> str | None:
        return None if self._is_legacy else match["media"]

    def _in_course(self, rest: str) -> str | None:
        """Write the placeholder of a link; None if it stays as it is.

        :param rest: What follows the course in the link.
        """
        section, target, after = _parts(rest)
        if section in PAGES:
            return f"{PAGE}/{section if target else 'pages'}/{self._page(target)}{self._query(after, keep=True)}"
        if rest.startswith(("//", ROOT_BY_PATH)) or rest == "/" or (section in KEPT and target):
            return None
        number = re.match(r"\d+(?!\w)", target)
        if number is None:
            return f"{COURSE}/{rest.removeprefix('/')}"
        return self._to_row(section, number[0], target[number.end() :] + after)

    def _to_row(self, section: str, number: str, after: str) -> str | None:
        if section not in ROWS:
            return f"{COURSE}/{section}/{number}{after}"
        row = self._row(ROWS[section], number)
        match row:
            case None:
                return None
            case File():
                return self._write_file(row, after)
            case ModuleItem():
                token = COURSE
            case _:
                token = OBJECT
        return f"{token}/{section}/{migration_id(type(row), row.id)}{self._query(after)}"

    def _page(self, name: str) -> str:
        page = self._pages.get(name)
        if page is None:
            return name
        return page.url if self._by_slug or page.deleted else migration_id(Page, page.id)

    def _query(self, rest: str, *, keep: bool = False) -> str:
        """Return the query of a link, with the migration id of its module item; a fragment behind it is lost.

        :param rest: What follows the number or name of the target.
        :param keep: Keep a fragment where there is no query.
        """
        _, question_mark, query = rest.partition("?")
        if not question_mark:
            return rest[rest.index("#") :] if keep and "#" in rest else ""
        return question_mark + _ITEM_ID.sub(self._item_key, query).partition("#")[0]

    def _item_key(self, match: re.Match[str]) -> str:
        item = self._row((ModuleItem,), match[0])
        return UNKNOWN_ITEM if item is None else migration_id(ModuleItem, item.id)

    def _row(self, kinds: tuple[type[Content], ...], number: str) -> Content | None:
        row_id = parse_int(number)
        found = (self._world.find(kind, self._course_id, row_id) for kind in kinds if row_id is not None)
        return next(filter(None, found), None)


def _parts(rest: str) -> tuple[str, str, str]:
    """Split what follows the course in a link: the section, the number or name in it, and the rest."""
    match = re.fullmatch(r"(?:/(modules/items|[^/?#]*)(?:/([^/?#]*))?)?(.*)", rest, re.DOTALL)
    return (match[1] or "", match[2] or "", match[3]) if match else ("", "", rest)
