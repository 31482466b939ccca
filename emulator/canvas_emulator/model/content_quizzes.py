"""Classic quizzes and their questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from canvas_emulator.model.content_assignments import Assignment
from canvas_emulator.model.content_base import Content, References
from canvas_emulator.model.unmapped_content import AssignmentGroup, QuestionBank

SURVEYS = frozenset({"graded_survey", "survey"})


@dataclass(kw_only=True, eq=False)
class Quiz(Content):
    """A classic quiz; a graded one has a shell assignment.

    :param description: HTML.
    :param quiz_type: ``assignment`` for a graded quiz, ``practice_quiz``, ``graded_survey`` or ``survey``.
    :param points_possible: The highest score; None for an ungraded one.
    :param question_count: The number of its questions.
    :param time_limit: Minutes; None for no limit.
    :param allowed_attempts: How often it may be taken; -1 for any number.
    :param scoring_policy: Which attempt counts: ``keep_highest``, ``keep_latest`` or ``keep_average``.
    :param shuffle_answers: Whether the choices come in any order.
    :param one_question_at_a_time: Whether each question has a page of its own.
    :param cant_go_back: Whether students cannot return to a question.
    :param access_code: The word that opens it; None for none.
    :param ip_filter: The addresses from which it may be taken; None for all.
    :param hide_results: When students do not see their answers: None for never, ``always``, or
        ``until_after_last_attempt``.
    :param one_time_results: Whether students see their results once only.
    :param show_correct_answers: Whether students see the right answers.
    :param show_correct_answers_last_attempt: Whether they see them after their last attempt only.
    :param show_correct_answers_at: When they begin to see them.
    :param hide_correct_answers_at: When they stop to see them.
    :param anonymous_submissions: Whether a survey does not tell who replied.
    :param important_dates: Whether its date shows among the important ones.
    :param only_visible_to_overrides: Whether only the students of its overrides see it.
    :param version_number: How often it was saved.
    :param due_at: When it is due; None for never.
    :param unlock_at: When it becomes available; None for at once.
    :param lock_at: When it stops being available; None for never.
    :param assignment_id: The shell assignment of a graded quiz.
    :param assignment_group_id: The group of a graded quiz.
    :param workflow_state: ``available``, ``unpublished`` or ``deleted``.
    """

    description: str = ""
    quiz_type: str = "assignment"
    points_possible: float | None = None
    question_count: int = 0
    time_limit: int | None = None
    allowed_attempts: int = 1
    scoring_policy: str = "keep_highest"
    shuffle_answers: bool = False
    one_question_at_a_time: bool = False
    cant_go_back: bool = False
    access_code: str | None = None
    ip_filter: str | None = None
    hide_results: str | None = None
    one_time_results: bool = False
    show_correct_answers: bool = True
    show_correct_answers_last_attempt: bool = False
    show_correct_answers_at: datetime | None = None
    hide_correct_answers_at: datetime | None = None
    anonymous_submissions: bool = False
    important_dates: bool = False
    only_visible_to_overrides: bool = False
    version_number: int = 1
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    assignment_id: int | None = None
    assignment_group_id: int | None = None
    workflow_state: str = "available"
    KIND = "quizzes"
    ASSET = "quizzes:quiz"
    LABEL = "Quiz"
    SECTION = "quizzes"
    HTML = "description"
    DATES = ("due_at", "unlock_at", "lock_at", "show_correct_answers_at", "hide_correct_answers_at")
    REFERENCES: ClassVar[References] = {"assignment_id": Assignment, "assignment_group_id": AssignmentGroup}
    OWN = Content.OWN | {"only_visible_to_overrides", "version_number"}

    @property
    def is_survey(self) -> bool:
        """Tell whether it asks for opinions."""
        return self.quiz_type in SURVEYS


@dataclass(kw_only=True, eq=False)
class QuizQuestion(Content):
    """A question of a classic quiz or of a question bank.

    :param question_type: Canvas's name for the type.
    :param question_text: HTML.
    :param points_possible: The points of a correct reply.
    :param position: Its place in the quiz, counted from 1.
    :param choices: The texts to choose from.
    :param correct: The one of them that is right.
    :param answers_html: The HTML of each choice, empty for one that is plain text; empty if all are. Packages leave it
        out, and the comments too.
    :param correct_comments_html: The HTML that students see after a right reply.
    :param incorrect_comments_html: The HTML that they see after a wrong one.
    :param neutral_comments_html: The HTML that they see after any.
    :param qti: How students reply, which replies are right, and comments, as the package had them that it came from;
        empty for a question that came from none.
    :param quiz_id: The quiz that it is in, if it is in one.
    :param question_bank_id: The question bank that it is in, if it is in one.
    """

    question_type: str = "multiple_choice_question"
    question_text: str = ""
    points_possible: float = 1.0
    position: int = 1
    choices: tuple[str, ...] = ()
    correct: str = ""
    answers_html: tuple[str, ...] = ()
    correct_comments_html: str = ""
    incorrect_comments_html: str = ""
    neutral_comments_html: str = ""
    qti: str = field(default="", repr=False)
    quiz_id: int | None = None
    question_bank_id: int | None = None
    KIND = "quiz_questions"
    ASSET = "quiz_question"
    LABEL = "Assessment Question"
    SECTION = "quizzes/questions"
    HTML = "question_text"
    MORE_HTML = ("correct_comments_html", "incorrect_comments_html", "neutral_comments_html", "answers_html")
    REFERENCES: ClassVar[References] = {"quiz_id": Quiz, "question_bank_id": QuestionBank}

    @property
    def path(self) -> str:
        """Questions are shown in their bank, or where their quiz is edited."""
        if self.question_bank_id is None:
            return f"/courses/{self.course_id}/quizzes/{self.quiz_id}/edit"
        return f"/courses/{self.course_id}/question_banks/{self.question_bank_id}#question_{self.id}_question_text"
