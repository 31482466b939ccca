"""The structure of a package: which elements and attributes its documents have, and which resources its manifest."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import cast
from xml.etree.ElementTree import Element, fromstring

from lxml import html

KEY = re.compile(r"g[0-9a-f]{32}")
"""A migration id."""

SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
NAMED = frozenset({"property", "options", "meta"})
"""The elements of which a document has many, each with a name."""

RECURSIVE = frozenset({"learningOutcomes", "section"})
"""The elements that contain others of their kind, so that the paths below them are the same at each depth."""


@dataclass
class Documents:
    """All documents of one kind.

    :param any: The paths of the elements and attributes that at least one has.
    :param always: By the path of an element, those within that every such element has.
    """

    any: set[str] = field(default_factory=set)
    always: dict[str, set[str]] = field(default_factory=dict)

    def add(self, element: Element, above: str = "") -> None:
        """Add an element, its namespace and attributes, and all that is in it."""
        own = _path(element, above)
        within = {f"{own}@{name}" for name in _attributes(element)} | {f"{own} of {_namespace(element)}"}
        for child in element:
            within.add(_path(child, own))
            self.add(child, own)
        self.any |= {own, *within}
        self.always[own] = self.always.get(own, within) & within


def documents(data: bytes) -> dict[str, Documents]:
    """Return the documents of a package by kind: the names of files without migration ids and titles."""
    kinds: dict[str, Documents] = {}
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("web_resources/") or not name.endswith((".xml", ".qti", ".html")):
                continue
            text = archive.read(name)
            if name.endswith(".html"):
                if "/" in name and (KEY.match(name) or name.startswith(("wiki_content/", "course_settings/"))):
                    kinds.setdefault(kind_of(name, None), Documents()).add(_head(text.decode()))
            else:
                root = fromstring(text)
                kinds.setdefault(kind_of(name, root), Documents()).add(root)
    return kinds


def kind_of(name: str, root: Element | None) -> str:
    """Return the kind of a document: its file's name without what differs, and the root where that does not tell."""
    plain = re.sub(r"(?<=/)[^/]*\.html$", "*.html", KEY.sub("KEY", name))
    if root is None or plain not in {"KEY.xml", "non_cc_assessments/KEY.xml.qti"}:
        return plain
    return f"{plain} {_local(root[0] if 'qti' in plain else root)}"


def resources(data: bytes) -> set[str]:
    """Return the kinds of resources of a package: type, files, what it begins with and depends on, metadata."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        manifest = fromstring(archive.read("imsmanifest.xml"))
    found = {each.get("identifier", ""): each for each in manifest.iter() if _local(each) == "resource"}
    return {_resource(each, found) for each in found.values()}


def _resource(resource: Element, every: dict[str, Element]) -> str:
    parts = [resource.get("type", "")]
    for each in resource:
        if _local(each) == "file":
            parts.append(f"file {_place(each.get('href', ''))}")
        elif _local(each) == "dependency":
            parts.append(f"depends on {every[each.get('identifierref', '')].get('type')}")
        else:
            parts.append("metadata " + "/".join(sorted({_local(part) for part in each.iter()})))
    if (href := resource.get("href")) is not None:
        parts.append(f"begins with {_place(href)}")
    return "; ".join([*dict.fromkeys(parts), *sorted(set(resource.keys()) - {"identifier", "type", "href"})])


def _place(path: str) -> str:
    """Return the path of a file without migration ids, titles, and the names of optional lists."""
    plain = KEY.sub("KEY", path)
    if "/" not in plain or plain.startswith("web_resources/"):
        return plain if plain.startswith("KEY") else "a file of the course"
    if plain.startswith("course_settings/"):
        return "course_settings"
    folder, _, name = plain.partition("/")
    if folder not in {"KEY", "wiki_content", "non_cc_assessments"}:
        return "a file of the course"
    return f"{folder}/{re.sub(r'^.*[.]html$', '*.html', name)}"


def _path(element: Element, above: str) -> str:
    """Return the path of an element, with its name where it is one of many."""
    tag = _local(element)
    own = f"{above}/{tag}"
    for name in RECURSIVE:
        own = re.sub(rf"(/{name})(/[^/]*)*?/{name}$", r"\1", own)
    if (label := element.findtext("{*}fieldlabel")) is not None:
        return f"{own}[{label}]"
    return f"{own}[{element.get('name')}]" if tag in NAMED and "name" in element.attrib else own


def _attributes(element: Element) -> Iterator[str]:
    for name, value in element.attrib.items():
        yield name.rpartition("}")[2] + (f"={' '.join(value.split())}" if name == SCHEMA else "")


def _head(text: str) -> Element:
    """Return the head of an HTML page as an element, whose ``meta`` elements are told apart by their names."""
    head = html.document_fromstring(text).find("head")
    assert head is not None
    return cast("Element", head)


def _namespace(element: Element) -> str:
    return element.tag.rpartition("}")[0].removeprefix("{")


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
