"""What Canvas makes of a Moodle course, whatever the backup's format: rows, modules and the warnings on questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from canvas_emulator.effects.packages.assessments import AssessmentReader, Contents
from canvas_emulator.effects.packages.package import PackageBuilder
from canvas_emulator.effects.packages.questions import (
    BLANKS,
    CALCULATED,
    CHOICE,
    DROPDOWNS,
    ERROR,
    ESSAY,
    MATCHING,
    NO_TYPE,
    NUMERICAL,
    SEVERAL,
    SHORT,
    TEXT,
    TRUE_FALSE,
    Question,
)
from canvas_emulator.model.content import (
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
)

ITEM_TYPES: Mapping[type[Content], str] = {
    Page: "Page",
    Assignment: "Assignment",
    DiscussionTopic: "Discussion",
    Quiz: "Quiz",
    File: "File",
}

TYPES: Mapping[str, str] = {
    "calculated": CALCULATED,
    "calculatedmulti": CALCULATED,
    "calculatedsimple": CALCULATED,
    "description": TEXT,
    "essay": ESSAY,
    "gapselect": DROPDOWNS,
    "match": MATCHING,
    "multianswer": ESSAY,
    "multichoice": CHOICE,
    "numerical": NUMERICAL,
    "randomsamatch": MATCHING,
    "shortanswer": SHORT,
    "truefalse": TRUE_FALSE,
    "ddwtos": BLANKS,
}
"""Moodle's types of questions, and Canvas's. What is missing is a question that cannot be read."""

QUESTIONNAIRE_TYPES: Mapping[str, str] = {
    "1": TRUE_FALSE,
    "2": ESSAY,
    "3": ESSAY,
    "4": CHOICE,
    "5": SEVERAL,
    "6": CHOICE,
    "8": DROPDOWNS,
    "9": ESSAY,
    "10": NUMERICAL,
    "100": TEXT,
}
"""The types of questions of a questionnaire; page breaks are no questions."""

FEW = 2
"""Up to so many questions of a type in a bank have a warning each; more have one together."""
WARNINGS: Mapping[str, tuple[str, str]] = {
    DROPDOWNS: (
        "Multiple Dropdowns question may have been imported incorrectly",
        "There are {} Multiple Dropdowns questions in this bank that may have been imported incorrectly",
    ),
    CALCULATED: (
        "Possible answers will need to be regenerated for Formula question",
        "There are {} Formula questions in this bank that will need to have their possible answers regenerated",
    ),
}
NULL = "$@NULL@$"
"""How Moodle writes that there is no value."""


def question_of(
    key: str,
    moodle_type: str,
    choices: Sequence[tuple[str, float]],
    *,
    title: str,
    text: str,
    points: float | None,
    is_single: bool = True,
) -> Question:
    """Return a question of a quiz.

    :param choices: The texts of the choices with the shares of the points that they give.
    :param is_single: Whether one choice is right, in a question of choices.
    """
    question_type = TYPES.get(moodle_type, ERROR)
    if question_type == CHOICE and not is_single:
        question_type = SEVERAL
    texts = () if question_type in (ESSAY, TEXT, ERROR) else tuple(choice for choice, _ in choices)
    return Question(
        key=key,
        title=title,
        type=question_type,
        text=text,
        points=1.0 if points is None else max(points, 0.0),
        choices=texts,
        correct=next((choice for choice, share in choices if share > 0 and choice in texts), ""),
        warnings=(NO_TYPE,) if question_type == ERROR else (),
    )


class MoodleCourse:
    """Collects the content of a Moodle course.

    :param builder: The package.
    :param quiz_banks: Whether the questions of each quiz get a bank.
    """

    def __init__(self, builder: PackageBuilder, *, quiz_banks: bool) -> None:
        self.builder = builder
        self._assessments = AssessmentReader(builder, quiz_banks=quiz_banks)
        self._modules = 0

    def quiz(self, key: str, title: str, questions: list[Question], **values: Any) -> Quiz | None:
        """Add a quiz or a survey."""
        contents = Contents(questions=questions, asked=questions)
        self._assessments.add_quiz(key, title, values, contents)
        return self.builder.find(Quiz, key)

    def bank(self, key: str, title: str, questions: Iterable[Question]) -> None:
        """Add a bank of questions."""
        self._assessments.add_to_bank(title, key, questions)

    def module(self, key: str, title: str, items: Iterable[ModuleItem], *, is_visible: bool) -> None:
        """Add a module with its items."""
        self._modules += 1
        module = self.builder.add(
            Module(
                course_id=0,
                title=title,
                migration_id=key,
                position=self._modules,
                workflow_state="active" if is_visible else "unpublished",
            )
        )
        for position, item in enumerate(items, start=1):
            item.module_id, item.position = module.id, position
            item.migration_id = item.migration_id or f"{key}_{position}"
            self.builder.add(item)

    def warn_of_questions(self) -> None:
        """Record the warnings on types of questions that Moodle has in other forms, bank by bank."""
        banks: dict[tuple[int, str], list[QuizQuestion]] = {}
        for row in self.builder.rows[QuizQuestion].values():
            if isinstance(row, QuizQuestion) and row.question_bank_id is not None and row.question_type in WARNINGS:
                banks.setdefault((row.question_bank_id, row.question_type), []).append(row)
        for (_, question_type), rows in banks.items():
            each, together = WARNINGS[question_type]
            words = [each] * len(rows) if len(rows) <= FEW else [together.format(len(rows))]
            self.builder.question_warnings += [
                (row.migration_id or "", warning) for row, warning in zip(rows, words, strict=False)
            ]


def item_of(row: Content, *, indent: int = 0) -> ModuleItem:
    """Return the item that shows a row."""
    state = "active" if row.published or isinstance(row, File) else "unpublished"
    return ModuleItem(
        course_id=0,
        title=row.title,
        module_id=0,
        type=ITEM_TYPES[type(row)],
        content_id=row.id,
        indent=indent,
        workflow_state=state,
        migration_id=f"item_{row.migration_id}",
    )


def heading(title: str, *, indent: int = 0) -> ModuleItem:
    """Return an item that is a heading."""
    return ModuleItem(course_id=0, title=title, module_id=0, type="SubHeader", indent=indent)


def web_link(title: str, url: str, *, indent: int = 0) -> ModuleItem:
    """Return an item that is a link."""
    return ModuleItem(course_id=0, title=title, module_id=0, type="ExternalUrl", external_url=url, indent=indent)


def state_of(is_visible: bool, published: str = "active") -> str:
    """Return the state of a row that Moodle shows or hides."""
    return published if is_visible else "unpublished"
