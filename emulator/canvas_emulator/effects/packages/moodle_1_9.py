"""Moodle 1.9 backups: one document, ``moodle.xml``, and a folder of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.canvas_cartridge import CARTRIDGE_TYPE
from canvas_emulator.effects.packages.documents import Node, document, first, number, text, text_of
from canvas_emulator.effects.packages.identification import MOODLE_1_9_BACKUP
from canvas_emulator.effects.packages.moodle_content import (
    QUESTIONNAIRE_TYPES,
    MoodleCourse,
    heading,
    item_of,
    question_of,
    web_link,
)
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageKind, Upload
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

FILES = "course_files/"
SURVEY = "survey"


def read(archive: Archive, upload: Upload) -> Package:
    """Read a backup of Moodle 1.9.

    :raises PackageError: When a file of it is damaged.
    """
    return _Reader(archive, upload).package()


class _Reader:
    """A backup that is being read."""

    def __init__(self, archive: Archive, upload: Upload) -> None:
        self._archive = archive
        self._builder = PackageBuilder()
        self._course = MoodleCourse(self._builder, quiz_banks=upload.migration_type != CARTRIDGE_TYPE)
        root = document(archive.read(MOODLE_1_9_BACKUP) or b"", "MOODLE_BACKUP")
        self._root = first(root, "COURSE")
        self._questions: dict[str, Question] = {}
        self._groups: dict[str, str] = {}
        self._rows: dict[str, Content | ModuleItem] = {}
        self._readers: Mapping[str, Callable[[str, Node], Content | ModuleItem | None]] = {
            "assignment": self._assignment,
            "workshop": self._assignment,
            "choice": self._choice,
            "forum": self._forum,
            "label": lambda _, mod: heading(text_of(mod, "NAME", "CONTENT").strip()),
            "questionnaire": self._questionnaire,
            "quiz": self._quiz,
            "resource": self._resource,
            "wiki": self._wiki,
        }

    def package(self) -> Package:
        """Read all parts, those first that others refer to."""
        self._builder.course.name = text(first(self._root, "HEADER", "FULLNAME"))
        for name in self._archive.names:
            if name.startswith(FILES):
                add_file(self._builder, PurePosixPath(name.removeprefix(FILES)), self._archive.read(name) or b"")
        for category in self._all("QUESTION_CATEGORIES", "QUESTION_CATEGORY"):
            questions = [_question(each) for each in category.iter("QUESTION")]
            self._questions |= {question.key: question for question in questions}
            self._course.bank(f"category_{text_of(category, 'ID')}", text_of(category, "NAME"), questions)
        sections = [node for node in self._all("SECTIONS", "SECTION") if node.find("NUMBER") is not None]
        self._read_groups(sections)
        for mod in self._all("MODULES", "MOD"):
            kind, key = text_of(mod, "MODTYPE").strip(), text_of(mod, "ID").strip()
            if (read_kind := self._readers.get(kind)) is not None and key:
                found = read_kind(f"{kind}_{key}", mod)
                if found is not None:
                    self._rows[f"{kind}_{key}"] = found
        for section in sections:
            self._read_section(section)
        if sections:
            self._builder.course.syllabus_body = text_of(sections[0], "SUMMARY")
        self._course.warn_of_questions()
        return self._builder.build(PackageKind.MOODLE_1_9)

    def _all(self, above: str, tag: str) -> list[Node]:
        node = first(self._root, above)
        return [each for each in node if each.tag == tag] if node is not None else []

    def _read_groups(self, sections: list[Node]) -> None:
        """Add an assignment group for each section that has assignments."""
        for section in sections:
            mods = [mod for mod in section.iter("MOD") if text_of(mod, "TYPE").strip() in ("assignment", "workshop")]
            if mods:
                key = f"group_{text_of(section, 'ID').strip()}"
                title = f"{self._unit()} {text_of(section, 'NUMBER').strip()}"
                self._builder.add(AssignmentGroup(course_id=0, title=title, migration_id=key))
                for mod in mods:
                    self._groups[f"{text_of(mod, 'TYPE').strip()}_{text_of(mod, 'INSTANCE').strip()}"] = key

    def _unit(self) -> str:
        """Return what a section of the course is called."""
        return "Week" if text(first(self._root, "HEADER", "FORMAT")).strip().startswith("weeks") else "Topic"

    def _read_section(self, section: Node) -> None:
        items: list[ModuleItem] = []
        for mod in section.iter("MOD"):
            found = self._rows.get(f"{text_of(mod, 'TYPE').strip()}_{text_of(mod, 'INSTANCE').strip()}")
            if found is not None:
                item = found if isinstance(found, ModuleItem) else item_of(found)
                item.indent = int(number(text_of(mod, "INDENT")) or 0)
                items.append(item)
        self._course.module(
            f"section_{text_of(section, 'ID').strip()}",
            f"{self._unit()} {text_of(section, 'NUMBER').strip()}",
            items,
            is_visible=text_of(section, "VISIBLE").strip() != "0",
        )

    def _assignment(self, key: str, mod: Node) -> Content:
        points = number(text_of(mod, "GRADE"))
        return self._builder.add(
            Assignment(
                course_id=0,
                title=text_of(mod, "NAME"),
                description=text_of(mod, "DESCRIPTION"),
                points_possible=points if points is not None and points >= 0 else None,
                peer_reviews=key.startswith("workshop"),
                migration_id=key,
                assignment_group_id=self._builder.id_of(AssignmentGroup, self._groups.get(key, "")),
            )
        )

    def _forum(self, key: str, mod: Node) -> Content:
        return self._builder.add(
            DiscussionTopic(course_id=0, title=text_of(mod, "NAME"), message=text_of(mod, "INTRO"), migration_id=key)
        )

    def _resource(self, key: str, mod: Node) -> Content | ModuleItem | None:
        """Read a resource: a link, a file of the course, or a page."""
        title, reference = text_of(mod, "NAME"), text_of(mod, "REFERENCE").strip()
        if text_of(mod, "TYPE").strip() == "file":
            if "://" in reference:
                return web_link(title, reference)
            file = self._builder.find(File, self._builder.paths.get(reference, ""))
            return item_of(file) if file is not None else None
        body = text_of(mod, "ALLTEXT") or text_of(mod, "SUMMARY")
        return self._builder.add(Page(course_id=0, title=title, body=body, migration_id=key))

    def _wiki(self, key: str, mod: Node) -> Content | None:
        """Read a wiki: its newest pages. Its item shows the first one."""
        newest: dict[str, tuple[float, str]] = {}
        for node in mod.iter("PAGE"):
            title, version = text_of(node, "PAGENAME"), number(text_of(node, "VERSION")) or 0.0
            if version >= newest.get(title, (-1.0, ""))[0]:
                newest[title] = version, text_of(node, "CONTENT")
        name = text_of(mod, "PAGENAME") or text_of(mod, "NAME")
        if not newest:
            newest[name] = 0.0, text_of(mod, "SUMMARY")
        shown: Content | None = None
        for title, (_, body) in newest.items():
            page = self._builder.add(Page(course_id=0, title=title, body=body, migration_id=f"{key}_{title}"))
            shown = page if shown is None or title == name else shown
        return shown

    def _quiz(self, key: str, mod: Node) -> Content | None:
        numbers = [text_of(each, "QUESTION").strip() for each in mod.iter("QUESTION_INSTANCE")]
        attempts = int(number(text_of(mod, "ATTEMPTS_NUMBER")) or 0)
        return self._course.quiz(
            key,
            text_of(mod, "NAME"),
            [self._questions[each] for each in numbers if each in self._questions],
            quiz_type="practice_quiz",
            description=text_of(mod, "INTRO"),
            allowed_attempts=attempts or -1,
        )

    def _choice(self, key: str, mod: Node) -> Content | None:
        question = Question(
            key="question",
            title=text_of(mod, "NAME"),
            type=CHOICE,
            text=text_of(mod, "TEXT"),
            choices=tuple(text_of(each, "CP_TEXT") for each in mod.iter("OPTION")),
            warnings=(NO_CORRECT_ANSWER,),
        )
        return self._course.quiz(key, text_of(mod, "NAME"), [question], quiz_type=SURVEY)

    def _questionnaire(self, key: str, mod: Node) -> Content | None:
        questions = [
            Question(
                key=text_of(each, "ID"),
                title=text_of(each, "NAME"),
                type=QUESTIONNAIRE_TYPES[kind],
                text=text_of(each, "CONTENT"),
                choices=tuple(text_of(choice, "CONTENT") for choice in each.iter("QUESTION_CHOICE")),
            )
            for each in mod.iter("QUESTION")
            if (kind := text_of(each, "TYPE_ID").strip()) in QUESTIONNAIRE_TYPES
        ]
        summary = text_of(mod, "SUMMARY") or text_of(mod, "INTRO")
        return self._course.quiz(key, text_of(mod, "NAME"), questions, quiz_type=SURVEY, description=summary)


def _question(node: Node) -> Question:
    """Read a question of the question bank."""
    choices = [(text_of(each, "ANSWER_TEXT"), number(text_of(each, "FRACTION")) or 0.0) for each in node.iter("ANSWER")]
    matches = [(text_of(each, "QUESTIONTEXT"), 1.0) for each in node.iter("MATCH")]
    return question_of(
        text_of(node, "ID").strip(),
        text_of(node, "QTYPE").strip(),
        matches or choices,
        title=text_of(node, "NAME"),
        text=text_of(node, "QUESTIONTEXT"),
        points=number(text_of(node, "DEFAULTGRADE")),
        is_single=text(first(node, "SINGLE")).strip() != "0",
    )
