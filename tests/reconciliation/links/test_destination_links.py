"""Links to the destination are compared with its content and with the source's text of the same place."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.reconciliation.links import Change, rewrite
from tests.reconciliation.links.course_pair import COPY, find, listings, short


def test_a_slug_that_changed_in_the_destination():
    """A link by the slug of a page that was renamed in the destination leads to its new slug."""
    destination = listings(COPY, '<a href="/courses/852/pages/lab-safety?a=1#b">x</a>')
    destination["pages"][0] |= {"url": "safety-first", "title": "Safety first"}
    found = find("", destination=destination)
    assert [short(link) for link in found] == [("target_missing", "/courses/852/pages/safety-first?a=1#b")]


def test_a_link_to_the_page_of_the_same_name():
    """A link that leads to the destination's own page, because the copy got a number, leads to the copy."""
    source = '<a href="/courses/14/pages/home">x</a><a href="/courses/14/pages/lab-safety?module_item_id=12#b">x</a>'
    html = '<a href="/courses/852/pages/home">x</a><a href="/courses/852/pages/lab-safety?module_item_id=1279">x</a>'
    destination = listings(COPY, html)
    destination["pages"][0] |= {"url": "lab-safety-3", "title": "Lab safety-3"}
    destination["pages"].append({"page_id": 1, "url": "lab-safety", "title": "Lab safety", "published": True})
    found = find(html, source, destination=destination)
    right = "/courses/852/pages/lab-safety-3?module_item_id=1279#b"
    assert [short(link) for link in found] == [("wrong_page", right)]
    assert find(html, source.replace("lab-safety", "home"), destination=destination) == []


@pytest.mark.parametrize(
    ("source", "copy", "right"),
    [
        ("pages/home?a=1#top", "pages/home?a=1", "pages/home?a=1#top"),
        ("assignments/2#top", "assignments/1339", "assignments/1339#top"),
        ("assignments/2/submissions/3", "assignments/1339", "assignments/1339/submissions/3"),
        ("assignments/2#top", "assignments/1339#other", None),
        ("assignments/2#top", "assignments/1340", None),
        ("grades#top", "grades", "grades#top"),
    ],
)
def test_lost_anchors(source, copy, right):
    """What Canvas lost behind a target is added from the source's text, if the link still has that target."""
    found = find(f'<a href="/courses/852/{copy}">x</a>', f'<a href="/courses/14/{source}">x</a>')
    assert [short(link) for link in found] == ([("lost_anchor", f"/courses/852/{right}")] if right else [])


def test_lost_anchors_after_an_edit():
    """The links around an edit are still compared with those of the source."""
    source = "".join(f'<a href="/courses/14/pages/home#p{n}">part {n}</a>' for n in range(5))
    copy = "".join(f'<a href="/courses/852/pages/home">part {n}</a>' for n in range(5))
    edited = '<a href="/courses/852/modules">new</a>' + copy.replace(">part 2<", ">changed<")
    rights = {link.link_text: link.right_url for link in find(edited, source)}
    assert rights == {f"part {n}": f"/courses/852/pages/home#p{n}" for n in (0, 1, 3, 4)}


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("/courses/14/quizzes/9", "no copy of quiz 9"),
        ("/courses/14/groups#tab-9", "no copy of group set 9"),
        ("/courses/14/modules/1/items/99", "no copy of module item 99"),
        ("/calendar?include_contexts=course_14&event_id=2", "no copy of calendar event 2"),
    ],
)
def test_details_name_what_has_no_copy(url, what):
    """The detail of a link without a right address names the source's asset in words."""
    source = listings("14", calendar_events=[{"id": 2, "title": "Only in the source"}])
    found = find(f'<a href="{url}">x</a>', source=source)
    assert [(link.right_url, what in link.detail) for link in found] == [(None, True)]


@pytest.mark.parametrize(
    ("html", "right"),
    [
        (
            "<p style=\"background: image-set('/courses/14/files/3/preview' 1x, '/x' 2x)\">",
            "<p style=\"background: image-set('/courses/852/files/1334/preview' 1x, '/x' 2x)\">",
        ),
        (
            '<iframe srcdoc="<a href=&quot;/courses/14/pages/home?module_item_id=12&amp;amp;x=1&quot;>x</a>">',
            '<iframe srcdoc="<a href=&quot;/courses/852/pages/home?module_item_id=1279&amp;amp;x=1&quot;>x</a>">',
        ),
    ],
)
def test_addresses_within_styles_and_documents(html, right):
    """An address in ``image-set()`` or in the HTML of a ``srcdoc`` is changed, and nothing around it."""
    found = find(html)
    assert rewrite(html, [Change(link.ordinal, link.url, link.right_url) for link in found]) == right
    assert find(right) == []


def test_unpublished_targets():
    """A link to an asset that is not published, or a locked file, is reported without a right address."""
    destination = listings(COPY, '<a href="/courses/852/pages/home">x</a><a href="/courses/852/files/1341">x</a>')
    destination["pages"][2]["published"] = False
    destination["files"][0]["locked"] = True
    assert [short(link) for link in find("", destination=destination)] == [("target_unpublished", None)] * 2


LAUNCH = "external_tools/sessionless_launch?url=x"


def endpoint(course_id, path):
    """Return the attribute in which a link names its target in the API."""
    return f'data-api-endpoint="https://canvas.example/api/v1/courses/{course_id}/{path}"'


@pytest.mark.parametrize(
    ("html", "rights"),
    [
        (f'<a href="/courses/852/pages/home" {endpoint(14, "pages/home")}>x</a>', ["courses/852/pages/home"]),
        (f'<a href="/courses/852/pages/home" {endpoint(7, "pages/home")}>x</a>', ["courses/852/pages/home"]),
        (
            f'<a {endpoint(7, "discussion_topics/3")} href="/courses/852/announcements/775">x</a>',
            ["courses/852/discussion_topics/775"],
        ),
        (f'<a href="/courses/14/pages/home" {endpoint(14, "pages/home")}>x</a>', [None]),
        (f'<a href="/courses/14/pages/home" {endpoint(7, "pages/x")}>x</a>', [None]),
        (f'<a href="/courses/14/assignments/34" {endpoint(14, "assignments/34")}>x</a>', [None]),
        (f'<img src="/courses/14/external_tools/retrieve?url=x" {endpoint(14, LAUNCH)}>', [None]),
        (f'<a href="/courses/852/pages/home" {endpoint(14, "files/1")}>x</a>', ["courses/852/files/1341"]),
        (f"<p {endpoint(14, 'files/1')}>x</p>", ["courses/852/files/1341"]),
        (f'<a href="/courses/852/pages/home" {endpoint(852, "pages/home")}>x</a>', []),
    ],
)
def test_endpoints_of_the_api(html, rights):
    """The address in the API beside a right link becomes that of the link; beside a stale one, it is no row."""
    found = find(html, source_course_ids=["14", "7"])
    endpoints = [link.right_url for link in found if link.attribute == "data-api-endpoint"]
    assert endpoints == [f"https://canvas.example/api/v1/{right}" for right in rights if right]
    assert len(found) == len(rights)
    repaired = rewrite(html, [Change(link.ordinal, link.url, link.right_url) for link in found if link.right_url])
    assert [link for link in find(repaired, source_course_ids=["14", "7"]) if link.right_url] == []


def test_a_slug_that_only_a_title_resembles():
    """A slug leads to the page of that slug only; a title leads to the page whose slug it makes, or that has it."""
    destination = listings(COPY)
    destination["pages"][0] |= {"url": "lab-safety-3", "title": "Lab safety"}
    urls = {"lab-safety": "target_missing", "Lab%20Safety": None, "lab-safety-3": None, "Home": None, "HOME": None}
    for slug, problem in urls.items():
        destination["assignments"][0]["description"] = f'<a href="/courses/852/pages/{slug}">x</a>'
        assert [str(link.problem) for link in find("", destination=destination)] == ([problem] if problem else []), slug


@pytest.mark.parametrize(
    ("copy", "expected"),
    [
        ([("", "x"), ("", "y")], [0]),
        ([("", "y"), ("", "x")], [1]),
        ([("", "y")], []),
        ([("", "new"), ("", "x"), ("", "y")], [1]),
        ([("", "X, said otherwise"), ("", "y")], [0]),
        ([("#other", "x"), ("", "y")], []),
    ],
)
def test_lost_anchors_of_links_that_a_teacher_moved_or_edited(copy, expected):
    """The link that had the anchor in the source is that of its text, or of its place if its text was edited."""
    source = '<a href="/courses/14/pages/home#top">x</a><a href="/courses/14/pages/home">y</a>'
    html = "".join(f'<a href="/courses/852/pages/home{end}">{text}</a>' for end, text in copy)
    assert [(link.ordinal, short(link)) for link in find(html, source)] == [
        (number, ("lost_anchor", "/courses/852/pages/home#top")) for number in expected
    ]
