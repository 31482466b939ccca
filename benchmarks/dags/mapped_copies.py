"""Two DAGs for ``benchmarks/mapped_copies.py``: mapped course copies, and bare mapped deferrable tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

from airflow.providers.common.compat.sdk import BaseOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import dag, task

from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator


class BareDeferrableOperator(BaseOperator):
    """Defer for some seconds, and do nothing else.

    :param seconds: How long to defer. (templated)
    """

    template_fields = ("seconds",)

    def __init__(self, *, seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seconds = seconds

    def execute(self, context: Any) -> NoReturn:
        """Defer at once."""
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=float(self.seconds))), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """Return nothing."""


@dag(schedule=None, max_active_tasks=1000)
def mapped_copies() -> None:
    """Copy a course into each shell that the run's conf names."""

    @task
    def pairs(**context: Any) -> list[dict[str, Any]]:
        return list(context["dag_run"].conf["pairs"])

    CanvasCourseCopyOperator.partial(task_id="copy", deferrable=True, fail_on_issues=None, retries=0).expand_kwargs(
        pairs()
    )


@dag(schedule=None, max_active_tasks=1000)
def mapped_bare() -> None:
    """Defer once for each shell that the run's conf names."""

    @task
    def seconds(**context: Any) -> list[dict[str, Any]]:
        return [{"seconds": context["dag_run"].conf["seconds"]} for _ in context["dag_run"].conf["pairs"]]

    BareDeferrableOperator.partial(task_id="copy", retries=0).expand_kwargs(seconds())


mapped_copies()
mapped_bare()
