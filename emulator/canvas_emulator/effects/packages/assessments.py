"""Quizzes and question banks in QTI documents: assessments, object banks and loose items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from canvas_emulator.effects.packages.documents import Node, first, is_true, number, text
from canvas_emulator.effects.packages.package import PackageBuilder
from canvas_emulator.effects.packages.questions import (
    PATTERN_MATCH,
    TEXT,
    Question,
    facts_of,
    read_item,
    read_item_2,
)
from canvas_emulator.effects.packages.row_reading import row_of, values_of
from canvas_emulator.model.content import Assignment, AssignmentGroup, QuestionBank, Quiz, QuizQuestion

IMPORTED_QUESTIONS = "Imported Questions"
"""The bank of questions that are in neither a quiz nor a bank."""
DEFAULT_BANK_KEY = "the default question bank"
GRADED = frozenset({"assignment", "graded_survey"})
UNLIMITED = -1


@dataclass(frozen=True)
class Pick:
    """A group of questions of which a quiz asks some.

    :param count: How many.
    :param points: The points of each.
    """

    count: int
    points: float


@dataclass
class Contents:
    """What a quiz asks.

    :param questions: All its questions.
    :param asked: Those that it always asks.
    :param picks: The groups of the others.
    """

    questions: list[Question] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    picks: list[Pick] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return how many questions the quiz asks."""
        return sum(each.type != TEXT for each in self.asked) + sum(pick.count for pick in self.picks)

    @property
    def points(self) -> float:
        """Return the points of all questions that the quiz asks."""
        points = (each.points for each in self.asked if each.type != TEXT)
        return sum(points) + sum(pick.count * pick.points for pick in self.picks)


class AssessmentReader:
    """Reads the quizzes and banks of a package.

    :param builder: The package.
    :param quiz_banks: Whether the questions of each quiz get a bank of the quiz's name, too.
    """

    def __init__(self, builder: PackageBuilder, *, quiz_banks: bool) -> None:
        self._builder = builder
        self._quiz_banks = quiz_banks

    def read(self, root: Node, name: str, *, key: str | None = None, meta: Node | None = None) -> None:
        """Read the quizzes, the banks and the loose items of a document.

        :param name: Where the document is, for what has no identifier.
        :param key: The migration id of the quiz or the bank, if the document has one only.
        :param meta: Canvas's own settings of the quiz.
        """
        for source in _outermost(root, "assessment"):
            quiz_key = key or source.get("ident") or name
            self.add_quiz(quiz_key, source.get("title") or quiz_key, _settings(source), _contents(source), meta)
        for source in _outermost(root, "objectbank"):
            self._read_bank(source, name)
        loose = [each for each in root.iter("item") if not _is_within(each, "assessment", "objectbank")]
        self.add_to_default_bank(read_item(each, f"{name}_{place}") for place, each in enumerate(loose, start=1))
        if root.tag == "assessmentItem":
            self.add_to_default_bank([read_item_2(root, name)])

    def add_quiz(
        self, key: str, title: str, values: dict[str, Any], contents: Contents, meta: Node | None = None
    ) -> None:
        """Add a quiz with its questions and, if it is graded, its assignment.

        :param values: What the assessment itself says.
        :param meta: Canvas's own settings of it, which have precedence.
        """
        values = {"title": title, "workflow_state": "unpublished"} | values
        if meta is not None:
            values |= values_of(Quiz, meta, self._builder)
            if (available := meta.find("available")) is not None:
                values["workflow_state"] = "available" if is_true(text(available)) else "unpublished"
        quiz_type = values.get("quiz_type", "assignment")
        is_survey = quiz_type in ("survey", "graded_survey")
        if not is_survey and (values["workflow_state"] == "unpublished" or "points_possible" not in values):
            values["points_possible"] = contents.points
        quiz = self._builder.add(Quiz(course_id=0, migration_id=key, **(values | {"question_count": contents.count})))
        self._add_questions(quiz, contents.questions)
        if quiz_type in GRADED:
            self._add_assignment(quiz, meta)

    def add_to_default_bank(self, questions: Iterable[Question]) -> None:
        """Add questions to the bank of those that have none."""
        self.add_to_bank(IMPORTED_QUESTIONS, DEFAULT_BANK_KEY, questions)
        if (bank := self._builder.find(QuestionBank, DEFAULT_BANK_KEY)) is not None:
            self._builder.made_banks.add(bank.id)

    def _add_questions(self, quiz: Quiz, questions: list[Question]) -> None:
        bank_id: int | None = None
        if self._quiz_banks and questions:
            bank_id = self._bank(quiz.title, f"{quiz.migration_id}_bank").id
            self._builder.made_banks.add(bank_id)
        for position, question in enumerate(questions, start=1):
            key = self._question_key(question, f"{quiz.migration_id}", position)
            row = QuizQuestion(course_id=0, migration_id=key, quiz_id=quiz.id, **question.values)
            row.position, row.question_bank_id = position, bank_id
            self._builder.add(row)
            self._warn(question, key, in_bank=bank_id is not None)

    def _add_assignment(self, quiz: Quiz, meta: Node | None) -> None:
        """Add the assignment of a graded quiz, by default in the group that every course has."""
        source = meta.find("assignment") if meta is not None else None
        if source is None and meta is not None and quiz.workflow_state == "unpublished":
            return  # Canvas adds the assignment when the quiz is published
        values: dict[str, Any] = {
            "title": quiz.title,
            "quiz_id": quiz.id,
            "description": quiz.description,
            "workflow_state": "published" if quiz.workflow_state == "available" else "unpublished",
            "submission_types": ("online_quiz",),
            "points_possible": quiz.points_possible,
            "due_at": quiz.due_at,
            "unlock_at": quiz.unlock_at,
            "lock_at": quiz.lock_at,
            "migration_id": f"{quiz.migration_id}_assignment",
        }
        if source is None:
            row = Assignment(course_id=0, assignment_group_id=self._builder.default_group(), **values)
            quiz.assignment_id = self._builder.add(row).id
            return
        key = source.get("identifier", "")
        if key and self._builder.find(Assignment, key) is None:
            values["migration_id"] = key
        row = row_of(Assignment, source, self._builder, **values)
        row.assignment_group_id = row.assignment_group_id or self._builder.id_of(AssignmentGroup, "")
        quiz.assignment_id = row.id

    def _read_bank(self, source: Node, name: str) -> None:
        ident = source.get("ident") or name
        title = facts_of(source).get("bank_title") or source.get("title") or ident
        items = enumerate(source.iter("item"), start=1)
        self.add_to_bank(title, ident, (read_item(each, f"{ident}_{place}") for place, each in items))

    def _bank(self, title: str, key: str) -> QuestionBank:
        bank = self._builder.find(QuestionBank, key)
        return bank or self._builder.add(QuestionBank(course_id=0, title=title, migration_id=key))

    def add_to_bank(self, title: str, bank_key: str, questions: Iterable[Question]) -> None:
        """Add questions to a bank, which is added with the first of them."""
        for position, question in enumerate(questions, start=1):
            bank = self._bank(title, bank_key)
            key = self._question_key(question, bank_key, position)
            row = QuizQuestion(course_id=0, migration_id=key, question_bank_id=bank.id, **question.values)
            self._builder.add(row)
            self._warn(question, key, in_bank=True)

    def _question_key(self, question: Question, owner_key: str, position: int) -> str:
        """Return a migration id that no other question has."""
        candidates = (question.key, f"{owner_key}_{question.key}", f"{owner_key}_{question.key}_{position}")
        return next((key for key in candidates if self._builder.find(QuizQuestion, key) is None), candidates[-1])

    def _warn(self, question: Question, key: str, *, in_bank: bool) -> None:
        """Record what Canvas tells of a question: some of it only if the question is in a bank."""
        if in_bank:
            self._builder.question_warnings += [(key, warning) for warning in question.warnings]
        if question.is_pattern_match:
            self._builder.warn(PATTERN_MATCH, once=True)


def _outermost(root: Node, tag: str) -> Iterator[Node]:
    yield from (each for each in root.iter(tag) if not _is_within(each, tag))


def _is_within(node: Node, *tags: str) -> bool:
    return any(above.tag in tags for above in node.iterancestors())


def _settings(source: Node) -> dict[str, Any]:
    """Return what an assessment says of attempts and time."""
    facts, values = facts_of(source), dict[str, Any]()
    attempts = facts.get("cc_maxattempts", "")
    if "unlimited" in attempts.lower():
        values["allowed_attempts"] = UNLIMITED
    elif (count := number(attempts)) is not None:
        values["allowed_attempts"] = int(count) if count >= 1 else UNLIMITED
    if (minutes := number(facts.get("qmd_timelimit"))) is not None and minutes > 0:
        values["time_limit"] = int(minutes)
    return values


def _contents(source: Node) -> Contents:
    contents = Contents()
    _read_section(source, contents, "question")
    return contents


def _read_section(section: Node, contents: Contents, name: str) -> None:
    """Read what is in an assessment or a section; a section may be a group to pick questions from."""
    selection = section.find("selection_ordering/selection")
    count = number(text(first(selection, "selection_number"))) if selection is not None else None
    questions: list[Question] = []
    for place, child in enumerate(section, start=1):
        if child.tag == "section":
            _read_section(child, contents, f"{name}_{place}")
        elif child.tag == "item":
            questions.append(read_item(child, f"{name}_{place}"))
    contents.questions += questions
    if count is None:
        contents.asked += questions
    elif questions or first(selection, "sourcebank_ref") is not None:
        points = number(text(first(selection, "points_per_item")))
        same = {each.points for each in questions}
        contents.picks.append(Pick(int(count), points if points is not None else same.pop() if len(same) == 1 else 1.0))
