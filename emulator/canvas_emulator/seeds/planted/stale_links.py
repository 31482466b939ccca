"""Planting stale links into all courses that were copied, and the truth about each.

Rows are changed first: removed, unpublished, renamed, with every link that this breaks in the course. Then addresses
are put into texts, into module items, and into the links of tools.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from html import escape, unescape
from itertools import cycle
from random import Random
from urllib.parse import quote_plus

from canvas_emulator.effects.html_places import CHOICES, Place
from canvas_emulator.model.content import Assignment, Content, File, LtiResourceLink, Module, ModuleItem, Page
from canvas_emulator.model.tables import SHARD
from canvas_emulator.model.world import World
from canvas_emulator.seeds.planted.copied_course import CopiedCourse
from canvas_emulator.seeds.planted.defects import Link, Planting
from canvas_emulator.seeds.planted.row_changes import change_rows
from canvas_emulator.seeds.planted.stale_addresses import HARMLESS, STALE, Address

TEXTS = (
    "pages",
    "assignments",
    "discussion_topics",
    "announcements",
    "quizzes",
    "quiz_questions",
    "syllabus",
    "calendar_events",
)
ADDRESSES = ("module_items", "lti_resource_links")
NOT_IN_ADDRESSES = ("placeholder", "lost_anchor")
"""The problems that a field with a single address cannot have."""
LOST_ANCHOR = "lost_anchor"
LAUNCHED: Mapping[str, tuple[type[Content], str, str]] = {
    Assignment.KIND: (Assignment, "external_tool_url", "external_tool_tag_attributes.url"),
    ModuleItem.KIND: (ModuleItem, "external_url", "external_url"),
}
"""What launches a tool: its kind, its field, and the field's name in the API."""
SHARE_OF_LAUNCHES = 0.3
FORMS = {
    "a": ("href", '<p>More is <a href="{}">here</a>.</p>'),
    "img": ("src", '<p><img src="{}" alt="A figure"></p>'),
    "longdesc": ("longdesc", '<p><img src="https://www.northfield.example/logo.png" alt="A logo" longdesc="{}"></p>'),
    "object": ("data", '<p><object data="{}" type="video/mp4"></object></p>'),
    "iframe": ("src", '<p><iframe src="{}" width="560"></iframe></p>'),
    "style": ("style", '<div style="background-image: url({});">A banner</div>'),
    "poster": ("poster", '<p><video poster="{}" controls="controls"></video></p>'),
    "text": ("text", "<p>See {} for more.</p>"),
}
"""By form: the attribute, and the HTML."""


def plant_stale_links(
    world: World, count: int, seed: int, base_url: str = "", course_ids: Collection[int] | None = None
) -> Planting:
    """Plant stale links into the courses that were copied, and harmless addresses beside them.

    :param count: How many at least; fewer if the courses have no room for them.
    :param seed: Chooses what is planted where: the same seed plants the same into the same courses.
    :param base_url: Scheme and host of this Canvas.
    :param course_ids: The courses; by default all that were copied.
    """
    planting = Planting(world, Random(seed), base_url, count, course_ids)  # noqa: S311  nothing secret
    if planting.courses:
        change_rows(planting)
        _write_addresses(planting)
    return planting


def _write_addresses(planting: Planting) -> None:
    """Put addresses into places, each problem into each kind of place in turn, until there are enough."""
    problems = (*STALE, LOST_ANCHOR)
    turns = [(problem, kind) for problem in problems for kind in (*TEXTS, *ADDRESSES)]
    turns = [(problem, kind) for problem, kind in turns if kind in TEXTS or problem not in NOT_IN_ADDRESSES]
    planting.random.shuffle(turns)
    courses = list(planting.courses)
    planting.random.shuffle(courses)
    failures = 0
    for number, (problem, kind) in enumerate(cycle(turns)):
        if planting.is_full or failures > len(turns) * 2:
            return
        course = courses[number * 7 % len(courses)] if len(courses) % 7 else courses[number % len(courses)]
        done = any(
            _put(planting, each, problem, kind)
            for each in (course, *planting.random.sample(courses, min(3, len(courses))))
        )
        failures = 0 if done else failures + 1
        if number % 5 == 0:
            _put_harmless(planting, course, TEXTS[number // 5 % len(TEXTS)])


def _put(planting: Planting, course: CopiedCourse, problem: str, kind: str) -> bool:
    """Put an address with a problem into a place of a kind; tell whether there was room."""
    if problem == LOST_ANCHOR:
        return _lose_anchor(planting, course, kind)
    if kind == LtiResourceLink.KIND:
        return _put_into_tool(planting, course, problem)
    if problem == "points_to_source" and kind in LAUNCHED and planting.random.random() < SHARE_OF_LAUNCHES:
        return _put_into_launch(planting, course, kind)
    address = planting.random.choice(STALE[problem])(course, planting.random)
    if address is None:
        return False
    if kind == ModuleItem.KIND:
        return _put_into_item(planting, course, problem, address)
    return _put_into_text(planting, course, kind, problem, address)


def _put_into_text(planting: Planting, course: CopiedCourse, kind: str, problem: str, address: Address) -> bool:
    places = [place for place in course.live_places() if place.type == kind]
    places = [place for place in places if address.url not in unescape(place.text)]
    if not places:
        return False
    place = planting.random.choice(places)
    attribute, html = FORMS[address.form]
    text = html.format(escape(address.url))
    place.write(text + place.text if planting.random.random() < 0.25 else place.text + text, planting.at)
    planting.add(course, place, Link(attribute, address.url, problem, address.right_url))
    return True


def _put_into_launch(planting: Planting, course: CopiedCourse, kind: str) -> bool:
    """Let the URL that an assignment or a module item launches name the source."""
    row_kind, name, field = LAUNCHED[kind]
    rows = [
        row for row in planting.world.live(row_kind, course.course_id) if _is_launch(row) and row not in course.changed
    ]
    if not rows:
        return False
    row = planting.random.choice(rows)
    old, new = (f"{getattr(row, name)}&course_id={each}" for each in (course.source_id, course.course_id))
    planting.set(row, **{name: old})
    course.changed.add(row)
    planting.add(course, Place(kind, row, field), Link("", old, "points_to_source", new))
    return True


def _is_launch(row: Content) -> bool:
    if isinstance(row, Assignment):
        return row.external_tool_id is not None and "?" in (row.external_tool_url or "")
    return isinstance(row, ModuleItem) and row.type == "ExternalTool" and "?" in (row.external_url or "")


def _lose_anchor(planting: Planting, course: CopiedCourse, kind: str) -> bool:
    """Take the fragment off a link to a page, as Canvas does with some."""
    slugs = "|".join(re.escape(copy.url) for _, copy in course.pairs(Page))
    pattern = re.compile(rf'(?<=href=")(?P<url>{course.here}/pages/(?:{slugs}))(?P<anchor>#\w+)(?=")')
    places = [place for place in course.live_places() if place.type == kind and pattern.search(place.text)]
    if not slugs or not places:
        return False
    place = planting.random.choice(places)
    match = pattern.search(place.text)
    if match is None or f'"{match["url"]}"' in place.text:
        return False
    place.write(place.text[: match.start()] + match["url"] + place.text[match.end() :], planting.at)
    planting.add(course, place, Link("href", match["url"], LOST_ANCHOR, match["url"] + match["anchor"]))
    return True


def _put_into_item(planting: Planting, course: CopiedCourse, problem: str, address: Address) -> bool:
    """Add a module item that leads to an address."""
    modules = [module for _, module in course.pairs(Module)]
    if not modules:
        return False
    item = ModuleItem(
        course_id=course.course_id,
        title="More to read",
        module_id=planting.random.choice(modules).id,
        type="ExternalUrl",
    )
    item.external_url = address.url if address.url.startswith("http") else planting.base_url + address.url
    item.position, item.created_at = 100 + len(planting.defects), planting.at
    planting.world.add(item)
    place = Place(item.KIND, item, "external_url")
    planting.add(course, place, Link("", address.url, problem, address.right_url))
    return True


def _put_into_tool(planting: Planting, course: CopiedCourse, problem: str) -> bool:
    """Let the URL or a parameter of an LTI resource link name the source; only two problems can be there,
    and none in a Canvas whose API does not show these links.
    """
    links = [link for link in course.links() if link not in course.changed]
    files = course.pairs(File)
    is_possible = planting.world.settings.lti_resource_links and problem in ("points_to_source", "source_id")
    if not is_possible or not links or not files:
        return False
    link, (file, copy) = planting.random.choice(links), planting.random.choice(files)
    custom = dict(link.custom or {})
    if problem == "source_id":
        field, old, new = "custom.file_id", str(file.id), str(copy.id)
        custom["file_id"] = old
    elif planting.random.random() < 0.5:
        field, old, new = "custom.canvas_course_id", str(course.source_id), str(course.course_id)
        custom["canvas_course_id"] = old
    else:
        field = "url"
        old, new = (f"{link.url}&course_id={each}" for each in (course.source_id, course.course_id))
        link.url = old
    planting.set(link, custom=custom or None)
    course.changed.add(link)
    planting.add(course, Place(link.KIND, link, field), Link("", old, problem, new))
    return True


def _put_harmless(planting: Planting, course: CopiedCourse, kind: str) -> None:
    """Put HTML into a text that only looks as if it had a stale link."""
    places = [place for place in course.live_places() if place.type == kind and place.name != CHOICES]
    pages, files = course.pairs(Page), course.pairs(File)
    if planting.allowed == course.course_id or not places or not pages or not files:
        return
    place, page = planting.random.choice(places), planting.random.choice(pages)[1]
    text = planting.random.choice(HARMLESS).format(
        source=course.source,
        here=course.here,
        course_id=course.course_id,
        global_id=SHARD + course.course_id,
        page=page.url,
        title=quote_plus(page.title),
        file=planting.random.choice(files)[1].id,
        allowed=planting.allowed,
        number=planting.random.randrange(10, 99),
    )
    place.write(place.text + text, planting.at)
    planting.harmless += 1
