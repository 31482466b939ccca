"""The addresses that are planted into copied courses: stale ones of every kind, and some that only look like it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import md5
from random import Random
from typing import Final

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
from canvas_emulator.model.tables import SHARD
from canvas_emulator.seeds.planted.copied_course import CopiedCourse

OTHER_HOSTS = ("northfield.instructure.com", "northfield.beta.instructure.com", "northfield.test.instructure.com")
"""Hosts of other Canvases of the same university."""

BY_ID: tuple[tuple[type[Content], str, str], ...] = (
    (Assignment, "assignments", ""),
    (Quiz, "quizzes", ""),
    (DiscussionTopic, "discussion_topics", ""),
    (Announcement, "announcements", ""),
    (Module, "modules", ""),
    (ModuleItem, "modules/items", ""),
    (CalendarEvent, "calendar_events", ""),
    (File, "files", "/download?wrap=1"),
    (File, "files", ""),
    (File, "files", "?wrap=1&download_frd=1"),
)
"""What an address names by number: the kind, the part of the path, and what follows the number."""

WITH_KEY: tuple[tuple[type[Content], str], ...] = tuple(
    (kind, section) for kind, section, rest in BY_ID if not rest and kind not in (CalendarEvent, File, ModuleItem)
)
SECTIONS = ("", "/grades", "/modules", "/users", "/assignments/syllabus", "/files/folder/course%20files")
UNKNOWN = 99_000_000
"""An id that no row has, with a random number added to it."""


@dataclass(frozen=True)
class Address:
    """An address to plant.

    :param url: It.
    :param right_url: What should be in its place; None where nobody can know.
    :param form: Where it is put, by the names of ``stale_links.FORMS``.
    """

    url: str
    right_url: str | None
    form: str = "a"


Make = Callable[[CopiedCourse, Random], Address | None]
"""Makes an address for a course; None if the course lacks what it takes."""


def _pair(course: CopiedCourse, random: Random, kind: type[Content]) -> tuple[Content, Content] | None:
    pairs = course.pairs(kind)
    return random.choice(pairs) if pairs else None


def _by_id(course: CopiedCourse, random: Random) -> Address | None:
    kind, section, rest = random.choice(BY_ID)
    if (pair := _pair(course, random, kind)) is None:
        return None
    old, new = (f"{base}/{section}/{row.id}{rest}" for base, row in zip(_bases(course), pair, strict=True))
    return Address(old, new)


def _image(course: CopiedCourse, random: Random) -> Address | None:
    if (pair := _pair(course, random, File)) is None:
        return None
    old, new = (f"{base}/files/{row.id}/preview" for base, row in zip(_bases(course), pair, strict=True))
    return Address(old, new, random.choice(("img", "object")))


def _page(course: CopiedCourse, random: Random) -> Address | None:
    pairs = course.pairs(Page)
    if not pairs:
        return None
    page, copy = random.choice(pairs)
    name = random.choice((f"pages/{page.url}", f"wiki/{page.url}", f"pages/{page.id}"))
    rest = random.choice(("", "#plan", "?titleize=0"))
    form = random.choice(("a", "a", "longdesc"))
    return Address(f"{course.source}/{name}{rest}", f"{course.here}/pages/{copy.url}{rest}", form)


def _with_item(course: CopiedCourse, random: Random) -> Address | None:
    homework, item = _pair(course, random, Assignment), _pair(course, random, ModuleItem)
    if homework is None or item is None:
        return None
    old, new = (
        f"{base}/assignments/{row.id}?module_item_id={shown.id}"
        for base, row, shown in zip(_bases(course), homework, item, strict=True)
    )
    return Address(old, new)


def _section(course: CopiedCourse, random: Random) -> Address:
    section = random.choice(SECTIONS)
    return Address(course.source + section, course.here + section)


def _other_form_of_id(course: CopiedCourse, random: Random) -> Address:
    """Name the course by its global id, or by shard and id."""
    number = random.choice((str(SHARD + course.source_id), f"1~{course.source_id}"))
    section = random.choice(SECTIONS)
    return Address(f"/courses/{number}{section}", course.here + section)


def _tool(course: CopiedCourse, random: Random) -> Address:
    query = f"?display=borderless&url=https%3A%2F%2Ftool{random.randrange(1000)}.example%2Flaunch"
    return Address(
        f"{course.source}/external_tools/retrieve{query}", f"{course.here}/external_tools/retrieve{query}", "iframe"
    )


def _removed_copy(course: CopiedCourse, random: Random) -> Address | None:
    removed = [row for kind in (Page, CalendarEvent, File) for row, _ in course.pairs(kind, changed=True)]
    if not removed:
        return None
    row = random.choice(removed)
    name = row.url if isinstance(row, Page) else row.id
    return Address(f"{course.source}/{row.SECTION}/{name}", None)


def _other_course(course: CopiedCourse, random: Random) -> Address | None:
    if not course.others:
        return None
    other = random.choice(course.others)
    rest = random.choice(("", "/modules", f"/assignments/{random.randrange(1, UNKNOWN)}", "/pages/home"))
    return Address(f"/courses/{other}{rest}", None)


def _other_host(course: CopiedCourse, random: Random) -> Address | None:
    made = random.choice((_by_id, _page, _section, _other_course))(course, random)
    return made and Address(f"https://{random.choice(OTHER_HOSTS)}{made.url}", made.right_url)


def _other_host_here(course: CopiedCourse, random: Random) -> Address:
    section = random.choice(SECTIONS)
    return Address(f"https://{random.choice(OTHER_HOSTS)}{course.here}{section}", f"{course.here}{section}")


def _object_placeholder(course: CopiedCourse, random: Random) -> Address | None:
    kind, section = random.choice(WITH_KEY)
    if (pair := _pair(course, random, kind)) is None:
        return None
    url = f"$CANVAS_OBJECT_REFERENCE$/{section}/{migration_id(kind, pair[0].id)}"
    return Address(url, f"{course.here}/{section}/{pair[1].id}", random.choice(("a", "a", "text")))


def _item_placeholder(course: CopiedCourse, random: Random) -> Address | None:
    if (pair := _pair(course, random, ModuleItem)) is None:
        return None
    key = migration_id(ModuleItem, pair[0].id)
    return Address(f"$CANVAS_COURSE_REFERENCE$/modules/items/{key}", f"{course.here}/modules/items/{pair[1].id}")


def _file_placeholder(course: CopiedCourse, random: Random) -> Address | None:
    if (pair := _pair(course, random, File)) is None:
        return None
    form, rest = random.choice((("a", "/download"), ("a", ""), ("style", "/preview"), ("poster", "/preview")))
    url = f"$CANVAS_COURSE_REFERENCE$/file_ref/{migration_id(File, pair[0].id)}{rest}"
    return Address(url, f"{course.here}/files/{pair[1].id}{rest or '/preview'}", form)


def _page_placeholder(course: CopiedCourse, random: Random) -> Address | None:
    pairs = course.pairs(Page)
    if not pairs:
        return None
    page, copy = random.choice(pairs)
    form = random.choice(("a", "text"))
    return Address(f"$WIKI_REFERENCE$/pages/{page.url}", f"{course.here}/pages/{copy.url}", form)


def _section_placeholder(course: CopiedCourse, random: Random) -> Address:
    section = random.choice(("/grades", "/modules", "/assignments/syllabus"))
    return Address(f"$CANVAS_COURSE_REFERENCE${section}", f"{course.here}{section}")


def _dead_placeholder(_: CopiedCourse, random: Random) -> Address:
    key = "g" + md5(str(random.random()).encode(), usedforsecurity=False).hexdigest()
    return Address(f"$CANVAS_OBJECT_REFERENCE$/{random.choice(('assignments', 'quizzes'))}/{key}", None)


def _preview(course: CopiedCourse, random: Random) -> Address | None:
    if (pair := _pair(course, random, File)) is None:
        return None
    return Address(f"{course.here}/files?preview={pair[0].id}", f"{course.here}/files?preview={pair[1].id}")


def _module_anchor(course: CopiedCourse, random: Random) -> Address | None:
    if (pair := _pair(course, random, Module)) is None:
        return None
    return Address(f"{course.here}/modules#module_{pair[0].id}", f"{course.here}/modules#module_{pair[1].id}")


def _media(course: CopiedCourse, random: Random) -> Address | None:
    if (pair := _pair(course, random, File)) is None:
        return None
    rest = "?type=video&embedded=true"
    old, new = (f"/media_attachments_iframe/{row.id}{rest}" for row in pair)
    return Address(old, new, "iframe")


def _stale_item(course: CopiedCourse, random: Random) -> Address | None:
    item, pages = _pair(course, random, ModuleItem), course.pairs(Page)
    if item is None or not pages:
        return None
    page = f"{course.here}/pages/{random.choice(pages)[1].url}?module_item_id="
    stale = random.choice((str(item[0].id), migration_id(ModuleItem, item[0].id)))
    return Address(page + stale, page + str(item[1].id))


def _unknown_target(course: CopiedCourse, random: Random) -> Address:
    number = UNKNOWN + random.randrange(1_000_000)
    forms = (f"pages/never-was-{number}", f"assignments/{number}", f"files/{number}/download", f"quizzes/{number}")
    return Address(f"{course.here}/{random.choice(forms)}", None)


def _id_of_source(course: CopiedCourse, random: Random) -> Address | None:
    kind, section = random.choice(
        ((Assignment, "assignments"), (Quiz, "quizzes"), (DiscussionTopic, "discussion_topics"))
    )
    pair = _pair(course, random, kind)
    return pair and Address(f"{course.here}/{section}/{pair[0].id}", None)


def _bases(course: CopiedCourse) -> tuple[str, str]:
    return course.source, course.here


STALE: Final[Mapping[str, tuple[Make, ...]]] = {
    "points_to_source": (
        _by_id,
        _by_id,
        _page,
        _image,
        _with_item,
        _section,
        _other_form_of_id,
        _tool,
        _removed_copy,
    ),
    "points_to_other_course": (_other_course,),
    "points_to_other_host": (_other_host, _other_host_here),
    "placeholder": (
        _object_placeholder,
        _item_placeholder,
        _file_placeholder,
        _file_placeholder,
        _page_placeholder,
        _section_placeholder,
        _dead_placeholder,
    ),
    "source_id": (_preview, _module_anchor, _media, _stale_item),
    "target_missing": (_unknown_target, _id_of_source),
}
"""By problem, what makes addresses that have it."""

HARMLESS: Final = (
    '<p><a href="https://example.edu{source}/assignments/1">another university</a></p>',
    "<p>Formerly at {source}/pages/home, now elsewhere.</p>",
    "<pre>GET {source}/assignments/7</pre><p><code>{source}</code></p>",
    '<p><a href="/courses/{global_id}/grades">grades</a> <a href="/courses/1~{course_id}/modules">modules</a></p>',
    '<p><a href="{here}/grades">grades</a>, <a href="{here}">the course</a></p>',
    '<p><a href="{here}/wiki/{page}">a page</a>, <a href="{here}/pages/{title}">by its title</a></p>',
    '<p><a href="/users/{number}/files/{number}/download">mine</a> <a href="/groups/{number}">our group</a></p>',
    '<p><a href="/accounts/1">the university</a> <a href="mailto:a{number}@northfield.example">mail</a></p>',
    '<p><a href="#part-{number}">below</a> <img src="/equation_images/x%255E{number}?scale=1" alt="x"></p>',
    '<p><iframe src="https://www.youtube.com/embed/{number}?rel=0"></iframe></p>',
    '<p><a href="/courses/{allowed}/pages/anything-{number}">the handbook of all courses</a></p>',
    '<p><a href="{here}/files/{file}/download?wrap=1" data-api-endpoint="{here}/files/{file}">a file</a></p>',
)
"""HTML that only looks as if it had a stale link."""
