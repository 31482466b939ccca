"""The base of operators that call Canvas and do not wait for a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.utils.canvas_task import CanvasTask
from airflow_provider_canvas.utils.waiting import fail_without_retry

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.utils.submitted_job import SubmittedJob


class CanvasOperator(CanvasTask):
    """Call Canvas, without waiting for a job. A concrete operator implements :meth:`perform`.

    :param canvas_conn_id: The connection. (templated)
    """

    def __init__(self, *, canvas_conn_id: str = "canvas_default", **kwargs: Any) -> None:
        super().__init__(canvas_conn_id=canvas_conn_id, **kwargs)

    def execute(self, context: Context) -> Any:
        """Run the task. Errors that would repeat are not retried."""
        self.canvas_page = ""
        self._log_blank_parameters()
        with fail_without_retry(lambda: self.find_job(context)):
            return self.perform(context)

    def find_job(self, context: Context) -> SubmittedJob | None:  # noqa: ARG002  # operators that submit one use it
        """Return what :meth:`perform` has submitted, if there is anything, for the message of an error."""
        return None

    def perform(self, context: Context) -> Any:
        """Do the work, and return the task's result."""
        raise NotImplementedError
