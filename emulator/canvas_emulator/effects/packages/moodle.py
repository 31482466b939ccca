"""Moodle 2 backups: a document for each section and each activity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.canvas_cartridge import CARTRIDGE_TYPE
from canvas_emulator.effects.packages.documents import Node, all_below, first, number, parse, text, text_of
from canvas_emulator.effects.packages.identification import MOODLE_BACKUP
from canvas_emulator.effects.packages.moodle_content import (
    NULL,
    MoodleCourse,
    heading,
    item_of,
    question_of,
    state_of,
    web_link,
)
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageError, PackageKind, Upload
from canvas_emulator.effects.packages.plain_zip import add_file
from canvas_emulator.effects.packages.questions import CHOICE, NO_CORRECT_ANSWER, Question
from canvas_emulator.model.content import (
    Assignment,
    AssignmentGroup,
    Content,
    DiscussionTopic,
    File,
    ModuleItem,
    Page,
)

COURSE, FILES, QUESTIONS = "course/course.xml", "files.xml", "questions.xml"
MIGRATION_ERROR = "error migrating content"


def read(archive: Archive, upload: Upload) -> Package:
    """Read a backup of Moodle 2.

    :raises PackageError: When it has no course, or a file of it is damaged.
    """
    return _Reader(archive, upload).package()


class _Reader:
    """A backup that is being read."""

    def __init__(self, archive: Archive, upload: Upload) -> None:
        self._archive = archive
        self._builder = PackageBuilder()
        self._course = MoodleCourse(self._builder, quiz_banks=upload.migration_type != CARTRIDGE_TYPE)
        self._questions: dict[str, Question] = {}
        self._activities: dict[str, ModuleItem | Content] = {}
        self._readers: Mapping[str, Callable[[str, Node, bool], Content | ModuleItem | None]] = {
            "assign": self._assignment,
            "assignment": self._assignment,
            "choice": self._choice,
            "folder": self._page,
            "book": self._page,
            "glossary": self._page,
            "wiki": self._page,
            "page": self._page,
            "forum": self._forum,
            "label": self._label,
            "quiz": self._quiz,
            "resource": self._resource,
            "url": self._url,
        }

    def package(self) -> Package:
        """Read all parts, those first that others refer to."""
        backup, course = self._document(MOODLE_BACKUP), self._document(COURSE)
        if backup is None or course is None:
            raise PackageError("The backup has no course.", warnings=(MIGRATION_ERROR,))
        self._builder.course.name = text(first(course, "fullname")) or text(first(backup, "original_course_fullname"))
        self._read_files()
        self._read_questions()
        for activity in all_below(first(backup, "activities"), "activity"):
            self._read_activity(activity)
        self._read_sections(first(backup, "sections"))
        self._course.warn_of_questions()
        return self._builder.build(PackageKind.MOODLE)

    def _read_files(self) -> None:
        """Read the files, each content once: Moodle keeps them under the hashes of their bytes."""
        done: set[str] = set()
        for node in all_below(self._document(FILES), "file"):
            content = text_of(node, "contenthash").strip()
            name = text_of(node, "filename")
            if content in done or name in ("", "."):
                continue
            data = self._archive.read(f"files/{content[:2]}/{content}")
            if data is not None:
                done.add(content)
                path = PurePosixPath(text_of(node, "filepath").strip("/")) / name.replace("/", "_")
                file = add_file(self._builder, path, data, content)
                self._activities[f"file {node.get('id', '')}"] = file

    def _read_questions(self) -> None:
        for category in all_below(self._document(QUESTIONS), "question_category"):
            own = [_question(node) for node in all_below(category, "question") if text_of(node, "parent") in ("", "0")]
            self._questions |= {question.key: question for question in own}
            title = text_of(category, "name")
            self._course.bank(f"category_{category.get('id', '')}", title, own)

    def _read_activity(self, activity: Node) -> None:
        kind = text_of(activity, "modulename").strip()
        directory = text_of(activity, "directory").strip()
        root = self._document(f"{directory}/{kind}.xml")
        if (read_kind := self._readers.get(kind)) is None:
            return
        source = first(root, kind)
        module = self._document(f"{directory}/module.xml")
        is_visible = text_of(module, "visible").strip() != "0"
        empty = activity if source is None else source
        found = read_kind(f"activity_{text_of(activity, 'moduleid').strip()}", empty, is_visible)
        if found is not None:
            item = found if isinstance(found, ModuleItem) else item_of(found)
            item.indent = int(number(text_of(module, "indent")) or 0)
            self._activities[text_of(activity, "moduleid").strip()] = item

    def _read_sections(self, sections: Node | None) -> None:
        """Read the sections as modules; the summary of a section is a page."""
        for place, node in enumerate(all_below(sections, "section")):
            key = text_of(node, "sectionid").strip()
            root = self._document(f"{text_of(node, 'directory').strip()}/section.xml")
            names = (text_of(root, "name").strip(), text_of(node, "title").strip())
            title = next((name for name in names if name not in ("", NULL)), f"Topic {place}")
            is_visible = text_of(root, "visible").strip() != "0"
            items = list(self._items(node, root))
            summary = text_of(root, "summary").strip()
            if summary not in ("", NULL):
                page = self._builder.add(
                    Page(
                        course_id=0,
                        title=title,
                        body=summary,
                        migration_id=f"section_{key}_summary",
                        workflow_state=state_of(is_visible),
                    )
                )
                items.insert(0, item_of(page))
            if items:
                self._course.module(f"section_{key}", title, items, is_visible=is_visible)

    def _items(self, node: Node, root: Node | None) -> Iterator[ModuleItem]:
        """Yield the items of a section, in the order that it says or else in that of the backup."""
        key = text_of(node, "sectionid").strip()
        backup = node.getparent()
        above = backup.getparent() if backup is not None else None
        listed = [
            text_of(each, "moduleid").strip()
            for each in all_below(above, "activity")
            if text_of(each, "sectionid").strip() == key
        ]
        sequence = [each.strip() for each in text_of(root, "sequence").split(",")]
        for module_id in dict.fromkeys((*(each for each in sequence if each in listed), *listed)):
            if isinstance(item := self._activities.get(module_id), ModuleItem):
                yield item

    def _page(self, key: str, source: Node, is_visible: bool) -> Content:
        body = text_of(source, "content", "intro")
        chapters = [text_of(each, "content") for each in all_below(source, "chapter")]
        return self._builder.add(
            Page(
                course_id=0,
                title=_name(source),
                body="\n".join((body, *chapters)).strip(),
                migration_id=key,
                workflow_state=state_of(is_visible),
            )
        )

    def _assignment(self, key: str, source: Node, is_visible: bool) -> Content:
        points = number(text_of(source, "grade"))
        return self._builder.add(
            Assignment(
                course_id=0,
                title=_name(source),
                description=text_of(source, "intro"),
                points_possible=points if points is not None and points >= 0 else None,
                submission_types=("online_upload",),
                migration_id=key,
                workflow_state=state_of(is_visible, "published"),
                assignment_group_id=self._builder.id_of(AssignmentGroup, ""),
            )
        )

    def _forum(self, key: str, source: Node, is_visible: bool) -> Content:
        return self._builder.add(
            DiscussionTopic(
                course_id=0,
                title=_name(source),
                message=text_of(source, "intro"),
                migration_id=key,
                workflow_state=state_of(is_visible),
            )
        )

    def _quiz(self, key: str, source: Node, is_visible: bool) -> Content | None:
        questions = [
            self._questions[number_]
            for each in all_below(source, "question_instance")
            if (number_ := text_of(each, "question", "questionid").strip()) in self._questions
        ]
        attempts = int(number(text_of(source, "attempts_number")) or 0)
        minutes = int((number(text_of(source, "timelimit")) or 0) // 60)
        return self._course.quiz(
            key,
            _name(source),
            questions,
            quiz_type="practice_quiz",
            description=text_of(source, "intro"),
            allowed_attempts=attempts or -1,
            time_limit=minutes or None,
            workflow_state=state_of(is_visible, "available"),
        )

    def _choice(self, key: str, source: Node, is_visible: bool) -> Content | None:
        choices = tuple(text_of(each, "text") for each in all_below(source, "option"))
        question = Question(
            key="question",
            title=_name(source),
            type=CHOICE,
            text=text_of(source, "intro"),
            choices=choices,
            warnings=(NO_CORRECT_ANSWER,),
        )
        return self._course.quiz(
            key,
            _name(source),
            [question],
            quiz_type="survey",
            workflow_state=state_of(is_visible, "available"),
        )

    def _label(self, _: str, source: Node, is_visible: bool) -> ModuleItem:
        item = heading(_name(source))
        item.workflow_state = state_of(is_visible)
        return item

    def _url(self, _: str, source: Node, is_visible: bool) -> ModuleItem | None:
        url = text_of(source, "externalurl").strip()
        item = web_link(_name(source), url)
        item.workflow_state = state_of(is_visible)
        return item if url else None

    def _resource(self, _: str, source: Node, is_visible: bool) -> ModuleItem | None:
        """Return the item for the first file of a resource that is there."""
        root = source.getparent()
        context = root.get("contextid", "") if root is not None else ""
        for node in all_below(self._document(FILES), "file"):
            file = self._activities.get(f"file {node.get('id', '')}")
            if text_of(node, "contextid").strip() == context and isinstance(file, File):
                item = item_of(file)
                item.title, item.workflow_state = _name(source), state_of(is_visible)
                return item
        return None

    def _document(self, name: str) -> Node | None:
        data = self._archive.read(name)
        return parse(data) if data is not None else None


def _name(source: Node) -> str:
    return text_of(source, "name", "title").strip()


def _question(node: Node) -> Question:
    """Read a question of the question bank."""
    choices = [
        (text_of(each, "answertext"), number(text_of(each, "fraction")) or 0.0) for each in all_below(node, "answer")
    ]
    matches = [(text_of(each, "questiontext"), 1.0) for each in all_below(node, "match")]
    return question_of(
        node.get("id", ""),
        text_of(node, "qtype").strip(),
        matches or choices,
        title=text_of(node, "name"),
        text=text_of(node, "questiontext"),
        points=number(text_of(node, "defaultmark")),
        is_single=text(first(node, "single")).strip() != "0",
    )
