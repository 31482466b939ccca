"""Links of every form in copied HTML, as a real Canvas of June 2023 copied them from course 14 to course 852."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from canvas_emulator.effects.copy import copy_files, import_content
from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.effects.selection import options_of_select
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import (
    DELETED,
    Announcement,
    Assignment,
    CalendarEvent,
    DiscussionTopic,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    Quiz,
    Rubric,
)
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import Account, ContentMigration
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World

SOURCE, COPY, COPY_OF_COPY = 14, 852, 875
HOST = "canvas.example"
MEDIA = "m-real0123456789abcdef0123456789abcd"
TOOL = "https%3A%2F%2Ftool.example.invalid%2Flaunch%3Fx%3D1"
DELETED_ASSIGNMENT = "$CANVAS_OBJECT_REFERENCE$/assignments/g56dca6751ac4c39b7f3af6c74ed0a8d2"
DELETED_FILE = "$CANVAS_COURSE_REFERENCE$/file_ref/g525b8f1a2ef28df388a01e581ca7db9d/download"
PICTURE = "$CANVAS_COURSE_REFERENCE$/file_ref/g9c339a1cb744c1f6c170c59cf32d84d6/preview"
ESSAY = "$CANVAS_OBJECT_REFERENCE$/assignments/g91b57128a8060eef98bca203785de824"

ADDRESSES = {
    "/courses/14/pages/lab-safety": "/courses/852/pages/lab-safety",
    "/courses/14/wiki/lab-safety": "/courses/852/pages/lab-safety",
    "/courses/14/pages/8": "/courses/852/pages/lab-safety",
    "/courses/14/wiki/Lab+safety": "/courses/852/pages/Lab+safety",
    "/courses/14/pages/Lab%20safety": "/courses/852/pages/Lab%20safety",
    "/courses/14/pages/home?module_item_id=12#top": (
        "/courses/852/pages/home?module_item_id=g0bb8a3b6c18593dfe6054d27d0d132ac"
    ),
    "/courses/14/pages/lab-safety-2": "/courses/852/pages/lab-safety-2",
    "/courses/14/pages/never-was": "/courses/852/pages/never-was",
    "/courses/14/assignments/2": "/courses/852/assignments/<assignment>",
    "/courses/14/assignments/2?module_item_id=12": "/courses/852/assignments/<assignment>?module_item_id=<item>",
    "/courses/14/assignments/syllabus": "/courses/852/assignments/syllabus",
    "/courses/14/assignments": "/courses/852/assignments",
    "/courses/14/assignments/2/submissions/1": "/courses/852/assignments/<assignment>",
    "/courses/14/quizzes/1": "/courses/852/quizzes/<quiz>",
    "/courses/14/discussion_topics/1": "/courses/852/discussion_topics/<topic>",
    "/courses/14/discussion_topics/15": "/courses/852/discussion_topics/<announcement>",
    "/courses/14/announcements/15": "/courses/852/announcements/<announcement>",
    "/courses/14/modules/1": "/courses/852/modules/<module>",
    "/courses/14/modules#module_1": "/courses/852/modules#module_1",
    "/courses/14/modules/items/12": "/courses/852/modules/items/<item>",
    "/courses/14/calendar_events/1": "/courses/852/calendar_events/<event>",
    "/courses/14/rubrics/1": "/courses/14/rubrics/1",
    "/courses/14/files/1": "/courses/852/files/<syllabus>/preview",
    "/courses/14/files/1/download": "/courses/852/files/<syllabus>/download",
    "/courses/14/files/1?wrap=1&amp;download_frd=1": "/courses/852/files/<syllabus>?wrap=1&download_frd=1",
    "/files/1/download": "/courses/852/files/<syllabus>/download",
    "/courses/14/files?preview=1": "/courses/852/files?preview=1",
    "/courses/14/files/1/file_preview?annotate=0": "/courses/852/files/<syllabus>/file_preview?annotate=0",
    "/courses/14/files/folder/week%201": "/courses/852/files/folder/week%201",
    "/courses/14/file_contents/course%20files/week%201/lab%20sheets/lab%20sheet%201.html": (
        "/courses/852/files/<sheet>/preview"
    ),
    "/media_attachments_iframe/10?type=video&amp;embedded=true": (
        "/media_attachments_iframe/10?type=video&amp;embedded=true"
    ),
    f"/media_objects_iframe/{MEDIA}?type=video": f"/media_objects_iframe/{MEDIA}?type=video",
    f"/media_objects/{MEDIA}": f"/media_objects/{MEDIA}",
    f"/courses/14/external_tools/retrieve?display=borderless&amp;url={TOOL}": (
        f"/courses/852/external_tools/retrieve?display=borderless&amp;url={TOOL}"
    ),
    "/courses/14/external_tools/1": "/courses/852/external_tools/1",
    "/courses/14": "/courses/852/",
    "http://canvas.example/courses/14": "/courses/852/",
    "https://vanity.example/courses/14/pages/home": "/courses/852/pages/home",
    "/courses/14/pages": "/courses/852/pages/",
    "/courses/14/grades": "/courses/852/grades",
    "/courses/14/users": "/courses/852/users",
    "/courses/14/modules": "/courses/852/modules",
    "/courses/1/pages/plain-one": "/courses/1/pages/plain-one",
    "/courses/1": "/courses/1",
    "/courses/140/assignments/2": "/courses/140/assignments/2",
    "http://canvas.example/courses/1/modules": "/courses/1/modules",
    "/courses/99999999/assignments/1": "/courses/99999999/assignments/1",
    "/courses/14/pages/to-be-deleted": "/courses/852/pages/to-be-deleted",
    "/courses/14/assignments/34": DELETED_ASSIGNMENT,
    "/courses/14/files/29/download": DELETED_FILE,
    "/courses/14/assignments/99999999": "/courses/14/assignments/99999999",
    "/courses/14/files/99999999/download": "/courses/14/files/99999999/download",
    "/users/1/files/1/download": "/users/1/files/1/download",
    "/groups/1": "/groups/1",
    "/accounts/1": "/accounts/1",
    "/equation_images/x%255E2%252B%255Cfrac%257B1%257D%257B2%257D?scale=1": (
        "/equation_images/x%255E2%252B%255Cfrac%257B1%257D%257B2%257D?scale=1"
    ),
    "#top": "#top",
    "mailto:someone@example.invalid": "mailto:someone@example.invalid",
    "https://www.example.invalid/courses/1/pages/x?y=1&amp;z=2#w": (
        "https://www.example.invalid/courses/1/pages/x?y=1&amp;z=2#w"
    ),
    "http://example.invalid": "http://example.invalid",
}
"""By the ``href`` of a link in the source: the one in the copy, with the ids of copies by name."""

MARKUP = {
    '<a href="/courses/14/pages/home" data-api-endpoint="http://canvas.example/api/v1/courses/14/pages/home">': (
        '<a href="/courses/852/pages/home" data-api-endpoint="http://canvas.example/api/v1/courses/14/pages/home">'
    ),
    '<a href="http://canvas.example/courses/14/assignments/2">http://canvas.example/courses/14/assignments/2</a>': (
        f'<a href="/courses/852/assignments/<assignment>">{ESSAY}</a>'
    ),
    "<img alt='a' src='/courses/14/files/3/preview'>": "<img alt='a' src='/courses/852/files/<picture>/preview'>",
    '<img src="/courses/14/files/3/preview" longdesc="/courses/14/pages/home">': (
        '<img src="/courses/852/files/<picture>/preview" longdesc="/courses/852/pages/home">'
    ),
    '<div style="background-image: url(/courses/14/files/3/preview);">d</div>': (
        f'<div style="background-image: url({PICTURE});">d</div>'
    ),
    '<video poster="/courses/14/files/3/preview"><source src="/courses/14/files/10/download"></video>': (
        f'<video poster="{PICTURE}"><source src="/courses/852/files/<clip>/download"></video>'
    ),
    '<object data="/courses/14/files/10/download"><param name="src" value="/courses/14/files/10/download"></object>': (
        '<object data="/courses/852/files/<clip>/download">'
        '<param name="src" value="/courses/852/files/<clip>/download"></object>'
    ),
    "<p>See http://canvas.example/courses/14/pages/home or /courses/14/assignments/2.</p>": (
        f"<p>See $WIKI_REFERENCE$/pages/home or {ESSAY}</p>"
    ),
    "<pre>/courses/14/pages/home</pre>": "<pre>$WIKI_REFERENCE$/pages/home</pre>",
    "<p>Not a link: $5 of /courses/1400 and courses/14</p>": "<p>Not a link: $5 of /courses/1400 and courses/14</p>",
}
"""By the markup in the source: that of the copy."""

BEFORE_AND_AFTER = [
    *((f'<a class="x" href="{old}">link</a>', f'<a class="x" href="{new}">link</a>') for old, new in ADDRESSES.items()),
    *MARKUP.items(),
]


def linked_world(*, legacy: bool = True) -> World:
    """Return a world whose course 14 has the rows that the links lead to, under the ids of the real one."""
    world = World(clock=ManualClock(), settings=Settings(legacy_copied_links=legacy), host=HOST)
    world.tables.accounts[1] = Account(1, "Root")
    for course_id in (SOURCE, COPY, COPY_OF_COPY):
        world.tables.courses[course_id] = Course(course_id, f"Course {course_id}", "C", 1, 1)

    def add(kind: Any, row_id: int, title: str, **values: Any) -> Any:
        return world.add(kind(course_id=SOURCE, id=row_id, title=title, **values))

    add(Folder, 1, "course files")
    week = add(Folder, 2, "week 1", full_name="course files/week 1")
    sheets = add(Folder, 3, "lab sheets", full_name="course files/week 1/lab sheets")
    add(File, 1, "syllabus.txt", folder_id=1)
    add(File, 3, "picture.png", folder_id=week.id)
    add(File, 10, "clip.mp4", folder_id=1)
    add(File, 11, "lab sheet 1.html", folder_id=sheets.id)
    add(File, 29, "to be deleted.txt", folder_id=1, workflow_state=DELETED)
    for page_id, title in ((7, "Home"), (8, "Lab safety"), (9, "Lab safety-2")):
        add(Page, page_id, title)
    add(Page, 13, "To be deleted", workflow_state=DELETED)
    add(Assignment, 2, "Essay")
    add(Assignment, 34, "To be deleted", workflow_state=DELETED)
    add(Quiz, 1, "Quiz")
    add(DiscussionTopic, 1, "Topic")
    add(Announcement, 15, "News")
    add(CalendarEvent, 1, "Trip")
    add(Rubric, 1, "Rubric")
    add(Module, 1, "One")
    add(ModuleItem, 12, "Essay", module_id=1, type="Assignment", content_id=2)
    body = "\n".join(before for before, _ in BEFORE_AND_AFTER)
    add(Page, 27, "Links of every form", body=body)
    return world


def copy(world: World, source: int, destination: int, **select: list[int]) -> ContentMigration:
    """Copy a course, or a selection of it, at once."""
    now: datetime = world.clock.now()
    options = options_of_select(select) if select else {"everything": "1"}
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=destination,
        user_id=1,
        migration_type="course_copy_importer",
        source_course_id=source,
        migration_settings={"copy_options": options},
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    copy_files(world, migration, now)
    import_content(world, migration, now)
    return migration


def lines(world: World, course_id: int, title: str = "Links of every form") -> list[str]:
    """Return the lines of a page, with names for the ids of the copied rows."""
    (page,) = (page for page in world.live(Page, course_id) if page.title == title)
    body = page.body
    for name, kind, row_title in (
        ("assignment", Assignment, "Essay"),
        ("quiz", Quiz, "Quiz"),
        ("topic", DiscussionTopic, "Topic"),
        ("announcement", Announcement, "News"),
        ("module", Module, "One"),
        ("event", CalendarEvent, "Trip"),
        ("syllabus", File, "syllabus.txt"),
        ("picture", File, "picture.png"),
        ("clip", File, "clip.mp4"),
        ("sheet", File, "lab sheet 1.html"),
    ):
        for row in world.live(kind, course_id):
            if row.title == row_title:
                body = re.sub(rf"(/courses/{course_id}/\w+)/{row.id}\b", rf"\1/<{name}>", body)
    for item in world.live(ModuleItem, course_id):
        body = re.sub(rf"(modules/items/|module_item_id=){item.id}\b", r"\1<item>", body)
    return body.split("\n")


@pytest.fixture(scope="module")
def copied() -> dict[str, str]:
    """Return the lines of the copied page, by the line of the source."""
    world = linked_world()
    copy(world, SOURCE, COPY)
    return dict(zip((before for before, _ in BEFORE_AND_AFTER), lines(world, COPY), strict=True))


IN_THE_CURRENT_EDITION = {
    '<a class="x" href="/media_attachments_iframe/10?type=video&amp;embedded=true">link</a>': (
        '<a class="x" href="/media_attachments_iframe/<clip>?type=video&embedded=true">link</a>'
    ),
    "<p>See http://canvas.example/courses/14/pages/home or /courses/14/assignments/2.</p>": (
        f"<p>See $WIKI_REFERENCE$/pages/{migration_id(Page, 7)} or {ESSAY}</p>"
    ),
    "<pre>/courses/14/pages/home</pre>": f"<pre>$WIKI_REFERENCE$/pages/{migration_id(Page, 7)}</pre>",
}
"""The lines that a newer Canvas copies in another way: it names pages by migration ids, and finds files of iframes."""


def test_each_link_in_the_current_edition() -> None:
    """A newer Canvas makes the same of each link, but of media iframes and of pages in plain text."""
    world = linked_world(legacy=False)
    copy(world, SOURCE, COPY)
    (clip,) = (file for file in world.live(File, COPY) if file.title == "clip.mp4")
    after = [line.replace(f"iframe/{clip.id}?", "iframe/<clip>?") for line in lines(world, COPY)]
    expected = [IN_THE_CURRENT_EDITION.get(before, seen) for before, seen in BEFORE_AND_AFTER]
    assert after == expected


def test_a_fragment_of_a_page_without_a_query_stays() -> None:
    """A link to a part of a page keeps the part in both editions, also if the copy has another slug."""
    for legacy, slug in ((True, "home"), (False, "home-2")):
        world = linked_world(legacy=legacy)
        world.add(Page(course_id=COPY, title="Home"))
        world.add(Page(course_id=SOURCE, title="Part", body='<a href="/courses/14/pages/home#part">'))
        copy(world, SOURCE, COPY)
        assert lines(world, COPY, "Part") == [f'<a href="/courses/852/pages/{slug}#part">']


@pytest.mark.parametrize(("before", "after"), BEFORE_AND_AFTER)
def test_each_link_is_copied_as_seen(copied: dict[str, str], before: str, after: str) -> None:
    """Each link of the source becomes what the real Canvas made of it."""
    assert copied[before] == after


def test_full_copy_has_one_issue_for_its_broken_links() -> None:
    """One issue names the references whose target did not come; other dead links have no issue."""
    world = linked_world()
    migration = copy(world, SOURCE, COPY)
    (issue,) = world.issues_of(migration).values()
    assert (issue.issue_type, issue.description, issue.fix_issue_html_url) == (
        "warning",
        "Missing links found in imported content - Wiki Page body",
        f"/courses/{COPY}/pages/links-of-every-form",
    )
    assert issue.error_message == (
        "Wiki Page body - The following references could not be resolved: "
        '{:link_type=>:object, :type=>"assignments", :migration_id=>"g56dca6751ac4c39b7f3af6c74ed0a8d2", :query=>nil, '
        f':old_value=>"{DELETED_ASSIGNMENT}", :placeholder=>"LINK.PLACEHOLDER_b3736fa3b4d92dbddb313e35c73dd885", '
        ":replaced=>true}, "
        '{:link_type=>:file_ref, :migration_id=>"g525b8f1a2ef28df388a01e581ca7db9d", :rest=>"/download", '
        f':in_media_iframe=>false, :old_value=>"{DELETED_FILE}", '
        ':placeholder=>"LINK.PLACEHOLDER_fb14650d8863f55d0f30963bb9043794", :replaced=>true}'
    )


def test_copy_of_a_copy_keeps_what_the_first_copy_left() -> None:
    """A copy of a copy is like the first one, but links to the course itself and placeholders stay as they are."""
    world = linked_world()
    copy(world, SOURCE, COPY)
    copy(world, COPY, COPY_OF_COPY)
    first, second = lines(world, COPY), lines(world, COPY_OF_COPY)
    left = {line for line in first if "/courses/852/" in line and line in second}
    assert left == {'<a class="x" href="/courses/852/">link</a>'}
    for before, after in zip(first, second, strict=True):
        if before not in left:
            expected = before.replace("/courses/852", "/courses/875")
            assert re.sub("g[0-9a-f]{32}", "g", after) == re.sub("g[0-9a-f]{32}", "g", expected)


def test_selective_copy_leaves_placeholders_of_what_did_not_come() -> None:
    """In a selective copy the links to what was not selected are placeholders; those to pages are dead."""
    world = linked_world()
    migration = copy(world, SOURCE, COPY, pages=[8, 27])
    by_source = dict(zip((before for before, _ in BEFORE_AND_AFTER), lines(world, COPY), strict=True))

    def href(address: str) -> str:
        return by_source[f'<a class="x" href="{address}">link</a>'].split('"')[3]

    assert href("/courses/14/pages/lab-safety") == "/courses/852/pages/lab-safety"
    assert href("/courses/14/pages/lab-safety-2") == "/courses/852/pages/lab-safety-2"
    assert href("/courses/14/assignments/2") == ESSAY
    item = f"g{'b21f62e69fdf8e3298a2c962afbbb033'}"
    assert href("/courses/14/assignments/2?module_item_id=12") == f"{ESSAY}?module_item_id={item}"
    assert href("/courses/14/modules/items/12") == f"$CANVAS_COURSE_REFERENCE$/modules/items/{item}"
    assert href("/courses/14/file_contents/course%20files/week%201/lab%20sheets/lab%20sheet%201.html") == (
        "/courses/852/file_contents/course%20files/week%201/lab%20sheets/lab%20sheet%201.html"
    )
    assert href("/courses/14/grades") == "/courses/852/grades"
    (issue,) = world.issues_of(migration).values()
    assert issue.error_message is not None
    assert issue.error_message.count(":link_type=>") == len(set(re.findall(r":old_value=>.*?,", issue.error_message)))


@pytest.mark.parametrize(
    ("legacy", "slug", "media"),
    [(True, "home", "10"), (False, "home-2", "<clip>")],
    ids=["2023-06", "current"],
)
def test_links_to_renamed_pages_and_media(legacy: bool, slug: str, media: str) -> None:
    """In 2023 a link to a renamed page led to the destination's own page, and a media iframe to the source's file."""
    world = linked_world(legacy=legacy)
    world.add(Page(course_id=COPY, title="Home"))
    world.add(
        Page(
            course_id=SOURCE,
            title="Two links",
            body='<a href="/courses/14/pages/7">\n<iframe src="/media_attachments_iframe/10?type=video&amp;x=1">',
        )
    )
    copy(world, SOURCE, COPY)
    page, iframe = lines(world, COPY, "Two links")
    (clip,) = (file for file in world.live(File, COPY) if file.title == "clip.mp4")
    assert page == f'<a href="/courses/852/pages/{slug}">'
    assert iframe.replace(f"/{clip.id}?", "/<clip>?").replace("&amp;", "&") == (
        f'<iframe src="/media_attachments_iframe/{media}?type=video&x=1">'
    )


def test_migration_ids_are_those_of_the_real_canvas() -> None:
    """The keys in placeholders are those that the real Canvas wrote for the same ids."""
    assert migration_id(Assignment, 2) == "g91b57128a8060eef98bca203785de824"
    assert migration_id(ModuleItem, 12) == "gb21f62e69fdf8e3298a2c962afbbb033"
    assert migration_id(File, 3) == "g9c339a1cb744c1f6c170c59cf32d84d6"
    assert migration_id(Page, 1) == "g92d360e24070aaa319fdf066af7f97d0"
