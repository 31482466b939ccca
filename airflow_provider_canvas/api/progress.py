"""Progress: how far a background job of Canvas is.

https://developerdocs.instructure.com/services/canvas/resources/progress
"""

from __future__ import annotations

from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import Params, drop_none

FINAL_STATES = frozenset({"completed", "failed", "canceled"})
"""States that a Progress leaves when its job is started again, and ``failed`` also when the job goes on after it was
cancelled. ``canceled`` is not documented, and was never seen."""


class ProgressRecord(TypedDict, total=False):
    """A Progress, as Canvas sends it. ``completion`` is 0 to 100, may be ``None``, and may fall back."""

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
    results: Any
    url: str


class Progress(Resource[IO]):
    """Progress records of Canvas's background jobs.

    https://developerdocs.instructure.com/services/canvas/resources/progress
    """

    @one("GET", "progress/{progress_id}", ProgressRecord)
    def get(self, *, progress_id: Id) -> Params:
        """Query progress.

        https://developerdocs.instructure.com/services/canvas/resources/progress#method.progress.show
        """
        return {}

    @one("POST", "progress/{progress_id}/cancel", ProgressRecord)
    def cancel(self, *, progress_id: Id, message: str | None = None) -> Params:
        """Cancel progress. Canvas marks it failed, with the message, and usually carries the job out all the same.

        Only the user who started it may.

        https://developerdocs.instructure.com/services/canvas/resources/progress#method.progress.cancel
        """
        return drop_none(message=message)
