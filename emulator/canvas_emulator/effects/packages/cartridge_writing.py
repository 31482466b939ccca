"""Writing a course as a Common Cartridge with Canvas's extensions: files for each row, and a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import IO
from xml.etree.ElementTree import Element

from canvas_emulator.effects.link_placeholders import FILE
from canvas_emulator.effects.mapping import asset_key
from canvas_emulator.effects.packages import assignment_documents as assignments
from canvas_emulator.effects.packages import html_documents as html
from canvas_emulator.effects.packages import module_documents as modules
from canvas_emulator.effects.packages import qti_writing as qti
from canvas_emulator.effects.packages import settings_documents as settings
from canvas_emulator.effects.packages.archive import Writer
from canvas_emulator.effects.packages.course_content import CourseContent
from canvas_emulator.effects.packages.file_paths import fitting
from canvas_emulator.effects.packages.layout import (
    BANKS,
    CANVAS_EXPORT,
    CONTEXT,
    FILES_META,
    MANIFEST,
    MODULES,
    OUTCOMES,
    SETTINGS,
    SYLLABUS,
    WEB_RESOURCES,
    WIKI,
    Type,
)
from canvas_emulator.effects.packages.manifest_writing import Resources, cartridge_manifest
from canvas_emulator.effects.packages.tool_documents import tool
from canvas_emulator.effects.packages.web_links import web_link, web_link_key
from canvas_emulator.effects.packages.xml_writing import TOPIC, add, document, element, written
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    DiscussionTopic,
    ExternalTool,
    File,
    ModuleItem,
    Page,
    QuestionBank,
    Quiz,
    slug,
)

RIDDLE = "A course, exported by the emulator of Canvas.\n"
"""The text of the file by which Canvas knows its own cartridges; what it says does not matter."""

SETTINGS_DOCUMENTS: Mapping[str, Callable[[CourseContent], Element | None]] = {
    SETTINGS: settings.course_settings,
    MODULES: modules.module_meta,
    "course_settings/assignment_groups.xml": settings.assignment_groups,
    "course_settings/rubrics.xml": settings.rubrics,
    OUTCOMES: settings.learning_outcomes,
    FILES_META: settings.files_meta,
    "course_settings/events.xml": settings.events,
    CONTEXT: settings.context,
}
"""The documents that are there once, in the order of Canvas's manifest."""


def write_cartridge(content: CourseContent, out: IO[bytes]) -> None:
    """Write a course as a cartridge."""
    with Writer(out) as archive:
        _Cartridge(content, archive).write()


class _Cartridge:
    """A cartridge that is being written: each part adds its files, and its resources to the manifest."""

    def __init__(self, content: CourseContent, archive: Writer) -> None:
        self._content, self._archive = content, archive
        self._resources = Resources()

    def write(self) -> None:
        self._settings()
        self._pages()
        self._assignments()
        self._topics()
        self._web_links()
        self._quizzes()
        self._banks()
        self._files()
        self._tools()
        outline = element("item", identifier="LearningModules")
        modules.outline(self._content, outline)
        manifest = cartridge_manifest(self._content.course, outline, self._resources)
        self._archive.write(MANIFEST, written(manifest))

    def _settings(self) -> None:
        """Write the syllabus, the course's settings and all lists."""
        content, key = self._content, asset_key("course", self._content.course.id)
        if content.selects("syllabus_body") and content.course.syllabus_body:
            self._archive.write(SYLLABUS, html.syllabus(content))
            self._resources.add(f"{key}_syllabus", Type.LEARNING, [SYLLABUS], href=SYLLABUS, intendeduse="syllabus")
        documents = {path: write(content) for path, write in SETTINGS_DOCUMENTS.items()}
        texts = {path: written(root) for path, root in documents.items() if root is not None}
        self._add(key, Type.LEARNING, {**texts, CANVAS_EXPORT: RIDDLE}, href=CANVAS_EXPORT)

    def _pages(self) -> None:
        for page in self._content.all(Page):
            path = f"{WIKI}/{fitting(f'{page.url}.html', page.id)}"
            self._add(self._content.key(page), Type.WEB, {path: html.page(self._content, page)}, href=path)

    def _assignments(self) -> None:
        for row in self._content.all(Assignment):
            if not assignments.stands_alone(self._content, row):
                continue
            key = self._content.key(row)
            page = f"{key}/{fitting(f'{slug(row.title)}.html', row.id)}"
            files = {
                page: html.assignment(self._content, row),
                f"{key}/assignment_settings.xml": written(assignments.assignment_settings(self._content, row)),
            }
            self._add(key, Type.LEARNING, files, href=page)

    def _topics(self) -> None:
        rows = [*self._content.all(DiscussionTopic), *self._content.all(Announcement)]
        for row in sorted(rows, key=lambda row: row.id):
            key, meta_key = self._content.key(row), assignments.topic_meta_key(row)
            topic = document("topic", TOPIC)
            add(topic, "title", row.title)
            add(topic, "text", self._content.html(row.message), texttype="text/html")
            if (path := self._content.paths.get(row.attachment_id or 0)) is not None:
                add(add(topic, "attachments"), "attachment", href=f"{FILE}/{path}")
            meta = f"{meta_key}.xml"
            self._add(key, Type.TOPIC, {f"{key}.xml": written(topic)}, dependency=meta_key)
            self._add(meta_key, Type.LEARNING, {meta: written(assignments.topic_meta(self._content, row))}, href=meta)

    def _web_links(self) -> None:
        for item in self._content.all(ModuleItem):
            if item.type == "ExternalUrl":
                key = web_link_key(item)
                self._add(key, Type.WEB_LINK, {f"{key}.xml": written(web_link(item))})

    def _quizzes(self) -> None:
        for quiz in self._content.all(Quiz):
            key, meta_key = self._content.key(quiz), assignments.quiz_meta_key(quiz)
            questions, meta = f"{key}/assessment_qti.xml", f"{key}/assessment_meta.xml"
            limited = written(qti.cartridge_assessment(self._content, quiz))
            self._add(key, Type.ASSESSMENT, {questions: limited}, dependency=meta_key)
            whole = {
                meta: written(assignments.quiz_meta(self._content, quiz)),
                f"{BANKS}/{key}.xml.qti": written(qti.assessment(self._content, quiz)),
            }
            self._add(meta_key, Type.LEARNING, whole, href=meta)

    def _banks(self) -> None:
        for bank in self._content.all(QuestionBank):
            key = self._content.key(bank)
            path = f"{BANKS}/{key}.xml.qti"
            self._add(key, Type.LEARNING, {path: written(qti.object_bank(self._content, bank))}, href=path)

    def _files(self) -> None:
        for file in self._content.all(File):
            path = f"{WEB_RESOURCES}/{self._content.paths[file.id]}"
            self._archive.write(path, file.chunks())
            key, rights = self._content.key(file), file.usage_rights
            self._resources.add(key, Type.WEB, [path], href=path, for_teachers=file.locked, rights=rights)

    def _tools(self) -> None:
        for row in self._content.all(ExternalTool):
            key = self._content.key(row)
            self._add(key, Type.TOOL, {f"{key}.xml": written(tool(row))})

    def _add(
        self,
        identifier: str,
        kind: Type,
        files: Mapping[str, str | Iterable[bytes]],
        *,
        href: str | None = None,
        dependency: str | None = None,
    ) -> None:
        """Write the files of a resource, and list it."""
        for path, content in files.items():
            self._archive.write(path, content)
        self._resources.add(identifier, kind, files, href=href, dependency=dependency)
