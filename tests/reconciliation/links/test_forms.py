"""Each form of an address on Canvas, in each form of writing it, is classified and translated."""

from __future__ import annotations

from html import escape

import pytest

from airflow_provider_canvas.reconciliation.links import Change, rewrite
from airflow_provider_canvas.reconciliation.links.migration_keys import migration_key
from tests.reconciliation.links.course_pair import COPY, PAIRS, find, listings, short

SHEET = "week%201/lab%20sheets/lab%20sheet%201.html"
ASSIGNMENT = migration_key("assignments", "2")
ANNOUNCEMENT = migration_key("announcements", "15")
EVENT = migration_key("calendar_events", "1")
FILE = migration_key("files", "1")
ITEM = migration_key("module_items", "12")

TO_SOURCE = [
    ("/courses/14/pages/lab-safety", "/courses/852/pages/lab-safety"),
    ("/courses/14/pages/lab-safety#rules", "/courses/852/pages/lab-safety#rules"),
    ("/courses/14/pages/lab-safety?module_item_id=12#rules", "/courses/852/pages/lab-safety?module_item_id=1279#rules"),
    ("/courses/14/pages/lab-safety?module_item_id=99", "/courses/852/pages/lab-safety"),
    ("/courses/14/pages/lab-safety?a=1&module_item_id=99&b=2", "/courses/852/pages/lab-safety?a=1&b=2"),
    ("/courses/14/wiki/lab-safety", "/courses/852/pages/lab-safety"),
    ("/courses/14/pages/8", "/courses/852/pages/lab-safety"),
    ("/courses/14/wiki/Lab+safety", "/courses/852/pages/lab-safety"),
    ("/courses/14/pages/Lab%20safety", "/courses/852/pages/lab-safety"),
    ("/courses/14/pages/lab-safety/edit", "/courses/852/pages/lab-safety/edit"),
    ("/courses/14/pages/grosse-and-mass", "/courses/852/pages/grosse-and-mass"),
    ("/courses/14/pages/Gr%C3%B6%C3%9Fe%20&%20Ma%C3%9F", "/courses/852/pages/grosse-and-mass"),
    ("/courses/14/pages/never-was", None),
    ("/courses/14/assignments/2", "/courses/852/assignments/1339"),
    ("/courses/14/assignments/2?module_item_id=12", "/courses/852/assignments/1339?module_item_id=1279"),
    ("/courses/14/assignments/2/submissions/7", "/courses/852/assignments/1339/submissions/7"),
    ("/courses/14/assignments/34", None),
    ("/courses/14/assignments/syllabus", "/courses/852/assignments/syllabus"),
    ("/courses/14/quizzes/1", "/courses/852/quizzes/345"),
    ("/courses/14/quizzes/1/take?preview=1", "/courses/852/quizzes/345/take?preview=1"),
    ("/courses/14/calendar_events/1", "/courses/852/calendar_events/345"),
    ("/courses/14/discussion_topics/1", "/courses/852/discussion_topics/787"),
    ("/courses/14/discussion_topics/15", "/courses/852/discussion_topics/775"),
    ("/courses/14/announcements/15", "/courses/852/announcements/775"),
    ("/courses/14/announcements/1", "/courses/852/announcements/787"),
    ("/courses/14/modules/1", "/courses/852/modules/339"),
    ("/courses/14/modules#module_1", "/courses/852/modules#module_339"),
    ("/courses/14/modules/items/12", "/courses/852/modules/items/1279"),
    ("/courses/14/rubrics/1", "/courses/852/rubrics/31"),
    ("/courses/14/files/1", "/courses/852/files/1341"),
    ("/courses/14/files/1/download", "/courses/852/files/1341/download"),
    ("/courses/14/files/1/preview", "/courses/852/files/1341/preview"),
    ("/courses/14/files/1?wrap=1&verifier=Vabc&download_frd=1", "/courses/852/files/1341?wrap=1&download_frd=1"),
    ("/courses/14/files/1/download?verifier=Vabc", "/courses/852/files/1341/download"),
    ("/courses/14/files/1/file_preview?annotate=0", "/courses/852/files/1341/file_preview?annotate=0"),
    ("/files/1/download?verifier=Vabc&wrap=1", "/files/1341/download?wrap=1"),
    ("/files/1", "/files/1341"),
    ("/courses/14/files?preview=1", "/courses/852/files?preview=1341"),
    ("/courses/14/files?sort=name&preview=1", "/courses/852/files?sort=name&preview=1341"),
    ("/courses/14/files/folder/week%201", "/courses/852/files/folder/week%201"),
    ("/courses/14/files/folder/week%209", None),
    (f"/courses/14/file_contents/course%20files/{SHEET}", "/courses/852/files/1346/preview"),
    ("/courses/14/external_tools/1", "/courses/852/external_tools/51"),
    (
        "/courses/14/external_tools/retrieve?url=https%3A%2F%2F",
        "/courses/852/external_tools/retrieve?url=https%3A%2F%2F",
    ),
    ("/courses/14", "/courses/852"),
    ("/courses/14/", "/courses/852/"),
    ("/courses/14/grades", "/courses/852/grades"),
    ("/courses/14/users/5", "/courses/852/users/5"),
    ("/courses/14/modules", "/courses/852/modules"),
    ("/courses/14/outcomes/3", None),
    ("/courses/14/gradebook/speed_grader?assignment_id=2", "/courses/852/gradebook/speed_grader?assignment_id=1339"),
    ("/courses/14/gradebook/speed_grader?assignment_id=40", "/courses/852/gradebook/speed_grader?assignment_id=1340"),
    ("/courses/1~14/pages/home", "/courses/852/pages/home"),
    ("/courses/10000000000014/assignments/10000000000002", "/courses/852/assignments/1339"),
    ("/api/v1/courses/14/pages/home", "/api/v1/courses/852/pages/home"),
    ("/api/v1/courses/14/files/1", "/api/v1/courses/852/files/1341"),
]
"""Addresses of course 14, and the right ones in its copy, course 852."""

SOURCE_IDS = [
    ("/courses/852/files?preview=1", "/courses/852/files?preview=1341"),
    ("/courses/852/modules#module_1", "/courses/852/modules#module_339"),
    ("/courses/852/external_tools/1", "/courses/852/external_tools/51"),
    (
        "/media_attachments_iframe/10?type=video&embedded=true",
        "/media_attachments_iframe/1338?type=video&embedded=true",
    ),
    ("/courses/852/assignments/1339?module_item_id=12", "/courses/852/assignments/1339?module_item_id=1279"),
    (
        f"/courses/852/assignments/1339?module_item_id={ITEM}",
        "/courses/852/assignments/1339?module_item_id=1279",
    ),
    (f"/courses/852/pages/home?module_item_id={migration_key('module_items', '99')}", "/courses/852/pages/home"),
    (f"/courses/852/pages/home?module_item_id={'g' + '0' * 32}&x=1", "/courses/852/pages/home?x=1"),
]

MISSING = [
    ("/courses/852/pages/never-was", "pages"),
    ("/courses/852/pages/99999", "pages"),
    ("/courses/852/assignments/2", "assignments"),
    ("/courses/852/assignments/99999999", "assignments"),
    ("/courses/852/quizzes/1", "quizzes"),
    ("/courses/852/discussion_topics/1", "discussion_topics"),
    ("/courses/852/announcements/9", "announcements"),
    ("/courses/852/modules/1", "modules"),
    ("/courses/852/modules/items/12", "module_items"),
    ("/courses/852/files/1/download", "files"),
    ("/courses/852/files?preview=77", "files"),
    ("/courses/852/rubrics/9", "rubrics"),
    ("/courses/852/calendar_events/1", "calendar_events"),
    ("/courses/852/files/folder/week%209", "folders"),
    ("/courses/852/file_contents/course%20files/gone.txt", "folders"),
    ("/courses/852/external_tools/retrieve?resource_link_lookup_uuid=gone&url=x", "lti_resource_links"),
]
"""Links to something that course 852 does not have, and the listing that shows it."""

RIGHT = [
    "/courses/852",
    "/courses/852/",
    "/courses/852/pages",
    "/courses/852/pages/home",
    "/courses/852/pages/home#top",
    "/courses/852/pages/903",
    "/courses/852/wiki/Lab+safety",
    "/courses/852/pages/Gr%C3%B6%C3%9Fe%20&%20Ma%C3%9F",
    "/courses/852/assignments/1339",
    "/courses/852/assignments/1339?module_item_id=1279",
    "/courses/852/assignments/1339?module_item_id=555",
    "/courses/852/assignments/syllabus",
    "/courses/852/quizzes/345/take",
    "/courses/852/discussion_topics/775",
    "/courses/852/announcements/787",
    "/courses/852/modules#module_339",
    "/courses/852/modules/items/1279",
    "/courses/852/files/1341/download?verifier=own&wrap=1",
    "/courses/852/files?preview=1341",
    "/courses/852/files/folder/Week%201/lab%20sheets",
    "/courses/852/file_contents/course%20files/week%201/lab%20sheets/lab%20sheet%201.html",
    "/courses/852/external_tools/51",
    "/courses/852/external_tools/99",
    "/courses/852/external_tools/retrieve?url=https%3A%2F%2Ftool.example%2Flaunch%3Fcourse%3D14",
    "/courses/1~852/pages/home",
    "/courses/10000000000852/quizzes/10000000000345",
    "/files/1341/download",
    "/files/777777/download",
    "/media_attachments_iframe/1338?type=video",
    "/media_objects_iframe/m-14?type=video",
    "/media_objects/m-14",
    "/users/14/files/1/download",
    "/groups/14/pages/home",
    "/accounts/14/courses",
    "/assessment_questions/3/files/1/download?verifier=x",
    "/equation_images/courses%2F14",
    "/courses/sis_course_id:B14/pages/home",
    "pages/home",
    "../14/pages/home",
    "courses/14",
    "#top",
    "mailto:courses/14@example.edu",
    "javascript:open('/courses/14')",
    "https://www.example.edu/courses/14/pages/home",
    "https://other.example/files/1",
    "https://canvas.example.evil.example/courses/14",
    "http://[::1/courses/14",
    "//",
    "/",
    "",
]

ORIGINS = [
    "",
    "https://canvas.example",
    "http://canvas.example",
    "//canvas.example",
    "HTTPS://Canvas.Example",
    "https://canvas.example:8443",
]
"""What stands in front of an address on this Canvas."""

TEMPLATES = [
    '<a href="{}">x</a>',
    "<img src='{}'>",
    "<p title={}>x</p>",
    '<b style="background:url({})">x</b>',
    "<pre>{}</pre>",
    "<p>See {}, and</p>",
]
"""Places of a placeholder."""


@pytest.mark.parametrize(("url", "right"), TO_SOURCE)
def test_addresses_of_the_source(url, right):
    """An address of the source gets that of the copy, whatever host of this Canvas is in front of it, or none."""
    for origin in ORIGINS:
        found = find(f'<a href="{escape(origin + url)}">x</a>')
        expected = None if right is None else origin + right
        assert [short(link) for link in found] == [("points_to_source", expected)]


@pytest.mark.parametrize(("url", "right"), SOURCE_IDS)
def test_ids_of_the_source(url, right):
    """An id of the source in a link to the destination is found where Canvas leaves it, and replaced."""
    for origin in ORIGINS:
        assert [short(link) for link in find(f"<a href='{origin + url}'>x</a>")] == [("source_id", origin + right)]


@pytest.mark.parametrize(("url", "listing"), MISSING)
def test_missing_targets(url, listing):
    """A link to something that the destination does not have is reported, unless its listing is not known."""
    destination = listings(COPY, lti_resource_links=[{"id": 1, "lookup_uuid": "here"}])
    destination["assignments"][0]["description"] = f'<a href="{escape(url)}">x</a>'
    known = find("", destination=destination)
    assert [short(link) for link in known] == [("target_missing", None)]
    if listing == "assignments":
        destination["syllabus"] = destination.pop("assignments")
        destination["course"][0]["syllabus_body"] = f'<a href="{escape(url)}">x</a>'
    destination.pop(listing, None)
    if listing == "module_items":
        destination.pop("modules")
    assert find("", destination=destination) == []


@pytest.mark.parametrize("url", RIGHT)
def test_right_addresses(url):
    """A link that leads to the destination, to no course, or out of Canvas is no stale link."""
    assert find(f'<p>x<a href="{escape(url)}">x</a> <img src="{escape(url)}"> {escape(url)}</p>') == []


def test_links_to_a_source_of_the_source():
    """A link to an earlier source is repaired if it names the course only, as the copy of a copy leaves it."""
    urls = ["/courses/7/", "/courses/7/modules", "/courses/7/pages/home", "/courses/7/assignments/2"]
    found = find("".join(f'<a href="{url}">x</a>' for url in urls), source_course_ids=["14", "7"])
    rights = ["/courses/852/", "/courses/852/modules", None, None]
    assert [short(link) for link in found] == [("points_to_source", right) for right in rights]


def test_other_courses_and_the_allow_list():
    """A link to another course is reported, unless the course is on the list of those that are linked on purpose."""
    html = '<a href="/courses/9/pages/x">x</a><a href="https://canvas.example/courses/8">x</a>'
    assert [link.referenced_course_id for link in find(html)] == ["9", "8"]
    assert [link.referenced_course_id for link in find(html, allowed_course_ids=["1~9"])] == ["8"]


@pytest.mark.parametrize(
    ("host", "is_other"),
    [
        ("school.instructure.com", True),
        ("canvas.beta.example", True),
        ("canvas-test.example", True),
        ("beta.canvas.example", True),
        ("test-canvas.example", True),
        ("betacanvas.example", False),
        ("canvas.example.com", False),
        ("www.example.edu", False),
    ],
)
def test_other_hosts(host, is_other):
    """Beta, test and cloud of the same Canvas are other hosts; every other site is a link out of Canvas."""
    urls = ["/courses/14/assignments/2", "/courses/852/pages/home", "/courses/3/pages/home", "/files/1/download"]
    found = find("".join(f'<a href="https://{host}{url}">x</a>' for url in urls))
    rights = ["/courses/852/assignments/1339", "/courses/852/pages/home", None, "/files/1341/download"]
    expected = [("points_to_other_host", right and f"https://canvas.example{right}") for right in rights]
    assert [short(link) for link in found] == (expected if is_other else [])


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


def test_unpublished_targets():
    """A link to an asset that is not published, or a locked file, is reported without a right address."""
    destination = listings(COPY, '<a href="/courses/852/pages/home">x</a><a href="/courses/852/files/1341">x</a>')
    destination["pages"][2]["published"] = False
    destination["files"][0]["locked"] = True
    assert [short(link) for link in find("", destination=destination)] == [("target_unpublished", None)] * 2


@pytest.mark.parametrize(
    ("placeholder", "right"),
    [
        *(
            (f"$CANVAS_OBJECT_REFERENCE$/{listing}/{migration_key(listing, source)}", f"/{listing}/{copy}")
            for listing in ("assignments", "quizzes", "discussion_topics", "announcements", "modules")
            for source, copy in PAIRS[listing].items()
        ),
        (f"$CANVAS_OBJECT_REFERENCE$/discussion_topics/{ANNOUNCEMENT}", "/discussion_topics/775"),
        (
            f"$CANVAS_OBJECT_REFERENCE$/assignments/{ASSIGNMENT}?module_item_id={ITEM}",
            "/assignments/1339?module_item_id=1279",
        ),
        (f"$CANVAS_OBJECT_REFERENCE$/calendar_events/{EVENT}", "/calendar_events/345"),
        ("$CANVAS_OBJECT_REFERENCE$/assignments/g00000000000000000000000000000000", None),
        (f"$CANVAS_COURSE_REFERENCE$/modules/items/{ITEM}?a=1", "/modules/items/1279?a=1"),
        (f"$CANVAS_COURSE_REFERENCE$/file_ref/{FILE}/download?wrap=1", "/files/1341/download?wrap=1"),
        (f"$CANVAS_COURSE_REFERENCE$/file_ref/{FILE}", "/files/1341/preview"),
        (f"$CANVAS_COURSE_REFERENCE$/file_ref/{FILE}?wrap=1", "/files/1341?wrap=1"),
        ("$CANVAS_COURSE_REFERENCE$/grades", "/grades"),
        ("$CANVAS_COURSE_REFERENCE$/", "/"),
        ("$CANVAS_COURSE_REFERENCE$", ""),
        ("$CANVAS_COURSE_REFERENCE$/files?preview=1", "/files?preview=1341"),
        ("$CANVAS_COURSE_REFERENCE$/modules#module_1", "/modules#module_339"),
        ("$CANVAS_COURSE_REFERENCE$/external_tools/1", "/external_tools/51"),
        ("$WIKI_REFERENCE$/pages/home#top", "/pages/home#top"),
        ("$WIKI_REFERENCE$/wiki/lab-safety", "/pages/lab-safety"),
        (f"$WIKI_REFERENCE$/pages/{migration_key('pages', '13')}", "/pages/grosse-and-mass"),
        ("$WIKI_REFERENCE$/pages/never-was", None),
        ("%24WIKI_REFERENCE%24/pages/home", "/pages/home"),
        ("%24CANVAS_COURSE_REFERENCE%24/modules", "/modules"),
        ("$IMS-CC-FILEBASE$/week%201/lab%20sheets/lab%20sheet%201.html", "/files/1346/preview"),
        ("$IMS-CC-FILEBASE$/flask.png?canvas_download=1&canvas_qs_wrap=1", "/files/1334/download?wrap=1"),
        ("$IMS_CC_FILEBASE$/flask.png", "/files/1334/preview"),
        ("$IMS-CC-FILEBASE$/gone.png", None),
    ],
)
def test_placeholders(placeholder, right):
    """A placeholder of each kind is translated in an attribute, in a style and in text; an unknown one is reported."""
    expected = ("placeholder", None if right is None else f"/courses/852{right}")
    for html in TEMPLATES:
        found = find(html.format(escape(placeholder)))
        assert [short(link) for link in found] == [expected], html
        if right is not None:
            changed = rewrite(html.format(escape(placeholder)), [Change(0, found[0].url, found[0].right_url)])
            assert changed == html.format(escape(f"/courses/852{right}"))
