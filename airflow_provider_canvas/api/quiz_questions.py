"""Questions of classic quizzes.

https://developerdocs.instructure.com/services/canvas/resources/quiz_questions
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none


class QuizQuestion(TypedDict, total=False):
    """A question of a classic quiz. The keys of its ``answers`` depend on ``question_type``."""

    id: int
    quiz_id: int
    quiz_group_id: int | None
    assessment_question_id: int | None
    position: int | None
    question_name: str
    question_type: str
    question_text: str | None
    points_possible: float | None
    correct_comments: str | None
    incorrect_comments: str | None
    neutral_comments: str | None
    correct_comments_html: str | None
    incorrect_comments_html: str | None
    neutral_comments_html: str | None
    answers: list[dict[str, Any]] | None
    variables: list[dict[str, Any]] | None
    formulas: list[Any] | None
    answer_tolerance: Any
    formula_decimal_places: Any
    matches: list[dict[str, Any]] | None
    matching_answer_incorrect_matches: str | None


class QuizQuestions(Resource[IO]):
    """Questions of a classic quiz. Those that a question group draws from a bank are not among them.

    https://developerdocs.instructure.com/services/canvas/resources/quiz_questions
    """

    @many("courses/{course_id}/quizzes/{quiz_id}/questions", QuizQuestion)
    def list(self, *, course_id: Id, quiz_id: Id, per_page: int | None = None) -> Params:
        """List the questions of a quiz.

        https://developerdocs.instructure.com/services/canvas/resources/quiz_questions#method.quizzes/quiz_questions.index
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/quizzes/{quiz_id}/questions/{question_id}", QuizQuestion)
    def get(self, *, course_id: Id, quiz_id: Id, question_id: Id) -> Params:
        """Get a single question of a quiz.

        https://developerdocs.instructure.com/services/canvas/resources/quiz_questions#method.quizzes/quiz_questions.show
        """
        return {}
