"""The content of the demo's master course that no mapping lists: groups, rubric, outcomes, events, tool, questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from canvas_emulator.model.content import (
    Assignment,
    AssignmentGroup,
    CalendarEvent,
    Content,
    ExternalTool,
    LearningOutcome,
    LearningOutcomeGroup,
    QuestionBank,
    Quiz,
    QuizQuestion,
    Rubric,
)
from canvas_emulator.model.world import World

Add = Callable[[Content], int]
"""Adds a row to the course, and returns its id."""

GROUPS: Mapping[str, tuple[float, tuple[str, ...]]] = {
    "Labs": (30, ("Lab report",)),
    "Quizzes and exams": (40, ("Quiz", "Midterm", "Final exam", "Genetics check")),
    "Projects": (15, ("Final project", "Case study", "Cell model")),
    "Homework and discussions": (15, ("",)),
}
"""Name to weight, and to how the titles of its assignments begin; the last takes the others."""

RUBRIC = ("Lab report", ("Question and hypothesis: 4", "Method: 4", "Data and figures: 6", "Conclusion: 6"))
OUTCOMES: Mapping[str, str] = {
    "Designs a controlled experiment": "<p>Names variables, controls and what would prove the hypothesis wrong.</p>",
    "Reads a figure": "<p>Says what is on the axes, and what follows from it.</p>",
    "Explains inheritance": "<p>From alleles to populations.</p>",
}
EVENTS: Mapping[str, tuple[int, str, str]] = {
    "Lab orientation": (1, "Science Hall 110", "<p>Read [[Lab safety]] before you come.</p>"),
    "Midterm review": (4, "Lecture Hall B", "<p>Bring questions about [[Quiz 2: Cells and membranes]].</p>"),
    "Campus tree walk": (7, "North Gate", "<p>Good shoes. It helps with [[Case study: Finches]], too.</p>"),
}
"""Title to the week on whose Wednesday it is, where, and its description, with links as in ``demo_content``."""

TOOL = ("Library course list", "https://library.northfield.example/lti/launch")
COMMENT = "<p>See [[How this course works]].</p>"
"""What students see after a wrong reply to the first question of a quiz."""
BANK = ("Cell biology", ("What makes ATP?", "What bounds a cell?", "Where is DNA in a bacterium?"))


def add_unmapped(world: World, course_id: int, first_day: datetime, written: datetime) -> ExternalTool:
    """Add all of it to a course that has its assignments and quizzes already.

    :param first_day: Of the term for which the course was written.
    :param written: When all rows were made.
    :return: The tool, for a module to show.
    """

    def add(row: Content) -> int:
        row.created_at = written
        return world.add(row).id

    _group_assignments(world, course_id, add)
    title, criteria = RUBRIC
    points = sum(float(line.rpartition(":")[2]) for line in criteria)
    rubric_id = add(Rubric(course_id=course_id, title=title, points_possible=points, criteria=criteria))
    for assignment in world.rows(Assignment, course_id):
        if assignment.title.startswith(title):
            assignment.rubric_id = rubric_id
    group_id = add(LearningOutcomeGroup(course_id=course_id, title="Scientific thinking"))
    for title, description in OUTCOMES.items():
        add(LearningOutcome(course_id=course_id, title=title, description=description, outcome_group_id=group_id))
    for title, (week, place, description) in EVENTS.items():
        start = first_day + timedelta(weeks=week - 1, days=2, hours=16)
        end = start + timedelta(hours=1)
        event = CalendarEvent(course_id=course_id, title=title, location_name=place, start_at=start, end_at=end)
        event.description = description
        add(event)
    _add_questions(world, course_id, add)
    tool = ExternalTool(course_id=course_id, title=TOOL[0], url=TOOL[1], description="What the library has for it.")
    add(tool)
    return tool


def _group_assignments(world: World, course_id: int, add: Add) -> None:
    left = list(world.rows(Assignment, course_id))
    for position, (name, (weight, beginnings)) in enumerate(GROUPS.items(), start=1):
        group_id = add(AssignmentGroup(course_id=course_id, title=name, group_weight=weight, position=position))
        members = [row for row in left if row.title.startswith(beginnings)]
        for row in members:
            row.assignment_group_id = group_id
            if (quiz := world.find(Quiz, course_id, row.quiz_id or 0)) is not None:
                quiz.assignment_group_id = group_id
        left = [row for row in left if row not in members]


def _add_questions(world: World, course_id: int, add: Add) -> None:
    """Add a bank of questions, and to each quiz as many as it says."""
    title, texts = BANK
    bank_id = add(QuestionBank(course_id=course_id, title=title))
    for position, text in enumerate(texts, start=1):
        question = _question(course_id, position, text)
        question.question_bank_id = bank_id
        add(question)
    for quiz in list(world.rows(Quiz, course_id)):
        for position in range(1, quiz.question_count + 1):
            question = _question(course_id, position, f"{quiz.title}: statement {position} is true.")
            question.quiz_id = quiz.id
            if position == 1:
                question.incorrect_comments_html = COMMENT
            add(question)


def _question(course_id: int, position: int, text: str) -> QuizQuestion:
    return QuizQuestion(
        course_id=course_id,
        title=f"Question {position}",
        question_text=f"<p>{text}</p>",
        question_type="true_false_question",
        position=position,
        choices=("True", "False"),
        correct="True" if position % 2 else "False",
    )
