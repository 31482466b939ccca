"""Test that links are read from every valid ``Link`` header, and that a broken one is an error."""

from __future__ import annotations

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.client.protocol.link_header import LinkHeaderError, targets
from airflow_provider_canvas.client.protocol.response import Response

SPELLINGS = {
    "as Canvas writes it": '<https://c.example/api/v1/courses?page=2&per_page=10>; rel="next"',
    "unquoted": "<https://c.example/x?page=2>; rel=next",
    "no spaces": '<https://c.example/x?page=2>;rel="next"',
    "spaces": '  <https://c.example/x?page=2>  ;   rel = "next"  ',
    "tabs": '<https://c.example/x?page=2>\t;\trel="next"',
    "upper case": '<https://c.example/x?page=2>; REL="NEXT"',
    "several relations": '<https://c.example/x?page=2>; rel="last next"',
    "spaces around relations": '<https://c.example/x?page=2>; rel=" next  last "',
    "an escaped relation": '<https://c.example/x?page=2>; rel="n\\ext"',
    "another parameter before": '<https://c.example/x?page=2>; title="page 2"; rel="next"',
    "another parameter after": '<https://c.example/x?page=2>; rel="next"; title="page 2"; hreflang=en',
    "a parameter without a value": '<https://c.example/x?page=2>; crossorigin; rel="next"',
    "an extended parameter": "<https://c.example/x?page=2>; title*=UTF-8''p%C3%A4ge; rel=next",
    "a title that looks like a link": '<https://c.example/x?page=2>; title="<x?page=9>; rel=\\"last\\", "; rel="next"',
    "a comma in the address": '<https://c.example/x?ids=1,2&page=2>; rel="next"',
    "a semicolon in the address": '<https://c.example/x;v=1?a=b;c&page=2>; rel="next"',
    "a relative reference": '<?page=2>; rel="next"',
    "a relative path": '</api/v1/courses?page=2>; rel="next"',
    "a fragment": '<https://c.example/x?page=2#page=9>; rel="next"',
    "empty elements": ', ,<https://c.example/x?page=2>; rel="next",,',
    "an empty parameter": '<https://c.example/x?page=2>; ;rel="next";',
    "a second rel does not count": '<https://c.example/x?page=9>; rel="self"; rel="next", <x?page=2>; rel="next"',
    "after others": '<x?page=1>; rel="current",<x?page=2>; rel="next",<x?page=1>; rel="first",<x?page=7>; rel="last"',
    "twice the same": '<x?page=2>; rel="next", <y?page=2>; rel=next',
    "an encoded number": '<x?%70age=%32>; rel="next"',
}


@pytest.mark.parametrize("header", SPELLINGS.values(), ids=SPELLINGS)
def test_next_page_is_found(header: str) -> None:
    """The next page is found in every valid spelling."""
    assert Response(200, {"link": header}, b"").linked_page("next") == "2"


@pytest.mark.parametrize(
    "header",
    [
        "https://c.example/x?page=2; rel=next",
        "<https://c.example/x?page=2; rel=next",
        '<https://c.example/x?page=2>; rel="next',
        '<https://c.example/x?page=2> rel="next"',
        '<https://c.example/x?page=2>; rel="next" <y>; rel="last"',
        '<https://c.example/x?page=2>; rel="next"x',
        "<https://c.example/x?page=2>; =next",
        "<https://c.example/x?page=2>; rel=",
        "<https://c.example/x?page=2>; rel='next'",
        "<https://c.example/x?page=2>; rel=`next`",
        '<https://c.example/x?page=2>; rel="next,last"',
        "<https://c.example/x?page=2>; rel=\"'next'\"",
        "<<https://c.example/x?page=2>>; rel=next",
        "nonsense",
        '<x?page=2>; rel="next", <x?page=3>; rel="next"',
        "<x?page=2>; rel=next, " + "," * 70_000,
        f"<x?{'a=b&' * 2000}page=2>; rel=next",
    ],
)
def test_broken_header_is_an_error(header: str) -> None:
    """A header that is broken or ambiguous is an error, not the end of a listing."""
    with pytest.raises(ValueError, match=r"."):
        Response(200, {"link": header}, b"").linked_page("next")


@pytest.mark.parametrize("header", ["", " ", ",", '<x?page=2>; rel="nextpage"', '<x?page=2>; title="rel=next"'])
def test_header_without_a_next_page(header: str) -> None:
    """A header without such a link has no next page."""
    assert Response(200, {"link": header}, b"").linked_page("next") is None


def test_link_without_a_page() -> None:
    """A link without the parameter has an empty page."""
    assert Response(200, {"link": "<x>; rel=next"}, b"").linked_page("next") == ""


spaces = st.sampled_from(["", " ", "  ", "\t"])
tokens = st.text(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~", min_size=1, max_size=8)
texts = st.text(string.ascii_letters + string.digits + " ,;<>=/\\\"'?&", max_size=12)
addresses = st.text(string.ascii_letters + string.digits + ",;:/?#[]@!$&'()*+=-._~%", max_size=30)
relations = st.sampled_from(["next", "last", "first", "current", "prev", "https://rel.example/x"])


@st.composite
def quoted(draw: st.DrawFn, text: str) -> str:
    """Write a text as a quoted string: some characters may be escaped, others must be."""
    escaped = (f"\\{c}" if c in '"\\' or draw(st.integers(0, 9)) == 0 else c for c in text)
    return f'"{"".join(escaped)}"'


@st.composite
def links(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    """Write a link; return it with its address and its relations."""
    address, own = draw(addresses), draw(st.lists(relations, min_size=1, max_size=3))
    joined = draw(st.sampled_from([" ", "  "])).join(own)
    spelled = draw(st.sampled_from([joined, joined.upper(), joined.title()]))
    simple = " " not in spelled and ":" not in spelled and draw(st.booleans())
    value = spelled if simple else draw(quoted(spelled))
    parameters = [f"{draw(st.sampled_from(['rel', 'REL', 'Rel']))}{draw(spaces)}={draw(spaces)}{value}"]
    for _ in range(draw(st.integers(0, 3))):
        name = draw(tokens.filter(lambda token: token.lower() != "rel"))
        value = draw(st.one_of(st.just(""), tokens.map("={}".format), texts.flatmap(quoted).map("={}".format)))
        parameters.insert(draw(st.integers(0, len(parameters))), name + value)
    text = f"<{address}>" + "".join(f"{draw(spaces)};{draw(spaces)}{each}" for each in parameters)
    return text, address, [relation.lower() for relation in own]


@given(st.lists(links(), max_size=4), st.data())
def test_every_valid_header_is_read(written: list[tuple[str, str, list[str]]], data: st.DataObject) -> None:
    """Every header of the RFC's grammar is read as it was written."""
    separators = [data.draw(st.sampled_from([",", ", ", " , ", ",,"])) for _ in written]
    header = "".join(text + separator for (text, _, _), separator in zip(written, separators, strict=True))
    for relation in ("next", "last", "https://rel.example/x"):
        assert targets(header, relation) == [address for _, address, own in written if relation in own]


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(header: str) -> None:
    """Any text is read, or is an error of the right kind."""
    with contextlib.suppress(LinkHeaderError):
        assert isinstance(targets(header, "next"), list)
