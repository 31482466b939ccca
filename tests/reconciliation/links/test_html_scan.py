"""Addresses are found in HTML of every kind at their exact offsets, as the standard library's parser sees them."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation.html_tokens import decode_attribute
from airflow_provider_canvas.reconciliation.links.html_scan import link_text, scan


def urls(html):
    """Return attribute and address of everything that is found."""
    return [(address.attribute, address.url) for address in scan(html)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="/courses/1">x</a>', [("href", "/courses/1")]),
        ("<a href='/courses/1'>x</a>", [("href", "/courses/1")]),
        ("<a href=/courses/1>x</a>", [("href", "/courses/1")]),
        ("<a href=/courses/1/>x</a>", [("href", "/courses/1/")]),
        ("<A HREF = \n'/courses/1' >x</A>", [("href", "/courses/1")]),
        ('<a\thref="\n /courses/1 ">x</a>', [("href", "/courses/1")]),
        ("<a/href='/courses/1'/>x", [("href", "/courses/1")]),
        ('<a title=it\'s href="/courses/1">x</a>', [("href", "/courses/1")]),
        ("<a title='>' href=\"/courses/1\">x</a>", [("href", "/courses/1")]),
        ('<a href="/x?a=1&amp;b=2&#38;c=3&copy=4&copy;">x</a>', [("href", "/x?a=1&b=2&c=3&copy=4©")]),
        ('<a href="&#47;courses&#x2f;1">x</a>', [("href", "/courses/1")]),
        ('<a href="/first" href="/second">x</a>', [("href", "/first")]),
        ('<img src="/a"><iframe src="/b"></iframe><embed src="/c">', [("src", "/a"), ("src", "/b"), ("src", "/c")]),
        ('<object data="/a"><param name=src value="/b"></object>', [("data", "/a"), ("value", "/b")]),
        ('<input value="/a"><li value="3/4">', []),
        ('<video poster="/a"><source src="/b"></video>', [("poster", "/a"), ("src", "/b")]),
        ('<img longdesc="/a"><q cite="/b">', [("longdesc", "/a"), ("cite", "/b")]),
        (
            '<a data-api-endpoint="https://h/a" data-download-url="/b">',
            [("data-api-endpoint", "https://h/a"), ("data-download-url", "/b")],
        ),
        ('<a rel="noopener/x">', []),
        ('<a rel="/courses/1/files/2">', [("rel", "/courses/1/files/2")]),
        ('<p data-any="https://h/courses/1/x">', [("data-any", "https://h/courses/1/x")]),
        ('<p title="see /courses/1/x">', []),
        (
            '<p title="$WIKI_REFERENCE$/pages/a b $WIKI_REFERENCE$/pages/c">',
            [("title", "$WIKI_REFERENCE$/pages/a"), ("title", "$WIKI_REFERENCE$/pages/c")],
        ),
        ("<img srcset='/a 1x, /b 2x'>", [("srcset", "/a"), ("srcset", "/b")]),
        ('<img srcset="/a,/b 2x,\n/c">', [("srcset", "/a,/b"), ("srcset", "/c")]),
        ('<img srcset="/a, /b,, /c 2x,/d">', [("srcset", "/a"), ("srcset", "/b"), ("srcset", "/c"), ("srcset", "/d")]),
        ('<source srcset="/a?x=1&amp;y=2 100w">', [("srcset", "/a?x=1&y=2")]),
        (
            "<p style=\"background: url(/a) url( '/b' ), URL(&quot;/c&quot;)\">",
            [("style", "/a"), ("style", "/b"), ("style", "/c")],
        ),
        ('<p style="background&#58;url&#40;&#x27;/a&#39;&#41;">', [("style", "/a")]),
        ('<p style="background: url(/a">', []),
        (
            "<p style=\"background: image-set('/a' 1x, &quot;/b&quot; 2x, url(/c) 3x)\">",
            [("style", "/a"), ("style", "/b"), ("style", "/c")],
        ),
        ("<p style=\"content: '/a'\">", []),
        (
            "<iframe srcdoc=\"<a href='/courses/1/x?a=1&amp;amp;b=2'>/courses/2</a><img src=&quot;https://h/files/3&quot;>\">",
            [("srcdoc", "/courses/1/x?a=1"), ("srcdoc", "https://h/files/3")],
        ),
        ('<link imagesrcset="/a 1x, /b 2x">', [("imagesrcset", "/a"), ("imagesrcset", "/b")]),
        ('<img alt="See $WIKI_REFERENCE$/pages/a.">', [("alt", "$WIKI_REFERENCE$/pages/a")]),
        ("<p>“$WIKI_REFERENCE$/pages/a”.", [("text", "$WIKI_REFERENCE$/pages/a")]),
        ('<p style="color: red">', []),
        ("<!-- <a href='/a'> --><a href='/b'>", [("href", "/b")]),
        ("<!--><a href='/b'>", [("href", "/b")]),
        ("<!-- <a href='/a'> --!><a href='/b'>", [("href", "/b")]),
        ("<!-- <a href='/a'>", []),
        ("<!doctype html><?php <a href='/a'>", []),
        ("<script>x='<a href=\"/a\">'</script><a href='/b'>", [("href", "/b")]),
        ("<style>p{background:url(/a)}</style><a href='/b'>", [("href", "/b")]),
        ("<textarea><a href='/a'></textarea><a href='/b'>", [("href", "/b")]),
        ("<SCRIPT><a href='/a'></scripts></Script ><a href='/b'>", [("href", "/b")]),
        ("<a href='/a", []),
        ("<a href='/a'", []),
        ("<a href='/a' <b title='x' href=/c>", [("href", "/a")]),
        ("1 < 2 <3 <a href='/a'>", [("href", "/a")]),
        ("</a href='/a'><a href='/b'>", [("href", "/b")]),
        ("<p>/courses/1/pages/a</p><pre>/courses/1</pre>", []),
        (
            "<p>$WIKI_REFERENCE$/pages/a, $CANVAS_COURSE_REFERENCE$/grades.</p>",
            [("text", "$WIKI_REFERENCE$/pages/a"), ("text", "$CANVAS_COURSE_REFERENCE$/grades")],
        ),
        ("($IMS-CC-FILEBASE$/a.png)", [("text", "$IMS-CC-FILEBASE$/a.png")]),
        ("&#36;WIKI_REFERENCE&#x24;/pages/a?b=1&amp;c=2", [("text", "$WIKI_REFERENCE$/pages/a?b=1&c=2")]),
        ("the $WIKI_REFERENCE$x and WIKI_REFERENCE and $5", []),
        ("<a href='/courses/1'>/courses/1</a>", [("href", "/courses/1"), ("text", "/courses/1")]),
        ("<a href='https://h/courses/1'> /courses/1 </a>", [("href", "https://h/courses/1"), ("text", "/courses/1")]),
        (
            "<a href='/courses/1?a&amp;b'>/courses/1?a&amp;b</a>",
            [("href", "/courses/1?a&b"), ("text", "/courses/1?a&b")],
        ),
        (
            "<a href='/courses/1'><b>x</b> <i>/courses/1</i></a>/courses/1",
            [("href", "/courses/1"), ("text", "/courses/1")],
        ),
        ("<a href='/courses/1'>x<a name=y>/courses/1</a>", [("href", "/courses/1")]),
        ("<a href='/courses/1'>/courses/2</a>", [("href", "/courses/1")]),
        ("<a href='/courses/1'>see /courses/1</a>", [("href", "/courses/1")]),
        ("<a href='https://outside/x'>https://outside/x</a>", [("href", "https://outside/x")]),
        ("<a href='#top'>#top</a><a href='mailto:a@b'>", []),
        ("<math><mi xlink:href='/courses/1'></mi></math>", [("xlink:href", "/courses/1")]),
    ],
)
def test_each_kind_of_html(html, expected):
    """Attributes that hold addresses, and placeholders, are found; comments, scripts and plain text are skipped."""
    assert urls(html) == expected
    for address in scan(html):
        raw = html[address.start : address.end]
        assert decode_attribute(raw) == address.url


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="/courses/1">Lab <b>safety</b>\n &amp; more</a> x', "Lab safety & more"),
        ('<a href="/courses/1"><img src="/x" alt="y"></a>', ""),
        ('<a href="/courses/1">never ends', "never ends"),
        ('<img src="/courses/1"> x', ""),
        ('<a href="/courses/1">a<a href="/courses/2">b</a>', "a"),
    ],
)
def test_text_of_a_link(html, text):
    """The text of a link is that between its tags, without the tags in it."""
    assert link_text(html, scan(html)[0]) == text


class Parser(HTMLParser):
    """Collects the addresses that the standard library's parser sees in simple attributes."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        for name, value in dict(reversed(attrs)).items():
            if name in ("href", "src") and value and "/" in value and value.strip(" \t\n\f\r"):
                self.found.append((name, value.strip(" \t\n\f\r")))


WORDS = st.sampled_from(
    [
        "<a",
        "<img",
        "<p",
        "</p>",
        "</a>",
        ">",
        " ",
        "\n",
        "href=",
        "src=",
        "href",
        '"',
        "'",
        "/courses/1",
        "/x y",
        "&amp;",
        "&lt;",
        "=",
        "<!--",
        "-->",
        "title=",
        "text",
        "<br/>",
        "/",
        "<script>",
        "</script>",
        "$WIKI_REFERENCE$/pages/x",
        "é",
    ]
)
SOUP = st.lists(WORDS, max_size=30).map("".join)


@given(SOUP)
def test_any_text_is_scanned(html):
    """Nothing raises, and the addresses stand in their order at their offsets, without overlap."""
    position = 0
    for address in scan(html):
        assert position <= address.start < address.end <= len(html)
        assert address.url == decode_attribute(html[address.start : address.end])
        position = address.end


ATTRIBUTE = st.tuples(
    st.sampled_from(["href", "SRC", "title", "class", "alt"]),
    st.sampled_from([' {}="{}"', " {}='{}'", "\n{} = {}"]),
    st.sampled_from(["/courses/1", "/a?b=1&amp;c=2", "https://h/x", "plain", "/é", "a/b&lt;c"]),
).map(lambda each: each[1].format(each[0], each[2]))
ELEMENT = st.tuples(
    st.sampled_from(["a", "IMG", "p", "td"]),
    st.lists(ATTRIBUTE, max_size=4).map("".join),
    st.sampled_from(["", " /", "\n"]),
).map(lambda each: f"<{each[0]}{each[1]}{each[2]}>")
HTML = st.lists(
    st.one_of(ELEMENT, st.sampled_from(["text", "</a>", "</p>", "<!-- <a href='/x'> -->", "&amp;", "a < b", "<br>"])),
    max_size=12,
).map("".join)


@settings(max_examples=200)
@given(HTML)
def test_the_addresses_are_those_of_the_standard_parser(html):
    """In HTML whose attributes have values, href and src are found as the standard library's parser finds them."""
    parser = Parser()
    parser.feed(html)
    parser.close()
    assert sorted(each for each in urls(html) if each[0] in ("href", "src")) == sorted(parser.found)


@pytest.mark.parametrize(
    "text",
    [
        "<a " * 20_000,
        "<" * 50_000,
        '<a href="' * 10_000,
        "<!--" * 20_000,
        "<a style='" + "url(" * 20_000 + "'>",
        "<a style='" + "url(&quot;)" * 20_000 + "'>",
        "<img srcset='" + "/a (" * 20_000 + "'>",
        "<img srcset='" + ", " * 50_000 + "'>",
        "<img srcset='" + "a( " * 20_000 + "'>",
        "$WIKI_REFERENCE$" * 10_000,
        "<a href='/" + "&" * 50_000 + "'>",
        "<a href='/courses/1'>" + " " * 100_000,
        "<a href='/courses/1'>" * 3_000,
        "<script>" * 20_000,
    ],
)
def test_hostile_text_takes_linear_time(text):
    """Text that makes careless patterns take hours is scanned at once."""
    scan(text)
