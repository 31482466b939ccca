"""Canvas's own validation of the links in a course. Its documentation has only the Progress.

https://developerdocs.instructure.com/services/canvas/resources/progress
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import Params


class LinkValidationRecord(TypedDict, total=False):
    """The Progress of the validation of a course, of which each course has one; empty if there was no validation.

    The ``results`` of a completed one have ``issues`` and ``completed_at``.
    """

    id: int
    context_id: int
    context_type: str
    user_id: int | None
    tag: str
    completion: float | None
    workflow_state: str
    created_at: str
    updated_at: str
    message: str | None
    url: str
    results: dict[str, Any] | None


class LinkValidationStart(TypedDict, total=False):
    """The response to the start of a validation: ``success`` is true even if one was running already."""

    success: bool


class LinkValidation(Resource[IO]):
    """Validation of the links in a course.

    https://developerdocs.instructure.com/services/canvas/resources/progress
    """

    @one("GET", "courses/{course_id}/link_validation", LinkValidationRecord)
    def get(self, *, course_id: Id) -> Params:
        """Get the newest validation of a course: a Progress, or an empty object if there was none.

        https://developerdocs.instructure.com/services/canvas/resources/progress#method.progress.show
        """
        return {}

    @one("POST", "courses/{course_id}/link_validation", LinkValidationStart)
    def start(self, *, course_id: Id) -> Params:
        """Start a validation, unless one is running; either way the results of the former one are gone.

        https://developerdocs.instructure.com/services/canvas/resources/progress#method.progress.show
        """
        return {}
