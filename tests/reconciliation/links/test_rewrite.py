"""Rewriting changes single addresses and no other byte, and is idempotent."""

from __future__ import annotations

import importlib
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation.links import Change, html_scan, rewrite
from airflow_provider_canvas.reconciliation.links.html_scan import scan
from tests.reconciliation.links.course_pair import find
from tests.reconciliation.links.test_forms import RIGHT, SOURCE_IDS, TO_SOURCE

rewrite_module = importlib.import_module("airflow_provider_canvas.reconciliation.links.rewrite")


@pytest.mark.parametrize(
    ("html", "new", "expected"),
    [
        ('<A HREF="/old" x=y>t</A>', "/new", '<A HREF="/new" x=y>t</A>'),
        ("<a href='/old'>", "/new?a=1&b='2'", "<a href='/new?a=1&amp;b=&#39;2&#39;'>"),
        ('<a href="/old">', '/new?a="b"<c>', '<a href="/new?a=&quot;b&quot;&lt;c&gt;">'),
        ("<a href=/old>", "/new?a=1&b=2", "<a href=/new?a=1&amp;b=2>"),
        ("<a href=/old >", '/new?a="b"', '<a href="/new?a=&quot;b&quot;" >'),
        ("<a href=/old/>", "/new/", "<a href=/new/>"),
        ("<a href=/old>", "/n w", "<a href=/n%20w>"),
        ('<a href=" /old\n">', "/new", '<a href=" /new\n">'),
        ("<img srcset='/old 1x, /b 2x'>", "/new, w", "<img srcset='/new%2C%20w 1x, /b 2x'>"),
        (
            '<p style="background:url(/old);color:red">',
            "/n(1) w",
            '<p style="background:url(/n%281%29%20w);color:red">',
        ),
        ("<p style='background:url(&quot;/old&quot;)'>", "/new", "<p style='background:url(&quot;/new&quot;)'>"),
        ("<p>$WIKI_REFERENCE$/pages/x.</p>", "/new?a&b", "<p>/new?a&amp;b.</p>"),
        ("<!-- /old --><a href='/old'>/old", "/new", "<!-- /old --><a href='/new'>/old"),
        (
            '<a href="/old" data-api-endpoint="https://h/api/v1/old">',
            "/new",
            '<a href="/new" data-api-endpoint="https://h/api/v1/old">',
        ),
        ('<a href="/old">\r\n\t<b>é\u2028</b></a', "/new", '<a href="/new">\r\n\t<b>é\u2028</b></a'),
        ('<a href="/old">', "/new\n\x00", '<a href="/new%0A%00">'),
    ],
)
def test_each_place_of_an_address(html, new, expected):
    """The new address is written as its place demands: quoted, encoded, or as text."""
    old = scan(html)[0].url
    assert rewrite(html, [Change(0, old, new)]) == expected


def test_the_endpoint_of_the_api_follows():
    """The address in the API that stands in the tag of a changed link, and names the same object, is changed, too."""
    html = (
        '<a data-api-endpoint="http://h/api/v1/courses/14/files/1" href="/courses/14/files/1/download?wrap=1">x</a>'
        '<a href="/courses/14/pages/a?b#c" data-api-endpoint="http://h/api/v1/courses/14/pages/a">x</a>'
        '<a href="/courses/14/pages/a" data-api-endpoint="http://h/api/v1/courses/9/files/1">x</a>'
    )
    changes = [
        Change(1, "/courses/14/files/1/download?wrap=1", "/courses/852/files/1341/download?wrap=1"),
        Change(2, "/courses/14/pages/a?b#c", "/courses/852/pages/a-2?b#c"),
        Change(4, "/courses/14/pages/a", "/courses/852/pages/a"),
    ]
    assert rewrite(html, changes) == (
        '<a data-api-endpoint="http://h/api/v1/courses/852/files/1341" href="/courses/852/files/1341/download?wrap=1">'
        "x</a>"
        '<a href="/courses/852/pages/a-2?b#c" data-api-endpoint="http://h/api/v1/courses/852/pages/a-2">x</a>'
        '<a href="/courses/852/pages/a" data-api-endpoint="http://h/api/v1/courses/9/files/1">x</a>'
    )


def test_an_edited_text():
    """An address that moved is changed where it stands alone; one that stands twice, or is gone, is left."""
    change = Change(0, "/courses/14/pages/a", "/courses/852/pages/a")
    assert rewrite('<a href="/x"></a><a href="/courses/14/pages/a">', [change]).endswith('"/courses/852/pages/a">')
    for html in (
        '<a href="/x"></a>' + '<a href="/courses/14/pages/a">' * 2,
        '<a href="/x">',
        "",
        "/courses/14/pages/a",
    ):
        assert rewrite(html, [change]) == html


def test_secrets_are_not_compared():
    """A stored address has no verifier, and still names the address in the text that has one."""
    html = '<img src="/courses/14/files/1/preview?verifier=Vabc">'
    changed = rewrite(html, [Change(0, "/courses/14/files/1/preview", "/courses/852/files/1341/preview")])
    assert changed == '<img src="/courses/852/files/1341/preview">'
    assert [(link.url, link.right_url) for link in find(html)] == [
        ("/courses/14/files/1/preview", "/courses/852/files/1341/preview")
    ]


class Tags(HTMLParser):
    """Collects tags and texts, without the values of attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, [name for name, _ in attrs]))

    def handle_endtag(self, tag):
        self.found.append((f"/{tag}", []))


URLS = st.one_of(
    st.sampled_from([url for url, _ in TO_SOURCE]),
    st.sampled_from([url for url, _ in SOURCE_IDS]),
    st.sampled_from(
        ["$WIKI_REFERENCE$/pages/home", "$CANVAS_COURSE_REFERENCE$/grades", "https://x.instructure.com/courses/14"]
    ),
    st.sampled_from(RIGHT),
)
TEMPLATES = st.sampled_from(
    [
        '<a href="{}">text</a>',
        "<a href='{}' class=x>{}</a>",
        "<img alt='/courses/14' src=\"{}\" >",
        "<iframe SRC = '{}'></iframe>",
        '<p style="background:url({})">',
        '<video poster="{}"><source src="{}"></video>',
        '<p title="{}">{}</p>',
        "<!-- {} -->",
        "<script>'{}'</script>",
        "<pre>{}</pre>",
        "</p></td><br/>\r\n {}",
        '<a data-api-endpoint="https://canvas.example/api/v1{}" href="{}">é</a>',
    ]
)
PARTS = st.tuples(TEMPLATES, URLS).map(
    lambda each: each[0].format(*[each[1].replace("&", "&amp;").replace('"', "")] * 2)
)
TEXTS = st.lists(PARTS, max_size=6).map("".join)


def changes_of(links):
    return [Change(link.ordinal, link.url, link.right_url) for link in links if link.right_url is not None]


def test_an_address_that_no_database_stores():
    """A link is found again by the form of its address that the table of stale links has."""
    html = '<a href="/courses/14/pages/home\x00">x</a>'
    link = find(html)[0]
    assert rewrite(html, [Change(0, link.url, "/new")]) == '<a href="/new">x</a>'


def test_many_links_take_linear_time(monkeypatch):
    """Each address of a text is compared once, and the text behind a tag is read once, however many links there are."""
    calls: Counter[str] = Counter()

    def counted(module, name):
        function = getattr(module, name)

        def call(*arguments):
            calls[name] += 1
            return function(*arguments)

        monkeypatch.setattr(module, name, call)

    counted(rewrite_module, "strip_url_secrets")
    counted(rewrite_module, "endpoint_of")
    counted(html_scan, "html_tokens")
    link = '<a href="/courses/14/pages/home" longdesc="/courses/14" data-api-endpoint="/api/v1/courses/14/pages/home">'
    html = 50 * f"{link}/courses/14/pages/home</a>"
    found = find(html)
    changed = rewrite(html, [Change(each.ordinal, each.url, each.right_url) for each in found])
    assert (len(found), find(changed)) == (150, [])
    assert calls["strip_url_secrets"] <= 400
    assert calls["endpoint_of"] <= 100
    assert calls["html_tokens"] <= 50


@settings(max_examples=150, deadline=None)
@given(TEXTS)
@example(
    '<a data-api-endpoint="https://canvas.example/api/v1/courses/852/gradebook/speed_grader?assignment_id=2" '
    'href="/courses/852/gradebook/speed_grader?assignment_id=2">Grade</a>'
)
def test_one_rewriting_repairs_everything(html):
    """After one rewriting nothing repairable is left, and what cannot be repaired is still reported as it was."""
    found = find(html)
    repaired = rewrite(html, changes_of(found))
    left = find(repaired)
    assert changes_of(left) == []
    assert rewrite(repaired, changes_of(left)) == repaired
    assert {link.url for link in found if link.right_url is None} <= {link.url for link in left}


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_only_the_changed_addresses_differ(html):
    """Outside of the changed addresses every byte is the same, and the tags are the same for a parser."""
    changes = changes_of(find(html))
    repaired = rewrite(html, changes)
    before, after = scan(html), scan(repaired)
    if changes:
        assert Tags(repaired).found == Tags(html).found
    else:
        assert repaired == html
    changed = {change.ordinal for change in changes}
    pieces, position = [], 0
    for number, address in enumerate(before):
        if number in changed or address.attribute == "data-api-endpoint":
            pieces.append(html[position : address.start])
            position = address.end
    where = 0
    for piece in pieces:
        where = repaired.index(piece, where) + len(piece)
    assert repaired[where:].endswith(html[position:])
    assert len(after) <= len(before)


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from(["<a href='", "/courses/14/pages/home", "'", '"', ">", "<", "x", "&", "<!--", " "]), max_size=20
    ).map("".join)
)
def test_malformed_html_never_raises(html):
    """Malformed HTML is searched and rewritten without an error, and without links it stays as it is."""
    found = find(html)
    assert rewrite(html, changes_of(found)).count("<") == html.count("<")
