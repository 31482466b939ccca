"""The base of every operator, sensor and transfer of this package."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_canvas.utils.explained_errors import PACKAGE, explains_errors
from airflow_provider_canvas.utils.parameters import is_blank

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context
    from airflow.providers.openlineage.extractors import OperatorLineage

    from airflow_provider_canvas.hooks.canvas import CanvasHook
    from airflow_provider_canvas.lineage.task_lineage import TaskLineage
    from airflow_provider_canvas.links.base import CanvasLink

CALLED_BY_AIRFLOW = frozenset({"__init__", "execute", "execute_complete", "resume_execution"})
"""The methods of a task that Airflow, or the author of a DAG, calls."""


class CanvasTask(BaseOperator):
    """A task that talks to Canvas through an Airflow connection.

    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = ("canvas_conn_id",)
    ui_color = "#fdeee9"

    refused_if_blank: ClassVar[frozenset[str]] = frozenset({"select"})
    """Template fields that may not be blank, and so never count as not given."""

    result_key: ClassVar[str] = "return_value"
    """The XCom with the result. A task that also has one if it fails pushes it under a key of its own."""

    unsupported_parameters: ClassVar[frozenset[str]] = frozenset()
    """Parameters of a base class that a task does not support."""

    canvas_page: str | None = ""
    """The URL of the task's link to Canvas: "" while the task has no page, None if an earlier process stored it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let Airflow print a mistake of an author once, without the frames of this package."""
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith(f"{PACKAGE}."):
            for name in CALLED_BY_AIRFLOW & cls.__dict__.keys():
                setattr(cls, name, explains_errors(cls.__dict__[name]))

    def __init__(self, *, canvas_conn_id: str = "canvas_default", **kwargs: Any) -> None:
        try:
            super().__init__(**kwargs)
        except Exception:
            from airflow_provider_canvas.utils.unknown_parameters import raise_if_unknown

            # Airflow's own message for a parameter that does not exist names no similar one.
            raise_if_unknown(type(self), kwargs.get("task_id"), kwargs)
            raise
        self.canvas_conn_id = canvas_conn_id

    @cached_property
    def hook(self) -> CanvasHook:
        """The hook on the connection."""
        from airflow_provider_canvas.hooks.canvas import CanvasHook

        return CanvasHook(self.canvas_conn_id)

    @cached_property
    def lineage(self) -> TaskLineage:
        """What this attempt read and wrote, noted while it runs."""
        from airflow_provider_canvas.lineage.task_lineage import TaskLineage

        return TaskLineage()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any] | None:  # noqa: ARG002
        """Return what this attempt read and wrote, also if it failed. Nothing is read for it.

        :param task_instance: The task instance.
        """
        from airflow_provider_canvas.lineage.openlineage import operator_lineage

        return operator_lineage(self.lineage)

    def show_page(self, context: Context, link: type[CanvasLink], url: str) -> None:
        """Let Airflow's page of the task link to a page of Canvas, also while the task waits.

        :param context: The task's context.
        :param link: The link of this task.
        :param url: The URL of the page.
        """
        self.canvas_page = url
        link.persist(context, url)

    def _log_blank_parameters(self) -> None:
        """Log each template field that is blank after rendering. To be called when the task begins to run."""
        for name in self.template_fields:
            # A blank connection is refused where it is looked up.
            if (
                name != "canvas_conn_id"
                and name not in self.refused_if_blank
                and is_blank(value := getattr(self, name, None))
            ):
                self.log.info("Parameter %s is the text %r after rendering: it counts as not given.", name, value)
