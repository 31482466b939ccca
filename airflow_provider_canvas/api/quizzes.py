"""Classic quizzes, and the list that has the New Quizzes too.

https://developerdocs.instructure.com/services/canvas/resources/quizzes
"""

from __future__ import annotations

from typing import TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none


class Quiz(TypedDict, total=False):
    """A classic quiz, with its shell ``assignment_id`` if it is graded; New Quizzes are assignments."""

    id: int
    title: str
    description: str | None
    quiz_type: str
    points_possible: float | None
    question_count: int
    due_at: str | None
    unlock_at: str | None
    lock_at: str | None
    assignment_id: int | None
    published: bool
    html_url: str


class Quizzes(Resource[IO]):
    """Classic quizzes of a course.

    https://developerdocs.instructure.com/services/canvas/resources/quizzes
    """

    @many("courses/{course_id}/quizzes", Quiz)
    def list(self, *, course_id: Id, search_term: str | None = None, per_page: int | None = None) -> Params:
        """List classic quizzes.

        https://developerdocs.instructure.com/services/canvas/resources/quizzes#method.quizzes/quizzes_api.index
        """
        return drop_none(search_term=search_term, per_page=check_per_page(per_page))

    @many("courses/{course_id}/all_quizzes", Quiz)
    def all(self, *, course_id: Id, search_term: str | None = None, per_page: int | None = None) -> Params:
        """List classic quizzes and New Quizzes; the ``id`` of a New Quiz is that of its assignment.

        https://developerdocs.instructure.com/services/canvas/resources/quizzes#method.quizzes_next/quizzes_api.index
        """
        return drop_none(search_term=search_term, per_page=check_per_page(per_page))

    @one("GET", "courses/{course_id}/quizzes/{quiz_id}", Quiz)
    def get(self, *, course_id: Id, quiz_id: Id) -> Params:
        """Get a single classic quiz.

        https://developerdocs.instructure.com/services/canvas/resources/quizzes#method.quizzes/quizzes_api.show
        """
        return {}
