"""Each form of an address on Canvas, in each form of writing it, is classified and translated."""

from __future__ import annotations

from html import escape

import pytest

from airflow_provider_canvas.reconciliation.links.migration_keys import migration_key
from tests.reconciliation.links.course_pair import COPY, SOURCE, find, listings, short

SHEET = "week%201/lab%20sheets/lab%20sheet%201.html"
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
    ("/courses/14/pages/Gro%CC%88%C3%9Fe%20%26%20Ma%C3%9F", "/courses/852/pages/grosse-and-mass"),
    (f"/courses/14/pages/{migration_key('pages', '13')}", "/courses/852/pages/grosse-and-mass"),
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
    ("/courses/14/files/folder/week%201?preview=1", "/courses/852/files/folder/week%201?preview=1341"),
    ("/courses/14/files/folder/week%201?preview=99", "/courses/852/files/folder/week%201?preview=99"),
    (f"/courses/14/file_contents/course%20files/{SHEET}", "/courses/852/files/1346/preview"),
    ("/courses/14/external_tools/1", "/courses/852/external_tools/51"),
    (
        "/courses/14/external_tools/retrieve?url=https%3A%2F%2F",
        "/courses/852/external_tools/retrieve?url=https%3A%2F%2F",
    ),
    ("/courses/14/external_tools/sessionless_launch?id=1", "/courses/852/external_tools/sessionless_launch?id=51"),
    ("/courses/14#module_1", "/courses/852#module_339"),
    ("/courses/14/#module_1", "/courses/852/#module_339"),
    ("/courses/14#module_99", None),
    ("/courses/14/#context_module_1", "/courses/852/#context_module_339"),
    ("/courses/14/modules#context_module_1", "/courses/852/modules#context_module_339"),
    ("/courses/14/modules#context_module_item_12", "/courses/852/modules#context_module_item_1279"),
    ("/courses/14/modules#module_item_99", None),
    ("/courses/14/groups#tab-5", "/courses/852/groups#tab-55"),
    ("/courses/14/modules/1/items/12", "/courses/852/modules/339/items/1279"),
    ("/courses/14/modules/1/items/12/13", None),
    ("/courses/14/modules/1/items/99", None),
    ("/courses/14/modules/9/items/12", None),
    ("/api/v1/courses/14/modules/1/items/12", "/api/v1/courses/852/modules/339/items/1279"),
    ("/files/folder/courses_14", "/files/folder/courses_852"),
    ("/files/folder/courses_14/week%201?preview=1", "/files/folder/courses_852/week%201?preview=1341"),
    ("/files/folder/courses_14/week%209", None),
    ("/files?preview=1", "/files?preview=1341"),
    ("/calendar?include_contexts=course_14", "/calendar?include_contexts=course_852"),
    ("/calendar?include_contexts=course_1~14,user_5#x", "/calendar?include_contexts=course_852,user_5#x"),
    ("/calendar2?include_contexts=user_5%2Ccourse_14", "/calendar2?include_contexts=user_5%2Ccourse_852"),
    ("/calendar?event_id=1&include_contexts=course_14", "/calendar?event_id=345&include_contexts=course_852"),
    ("/appointment_groups?context_id=course_14&user_id=14", "/appointment_groups?context_id=course_852&user_id=14"),
    ("/courses/14/quizzes/1/questions/5/", None),
    ("/courses/14/pages/home/revisions/3", None),
    ("/courses/14/discussion_topics/1/entries/5", None),
    ("/courses/14/users/5/assignments/2", None),
    ("/courses/14/users/5/usage", "/courses/852/users/5/usage"),
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
    ("/courses//14/./pages//home/", "/courses/852/pages/home/"),
    ("/courses/9/../14/pages/lab-safety/.", "/courses/852/pages/lab-safety/"),
    ("/./courses/%31%34/assignments/%32?module_item_id=12", "/courses/852/assignments/1339?module_item_id=1279"),
    ("/courses\\14\\files\\1?x=\\#\\", "/courses/852/files/1341?x=\\#\\"),
    ("/api/v1/courses/14/pages/home", "/api/v1/courses/852/pages/home"),
    ("/api/v1/courses/14/files/1", "/api/v1/courses/852/files/1341"),
]
"""Addresses of course 14, and the right ones in its copy, course 852."""

SOURCE_IDS = [
    ("/courses/852/files?preview=1", "/courses/852/files?preview=1341"),
    ("/courses/852/modules#module_1", "/courses/852/modules#module_339"),
    ("/courses/852/external_tools/1", "/courses/852/external_tools/51"),
    ("/courses/852/#module_1", "/courses/852/#module_339"),
    ("/courses/852/modules#context_module_1", "/courses/852/modules#context_module_339"),
    ("/courses/852/modules#context_module_item_12", "/courses/852/modules#context_module_item_1279"),
    ("/courses/852/groups#tab-5", "/courses/852/groups#tab-55"),
    ("/files/folder/courses_852/week%201?preview=1", "/files/folder/courses_852/week%201?preview=1341"),
    ("/calendar?include_contexts=course_852&event_id=1", "/calendar?include_contexts=course_852&event_id=345"),
    ("/calendar?event_id=1", "/calendar?event_id=345"),
    ("/media_objects_iframe/m-14?attachment_id=10&x=1", "/media_objects_iframe/m-14?attachment_id=1338&x=1"),
    ("/courses/852/files/folder/week%201?preview=1&sort=x", "/courses/852/files/folder/week%201?preview=1341&sort=x"),
    ("/courses/852/gradebook/speed_grader?assignment_id=2", "/courses/852/gradebook/speed_grader?assignment_id=1339"),
    ("/courses/852/external_tools/sessionless_launch?id=1", "/courses/852/external_tools/sessionless_launch?id=51"),
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
    ("/files/folder/courses_852/week%209", "folders"),
    ("/courses/852/modules#context_module_9", "modules"),
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
    "/courses/852/files/folder/week%201?preview=1341",
    "/courses/852/#module_339",
    "/courses/852/gradebook/speed_grader?assignment_id=1339",
    "/courses/852/quizzes/345/take?preview=1",
    "/courses/852/file_contents/course%20files/week%201/lab%20sheets/lab%20sheet%201.html",
    "/courses/852/external_tools/51",
    "/courses/852/external_tools/99",
    "/courses/852/external_tools/retrieve?url=https%3A%2F%2Ftool.example%2Flaunch%3Funit%3D14",
    "/courses/1~852/pages/home",
    "/courses/10000000000852/quizzes/10000000000345",
    "/files/1341/download",
    "/files/777777/download",
    "/media_attachments_iframe/1338?type=video",
    "/media_objects_iframe/m-14?type=video",
    "/media_objects/m-14",
    "/media_objects_iframe/m-14?attachment_id=77",
    "/media_attachments_iframe/7",
    "/courses/852/modules#context_module_339",
    "/courses/852/groups#tab-55",
    "/calendar?include_contexts=course_852,course_9&event_id=345",
    "/calendar?include_contexts=user_14&event_id=99",
    "/search?q=course_14x",
    "mailto:office@example.edu?subject=course_14",
    "javascript:open('?id=course_14')",
    "?include_contexts=course_14",
    "https://www.example.edu/calendar?include_contexts=course_14",
    "/files/folder/courses_852/week%201",
    "/files/folder/users_14/week%201",
    "/files?preview=77",
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
    "https://canvas.example//courses/852/./pages/home",
    "/courses/14/../852/pages/home",
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


@pytest.mark.parametrize(
    ("path", "right"),
    [
        (f"pages/{migration_key('pages', '13')}#x", "pages/grosse-and-mass#x"),
        (f"assignments/{migration_key('assignments', '2')}", "assignments/1339"),
        (f"modules/items/{ITEM}?a=1", "modules/items/1279?a=1"),
        (f"files/{migration_key('files', '1')}/download", "files/1341/download"),
        (f"quizzes/g{'0' * 32}", None),
    ],
)
def test_keys_in_the_place_of_ids(path, right):
    """A link to the destination that has the key of the source's asset leads nowhere; the key tells the right copy."""
    expected = None if right is None else f"/courses/852/{right}"
    assert [short(link) for link in find(f'<a href="/courses/852/{path}">x</a>')] == [("target_missing", expected)]


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
    urls = {"9": ["/courses/9/pages/x", "/calendar?include_contexts=course_9"], "8": ["/files/folder/courses_8"]}
    html = "".join(f'<a href="{url}">x</a>' for each in urls.values() for url in each)
    found = find(html)
    assert [link.referenced_course_id for link in found] == ["9", "9", "8"]
    assert {short(link) for link in found} == {("points_to_other_course", None)}
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


def test_other_institutions_in_the_cloud():
    """If the institution's name in Instructure's cloud is known, links to other schools in the cloud are right."""
    html = "".join(
        f'<a href="https://{host}/courses/14">x</a>' for host in ("b.instructure.com", "a.beta.instructure.com")
    )
    assert [link.url for link in find(html, hosts=["a.instructure.com"])] == [
        "https://a.beta.instructure.com/courses/14"
    ]
    hosts = ["http://canvas.example:8080", "a.instructure.com"]
    assert [link.right_url for link in find(html, hosts=hosts)] == ["http://canvas.example:8080/courses/852"]


def test_a_page_of_the_source_that_was_renamed_after_the_copy():
    """A link by the page's former slug gets the copy that still has it; a page that is no copy does not count."""
    source, destination = listings(SOURCE), listings(COPY)
    source["pages"][0] |= {"url": "rules", "title": "Rules"}
    destination["pages"].append({"page_id": 990, "url": "own", "title": "Own", "published": True})
    urls = [
        "/courses/14/pages/lab-safety#a",
        "/courses/14/pages/rules",
        "/courses/852/pages/rules",
        "/courses/14/pages/own",
    ]
    destination["course"][0]["syllabus_body"] = "".join(f'<a href="{url}">x</a>' for url in urls)
    copy = "/courses/852/pages/lab-safety"
    expected = [
        ("points_to_source", f"{copy}#a"),
        ("points_to_source", copy),
        ("target_missing", copy),
        ("points_to_source", None),
    ]
    assert [short(link) for link in find("", source=source, destination=destination)] == expected
