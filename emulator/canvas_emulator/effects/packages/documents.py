"""XML and HTML of packages, read as Canvas reads them: with libxml2, which repairs what is not well-formed.

Neither entities nor addresses in a document are followed, and its depth and its texts are limited by the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from html import unescape
from typing import TypeAlias

from lxml import etree

Node: TypeAlias = etree._Element  # noqa: SLF001  the only name that this class has

_BODY = re.compile(r"<body[^>]*>\n?(.*)</body>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_META = re.compile(r"<meta\s([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(name|content)\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_MILLISECONDS = re.compile(r"-?\d+(\.\d*)?")
_LATEST = 4_102_444_800
"""The year 2100, in seconds: later times are not times."""


def parse(data: bytes) -> Node | None:
    """Read a document. Its elements lose their namespaces.

    :return: Its root; None if there is nothing that can be read.
    """
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None
    if root is None or not isinstance(root.tag, str):
        return None
    etree.strip_tags(root, etree.Entity)
    for element in root.iter():
        if isinstance(element.tag, str) and (name := re.split("[}:]", element.tag)[-1]) != element.tag:
            with suppress(ValueError):
                element.tag = name
    return root


def document(data: bytes, tag: str) -> Node:
    """Read a document; return an empty element if there is nothing that can be read."""
    root = parse(data)
    return root if root is not None else etree.Element(tag)


def namespaces(data: bytes) -> frozenset[str]:
    """Return the namespaces that the root of a document declares, in lower case."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return frozenset()
    return frozenset(uri.lower() for uri in root.nsmap.values() if uri) if root is not None else frozenset()


def text(node: Node | None) -> str:
    """Return all text in an element; empty if there is no element."""
    return "" if node is None else "".join(each for each in node.itertext() if isinstance(each, str))


def text_of(node: Node | None, *tags: str) -> str:
    """Return the text of the first child with one of some tags that has text."""
    for tag in tags if node is not None else ():
        if found := text(node.find(tag)):  # type: ignore[union-attr]  # see above
            return found
    return ""


def first(node: Node | None, *tags: str) -> Node | None:
    """Return the first element below a node that is reached by a chain of tags, each anywhere below the one before."""
    for tag in tags:
        if node is None:
            return None
        node = next((each for each in node.iter(tag) if each is not node), None)
    return node


def all_below(node: Node | None, tag: str) -> Iterator[Node]:
    """Yield all elements with a tag below a node."""
    if node is not None:
        yield from (each for each in node.iter(tag) if each is not node)


def moment(value: str | None) -> datetime | None:
    """Read a time. One without an offset is in UTC; a number counts milliseconds. None if it cannot be read."""
    value = (value or "").strip()
    with suppress(ValueError, OverflowError, OSError):
        if _MILLISECONDS.fullmatch(value):
            seconds = int(float(value)) // 1000
            return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _LATEST else None
        read = datetime.fromisoformat(value.removesuffix("UTC").strip())
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    return None


def number(value: str | None) -> float | None:
    """Read a number; None if it cannot be read."""
    with suppress(ValueError, OverflowError):
        read = float((value or "").strip())
        return read if abs(read) < 1e12 else None
    return None


def is_true(value: str | None) -> bool:
    """Tell whether a text says true."""
    return (value or "").strip().lower() == "true"


def decode(data: bytes) -> str:
    """Return the text of a file."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def title_of(html: str) -> str:
    """Return the title of an HTML page."""
    match = _TITLE.search(html)
    return unescape(match[1]) if match else ""


def body_of(html: str) -> str:
    """Return what is in the body of an HTML page."""
    match = _BODY.search(html)
    return match[1].removesuffix("\n") if match else html


def metas_of(html: str) -> dict[str, str]:
    """Return the ``meta`` elements of an HTML page, by name."""
    found: dict[str, str] = {}
    for meta in _META.findall(html):
        attributes = {name.lower(): unescape(value[1:-1]) for name, value in _ATTRIBUTE.findall(meta)}
        if "name" in attributes:
            found.setdefault(attributes["name"], attributes.get("content", ""))
    return found
