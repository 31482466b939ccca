"""Reading a Common Cartridge, with Canvas's extensions or without.

The manifest leads to the content. Canvas's own cartridges have more beside: see ``layout``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from html import unescape
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from canvas_emulator.effects.packages import qti
from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.layout import (
    BANKS,
    CANVAS_EXPORT,
    CONTEXT,
    FAMILIES,
    FILES_META,
    LISTS,
    MANIFEST,
    MODULES,
    SETTINGS,
    SYLLABUS,
    WEB_RESOURCES,
    WIKI,
    Type,
)
from canvas_emulator.effects.packages.markup import parse, text_of
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageError, PackageKind, SourceCourse
from canvas_emulator.effects.packages.plain_zip import add_file
from canvas_emulator.effects.packages.rows import row_of
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    ExternalTool,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    QuestionBank,
    Quiz,
)
from canvas_emulator.model.parsing import parse_int

_BODY = re.compile(r"<body[^>]*>\n?(.*)</body>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_META = re.compile(r'<meta\s+name="([^"]*)"\s+content="([^"]*)"')


def read(archive: Archive) -> Package:
    """Read a cartridge.

    :raises PackageError: When it has no manifest, or a part of it cannot be read.
    """
    if MANIFEST not in archive.names:
        raise PackageError("The package has no imsmanifest.xml.")
    return _Reader(archive).package()


class _Reader:
    """A cartridge that is being read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._names = frozenset(archive.names)
        self._builder = PackageBuilder()
        self._manifest = parse(archive.read(MANIFEST), MANIFEST)
        self._resources = {each.get("identifier", ""): each for each in self._manifest.iter("resource")}
        self._is_canvas = CANVAS_EXPORT in self._names
        self._file_metas: dict[str, Element] = {}
        self._readers: Mapping[Type, Callable[[str, str, list[str]], None]] = {
            Type.WEB: self._read_web,
            Type.LEARNING: self._read_learning,
            Type.ASSESSMENT: self._read_assessment,
            Type.TOPIC: self._read_topic,
            Type.TOOL: self._read_tool,
            Type.WEB_LINK: self._read_web_link,
        }

    def package(self) -> Package:
        if self._is_canvas:
            self._read_settings()
        for identifier, resource in self._resources.items():
            self._read_resource(identifier, resource)
        if self._is_canvas:
            self._read_modules()
            return self._builder.build(PackageKind.CANVAS_CARTRIDGE)
        self._read_organization()
        return self._builder.build(PackageKind.COMMON_CARTRIDGE)

    def _read_settings(self) -> None:
        builder, course = self._builder, self._builder.course
        if (context := self._document(CONTEXT)) is not None:
            course_id = parse_int(text_of(context, "course_id"))
            builder.source = SourceCourse(text_of(context, "root_account_uuid"), course_id) if course_id else None
            course.name = text_of(context, "course_name")
        if (settings := self._document(SETTINGS)) is not None:
            builder.has_settings = True
            course.name, course.course_code = text_of(settings, "title"), text_of(settings, "course_code")
            course.default_view = text_of(settings, "default_view") or course.default_view
            course.license = text_of(settings, "license") or course.license
            course.is_public = text_of(settings, "is_public") == "true"
            course.start_at, course.end_at = _moment(settings, "start_at"), _moment(settings, "end_at")
        if SYLLABUS in self._names:
            course.syllabus_body = _body(self._text(SYLLABUS))
        for path, kinds in LISTS.items():
            for each in self._document(path) or ():
                if (kind := kinds.get(each.tag)) is not None:
                    row_of(kind, each, builder)
        if (metas := self._document(FILES_META)) is not None:
            self._file_metas = {each.get("identifier", ""): each for each in metas.iter("file")}
            for each in metas.iter("folder"):
                row_of(Folder, each, builder)

    def _read_resource(self, identifier: str, resource: Element) -> None:
        type_name = resource.get("type", "")
        family = next((family for prefix, family in FAMILIES.items() if type_name.startswith(prefix)), None)
        files = [each.get("href", "") for each in resource.iter("file")]
        href = resource.get("href") or next(iter(files), "")
        if family is None:
            self._builder.warn(f"The resource {identifier} is of a type that cannot be imported: {type_name}")
        elif href:
            self._readers[family](identifier, href, files)

    def _read_web(self, identifier: str, href: str, _: list[str]) -> None:
        """Read a page of Canvas's, or a file."""
        if self._is_canvas and href.startswith(WIKI + "/"):
            html = self._text(href)
            row_of(Page, _head(html, identifier), self._builder, title=_title(html), body=_body(html))
            return
        meta = self._file_metas.get(identifier)
        data = self._archive.read(href)
        path = href.removeprefix(f"{WEB_RESOURCES}/")
        if meta is not None:
            self._builder.paths[path] = identifier
            row_of(File, meta, self._builder, data=data, size=len(data))
        else:
            add_file(self._builder, PurePosixPath(path), data, identifier)

    def _read_learning(self, identifier: str, href: str, files: list[str]) -> None:
        """Read a resource of Canvas's own: an assignment or a question bank."""
        settings = next((name for name in files if name.endswith("assignment_settings.xml")), None)
        if settings is not None:
            description = _body(self._text(href))
            row_of(Assignment, parse(self._archive.read(settings), settings), self._builder, description=description)
        elif href.startswith(BANKS + "/"):
            for source in parse(self._archive.read(href), href).iter("objectbank"):
                title = text_of(source, "qtimetadata/qtimetadatafield/fieldentry") or "Question bank"
                bank = self._builder.add(QuestionBank(course_id=0, title=title, migration_id=identifier))
                qti.read_questions(self._builder, source, question_bank_id=bank.id)

    def _read_assessment(self, identifier: str, href: str, files: list[str]) -> None:
        meta = next((name for name in files if name.endswith("assessment_meta.xml")), None)
        for source in parse(self._archive.read(href), href).iter("assessment"):
            if meta is None:
                qti.read_assessment(self._builder, source, identifier)
            else:
                quiz = row_of(Quiz, parse(self._archive.read(meta), meta), self._builder)
                qti.read_questions(self._builder, source, quiz_id=quiz.id)

    def _read_topic(self, identifier: str, href: str, _: list[str]) -> None:
        topic = parse(self._archive.read(href), href)
        message = text_of(topic, "text")
        if (meta := self._document(f"{identifier}_meta.xml")) is None:
            title = text_of(topic, "title")
            self._builder.add(DiscussionTopic(course_id=0, title=title, message=message, migration_id=identifier))
            return
        kind = Announcement if text_of(meta, "type") == "announcement" else DiscussionTopic
        row_of(kind, meta, self._builder, message=message)

    def _read_tool(self, identifier: str, href: str, _: list[str]) -> None:
        source = parse(self._archive.read(href), href)
        source.set("identifier", identifier)
        url = text_of(source, "url") or text_of(source, "launch_url") or text_of(source, "secure_launch_url")
        row_of(ExternalTool, source, self._builder, url=url)

    def _read_modules(self) -> None:
        for module in self._document(MODULES) or ():
            row = row_of(Module, module, self._builder)
            for item in module.iter("item"):
                row_of(ModuleItem, item, self._builder, module_id=row.id)

    def _read_organization(self) -> None:
        """Create a module for each item of the manifest that has items, with all of these."""
        root = self._manifest.find("organizations/organization/item")
        for position, module in enumerate(root.findall("item") if root is not None else (), start=1):
            key = module.get("identifier") or f"module_{position}"
            row = self._builder.add(
                Module(course_id=0, title=text_of(module, "title") or "Module", migration_id=key, position=position)
            )
            items = [module] if module.get("identifierref") else list(module.iter("item"))[1:]
            for number_, item in enumerate(items, start=1):
                self._builder.add(self._item(item, row.id, number_, f"{key}_{number_}"))

    def _item(self, item: Element, module_id: int, position: int, default_key: str) -> ModuleItem:
        reference = item.get("identifierref", "")
        module_item = ModuleItem(
            course_id=0,
            title=text_of(item, "title") or "Item",
            migration_id=f"item_{item.get('identifier') or default_key}",
            module_id=module_id,
            type="SubHeader",
            position=position,
        )
        for name, kind in SHOWN.items():
            if self._builder.find(kind, reference) is not None:
                module_item.type, module_item.content_id = name, self._builder.id_of(reference)
        resource = self._resources.get(reference)
        if resource is not None and resource.get("type", "").startswith("imswl"):
            href = next((each.get("href", "") for each in resource.iter("file")), resource.get("href", ""))
            url = parse(self._archive.read(href), href).find("url")
            module_item.type, module_item.external_url = "ExternalUrl", url.get("href") if url is not None else None
        return module_item

    def _document(self, name: str) -> Element | None:
        return parse(self._archive.read(name), name) if name in self._names else None

    def _text(self, name: str) -> str:
        return self._archive.read(name).decode(errors="replace")

    def _read_web_link(self, *_: object) -> None:
        """Keep a link for the module that shows it."""


SHOWN: Mapping[str, type[Content]] = {
    "File": File,
    "Page": Page,
    "Assignment": Assignment,
    "Quiz": Quiz,
    "Discussion": DiscussionTopic,
    "ExternalTool": ExternalTool,
}
"""The types of items, and the rows that they show."""


def _head(html: str, identifier: str) -> Element:
    """Return the ``meta`` elements of a page as an element of XML."""
    metas = "".join(f"<{name}>{content}</{name}>" for name, content in _META.findall(html) if name.isidentifier())
    source = parse(f"<page>{metas}</page>".encode(), f"the head of {identifier}")
    source.set("identifier", identifier)
    return source


def _title(html: str) -> str:
    match = _TITLE.search(html)
    return unescape(match[1]) if match else "Page"


def _body(html: str) -> str:
    match = _BODY.search(html)
    return match[1].removesuffix("\n") if match else html


def _moment(parent: Element, tag: str) -> datetime | None:
    text = text_of(parent, tag)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise PackageError(f"The package has course settings with a {tag} that cannot be read: {text}") from None
