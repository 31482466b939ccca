from __future__ import annotations

import pytest

from canvas_emulator.effects.links import Links
from canvas_emulator.model.content import Announcement, Assignment, Content, File, Page

HOST = "canvas.test"
COPIES: dict[tuple[type[Content], str], Content] = {
    (Page, "intro"): Page(course_id=2, title="Intro", id=90, url="intro-2"),
    (File, "5"): File(course_id=2, title="a.pdf", id=95),
    (Assignment, "6"): Assignment(course_id=2, title="A", id=96),
    (Announcement, "7"): Announcement(course_id=2, title="N", id=97),
}

LINKS = Links(HOST, 10, 2, lambda kind, target: COPIES.get((kind, target)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<a href="/courses/10/pages/intro">', '<a href="/courses/2/pages/intro-2">'),
        ('<a href="/courses/10/wiki/intro#top">', '<a href="/courses/2/wiki/intro-2#top">'),
        ('<a href="/courses/10/files/5/download?wrap=1">', '<a href="/courses/2/files/95/download?wrap=1">'),
        ("<img src='/courses/10/files/5/preview'>", "<img src='/courses/2/files/95/preview'>"),
        ('"https://canvas.test/courses/10/assignments/6"', '"https://canvas.test/courses/2/assignments/96"'),
        ('"https://canvas.test/api/v1/courses/10/files/5"', '"https://canvas.test/api/v1/courses/2/files/95"'),
        ('"/courses/10/discussion_topics/7"', '"/courses/2/discussion_topics/97"'),
        ('"/courses/10/announcements/7"', '"/courses/2/announcements/97"'),
        ('"/courses/10"', '"/courses/2"'),
        ('"/courses/10/grades"', '"/courses/2/grades"'),
        ('"/courses/10/assignments/syllabus"', '"/courses/2/assignments/syllabus"'),
        ('"/courses/10/files?preview=5"', '"/courses/2/files/95"'),
        ('"/files/5/download?download_frd=1"', '"/courses/2/files/95/download?download_frd=1"'),
        ('"https://canvas.test/files/5"', '"https://canvas.test/courses/2/files/95"'),
        (
            'href="/courses/10/pages/intro" data-api-endpoint="https://canvas.test/api/v1/courses/10/pages/intro"',
            'href="/courses/2/pages/intro-2" data-api-endpoint="https://canvas.test/api/v1/courses/2/pages/intro-2"',
        ),
    ],
)
def test_links_to_copied_items_are_rewritten(old: str, new: str) -> None:
    """A link into the source course leads to the copy, and the rest of it is unchanged."""
    assert LINKS.rewrite(old) == (new, [])


@pytest.mark.parametrize(
    "html",
    [
        '"/courses/100/files/5"',
        '"/courses/9/files/5"',
        '"https://elsewhere.test/courses/10/files/5"',
        '"https://elsewhere.test/files/5"',
        '"/users/1/files/5"',
        '"/courses/9/files/5/download"',
        '"/files/404"',
        '"/profiles/5"',
        '"https://library.test/?course_id=10"',
        "courses, and nothing else",
    ],
)
def test_other_links_are_unchanged(html: str) -> None:
    """Links to other courses or hosts, and texts that are no links, are unchanged."""
    assert LINKS.rewrite(html) == (html, [])


def test_links_to_missing_items_are_reported_once() -> None:
    """A link to an item that was not copied is unchanged, and is reported once although it occurs twice."""
    html = '<a href="/courses/10/files/404">x</a><a href="/courses/10/files/404">y</a><a href="/courses/10/pages/gone">'
    assert LINKS.rewrite(html) == (html, ["/courses/10/files/404", "/courses/10/pages/gone"])
