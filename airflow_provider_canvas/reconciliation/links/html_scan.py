"""The addresses in a piece of HTML, each with its exact place in the text.

A rewriter must change single attribute values and keep every other byte. No HTML library that we know keeps the offsets
of attribute values: ``html5lib``, ``lxml`` and ``selectolax`` build a tree and lose the text, and the standard
library's ``HTMLParser`` tells only where a tag starts. So tags and attributes are found by the expressions of
:mod:`~airflow_provider_canvas.reconciliation.html_tokens`. No text takes more than linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from airflow_provider_canvas.reconciliation.html_tokens import (
    ATTRIBUTE,
    RAW_TEXT,
    TOKEN,
    Text,
    decode_attribute,
    html_tokens,
)

TEXT = "text"
"""The ``attribute`` of an address that stands in text."""

URL_ATTRIBUTES = frozenset(
    {
        "action",
        "background",
        "cite",
        "data",
        "data-api-endpoint",
        "data-download-url",
        "data-src",
        "data-url",
        "formaction",
        "href",
        "longdesc",
        "poster",
        "src",
    }
)
"""The attributes whose whole value is an address; of ``<param>``, ``value`` is one, too."""

_DOLLAR = "(?:\\$|%24|&#0*36;?|&#[xX]0*24;?|&dollar;)"
PLACEHOLDER = (
    rf"{_DOLLAR}(?:CANVAS_OBJECT_REFERENCE|CANVAS_COURSE_REFERENCE|WIKI_REFERENCE|IMS[-_]CC[-_]FILEBASE)"
    rf"{_DOLLAR}"
)
"""The start of an address that Canvas did not put back after a copy, as a pattern; ``$`` may be encoded."""

_ENTITY_THAT_ENDS = r"&(?:nbsp|quot|apos|lt|gt|#0*(?:34|39|60|62|160)|#[xX]0*(?:22|27|3[cCeE]|[aA]0));?"
_PLACEHOLDERS = re.compile(rf"{PLACEHOLDER}(?:/|(?![\w$]))(?:(?!{_ENTITY_THAT_ENDS})[^\s\"'<>])*+")
_HAS_PLACEHOLDER = re.compile(r"_REFERENCE|CC[-_]FILEBASE")
_END_OF_SENTENCE = ".,;:!?)]}’”»›…。，、；：！？）】」』》"  # noqa: RUF001  # typography is meant
_CANVAS_ADDRESS = re.compile(
    r"(?:https?:)?(?://[^/?#]+)?(?:/api/v1)?/(?:courses|files|media_attachments_iframe)/\d", re.IGNORECASE
)
_IN_SRCDOC = re.compile(
    r"(?:(?<=[\"'])|(?<=quot;)|(?<=apos;)|(?<=#3[49];))"
    r"(?:https?:)?(?://[^/?#\s\"'<>&]++)?(?:/api/v1)?/(?:courses|files|media_attachments_iframe)/\d[^\s\"'<>&]*+",
    re.IGNORECASE,
)
"""An address in the HTML of a ``srcdoc``, to its first entity: there, entities are encoded twice."""
_DOUBLE_QUOTE = r"(?:\"|&quot;|&#0*+34;?|&#x0*+22;?)"
_SINGLE_QUOTE = r"(?:'|&apos;|&#0*+39;?|&#x0*+27;?)"
_PARENTHESIS = r"(?:\(|&#0*+40;?|&#x0*+28;?|&lpar;)"
_STYLE_URL = re.compile(
    rf"url{_PARENTHESIS}[ \t\n\f\r]*+(?:(?P<double>{_DOUBLE_QUOTE})|(?P<single>{_SINGLE_QUOTE}))?", re.IGNORECASE
)
_IMAGE_SET = re.compile(rf"image-set{_PARENTHESIS}", re.IGNORECASE)
_STYLE_URL_OR_STRING = re.compile(
    rf"{_STYLE_URL.pattern}|(?P<double_string>{_DOUBLE_QUOTE})|(?P<single_string>{_SINGLE_QUOTE})", re.IGNORECASE
)
"""In ``image-set(...)``, a string is an address, too."""
_DOUBLE_ENDS, _SINGLE_ENDS = re.compile(_DOUBLE_QUOTE, re.IGNORECASE), re.compile(_SINGLE_QUOTE, re.IGNORECASE)
_STYLE_URL_ENDS = {
    "double": _DOUBLE_ENDS,
    "double_string": _DOUBLE_ENDS,
    "single": _SINGLE_ENDS,
    "single_string": _SINGLE_ENDS,
    None: re.compile(r"\)|&#0*+41;?|&#x0*+29;?|&rpar;", re.IGNORECASE),
}
"""What ends an address in a style, by the quote that begins it."""
_CANDIDATE = re.compile(r"[ \t\n\f\r,]*+(?P<url>[^ \t\n\f\r]++)(?:(?<=,)|[^,(]*+(?:\([^)]*+(?:\)|\Z)[^,(]*+)*+)")
_LINK_END = re.compile(r"</?a(?=[ \t\n\f\r/>])", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


class Address(NamedTuple):
    """An address in a piece of HTML.

    :param start: Offset of its first character in the HTML.
    :param end: Offset behind its last character.
    :param url: The address, with entities decoded and without spaces around it.
    :param tag: Name of the element, in lower case; empty for text that is not the text of a link.
    :param attribute: Name of the attribute, in lower case, or ``text``.
    :param tag_start: Offset of the tag that holds the attribute; of text, of the text.
    :param tag_end: Offset behind that tag; of text, behind the text.
    :param quote: The quote around the attribute's value; empty for a value without quotes, and for text.
    :param is_part: Whether the attribute's value is more than the address, as in ``style`` and ``srcset``.
    """

    start: int
    end: int
    url: str
    tag: str
    attribute: str
    tag_start: int
    tag_end: int
    quote: str = ""
    is_part: bool = False


def scan(html: str) -> list[Address]:
    """Return every address in a piece of HTML, in the order of the text.

    These are the values of attributes that hold addresses, also of parts of ``srcset`` and ``style``; values of any
    other attribute that lead to a course or a file of Canvas; placeholders anywhere, also in text; and the text of a
    link, if it is the link's own address. A value without a slash, such as ``#top``, is skipped, and so are comments,
    scripts and other raw text.

    :param html: The HTML; it may be malformed.
    """
    return list(_addresses(html))


def link_text(html: str, address: Address) -> str:
    """Return the text of the link whose address this is; empty for any other element.

    :param html: The HTML.
    :param address: An address in it.
    """
    if address.tag != "a" or address.attribute == TEXT:
        return address.url if address.tag == "a" else ""
    return _text_behind(html, address.tag_end)


@lru_cache(maxsize=2)
def _text_behind(html: str, start: int) -> str:
    """Return the text of the link whose tag ends at a place. A tag may have several addresses: it is read once."""
    end = _LINK_END.search(html, start)
    inner = html[start : end.start() if end else len(html)]
    text = "".join(token.text for token in html_tokens(inner) if isinstance(token, Text))
    return _SPACES.sub(" ", text).strip()[:255]


def _addresses(html: str) -> Iterator[Address]:
    has_placeholder = _HAS_PLACEHOLDER.search(html) is not None
    position = 0
    href: Address | None = None
    while token := TOKEN.search(html, position):
        if position < token.start() and (has_placeholder or href is not None):
            yield from _in_text(html, position, token.start(), href, has_placeholder=has_placeholder)
        if token["unfinished"]:
            return
        position = token.end()
        name = (token["name"] or "").lower()
        if name == "a":
            href = None
        if name and not token["end"]:
            if _may_be_address(token["attributes"]):
                for address in _in_tag(html, name, token):
                    if name == "a" and address.attribute == "href":
                        href = address
                    yield address
            if name in RAW_TEXT:
                close = RAW_TEXT[name].search(html, position)
                position = close.start() if close else len(html)
    if position < len(html) and (has_placeholder or href is not None):
        yield from _in_text(html, position, len(html), href, has_placeholder=has_placeholder)


def _in_text(html: str, start: int, end: int, href: Address | None, *, has_placeholder: bool) -> Iterator[Address]:
    """Yield the placeholders of a text, and the text itself if it is the address of the link around it."""
    text = html[start:end]
    tag = "a" if href is not None else ""
    if has_placeholder:
        found = False
        for match in _PLACEHOLDERS.finditer(text):
            found = True
            raw = _without_end_of_sentence(match[0])
            where = start + match.start()
            yield Address(where, where + len(raw), unescape(raw), tag, TEXT, start, end)
        if found:
            return
    stripped = text.strip()
    path = _path_of(unescape(stripped)) if href is not None else None
    if href is not None and path is not None and path == _path_of(href.url):
        where = start + text.index(stripped)
        yield Address(where, where + len(stripped), unescape(stripped), tag, TEXT, start, end)


def _path_of(url: str) -> str | None:
    """Return an address without its host; None if it is none of Canvas."""
    return re.sub(r"^(?:https?:)?//[^/?#]*", "", url, flags=re.IGNORECASE) if _CANVAS_ADDRESS.match(url) else None


def _may_be_address(value: str) -> bool:
    """Return whether a value can hold an address with a slash, which may be written as ``&#47;``, or a placeholder."""
    return "/" in value or "$" in value or "&" in value


def _in_tag(html: str, tag: str, token: re.Match[str]) -> Iterator[Address]:
    start, end = token.span("attributes")
    seen = set()
    for match in ATTRIBUTE.finditer(html, start, end):
        name = match["name"].lower()
        if name in seen:
            continue
        seen.add(name)
        group = "quoted" if match["quote"] else "bare"
        raw = match[group]
        if raw and _may_be_address(raw):
            start = match.start(group)
            for first, last, is_part in _in_value(tag, name, raw):
                url, quote = decode_attribute(raw[first:last]), match["quote"] or ""
                place = (start + first, start + last)
                if "/" in url or "$" in url:
                    yield Address(*place, url, tag, name, token.start(), token.end(), quote, is_part)


def _in_value(tag: str, name: str, raw: str) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of each address in an attribute's value, and whether the value holds more than it."""
    stripped = raw.strip(" \t\n\f\r")
    start = raw.find(stripped)
    if name in URL_ATTRIBUTES or (tag == "param" and name == "value"):
        yield start, start + len(stripped), False
    elif name in {"srcset", "imagesrcset"}:
        for match in _CANDIDATE.finditer(raw):
            if url := match["url"].rstrip(","):
                yield match.start("url"), match.start("url") + len(url), True
    elif name == "style":
        yield from _in_style(raw)
    elif name == "srcdoc" and not _HAS_PLACEHOLDER.search(raw):
        yield from ((*match.span(), True) for match in _IN_SRCDOC.finditer(raw))
    elif _CANVAS_ADDRESS.match(stripped) and not re.search(r"\s", stripped):
        yield start, start + len(stripped), False
    else:
        for match in _PLACEHOLDERS.finditer(raw):
            found = _without_end_of_sentence(match[0])
            yield match.start(), match.start() + len(found), found != stripped


def _without_end_of_sentence(placeholder: str) -> str:
    """Return a placeholder without the full stop, quote or bracket behind it; an entity at its end belongs to it."""
    is_entity = placeholder.endswith(";") and "&" in placeholder
    return placeholder if is_entity else placeholder.rstrip(_END_OF_SENTENCE)


def _in_style(raw: str) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of each address in a style. One that never ends is none, nor is what follows it."""
    position = 0
    pattern = _STYLE_URL_OR_STRING if _IMAGE_SET.search(raw) else _STYLE_URL
    while match := pattern.search(raw, position):
        end = _STYLE_URL_ENDS[match.lastgroup].search(raw, match.end())
        if end is None:
            return
        if url := raw[match.end() : end.start()].rstrip(" \t\n\f\r"):
            yield match.end(), match.end() + len(url), True
        position = end.end()
