"""A task that fails before it knows a page of Canvas asks Airflow for no link.

Airflow 3 asks each link of a task that ends. Reading an XCom that does not exist would log an error in red, after that
of the task. Here nothing could read an XCom: the key of the task is ``None``.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException

from airflow_provider_canvas.links.base import CanvasLink
from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.update_course import CanvasUpdateCourseOperator
from tests.support.public_classes import defined_in
from tests.support.task_attempt import Attempt

ARGUMENTS: dict[str, Any] = {
    "account_id": 1,
    "batch": "fall",
    "choose": {"pages": "*"},
    "content_export_id": 3,
    "content_migration_id": 2,
    "content_migrations": {"course_id": 1, "content_migration_id": 2},
    "copies": [{"source": 1, "destination": 2}],
    "course": {"name": "Biology"},
    "course_id": 1,
    "course_ids": [1],
    "destination_course_id": 2,
    "endpoint": "courses.get",
    "enrollment_term_id": "all",
    "event": "offer",
    "migration_type": "canvas_cartridge_importer",
    "package": "package.imscc",
    "path": "course.imscc",
    "progress_url": "https://canvas.example/api/v1/progress/1",
    "source_course_id": 1,
    "sql_conn_id": "warehouse",
}
"""An argument for each parameter that a task may demand."""

CHANGED = {"CanvasDeleteCourseOperator": {"event": "delete"}}

TASKS = {
    name: getattr(importlib.import_module(module), name)
    for package in ("operators", "sensors", "transfers")
    for name, module in defined_in(package).items()
}


def arguments_of(kind: type[Any], table: dict[str, Any]) -> dict[str, Any]:
    """Return those arguments of a table that a task demands."""
    parameters = inspect.signature(kind.__init__).parameters.values()
    return {each.name: table[each.name] for each in parameters if each.default is each.empty and each.name in table}


def failed(name: str) -> Any:
    """Return a task whose connection does not exist, after it has failed."""
    arguments = arguments_of(TASKS[name], ARGUMENTS) | CHANGED.get(name, {})
    task = TASKS[name](task_id="task", canvas_conn_id="no_such_connection", **arguments)
    with pytest.raises(AirflowException):
        task.execute(Attempt().context(task))
    return task


@pytest.mark.parametrize("name", TASKS)
def test_no_task_asks_for_a_link_that_cannot_be_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each link of a task that fails at once is empty, and no XCom is read for it."""
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", "sqlite://")
    task = failed(name)
    links = [link for link in task.operator_extra_links if isinstance(link, CanvasLink)]
    assert [link.get_link(task, ti_key=None) for link in links] == [""] * len(links)


@pytest.mark.parametrize("kind", [CanvasCourseCopyOperator, CanvasUpdateCourseOperator])
def test_no_task_asks_for_a_link_before_it_begins(kind: type[Any]) -> None:
    """The templates of a task may fail, and the arguments of a mapped one may be refused, before it is executed."""
    ids = arguments_of(kind, ARGUMENTS)
    task = kind(task_id="task", **ids)
    mapped = kind.partial(task_id="mapped").expand(**{name: [value] for name, value in ids.items()})
    for each in (task, mapped):
        for link in each.operator_extra_links:
            assert link.get_link(each, ti_key=None) == ""


def test_a_course_task_tells_its_link_without_reading_it(connection: str) -> None:
    """A task that knows the page of its course tells it to Airflow itself."""
    task, attempt = CanvasUpdateCourseOperator(task_id="task", course_id=2001, course={"name": "New"}), Attempt()
    task.execute(attempt.context(task))
    assert CanvasPageLink().get_link(task, ti_key=None).endswith("/courses/2001")
    assert attempt.xcom[CanvasPageLink.key].endswith("/courses/2001")
