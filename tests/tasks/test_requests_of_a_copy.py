"""Test which requests one copy sends to Canvas, and what it asks of Airflow: each thing is read once."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred
from canvas_emulator.machines.course import CourseState
from canvas_emulator.model.world import World

from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.links.course_imports import CanvasCourseImportsLink
from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from tests.support.task_attempt import HAS_STORE, Attempt, Store, deferred, fired, resumed

SOURCE, WITH_ISSUES, DESTINATION = 2003, 1010, 2001
SOURCE_SIS, DESTINATION_SIS = "sis_course_id:BIOL-1010-003", "sis_course_id:BIOL-1010-001"

MIGRATIONS = f"courses/{DESTINATION}/content_migrations"
SUBMISSION = [f"GET {MIGRATIONS}", f"POST {MIGRATIONS}"]
END = ["GET progress/:id", f"GET {MIGRATIONS}/:id"]
ISSUES = f"GET {MIGRATIONS}/:id/migration_issues"

EDITIONS = [pytest.param(name, marks=pytest.mark.edition(name)) for name in ("2023-06", "current")]


def copy(**parameters: Any) -> CanvasCourseCopyOperator:
    """Return a task that copies a course."""
    defaults = {"source_course_id": SOURCE, "destination_course_id": DESTINATION, "deferrable": True}
    return CanvasCourseCopyOperator(task_id="copy", poll_interval=0.1, **{**defaults, **parameters})


def requests_of(world: World) -> list[str]:
    """Return the requests that the emulator saw, without the numbers of migrations and Progresses."""
    with world.lock:
        paths = [f"{seen.method} {seen.path.removeprefix('/api/v1/')}" for seen in world.requests]
    return [re.sub(r"(progress|content_migrations)/[0-9]+", r"\1/:id", path) for path in paths]


def run(world: World, task: CanvasCourseCopyOperator, attempt: Attempt) -> dict[str, Any]:
    """Run a task to its end, in the worker or with a deferral, and return its result."""
    if not task.deferrable:
        return dict(task.execute(attempt.context(task)))
    deferral = deferred(task, attempt)
    return dict(resumed(copy(), deferral, asyncio.run(fired(deferral)), attempt))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize(
    ("courses", "reads"),
    [
        ({}, [f"GET courses/{SOURCE}"]),
        ({"source_course_id": str(SOURCE), "destination_course_id": f" {DESTINATION}"}, [f"GET courses/{SOURCE}"]),
        ({"source_course_id": SOURCE_SIS}, [f"GET courses/{SOURCE_SIS}"]),
        ({"destination_course_id": DESTINATION_SIS}, [f"GET courses/{SOURCE}", f"GET courses/{DESTINATION_SIS}"]),
        (
            {"destination_course_id": 10**13 + DESTINATION},
            [f"GET courses/{SOURCE}", f"GET courses/{10**13 + DESTINATION}"],
        ),
    ],
    ids=["numbers", "numbers as text", "SIS id of the source", "SIS id of the destination", "number with a shard"],
)
@pytest.mark.usefixtures("connection", "edition")
def test_copy_without_issues(world: World, deferrable: bool, courses: dict[str, Any], reads: list[str]) -> None:
    """A copy sends its POST and at most five GET requests: courses, migrations, Progress and record, each once."""
    world.settings.change({"copy_seconds": 0.0})
    result = run(world, copy(deferrable=deferrable, **courses), Attempt())
    assert result["issue_counts"] == {}
    assert (result["source_course_id"], result["destination_course_id"]) == (SOURCE, DESTINATION)
    assert requests_of(world) == [*reads, *SUBMISSION, *END]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("deferrable", [True, False])
def test_copy_with_issues(connection: str, world: World, edition: str, deferrable: bool) -> None:
    """The issues are read only if the record says that there are some."""
    world.settings.change({"copy_seconds": 0.0})
    result = run(world, copy(deferrable=deferrable, source_course_id=WITH_ISSUES), Attempt())
    assert sum(result["issue_counts"].values()) > 0
    assert requests_of(world) == [f"GET courses/{WITH_ISSUES}", *SUBMISSION, *END, ISSUES]


@pytest.mark.skipif(not HAS_STORE, reason="This Airflow has no task state store")
def test_requests_to_airflow(connection: str, world: World) -> None:
    """A deferred copy reads its connection once, its record once, and stores three records and two XComs."""
    world.settings.change({"copy_seconds": 0.0})

    class CountingStore(Store):
        calls: list[str] = []  # noqa: RUF012  # one test uses it

        def get(self, key: str, default: Any = None) -> Any:
            self.calls.append("get")
            return super().get(key, default)

        def set(self, key: str, value: Any, retention: Any = None) -> None:
            self.calls.append("set")
            super().set(key, value, retention)

    attempt = Attempt(store=CountingStore())
    with mock.patch.object(CanvasHook, "get_connection", wraps=CanvasHook.get_connection) as read:
        result = run(world, copy(), attempt)
    assert result["workflow_state"] == "completed"
    assert read.call_count == 1
    assert CountingStore.calls == ["get", "set", "set", "set"]
    assert attempt.store is not None
    assert attempt.store["canvas_submission"]["seen_ended"] is True
    assert set(attempt.xcom) == {"content_migration", CanvasCourseImportsLink.key}


@pytest.mark.parametrize("deferrable", [True, False])
def test_link(connection: str, world: World, deferrable: bool) -> None:
    """Both halves of a task know its link without a request to Airflow, also after a failure."""
    world.settings.change({"copy_seconds": 0.0})
    task, attempt, link = copy(deferrable=deferrable), Attempt(), CanvasCourseImportsLink()
    url = f"/courses/{DESTINATION}/content_migrations"
    key: Any = None
    if deferrable:
        deferral = deferred(task, attempt)
        second = copy()
        resumed(second, deferral, asyncio.run(fired(deferral)), attempt)
        assert link.get_link(second, ti_key=key).endswith(url)
    else:
        task.execute(attempt.context(task))
    assert attempt.xcom[link.key].endswith(url)
    assert link.get_link(task, ti_key=key).endswith(url)
    assert link.xcom_key == link.key


def test_a_task_that_fails_before_it_knows_a_page_asks_for_no_link(connection: str) -> None:
    """Airflow logs an error for each link that it does not find, which would follow the error of the task."""
    task = copy(source_course_id=987654)
    with pytest.raises(AirflowFailException):
        task.execute(Attempt().context(task))
    assert CanvasCourseImportsLink().get_link(task, ti_key=None) == ""


def test_a_batch_without_a_page_asks_for_no_link(
    connection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch has a page only if a copy of it was unsuccessful."""
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"sqlite:///{tmp_path}/canvas.db")
    task = CanvasBulkCourseCopyOperator(
        task_id="bulk",
        batch="fall",
        copies=[{"source": 1010, "destination": DESTINATION}],
        sql_conn_id="warehouse",
        deferrable=True,
    )
    with pytest.raises(TaskDeferred):
        task.execute(Attempt().context(task))
    assert CanvasPageLink().get_link(task, ti_key=None) == ""


@pytest.mark.parametrize("state", ["unknown", "deleted"])
def test_destination_that_does_not_exist(connection: str, world: World, state: str) -> None:
    """The first request about a destination finds out that it does not exist, and nothing is submitted."""
    destination = 987654 if state == "unknown" else DESTINATION
    if state == "deleted":
        world.tables.courses[DESTINATION].workflow_state = CourseState.DELETED
    task = copy(destination_course_id=destination)
    with pytest.raises(AirflowFailException, match=rf"destination_course_id {destination}: .*does not exist"):
        task.execute(Attempt().context(task))
    assert not [request for request in requests_of(world) if request.startswith("POST")]
