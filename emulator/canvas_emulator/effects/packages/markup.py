"""The XML of packages, read without document types, so that no entity can expand or load anything."""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
)

from canvas_emulator.effects.packages.package import PackageError


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


def text_of(parent: Element, path: str) -> str:
    """Return the text of the first element at a path, empty if there is none."""
    return parent.findtext(path) or ""
