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
    OUTCOMES,
    SETTINGS,
    SYLLABUS,
    WEB_RESOURCES,
    WIKI,
    Type,
)
from canvas_emulator.effects.packages.markup import parse, text_of
from canvas_emulator.effects.packages.module_documents import CONTENT_TYPES
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageError, PackageKind, SourceCourse
from canvas_emulator.effects.packages.plain_zip import add_file, add_folder
from canvas_emulator.effects.packages.rows import moment, row_of
from canvas_emulator.model.content import (
    ITEM_CONTENT,
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    ExternalTool,
    File,
    LearningOutcome,
    LearningOutcomeGroup,
    Module,
    ModuleItem,
    Page,
    QuestionBank,
    Quiz,
    Rubric,
    UsageRights,
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
            course.start_at, course.end_at = _moment(settings, "start_at"), _moment(settings, "conclude_at")
        if SYLLABUS in self._names:
            course.syllabus_body = _body(self._text(SYLLABUS))
        for path, kinds in LISTS.items():
            for each in self._document(path) or ():
                if kinds.get(each.tag) is Rubric:
                    row_of(Rubric, each, builder, criteria=_criteria(each))
                elif (kind := kinds.get(each.tag)) is not None:
                    row_of(kind, each, builder)
        self._read_outcomes(self._document(OUTCOMES), None)
        if (metas := self._document(FILES_META)) is not None:
            self._file_metas = {each.get("identifier", ""): each for each in metas.iter("file")}
            for each in metas.iter("folder"):
                folder = add_folder(builder, PurePosixPath(each.get("path", "")))
                folder.locked = text_of(each, "locked") == "true"
                folder.lock_at, folder.unlock_at = _moment(each, "lock_at"), _moment(each, "unlock_at")
                if text_of(each, "hidden") == "true":
                    folder.workflow_state = "hidden"

    def _read_outcomes(self, source: Element | None, group_id: int | None) -> None:
        """Read the outcomes of a group, and the groups in it."""
        for each in source if source is not None else ():
            if each.tag == "learningOutcome":
                row_of(LearningOutcome, each, self._builder, outcome_group_id=group_id)
            else:
                group = row_of(LearningOutcomeGroup, each, self._builder, parent_outcome_group_id=group_id)
                self._read_outcomes(each.find("learningOutcomes"), group.id)

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
        file = add_file(self._builder, PurePosixPath(path), data, identifier)
        if meta is not None:
            file.title = text_of(meta, "display_name") or file.title
            file.lock_at, file.unlock_at = _moment(meta, "lock_at"), _moment(meta, "unlock_at")
            for state in ("hidden", "locked"):
                if text_of(meta, state) == "true":
                    file.workflow_state = state
            if (rights := meta.find("usage_rights")) is not None:
                file.usage_rights = UsageRights(
                    use_justification=rights.get("use_justification", ""),
                    license=text_of(rights, "license"),
                    legal_copyright=rights.findtext("legal_copyright"),
                )

    def _read_learning(self, identifier: str, href: str, files: list[str]) -> None:
        """Read a resource of Canvas's own: an assignment or a question bank."""
        settings = next((name for name in files if name.endswith("assignment_settings.xml")), None)
        if settings is not None:
            self._read_assignment(parse(self._archive.read(settings), settings), _body(self._text(href)))
        elif href.startswith(BANKS + "/"):
            for source in parse(self._archive.read(href), href).iter("objectbank"):
                title = text_of(source, "qtimetadata/qtimetadatafield/fieldentry") or "Question bank"
                bank = self._builder.add(QuestionBank(course_id=0, title=title, migration_id=identifier))
                qti.read_questions(self._builder, source, question_bank_id=bank.id)

    def _read_assignment(self, source: Element, description: str, **owner: int) -> Assignment:
        new_tab = text_of(source, "external_tool_new_tab") == "true"
        rubric = {"use_rubric_for_grading": text_of(source, "rubric_use_for_grading") != "false"}
        annotated = source.findtext("annotatable_attachment_migration_id")
        return row_of(
            Assignment,
            source,
            self._builder,
            description=description,
            external_tool_new_tab=new_tab,
            annotatable_attachment_id=self._builder.id_of(annotated) if annotated else None,
            post_manually=text_of(source, "post_policy/post_manually") == "true",
            **rubric,
            **owner,
        )

    def _read_assessment(self, identifier: str, href: str, _: list[str]) -> None:
        meta = self._dependency(identifier, "assessment_meta.xml")
        whole = f"{BANKS}/{identifier}.xml.qti"
        href = whole if whole in self._names else href
        for source in parse(self._archive.read(href), href).iter("assessment"):
            if meta is None:
                qti.read_assessment(self._builder, source, identifier)
                continue
            state = "available" if text_of(meta, "available") == "true" else "unpublished"
            count = len(list(source.iter("item")))
            quiz = row_of(Quiz, meta, self._builder, workflow_state=state, question_count=count)
            qti.read_questions(self._builder, source, quiz_id=quiz.id)
            if (shell := meta.find("assignment")) is not None:
                quiz.assignment_id = self._read_assignment(shell, "", quiz_id=quiz.id).id

    def _dependency(self, identifier: str, name: str) -> Element | None:
        """Return the document of a certain name in the resource that another one depends on."""
        dependency = self._resources[identifier].find("dependency")
        other = self._resources.get(dependency.get("identifierref", "")) if dependency is not None else None
        paths = [each.get("href", "") for each in other.iter("file")] if other is not None else []
        return next((self._document(path) for path in paths if path.endswith(name)), None)

    def _read_topic(self, identifier: str, href: str, _: list[str]) -> None:
        topic = parse(self._archive.read(href), href)
        message = text_of(topic, "text")
        if (meta := self._dependency(identifier, ".xml")) is None:
            title = text_of(topic, "title")
            self._builder.add(DiscussionTopic(course_id=0, title=title, message=message, migration_id=identifier))
            return
        kind = Announcement if text_of(meta, "type") == "announcement" else DiscussionTopic
        meta.set("identifier", identifier)
        attached = meta.findtext("attachment_identifierref")
        attachment_id = self._builder.id_of(attached) if attached else None
        row = row_of(kind, meta, self._builder, message=message, attachment_id=attachment_id)
        if (shell := meta.find("assignment")) is not None:
            row.assignment_id = self._read_assignment(shell, "", discussion_topic_id=row.id).id

    def _read_tool(self, identifier: str, href: str, _: list[str]) -> None:
        source = parse(self._archive.read(href), href)
        source.set("identifier", identifier)
        facts = {each.get("name", ""): each.text or "" for each in source.findall("extensions/property")}
        row_of(
            ExternalTool,
            source,
            self._builder,
            url=text_of(source, "launch_url") or text_of(source, "secure_launch_url"),
            domain=facts.get("domain"),
            privacy_level=facts.get("privacy_level") or "anonymous",
        )

    def _read_modules(self) -> None:
        for module in self._document(MODULES) or ():
            earlier = [text_of(each, "identifierref") for each in module.findall("prerequisites/prerequisite")]
            prerequisites = tuple(self._builder.id_of(each) for each in earlier)
            row = row_of(Module, module, self._builder, prerequisite_module_ids=prerequisites)
            requirements = {
                text_of(each, "identifierref"): each
                for each in module.findall("completionRequirements/completionRequirement")
            }
            for item in module.iter("item"):
                requirement = requirements.get(item.get("identifier", ""))
                self._read_item(row, item, requirement if requirement is not None else Element("none"))

    def _read_item(self, module: Module, source: Element, requirement: Element) -> None:
        content_type = text_of(source, "content_type")
        type_ = ITEM_TYPES.get(content_type, content_type)
        score = requirement.findtext("min_score")
        reference = text_of(source, "identifierref")
        row_of(
            ModuleItem,
            source,
            self._builder,
            module_id=module.id,
            type=type_,
            content_id=self._builder.id_of(reference) if type_ in ITEM_CONTENT else None,
            external_url=source.findtext("url"),
            completion_requirement=requirement.get("type"),
            min_score=float(score) if score else None,
        )

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


ITEM_TYPES = {name: type_ for type_, name in CONTENT_TYPES.items()}


def _criteria(rubric: Element) -> tuple[str, ...]:
    return tuple(
        f"{text_of(each, 'description')}: {float(text_of(each, 'points') or 0):g}"
        for each in rubric.findall("criteria/criterion")
    )


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
        return moment(text) if text else None
    except ValueError:
        raise PackageError(f"The package has course settings with a {tag} that cannot be read: {text}") from None
