"""The rules that hold for every package that Canvas writes, whatever is in the course."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError, fromstring

from lxml import html

MANIFEST = "imsmanifest.xml"
MODULES = "course_settings/module_meta.xml"
GREATEST_RATIO = 100
"""A real Canvas refuses a package that unpacks to more than so many times its size."""

LONGEST_NAME = 255
"""How many bytes a name may have where a real Canvas unpacks a package."""

WITHOUT_CONTENT = frozenset({"ContextModuleSubHeader"})
OWN_CONTENT = frozenset({"ExternalUrl"})
"""The types of module items that show nothing else, and those that show themselves."""

CONTENT = frozenset({"WikiPage", "Assignment", "Quizzes::Quiz", "DiscussionTopic", "Attachment", "ContextExternalTool"})
"""The types of those that show something else."""

MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)?")
TOKEN = re.compile(
    r"\$(IMS-CC-FILEBASE|WIKI_REFERENCE|CANVAS_OBJECT_REFERENCE|CANVAS_COURSE_REFERENCE)\$(/[^\"'<>\s?#]*)?"
)
KEY = re.compile(r"g[0-9a-f]{32}")


def faults(data: bytes, *, is_whole: bool = True) -> list[str]:
    """Return what is wrong with a package, in sentences.

    :param is_whole: Whether it has all content of a course, so that everything that is referred to must be there.
    """
    with zipfile.ZipFile(BytesIO(data)) as archive:
        texts = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
        found = [*_faults_of_the_archive(archive, len(data))]
    documents: dict[str, Element] = {}
    for name, text in texts.items():
        if name.endswith((".xml", ".qti")) and not name.startswith("web_resources/"):
            try:
                documents[name] = fromstring(text)
            except ParseError as error:
                found.append(f"{name} is not well-formed: {error}.")
        elif name.endswith(".html") and not name.startswith("web_resources/"):
            found += _faults_of_html(name, text.decode())
    if MANIFEST not in documents:
        return [*found, "There is no manifest."]
    resources = {each.get("identifier", ""): each for each in documents[MANIFEST].findall(".//{*}resource")}
    found += _faults_of_the_manifest(documents[MANIFEST], set(texts))
    for name, root in documents.items():
        found += _faults_of_times(name, root)
    identifiers = {each.get("identifier", "") for root in documents.values() for each in root.iter()} | set(resources)
    if MODULES in documents:
        found += _faults_of_items(documents[MODULES], resources)
    if is_whole:
        found += _faults_of_references(documents, identifiers)
        found += _faults_of_links(texts, identifiers)
    return found


def _faults_of_the_archive(archive: zipfile.ZipFile, size: int) -> Iterator[str]:
    names = Counter(archive.namelist())
    yield from (f"{name} is in the archive {times} times." for name, times in names.items() if times > 1)
    long = {part for name in names for part in name.split("/") if len(part.encode()) > LONGEST_NAME}
    yield from (f"No file system takes the name {part}." for part in sorted(long))
    if (broken := archive.testzip()) is not None:
        yield f"{broken} is damaged."
    if sum(info.file_size for info in archive.infolist()) > GREATEST_RATIO * size:
        yield f"It unpacks to more than {GREATEST_RATIO} times its size."


def _faults_of_html(name: str, text: str) -> Iterator[str]:
    page = html.document_fromstring(text)
    if not (page.findtext("head/title") or "").strip():
        yield f"{name} has no title."
    if len(page.findall("head/title")) > 1:
        yield f"{name} has a title twice."
    if page.find("body") is None:
        yield f"{name} has no body."
    if "charset=utf-8" not in text:
        yield f"{name} does not say how it is encoded."


def _faults_of_the_manifest(manifest: Element, names: set[str]) -> Iterator[str]:
    resources = list(manifest.findall(".//{*}resource"))
    listed = Counter(file.get("href", "") for resource in resources for file in resource.findall(".//{*}file"))
    yield from (f"The manifest lists {name}, which is not there." for name in listed if name not in names)
    yield from (f"The manifest does not list {name}." for name in sorted(names - set(listed) - {MANIFEST}))
    yield from (f"The manifest lists {name} {times} times." for name, times in listed.items() if times > 1)
    identifiers = Counter(each.get("identifier") for each in manifest.iter() if each.get("identifier") is not None)
    yield from (f"{identifier} is the identifier of {n} things." for identifier, n in identifiers.items() if n > 1)
    for resource in resources:
        files = {file.get("href") for file in resource.findall(".//{*}file")}
        if (href := resource.get("href")) is not None and href not in files:
            yield f"The resource {resource.get('identifier')} begins with {href}, which is not among its files."
        if not files:
            yield f"The resource {resource.get('identifier')} has no files."
    keys = {resource.get("identifier") for resource in resources}
    for each in manifest.iter():
        if (reference := each.get("identifierref")) is not None and reference not in keys:
            yield f"The manifest refers to the resource {reference}, which is not there."


def _faults_of_times(name: str, root: Element) -> Iterator[str]:
    for each in root.iter():
        tag = each.tag.rpartition("}")[2]
        if tag.endswith("_at") and not tag.startswith(("show_", "hide_")) and not MOMENT.fullmatch(each.text or ""):
            yield f"{name}: {tag} is no time without an offset: {each.text}."


def _faults_of_references(documents: dict[str, Element], identifiers: set[str]) -> Iterator[str]:
    """Yield the references to something that is not there: elements that end in ``identifierref``."""
    for name, root in documents.items():
        for each in root.iter():
            tag = each.tag.rpartition("}")[2]
            if tag.endswith(("identifierref", "identifier_ref")) and (each.text or "") not in identifiers:
                yield f"{name}: {tag} is {each.text}, which is not there."


def _faults_of_items(modules: Element, resources: dict[str, Element]) -> Iterator[str]:
    for item in modules.findall(".//{*}item"):
        kind, key = item.findtext("{*}content_type") or "", item.findtext("{*}identifierref")
        title = item.findtext("{*}title")
        if kind in WITHOUT_CONTENT:
            if key is not None:
                yield f'The heading "{title}" shows something.'
        elif kind in OWN_CONTENT:
            if key != item.get("identifier") or not item.findtext("{*}url"):
                yield f'The link "{title}" does not show its own URL.'
        elif kind not in CONTENT:
            yield f"{kind} is no type of an item."
        elif key not in resources:
            yield f'The item "{title}" of type {kind} shows {key}, which is not there.'


def _faults_of_links(texts: dict[str, bytes], identifiers: set[str]) -> Iterator[str]:
    """Yield the links of documents to rows that are not in the package.

    A ``file_ref`` is no link: a copy left it in the text for a file that did not arrive.
    """
    for name, text in texts.items():
        if name.startswith("web_resources/") or not name.endswith((".xml", ".qti", ".html")):
            continue
        for token, path in TOKEN.findall(text.decode()):
            key = None if path.startswith("/file_ref/") else KEY.search(path)
            if token in {"CANVAS_OBJECT_REFERENCE", "CANVAS_COURSE_REFERENCE"} and key and key[0] not in identifiers:
                yield f"{name} has a link to {path}, which is not there."
