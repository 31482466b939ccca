"""The tokens of a piece of HTML: start tags, end tags and texts.

They are read by the rules of the HTML standard (section 13.2.5) as regular expressions: quotes count only behind an
equals sign, the first of two attributes of one name counts, and a tag that never ends is no tag. The standard library's
``HTMLParser`` takes minutes for some texts of a few KB, and the texts of courses come from outside. The quantifiers
here are possessive, so no text takes more than linear time. The tests compare the tokens with those of ``HTMLParser``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from typing import NamedTuple

_WS = r"[ \t\n\f\r]"
TOKEN = re.compile(
    rf"""<(?:
      !--(?:-?>|.*?(?:--!?>|\Z))
    | (?P<end>/?)(?P<name>[a-zA-Z][^ \t\n\f\r/>]*+)
      (?P<attributes>(?:
          [ \t\n\f\r/]++
        | [^ \t\n\f\r/>][^ \t\n\f\r/>=]*+ (?:{_WS}*+={_WS}*+ (?:"[^"]*+" | '[^']*+' | (?!["'])[^ \t\n\f\r>]*+))?+
      )*+)>
    | (?P<unfinished>/?[a-zA-Z])
    | [!?/][^>]*+>?
    )""",
    re.VERBOSE | re.DOTALL,
)
"""A tag or a comment. ``unfinished`` is the beginning of a tag that never ends: what follows it is nothing."""
ATTRIBUTE = re.compile(
    rf"""[ \t\n\f\r/]*+ (?P<name>[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+)
    (?:{_WS}*+={_WS}*+ (?:(?P<quote>["'])(?P<quoted>.*?)(?P=quote) | (?P<bare>[^ \t\n\f\r>]*+)))?+""",
    re.VERBOSE | re.DOTALL,
)
"""One of the ``attributes`` of a tag."""
RAW_TEXT = {
    name: re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE)
    for name in ("script", "style", "xmp", "noembed", "noframes", "textarea", "title", "plaintext")
}
"""Elements in which there are no tags, and what ends each."""
_WITH_ENTITIES = frozenset({"textarea", "title"})
_ENTITY = re.compile(r"&(?:#[xX]?[0-9a-fA-F]+;?|[a-zA-Z][a-zA-Z0-9]*;?)")


class StartTag(NamedTuple):
    """The start of an element.

    :param name: Its name, in lower case.
    :param attributes: The values of its attributes, decoded, by their names in lower case.
    """

    name: str
    attributes: dict[str, str]


class EndTag(NamedTuple):
    """The end of an element.

    :param name: Its name, in lower case.
    """

    name: str


class Text(NamedTuple):
    """A text between two tags.

    :param text: It, with its entities decoded.
    """

    text: str


def html_tokens(html: str) -> Iterator[StartTag | EndTag | Text]:
    """Yield the tokens of a piece of HTML, without comments.

    :param html: The HTML; it may be malformed.
    """
    position = 0
    while token := TOKEN.search(html, position):
        if position < token.start():
            yield Text(unescape(html[position : token.start()]))
        if token["unfinished"]:
            return
        position = token.end()
        name = (token["name"] or "").lower()
        if token["end"]:
            yield EndTag(name)
        elif name:
            yield StartTag(name, _attributes(token["attributes"]))
        if name in RAW_TEXT and not token["end"]:
            close = RAW_TEXT[name].search(html, position)
            end = close.start() if close else len(html)
            yield Text(unescape(html[position:end]) if name in _WITH_ENTITIES else html[position:end])
            position = end
    if position < len(html):
        yield Text(unescape(html[position:]))


def decode_attribute(raw: str) -> str:
    """Return an attribute's value with its entities decoded, as the HTML standard says for attributes.

    :param raw: The value as it stands in the HTML. ``&copy=1`` in it stays as it is; ``&amp;copy=1`` is decoded.
    """
    return _ENTITY.sub(lambda match: _decoded(match, raw), raw) if "&" in raw else raw


def _attributes(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for match in ATTRIBUTE.finditer(text):
        raw = match["quoted"] if match["quote"] else match["bare"]
        values.setdefault(match["name"].lower(), decode_attribute(raw or ""))
    return values


def _decoded(entity: re.Match[str], raw: str) -> str:
    name = entity[0]
    if name[1] == "#" or name[-1] == ";":
        return unescape(name)
    is_followed = raw[entity.end() : entity.end() + 1] == "="
    return name if is_followed or name[1:] not in html5 else unescape(name)
