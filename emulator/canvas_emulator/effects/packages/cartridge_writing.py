"""Writing a course as a Common Cartridge with Canvas's extensions: files for each row, and a manifest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import IO, Any, TypeVar
from xml.etree.ElementTree import Element

from canvas_emulator.effects.copy import live_course
from canvas_emulator.effects.links import Links, Target
from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.effects.packages import qti
from canvas_emulator.effects.packages.archive import Writer
from canvas_emulator.effects.packages.layout import (
    BANKS,
    CANVAS_EXPORT,
    CONTEXT,
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
from canvas_emulator.effects.packages.markup import add, element, fragment, written
from canvas_emulator.effects.packages.rows import element_of
from canvas_emulator.effects.packages.tokens import paths_of, tokened
from canvas_emulator.effects.selection import chosen_rows, selects
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
    QuizQuestion,
)
from canvas_emulator.model.course import Course
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.world import World

C = TypeVar("C", bound=Content)

_ADDED = re.compile(r"""\s+data-api-(?:endpoint|returntype)=(?:"[^"]*"|'[^']*')""")


class CourseContent:
    """The content of a course that goes into a package.

    :param world: The world of the course.
    :param course: The course.
    :param options: What to take, as ``copy`` options.
    """

    def __init__(self, world: World, course: Course, options: Mapping[str, Any]) -> None:
        self.world, self.course, self.options = world, course, options
        rows = live_course(world, course, course.id).rows
        self._chosen: dict[type[Content], dict[int, Content]] = {kind: {} for kind in rows}
        for row in chosen_rows(rows, self.key, options):
            self._chosen[type(row)][row.id] = row
        self.paths = paths_of(self.all(File), self._chosen[Folder])
        """Where files are below those of the course, by id."""
        self._slugs = {page.url: page.id for page in self.all(Page)}
        self._links = Links(world.host, course.id, course.id, self._linked)

    def all(self, kind: type[C]) -> Iterator[C]:
        """Return the rows of a kind."""
        yield from self._chosen[kind].values()  # type: ignore[misc]  # the key is the row's type

    def key(self, row: Content) -> str:
        """Return the migration id of a row."""
        return migration_id(type(row), row.id)

    def element(self, row: Content, tag: str, without: Collection[str] = ()) -> Element:
        """Write a row as XML; its HTML, unless it is written elsewhere, with tokens for links."""
        root = element_of(row, tag, migration_id, without=without)
        if row.HTML is not None and (html := root.find(row.HTML)) is not None:
            html.text = self.html(html.text or "")
        return root

    def html(self, html: str) -> str:
        """Return HTML as packages have it: with tokens, and without what Canvas adds when it shows HTML."""
        return self._links.replace(_ADDED.sub("", html), self._token)[0]

    def question_items(self, reference: str, owner_id: int) -> list[Element]:
        """Write the questions of a quiz (``quiz_id``) or a bank (``question_bank_id``), by position."""
        questions = [each for each in self.all(QuizQuestion) if getattr(each, reference) == owner_id]
        questions.sort(key=lambda question: question.position)
        return [qti.item(self.key(each), each, self.html(each.question_text)) for each in questions]

    def _token(self, target: Target) -> str:
        return tokened(target, self.paths, self.key)

    def _linked(self, kind: type[Content], target: str) -> Content | None:
        row_id = self._slugs.get(target) if kind is Page else None
        row_id = parse_int(target) if row_id is None else row_id
        return None if row_id is None else self._chosen[kind].get(row_id)


def write_cartridge(content: CourseContent, out: IO[bytes]) -> None:
    """Write a course as a cartridge."""
    with Writer(out) as archive:
        _Cartridge(content, archive).write()


class _Cartridge:
    """A cartridge that is being written: each part adds its files, and its resources to the manifest."""

    def __init__(self, content: CourseContent, archive: Writer) -> None:
        self._content, self._archive = content, archive
        self._resources = element("resources")

    def write(self) -> None:
        self._settings()
        self._files()
        self._pages()
        self._assignments()
        self._quizzes()
        self._banks()
        self._topics()
        self._tools()
        self._archive.write(MANIFEST, written(self._manifest()))

    def _settings(self) -> None:
        """Write the course's settings and all lists."""
        content, course = self._content, self._content.course
        files: dict[str, str] = {CANVAS_EXPORT: "A course, exported by Canvas.\n"}
        context = element("context_info")
        add(context, "course_id", str(course.id))
        add(context, "course_name", course.name)
        add(context, "root_account_uuid", content.world.root_account_uuid)
        add(context, "canvas_domain", content.world.host)
        files[CONTEXT] = written(context)
        if selects(content.options, "course_settings"):
            files[SETTINGS] = written(_settings(course))
        if selects(content.options, "syllabus_body") and course.syllabus_body:
            files[SYLLABUS] = _page_html("Syllabus", content.html(course.syllabus_body))
        for path, kinds in LISTS.items():
            rows = [content.element(row, tag) for tag, kind in kinds.items() for row in content.all(kind)]
            if rows:
                files[path] = written(element("list", None, rows))
        files[MODULES] = written(element("modules", None, [self._module(each) for each in content.all(Module)]))
        self._add("course_settings", Type.LEARNING, CANVAS_EXPORT, files)

    def _module(self, module: Module) -> Element:
        root = self._content.element(module, "module")
        items = add(root, "items")
        for item in sorted(self._content.all(ModuleItem), key=lambda item: item.position):
            if item.module_id == module.id:
                items.append(self._content.element(item, "item", without=("module_id",)))
        return root

    def _files(self) -> None:
        metas = element("files")
        folders = add(metas, "folders")
        for folder in self._content.all(Folder):
            folders.append(self._content.element(folder, "folder"))
        for file in self._content.all(File):
            path = f"{WEB_RESOURCES}/{self._content.paths[file.id]}"
            self._add(self._content.key(file), Type.WEB, path, {path: file.chunks()})
            metas.append(self._content.element(file, "file"))
        self._archive.write(FILES_META, written(metas))

    def _pages(self) -> None:
        for page in self._content.all(Page):
            path = f"{WIKI}/{page.url}.html"
            meta = self._content.element(page, "page", without=("body", "title"))
            html = _page_html(page.title, self._content.html(page.body), meta)
            self._add(self._content.key(page), Type.WEB, path, {path: html})

    def _assignments(self) -> None:
        for row in self._content.all(Assignment):
            key = self._content.key(row)
            page, settings = f"{key}/assignment.html", f"{key}/assignment_settings.xml"
            files = {
                page: _page_html(f"Assignment: {row.title}", self._content.html(row.description)),
                settings: written(self._content.element(row, "assignment", without=("description",))),
            }
            self._add(key, Type.LEARNING, page, files)

    def _quizzes(self) -> None:
        for quiz in self._content.all(Quiz):
            key = self._content.key(quiz)
            questions, meta = f"{key}/assessment_qti.xml", f"{key}/assessment_meta.xml"
            items = self._content.question_items("quiz_id", quiz.id)
            files = {
                questions: written(qti.assessment(key, quiz, items)),
                meta: written(self._content.element(quiz, "quiz")),
            }
            self._add(key, Type.ASSESSMENT, questions, files)

    def _banks(self) -> None:
        for bank in self._content.all(QuestionBank):
            key = self._content.key(bank)
            path = f"{BANKS}/{key}.xml.qti"
            items = self._content.question_items("question_bank_id", bank.id)
            self._add(key, Type.LEARNING, path, {path: written(qti.object_bank(key, bank.title, items))})

    def _topics(self) -> None:
        for kind, name in ((DiscussionTopic, "topic"), (Announcement, "announcement")):
            for row in self._content.all(kind):
                key = self._content.key(row)
                topic = element("topic")
                add(topic, "title", row.title)
                add(topic, "text", self._content.html(row.message), texttype="text/html")
                meta = self._content.element(row, "topicMeta", without=("message",))
                add(meta, "topic_id", key)
                add(meta, "type", name)
                self._add(f"{key}_meta", Type.LEARNING, f"{key}_meta.xml", {f"{key}_meta.xml": written(meta)})
                self._add(key, Type.TOPIC, f"{key}.xml", {f"{key}.xml": written(topic)})

    def _tools(self) -> None:
        for tool in self._content.all(ExternalTool):
            key = self._content.key(tool)
            root = self._content.element(tool, "cartridge_basiclti_link", without=("consumer_key",))
            self._add(key, Type.TOOL, f"{key}.xml", {f"{key}.xml": written(root)})

    def _add(self, identifier: str, kind: Type, href: str, files: Mapping[str, str | Iterable[bytes]]) -> None:
        """Write the files of a resource, and list it."""
        resource = add(self._resources, "resource", identifier=identifier, type=kind, href=href)
        for path, content in files.items():
            self._archive.write(path, content)
            add(resource, "file", href=path)

    def _manifest(self) -> Element:
        course = self._content.course
        manifest = element("manifest", identifier=f"g{self._content.world.root_account_uuid}_{course.id}")
        metadata = add(manifest, "metadata")
        add(metadata, "schema", "IMS Common Cartridge")
        add(metadata, "schemaversion", "1.1.0")
        add(metadata, "title", course.name)
        organization = add(
            add(manifest, "organizations"), "organization", identifier="org_1", structure="rooted-hierarchy"
        )
        root = add(organization, "item", identifier="LearningModules")
        for module in self._content.all(Module):
            below = add(root, "item", identifier=self._content.key(module))
            add(below, "title", module.title)
            for each in self._content.all(ModuleItem):
                if each.module_id == module.id:
                    add(add(below, "item", identifier=self._content.key(each)), "title", each.title)
        manifest.append(self._resources)
        return manifest


def _settings(course: Course) -> Element:
    root = element("course")
    add(root, "title", course.name)
    add(root, "course_code", course.course_code)
    add(root, "default_view", course.default_view)
    add(root, "license", course.license)
    add(root, "is_public", "true" if course.is_public else "false")
    for name in ("start_at", "end_at"):
        if (moment := getattr(course, name)) is not None:
            add(root, name, moment.isoformat())
    return root


def _page_html(title: str, body: str, meta: Element | None = None) -> str:
    """Write an HTML page, with all fields but title and body as ``meta`` elements."""
    head = element("head")
    add(head, "title", title)
    if meta is not None:
        add(head, "meta", name="identifier", content=meta.get("identifier", ""))
        for each in meta:
            add(head, "meta", name=each.tag, content=each.text or "")
    return f"<html>\n{fragment(head)}<body>\n{body}\n</body>\n</html>\n"
