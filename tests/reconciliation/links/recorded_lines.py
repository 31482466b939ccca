"""Links that a real Canvas of June 2023 copied: in the source, in the copy, and what is wrong with the copy.

Each line: name, HTML in course 14, HTML in its copy, course 852, and the problem and right address of each stale one,
in their order. The keys ``g...`` are the recorded ones.
"""

from __future__ import annotations

ASSIGNMENT_KEY = "g91b57128a8060eef98bca203785de824"
FILE_KEY = "g9c339a1cb744c1f6c170c59cf32d84d6"
GONE_ASSIGNMENT_KEY = "g56dca6751ac4c39b7f3af6c74ed0a8d2"
GONE_FILE_KEY = "g525b8f1a2ef28df388a01e581ca7db9d"
NO_ITEM_KEY = "g0bb8a3b6c18593dfe6054d27d0d132ac"
LOOKUP = "5b4f1d6c-0d4d-4b4c-9a58-6c1d0f5f3f11"

Line = tuple[str, str, str, list[tuple[str, str | None]]]


def a(href: str, text: str = "a link", more: str = "") -> str:
    """Return a link."""
    return f'<p><a href="{href}"{more}>{text}</a></p>'


def _endpoint(course_id: str, path: str) -> str:
    return f' data-api-endpoint="http://canvas.example/api/v1/courses/{course_id}/{path}" data-api-returntype="X"'


def _same(name: str, source: str, copy: str) -> Line:
    return name, a(source), a(copy), []


LINES: list[Line] = [
    _same("page by slug", "/courses/14/pages/lab-safety", "/courses/852/pages/lab-safety"),
    _same("page by old wiki path", "/courses/14/wiki/lab-safety", "/courses/852/pages/lab-safety"),
    _same("page by id", "/courses/14/pages/8", "/courses/852/pages/lab-safety"),
    _same("page by title with +", "/courses/14/wiki/Lab+safety", "/courses/852/pages/Lab+safety"),
    _same("page by title with %20", "/courses/14/pages/Lab%20safety", "/courses/852/pages/Lab%20safety"),
    (
        "page with item and anchor",
        a("/courses/14/pages/home?module_item_id=12#top"),
        a(f"/courses/852/pages/home?module_item_id={NO_ITEM_KEY}"),
        [("source_id", "/courses/852/pages/home?module_item_id=1279#top")],
    ),
    _same("second page of that name", "/courses/14/pages/lab-safety-2", "/courses/852/pages/lab-safety-2"),
    _same("page absolute", "/courses/14/pages/home", "/courses/852/pages/home"),
    (
        "page by API endpoint",
        a("/courses/14/pages/home", more=_endpoint("14", "pages/home")),
        a("/courses/852/pages/home", more=_endpoint("14", "pages/home")),
        [("points_to_source", "http://canvas.example/api/v1/courses/852/pages/home")],
    ),
    _same("page unicode", "/courses/14/pages/unicode-title-ri-ben-yu", "/courses/852/pages/unicode-title-ri-ben-yu"),
    (
        "page that never was",
        a("/courses/14/pages/never-was"),
        a("/courses/852/pages/never-was"),
        [("target_missing", None)],
    ),
    _same("assignment", "/courses/14/assignments/2", "/courses/852/assignments/1339"),
    _same(
        "assignment with item",
        "/courses/14/assignments/2?module_item_id=12",
        "/courses/852/assignments/1339?module_item_id=1279",
    ),
    (
        "assignment absolute, text is the address",
        a("/courses/14/assignments/2", "http://canvas.example/courses/14/assignments/2"),
        a("/courses/852/assignments/1339", f"$CANVAS_OBJECT_REFERENCE$/assignments/{ASSIGNMENT_KEY}"),
        [("placeholder", "/courses/852/assignments/1339")],
    ),
    _same("syllabus", "/courses/14/assignments/syllabus", "/courses/852/assignments/syllabus"),
    _same("assignments", "/courses/14/assignments", "/courses/852/assignments"),
    (
        "submissions",
        a("/courses/14/assignments/2/submissions/1"),
        a("/courses/852/assignments/1339"),
        [("lost_anchor", "/courses/852/assignments/1339/submissions/1")],
    ),
    _same("quiz", "/courses/14/quizzes/1", "/courses/852/quizzes/345"),
    _same("discussion", "/courses/14/discussion_topics/1", "/courses/852/discussion_topics/787"),
    _same("announcement as discussion", "/courses/14/discussion_topics/15", "/courses/852/discussion_topics/775"),
    _same("announcement", "/courses/14/announcements/15", "/courses/852/announcements/775"),
    _same("module", "/courses/14/modules/1", "/courses/852/modules/339"),
    (
        "module by anchor",
        a("/courses/14/modules#module_1"),
        a("/courses/852/modules#module_1"),
        [("source_id", "/courses/852/modules#module_339")],
    ),
    _same("module item", "/courses/14/modules/items/12", "/courses/852/modules/items/1279"),
    _same("calendar event", "/courses/14/calendar_events/1", "/courses/852/calendar_events/345"),
    (
        "rubric",
        a("/courses/14/rubrics/1"),
        a("/courses/14/rubrics/1"),
        [("points_to_source", "/courses/852/rubrics/31")],
    ),
    _same("file", "/courses/14/files/1", "/courses/852/files/1341/preview"),
    _same("file download", "/courses/14/files/1/download", "/courses/852/files/1341/download"),
    _same(
        "file download_frd, wrap",
        "/courses/14/files/1?wrap=1&amp;download_frd=1",
        "/courses/852/files/1341?wrap=1&download_frd=1",
    ),
    _same("file with verifier", "/courses/14/files/3/download?wrap=1", "/courses/852/files/1334/download?wrap=1"),
    _same("file without course", "/courses/14/files/1/download", "/courses/852/files/1341/download"),
    (
        "file absolute with API endpoint",
        a("/courses/14/files/1/download?wrap=1", more=_endpoint("14", "files/1")),
        a("/courses/852/files/1341/download?wrap=1", more=_endpoint("14", "files/1")),
        [("points_to_source", "http://canvas.example/api/v1/courses/852/files/1341")],
    ),
    (
        "file preview in files",
        a("/courses/14/files?preview=1"),
        a("/courses/852/files?preview=1"),
        [("source_id", "/courses/852/files?preview=1341")],
    ),
    _same(
        "file_preview", "/courses/14/files/1/file_preview?annotate=0", "/courses/852/files/1341/file_preview?annotate=0"
    ),
    _same("folder by path", "/courses/14/files/folder/week%201", "/courses/852/files/folder/week%201"),
    _same(
        "folder of files",
        "/courses/14/files/folder/week%201/lab%20sheets",
        "/courses/852/files/folder/week%201/lab%20sheets",
    ),
    _same(
        "file by path",
        "/courses/14/file_contents/course%20files/week%201/lab%20sheets/lab%20sheet%201.html",
        "/courses/852/files/1346/preview",
    ),
    _same("file of unicode name", "/courses/14/files/8/download", "/courses/852/files/1331/download"),
    ("image", '<img src="/courses/14/files/3/preview">', '<img src="/courses/852/files/1334/preview">', []),
    (
        "image absolute with API endpoint",
        f'<img src="/courses/14/files/3/preview"{_endpoint("14", "files/3")}>',
        f'<img src="/courses/852/files/1334/preview"{_endpoint("14", "files/3")}>',
        [("points_to_source", "http://canvas.example/api/v1/courses/852/files/1334")],
    ),
    ("image with srcset", '<img src="/courses/14/files/3/preview">', '<img src="/courses/852/files/1334/preview">', []),
    (
        "image by style",
        '<p style="background-image: url(/courses/14/files/3/preview);">x</p>',
        f'<p style="background-image: url($CANVAS_COURSE_REFERENCE$/file_ref/{FILE_KEY}/preview);">x</p>',
        [("placeholder", "/courses/852/files/1334/preview")],
    ),
    (
        "image with longdesc",
        '<img src="/courses/14/files/3/preview" longdesc="/courses/14/pages/home">',
        '<img src="/courses/852/files/1334/preview" longdesc="/courses/852/pages/home">',
        [],
    ),
    (
        "media iframe",
        '<iframe style="width:400px" src="/media_attachments_iframe/10?type=video&amp;embedded=true"></iframe>',
        '<iframe style="width:400px" src="/media_attachments_iframe/10?type=video&amp;embedded=true"></iframe>',
        [("source_id", "/media_attachments_iframe/1338?type=video&embedded=true")],
    ),
    (
        "media object iframe",
        '<iframe src="/media_objects_iframe/m-real0123456789abcdef0123456789abcd?type=video"></iframe>',
        '<iframe src="/media_objects_iframe/m-real0123456789abcdef0123456789abcd?type=video"></iframe>',
        [],
    ),
    _same(
        "media comment",
        "/media_objects/m-real0123456789abcdef0123456789abcd",
        "/media_objects/m-real0123456789abcdef0123456789abcd",
    ),
    (
        "video tag",
        '<video poster="/courses/14/files/3/preview"><source src="/courses/14/files/10/download"></video>',
        (
            f'<video poster="$CANVAS_COURSE_REFERENCE$/file_ref/{FILE_KEY}/preview">'
            '<source src="/courses/852/files/1338/download"></video>'
        ),
        [("placeholder", "/courses/852/files/1334/preview")],
    ),
    (
        "object",
        '<object data="/courses/14/files/10/download"><param name=src value="/courses/14/files/10/download"></object>',
        (
            '<object data="/courses/852/files/1338/download"><param name=src value="/courses/852/files/1338/download">'
            "</object>"
        ),
        [],
    ),
    _same(
        "tool by url",
        "/courses/14/external_tools/retrieve?display=borderless&amp;url=https%3A%2F%2Ftool.example.invalid%2Flaunch%3Fx",
        "/courses/852/external_tools/retrieve?display=borderless&amp;url=https%3A%2F%2Ftool.example.invalid%2Flaunch%3Fx",
    ),
    _same(
        "tool by iframe and look-up",
        f"/courses/14/external_tools/retrieve?display=in_rce&amp;resource_link_lookup_uuid={LOOKUP}&amp;url=https%3A%2F%2Ft",
        f"/courses/852/external_tools/retrieve?display=in_rce&amp;resource_link_lookup_uuid={LOOKUP}&amp;url=https%3A%2F%2Ft",
    ),
    _same(
        "tool by old look-up",
        f"/courses/14/external_tools/retrieve?resource_link_lookup_id={LOOKUP}",
        f"/courses/852/external_tools/retrieve?resource_link_lookup_id={LOOKUP}",
    ),
    (
        "tool by id",
        a("/courses/14/external_tools/1"),
        a("/courses/852/external_tools/1"),
        [("source_id", "/courses/852/external_tools/51")],
    ),
    _same("course", "/courses/14", "/courses/852/"),
    _same("course absolute", "http://canvas.example/courses/14", "/courses/852/"),
    _same("course pages", "/courses/14/pages", "/courses/852/pages/"),
    _same("grades", "/courses/14/grades", "/courses/852/grades"),
    _same("people", "/courses/14/users", "/courses/852/users"),
    _same("modules", "/courses/14/modules", "/courses/852/modules"),
    (
        "another course's page",
        a("/courses/1/pages/plain-one"),
        a("/courses/1/pages/plain-one"),
        [("points_to_other_course", None)],
    ),
    ("another course", a("/courses/1"), a("/courses/1"), [("points_to_other_course", None)]),
    ("another course absolute", a("/courses/1/modules"), a("/courses/1/modules"), [("points_to_other_course", None)]),
    (
        "course that never was",
        a("/courses/99999999/assignments/1"),
        a("/courses/99999999/assignments/1"),
        [("points_to_other_course", None)],
    ),
    (
        "deleted page",
        a("/courses/14/pages/to-be-deleted"),
        a("/courses/852/pages/to-be-deleted"),
        [("target_missing", None)],
    ),
    (
        "deleted assignment",
        a("/courses/14/assignments/34"),
        a(f"$CANVAS_OBJECT_REFERENCE$/assignments/{GONE_ASSIGNMENT_KEY}"),
        [("placeholder", None)],
    ),
    (
        "deleted file",
        a("/courses/14/files/29/download"),
        a(f"$CANVAS_COURSE_REFERENCE$/file_ref/{GONE_FILE_KEY}/download"),
        [("placeholder", None)],
    ),
    (
        "assignment that never was",
        a("/courses/14/assignments/99999999"),
        a("/courses/14/assignments/99999999"),
        [("points_to_source", None)],
    ),
    _same("user's file", "/users/1/files/1/download", "/users/1/files/1/download"),
    _same("group", "/groups/1", "/groups/1"),
    _same("account", "/accounts/1", "/accounts/1"),
    _same(
        "equation", "/equation_images/x%255E2%252B%255Cfrac?scale=1", "/equation_images/x%255E2%252B%255Cfrac?scale=1"
    ),
    _same("anchor", "#top", "#top"),
    _same("mail", "mailto:someone@example.invalid", "mailto:someone@example.invalid"),
    _same(
        "outside",
        "https://www.example.invalid/courses/1/pages/x?y=1&amp;z=2#w",
        "https://www.example.invalid/courses/1/pages/x?y=1&amp;z=2#w",
    ),
    _same("outside plain", "http://example.invalid", "http://example.invalid"),
    (
        "address in the text",
        "<p>See http://canvas.example/courses/14/pages/home or /courses/14/assignments/2.</p>",
        f"<p>See $WIKI_REFERENCE$/pages/home or $CANVAS_OBJECT_REFERENCE$/assignments/{ASSIGNMENT_KEY}</p>",
        [("placeholder", "/courses/852/pages/home"), ("placeholder", "/courses/852/assignments/1339")],
    ),
    (
        "address in code",
        "<pre>/courses/14/pages/home</pre>",
        "<pre>$WIKI_REFERENCE$/pages/home</pre>",
        [("placeholder", "/courses/852/pages/home")],
    ),
]
