"""The base of every operator, sensor and transfer of this package."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

if TYPE_CHECKING:
    from airflow_provider_canvas.hooks.canvas import CanvasHook


class CanvasTask(BaseOperator):
    """A task that talks to Canvas through an Airflow connection.

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
