"""Canvas's own validation of the links in a course. Its documentation has only the Progress.

https://developerdocs.instructure.com/services/canvas/resources/progress
"""

from __future__ import annotations

from typing import TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import Params
from airflow_provider_canvas.api.progress import ProgressRecord


class LinkValidationStart(TypedDict, total=False):
    """The response to the start of a validation: ``success`` is true even if one was running already."""

    success: bool


class LinkValidation(Resource[IO]):
    """Validation of the links in a course.

    https://developerdocs.instructure.com/services/canvas/resources/progress
    """

    @one("GET", "courses/{course_id}/link_validation", ProgressRecord)
    def get(self, *, course_id: Id) -> Params:
        """Get the newest validation of a course: a Progress, or an empty object if there was none.

        The ``results`` of a completed one have ``issues`` and ``completed_at``.

        https://developerdocs.instructure.com/services/canvas/resources/progress#method.progress.show
        """
        return {}

    @one("POST", "courses/{course_id}/link_validation", LinkValidationStart)
    def start(self, *, course_id: Id) -> Params:
        """Start a validation, unless one is running; either way the results of the former one are gone.

        https://developerdocs.instructure.com/services/canvas/resources/progress#method.progress.show
        """
        return {}
