"""The XML of packages, read without document types, so that no entity can expand or load anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NoReturn
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
    indent,
    tostring,
)

from canvas_emulator.effects.packages.package import PackageError

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Builder(TreeBuilder):
    def doctype(self, name: str, *_: str | None) -> NoReturn:
        """Refuse a document type, with which entities begin."""
        raise PackageError(f"The package has XML with a document type: {name}")


def parse(data: bytes, name: str) -> Element:
    """Read a document. Its tags lose their namespaces.

    :param name: Of the file, for errors.
    :raises PackageError: When it is not well-formed, or has a document type.
    """
    parser = XMLParser(target=_Builder())  # noqa: S314  see above
    try:
        parser.feed(data)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, PackageError):
            raise
        raise PackageError(f"The package has XML that is not well-formed: {name}: {error}") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def written(root: Element) -> str:
    """Write a document."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + fragment(root)


def fragment(root: Element) -> str:
    """Write an element as a part of HTML or of a document."""
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def element(tag: str, text: str | None = None, children: Iterable[Element] = (), **attributes: str) -> Element:
    """Make an element."""
    new = Element(tag, {name: _clean(value) for name, value in attributes.items()})
    new.text = _clean(text or "") or None
    new.extend(children)
    return new


def add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element to another one."""
    child = element(tag, text, (), **attributes)
    parent.append(child)
    return child


def _clean(text: str) -> str:
    """Remove the characters that XML does not allow."""
    return _FORBIDDEN.sub("", text)


def text_of(parent: Element, path: str) -> str:
    """Return the text of the first element at a path, empty if there is none."""
    return parent.findtext(path) or ""
