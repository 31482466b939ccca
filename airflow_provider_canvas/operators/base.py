"""What operators have in common that ask Canvas for something, and do not wait for a job."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_canvas.utils.waiting import fail_without_retry

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.hooks.canvas import CanvasHook


class CanvasOperator(BaseOperator):
    """Ask Canvas for something; base of those that say what.

    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = ("canvas_conn_id",)
    ui_color = "#fdeee9"

    def __init__(self, *, canvas_conn_id: str = "canvas_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.canvas_conn_id = canvas_conn_id

    @cached_property
    def hook(self) -> CanvasHook:
        """The hook on the connection."""
        from airflow_provider_canvas.hooks.canvas import CanvasHook

        return CanvasHook(self.canvas_conn_id)

    def execute(self, context: Context) -> Any:
        """Do it; what would fail again is not retried."""
        with fail_without_retry():
            return self.perform(context)

    def perform(self, context: Context) -> Any:
        """Do it, and return the task's result."""
        raise NotImplementedError
