"""HTML: sanitized when it is written, and with hosts and endpoints when it is read."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canvas_emulator.effects.html_writing import stored_html
from canvas_emulator.model.content import Announcement, Assignment, Content, DiscussionTopic, File, Page, Quiz
from canvas_emulator.model.signed_urls import verifier
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from tests.support.caller import Caller

COURSE = f"courses/{SOURCE}"
HERE = "http://canvas.example"

FIELDS: tuple[tuple[type[Content], str], ...] = (
    (Announcement, "message"),
    (Assignment, "description"),
    (DiscussionTopic, "message"),
    (Page, "body"),
    (Quiz, "description"),
)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>"),
        ('<p onclick="x()" class="c" id="i" data-x="1">a</p>', '<p class="c" id="i" data-x="1">a</p>'),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ("<form><input></form><!-- note --><meta>a", "a"),
        ("<style>p{color:red}</style>", "<style>p{color:red}</style>"),
        ('<img src="a b.png" srcset="c.png 2x">', '<img src="a%20b.png">'),
        ("<p>a <b>b", "<p>a <b>b</b></p>"),
        ("<table><tr><td>1</td></tr></table>", "<table><tbody><tr><td>1</td></tr></tbody></table>"),
        ("a < b & c", "a &lt; b &amp; c"),
        (f'<a href="{HERE}/{COURSE}/pages/x">a</a>', f'<a href="/{COURSE}/pages/x">a</a>'),
        ('<a href="http://canvas.example.org/x">a</a>', '<a href="http://canvas.example.org/x">a</a>'),
        (
            f'<a href="/{COURSE}/files/9/download?verifier=v&amp;wrap=1#p">a</a>',
            f'<a href="/{COURSE}/files/9/download?wrap=1#p">a</a>',
        ),
        ('<a href="$CANVAS_OBJECT_REFERENCE$/pages/g1">a</a>', '<a href="$CANVAS_OBJECT_REFERENCE$/pages/g1">a</a>'),
    ],
)
def test_what_is_stored(world: World, sent: str, stored: str) -> None:
    """Scripts, handlers, forms and comments go; fragments are repaired; links lose their host and their secret."""
    assert stored_html(world, sent, HERE) == stored


@given(text=st.text() | st.from_regex(r"(<[a-z]{1,6}( [a-z]{1,5}=.{0,5})?>?|&[a-z]{0,4};?|.){0,12}"))
def test_what_is_stored_is_not_changed_again(text: str) -> None:
    """What was stored once is stored as it is, whatever was written."""
    world = World()
    stored = stored_html(world, text, HERE)
    assert stored_html(world, stored, HERE) == stored


def test_a_syllabus_is_sanitized_and_read_back_with_its_host(canvas: Caller, world: World) -> None:
    """A syllabus is stored without host, script and secret, and read with host and endpoint."""
    sent = f'<p><a href="{canvas.server.url}/{COURSE}/pages/intro">a</a><script>x()</script></p>'
    assert canvas("PUT", COURSE, json={"course": {"syllabus_body": sent}}).status_code == 200
    assert world.tables.courses[SOURCE].syllabus_body == f'<p><a href="/{COURSE}/pages/intro">a</a></p>'
    shown = canvas.get(COURSE, **{"include[]": "syllabus_body"})["syllabus_body"]
    assert f'href="{canvas.server.url}/{COURSE}/pages/intro"' in shown
    assert canvas("PUT", COURSE, json={"course": {"syllabus_body": shown}}).status_code == 200
    assert canvas.get(COURSE, **{"include[]": "syllabus_body"})["syllabus_body"] == shown


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_every_text_is_read_with_hosts(canvas: Caller, world: World, kind: type[Content], field: str) -> None:
    """Links in all texts of a course have the host of the request."""
    row = world.add(kind(course_id=SOURCE, title="T", **{field: f'<a href="/{COURSE}/quizzes">a</a> &amp; <b>b</b>'}))
    shown = canvas.get(f"{COURSE}/{kind.SECTION}/{row.id}")[field]
    endpoint = f'data-api-endpoint="{canvas.server.url}/api/v1/{COURSE}/quizzes" data-api-returntype="[Quiz]"'
    assert shown == f'<a href="{canvas.server.url}/{COURSE}/quizzes" {endpoint}>a</a> &amp; <b>b</b>'


class TestEndpoints:
    """What a link says of the API."""

    def _shown(self, canvas: Caller, world: World, tag: str) -> str:
        page = world.add(Page(course_id=SOURCE, title="Links", body=f"<p>\n{tag}text</p>"))
        shown: str = canvas.get(f"{COURSE}/pages/page_id:{page.id}")["body"]
        assert (shown[:4], shown[-8:]) == ("<p>\n", "text</p>")
        return shown[4:-8]

    @pytest.mark.parametrize(
        ("path", "endpoint", "return_type"),
        [
            ("/pages/lab-safety", "/pages/lab-safety", "Page"),
            ("/wiki/lab-safety?module_item_id=1#top", "/pages/lab-safety", "Page"),
            ("/pages", "/pages", "[Page]"),
            ("/assignments/2", "/assignments/2", "Assignment"),
            ("/assignments", "/assignments", "[Assignment]"),
            ("/quizzes/1", "/quizzes/1", "Quiz"),
            ("/discussion_topics/1", "/discussion_topics/1", "Discussion"),
            ("/modules/1", "/modules/1", "Module"),
            ("/files", "/folders/root", "Folder"),
            (
                "/external_tools/retrieve?url=https%3A%2F%2Ft.test",
                "/external_tools/sessionless_launch?url=https%3A%2F%2Ft.test",
                "SessionlessLaunchUrl",
            ),
            ("/assignments/syllabus", None, None),
            ("/modules/items/12", None, None),
            ("/announcements/15", None, None),
            ("", None, None),
        ],
    )
    def test_of_links_into_a_course(
        self, canvas: Caller, world: World, path: str, endpoint: str | None, return_type: str | None
    ) -> None:
        """Known addresses say where the API has their target; others have a host only."""
        shown = self._shown(canvas, world, f'<a href="/courses/7{path}">')
        url = canvas.server.url
        data = f' data-api-endpoint="{url}/api/v1/courses/7{endpoint}" data-api-returntype="{return_type}"'
        assert shown == f'<a href="{url}/courses/7{path}"{data if endpoint else ""}>'

    @pytest.mark.parametrize("address", ["https://example.org/courses/1/pages/x", "mailto:a@b.test", "#top", "//h/x"])
    def test_other_addresses_stay(self, canvas: Caller, world: World, address: str) -> None:
        """Addresses of other hosts, of mail and within the page stay as they are."""
        assert self._shown(canvas, world, f'<a href="{address}">') == f'<a href="{address}">'

    def test_stale_endpoints_are_made_again(self, canvas: Caller, world: World) -> None:
        """An endpoint that a copy left on the source is made again from the address."""
        stale = 'data-api-endpoint="http://h/api/v1/courses/1/quizzes/2" data-api-returntype="Page"'
        shown = self._shown(canvas, world, f'<a {stale} href="/courses/7/quizzes/9" title="a &quot;b&quot;">')
        assert re.findall(r'data-api-endpoint="([^"]*)"', shown) == [f"{canvas.server.url}/api/v1/courses/7/quizzes/9"]
        assert 'title="a &quot;b&quot;"' in shown

    def test_files_open_for_those_who_may_see_them(self, canvas: Caller, world: World) -> None:
        """The address of a file gets its course and its verifier."""
        file = world.add(File(course_id=SOURCE, title="a.png"))
        shown = self._shown(canvas, world, f'<img src="/files/{file.id}/preview">')
        address = re.search(r'src="([^"]*)"', shown)
        assert address is not None
        parts = urlsplit(address[1])
        assert (parts.path, parts.query) == (
            f"/{COURSE}/files/{file.id}/preview",
            f"verifier={verifier(world, file.id)}",
        )
        assert f'data-api-endpoint="{canvas.server.url}/api/v1/{COURSE}/files/{file.id}"' in shown
