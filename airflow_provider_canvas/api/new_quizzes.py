"""New Quizzes and their items, which another service than Canvas answers for.

https://developerdocs.instructure.com/services/canvas/resources/new_quizzes
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none

BASE = "/api/quiz/v1"
"""How the paths of New Quizzes begin."""


class NewQuiz(TypedDict, total=False):
    """A New Quiz; ``id`` is that of its assignment, as text."""

    id: str
    title: str
    instructions: str | None
    assignment_group_id: str | None
    points_possible: float | None
    due_at: str | None
    lock_at: str | None
    unlock_at: str | None
    published: bool
    grading_type: str
    quiz_settings: dict[str, Any] | None


class NewQuizItem(TypedDict, total=False):
    """An item of a New Quiz: a question, a stimulus, or a reference to an item bank."""

    id: str
    position: int
    points_possible: float
    entry_type: str
    entry_editable: bool
    stimulus_quiz_entry_id: str
    status: str
    properties: dict[str, Any] | None
    entry: dict[str, Any]


class NewQuizzes(Resource[IO]):
    """New Quizzes of a course.

    https://developerdocs.instructure.com/services/canvas/resources/new_quizzes
    """

    @many("courses/{course_id}/quizzes", NewQuiz, base=BASE)
    def list(self, *, course_id: Id, per_page: int | None = None) -> Params:
        """List the New Quizzes of a course.

        https://developerdocs.instructure.com/services/canvas/resources/new_quizzes#method.new_quizzes/quizzes_api.index
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/quizzes/{assignment_id}", NewQuiz, base=BASE)
    def get(self, *, course_id: Id, assignment_id: Id) -> Params:
        """Get a New Quiz. One that was copied may be unknown until a user opened it in a browser.

        https://developerdocs.instructure.com/services/canvas/resources/new_quizzes#method.new_quizzes/quizzes_api.show
        """
        return {}

    @many("courses/{course_id}/quizzes/{assignment_id}/items", NewQuizItem, base=BASE)
    def items(self, *, course_id: Id, assignment_id: Id, per_page: int | None = None) -> Params:
        """List the items of a New Quiz.

        https://developerdocs.instructure.com/services/canvas/resources/new_quiz_items#method.new_quizzes/quiz_items_api.index
        """
        return drop_none(per_page=check_per_page(per_page))
