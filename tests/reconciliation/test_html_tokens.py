"""HTML from outside is read by the rules of the standard, and in linear time, however malformed it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation.html_tokens import EndTag, StartTag, Text, html_tokens
from airflow_provider_canvas.reconciliation.links.html_scan import link_text, scan
from airflow_provider_canvas.reconciliation.links.rewrite import rewrite
from airflow_provider_canvas.reconciliation.links.same_content import same_content
from airflow_provider_canvas.reconciliation.unmapped.syllabus import visible_text

# fmt: off
UNITS = (
    "<", "<a ", "<a", "<a b", "<a b=", '<a b="', "<a b='", '<a b="c', "<!--", "<!", "<?", "<![CDATA[", "</", "</a ",
    "&", "&#", "&amp", "<div>", "<p>", "<li>", "<td>", "<i>x</p>", "<script>", "<style>", "<textarea>", "<title",
    "<plaintext>", "<math>", "</script", "-->", "x<", "<br/", "<x/y", "<a href=/courses/1>", '<a href="/courses/1">',
    "/courses/1 ", "$WIKI_REFERENCE$/pages/a ", "$CANVAS_", "<p style='url(", "<img srcset='/a b,", "<table><p>",
    "<select><option>", "\x00<\x00", "<p>$IMS-CC-FILEBASE$/", "url(", "<a href=' ", "=",
)
PREFIXES = (
    "", '<p style=") ', "<p style=')", "<p><table>", '<img srcset="', '<a href="/courses/1">', "$WIKI_REFERENCE$",
)
# fmt: on


def link_texts(html: str) -> list[str]:
    """Return the texts of the last links."""
    return [link_text(html, address) for address in scan(html)[-3:]]


READERS: dict[str, Callable[[str], object]] = {
    "same content": lambda html: same_content(html, f"{html}<b>more</b>"),
    "visible text": visible_text,
    "link texts": link_texts,
    "rewrite": lambda html: rewrite(html, []),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_text_takes_linear_time(prefix: str, reader: str) -> None:
    """Four times as much of what repeats the beginning of something takes about four times as long, never sixteen."""
    read = READERS[reader]
    for unit in UNITS:
        for end in ("", '">'):
            few, many = (prefix + unit * (length // len(unit)) + end for length in (2_500, 10_000))
            if seconds(read, many) > 0.03:
                assert min(seconds(read, many) for _ in range(3)) < 9 * max(seconds(read, few) for _ in range(3)), unit


def seconds(read: Callable[[str], object], html: str) -> float:
    """Return the CPU time that reading a text takes."""
    began = time.process_time()
    read(html)
    return time.process_time() - began


class Reference(HTMLParser):
    """Collects the tokens as the standard library reads them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[StartTag | EndTag | Text] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tokens.append(StartTag(tag, {name: value or "" for name, value in reversed(attrs)}))

    def handle_endtag(self, tag: str) -> None:
        self.tokens.append(EndTag(tag))

    def handle_data(self, data: str) -> None:
        self.tokens.append(Text(data))


names = st.sampled_from(["p", "a", "img", "DIV", "h2", "custom-tag"])
values = st.text("ab /&;=<>$%\u00e9", max_size=8)
attributes = st.dictionaries(st.sampled_from(["href", "SRC", "data-id", "title"]), values, max_size=3)
texts = st.text("abc &;#\n\u00e9", min_size=1, max_size=12)


def start_tag(name: str, pairs: dict[str, str]) -> str:
    """Return a start tag with quoted attributes."""
    return f"<{name}" + "".join(f' {key}="{value}"' for key, value in pairs.items()) + ">"


parts = st.one_of(
    texts,
    st.builds("</{}>".format, names),
    st.builds(start_tag, names, attributes),
    st.builds("<!-- {} -->".format, st.text("ab c", max_size=5)),
)


@given(st.lists(parts, max_size=12))
def test_well_formed_html_is_read_as_by_the_standard_library(pieces: list[str]) -> None:
    """Tags, attributes and texts of well-formed HTML are those of ``HTMLParser``."""
    html = "".join(pieces)
    reference = Reference()
    reference.feed(html)
    reference.close()
    assert merged(list(html_tokens(html))) == merged(reference.tokens)


def merged(tokens: list[StartTag | EndTag | Text]) -> list[StartTag | EndTag | Text]:
    """Return tokens with neighbouring texts as one."""
    result: list[StartTag | EndTag | Text] = []
    for token in tokens:
        if isinstance(token, Text) and result and isinstance(result[-1], Text):
            result[-1] = Text(result[-1].text + token.text)
        else:
            result.append(token)
    return result


@pytest.mark.parametrize(
    ("html", "tokens"),
    [
        ("<p class=a CLASS=b>x", [StartTag("p", {"class": "a"}), Text("x")]),
        ("<p class>x</P >", [StartTag("p", {"class": ""}), Text("x"), EndTag("p")]),
        ("a < b &lt; c", [Text("a "), Text("< b < c")]),
        ("<script>if (a<b) {'<p>'}</script>x", None),
        ("<title>a &amp; <b></title>", [StartTag("title", {}), Text("a & <b>"), EndTag("title")]),
        ("x<a href='", [Text("x")]),
        ("x<!-- <p> --!>y", [Text("x"), Text("y")]),
        ("<br/><img src=a/>", [StartTag("br", {}), StartTag("img", {"src": "a/"})]),
    ],
)
def test_forms_of_html(html: str, tokens: list[StartTag | EndTag | Text] | None) -> None:
    """Forms in which the standard decides."""
    script = [StartTag("script", {}), Text("if (a<b) {'<p>'}"), EndTag("script"), Text("x")]
    assert merged(list(html_tokens(html))) == merged(tokens or script)
