"""Test when a task defers: at once, unless its job may be over or it is to wait in the worker first."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred
from canvas_emulator.model.world import World

from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator
from airflow_provider_canvas.triggers.job import CanvasJobTrigger
from tests.support.task_attempt import Attempt

SOURCE, DESTINATION, OTHER = 1010, 2001, 2003

OPERATORS: dict[str, Callable[..., Any]] = {
    "course copy": lambda **more: CanvasCourseCopyOperator(
        task_id="job", source_course_id=SOURCE, destination_course_id=DESTINATION, deferrable=True, **more
    ),
    "legacy course copy": lambda **more: CanvasLegacyCourseCopyOperator(
        task_id="job", source_course_id=SOURCE, destination_course_id=DESTINATION, deferrable=True, **more
    ),
    "content migration": lambda **more: CanvasContentMigrationOperator(
        task_id="job", source_course_id=SOURCE, course_id=DESTINATION, deferrable=True, **more
    ),
    "content export": lambda **more: CanvasContentExportOperator(
        task_id="job", course_id=SOURCE, export_type="common_cartridge", deferrable=True, **more
    ),
    "batch update": lambda **more: CanvasBatchUpdateCoursesOperator(
        task_id="job", account_id=1, course_ids=[DESTINATION, OTHER], event="offer", deferrable=True, **more
    ),
}


LONG = {"copy_seconds": 60, "export_seconds": 60}
SHORT = {"copy_seconds": 0.1, "export_seconds": 0.1}


def sent(world: World) -> list[str]:
    """Return the requests that the emulator saw, as method and path."""
    with world.lock:
        return [f"{seen.method} {seen.path.removeprefix('/api/v1/')}" for seen in world.requests]


def first_half(task: Any, attempt: Attempt) -> TaskDeferred:
    """Run the first half of a task, and return its deferral."""
    with pytest.raises(TaskDeferred) as deferral:
        task.execute(attempt.context(task))
    return deferral.value


@pytest.mark.filterwarnings("ignore:.*deprecates.*:DeprecationWarning")
@pytest.mark.parametrize("name", OPERATORS)
def test_new_job_is_not_polled_in_the_worker(connection: str, world: World, name: str) -> None:
    """The request that submits the job is the last one before the deferral."""
    first_half(OPERATORS[name](), Attempt())
    assert sent(world)[-1].partition(" ")[0] in ("POST", "PUT")


@pytest.mark.filterwarnings("ignore:.*deprecates.*:DeprecationWarning")
@pytest.mark.parametrize("name", OPERATORS)
def test_adopted_job_is_polled(connection: str, world: World, name: str) -> None:
    """A retry polls the job of the earlier attempt before it defers, because it may be over."""
    world.settings.change(LONG)
    attempt = Attempt()
    first_half(OPERATORS[name](), attempt)
    before = len(sent(world))
    first_half(OPERATORS[name](), Attempt(store=attempt.store, try_number=2))
    requests = sent(world)[before:]
    was_submitted_again = attempt.store is None and requests[-1].startswith("PUT")  # a batch update, without a store
    assert "progress/" in requests[-1] or "course_copy/" in requests[-1] or was_submitted_again


@pytest.mark.parametrize("name", ["course copy", "content migration", "content export"])
def test_adopted_job_that_is_over(connection: str, world: World, name: str) -> None:
    """A retry whose job is over returns its result, and does not defer."""
    world.settings.change(SHORT)
    attempt = Attempt()
    first_half(OPERATORS[name](retries=2), attempt)
    time.sleep(0.3)
    task = OPERATORS[name](retries=2)
    result = task.execute(Attempt(store=attempt.store, try_number=2).context(task))
    assert result["workflow_state"] in ("completed", "exported")


@pytest.mark.parametrize("name", ["course copy", "content migration", "content export"])
def test_wait_in_worker(connection: str, world: World, name: str) -> None:
    """With ``wait_in_worker``, a task whose job ends within that time does not defer; any other one defers after it."""
    world.settings.change(LONG)
    task = OPERATORS[name](wait_in_worker=0.3)
    first_half(task, Attempt())
    assert any("progress/" in request for request in sent(world))
    world.reset()
    world.settings.change(SHORT)
    task = OPERATORS[name](wait_in_worker=60)
    assert task.execute(Attempt(run_id="manual__2").context(task))["workflow_state"] in ("completed", "exported")


def test_selection_is_sent_before_the_deferral(connection: str, world: World) -> None:
    """A selective copy waits for its selection at once: the task polls it, sends the selection, and then defers."""
    task = CanvasSelectiveImportOperator(
        task_id="job", source_course_id=SOURCE, course_id=DESTINATION, choose={"pages": True}, deferrable=True
    )
    first_half(task, Attempt())
    assert [request for request in sent(world) if request.startswith("PUT")]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"waiter": "of another version"},
        {"ids": {}},
        {"deadline": 0.0},
        {"poll_interval": "soon"},
        {"canvas_conn_id": "no_such_connection"},
        {"ids": {"progress_id": 987654321}},
    ],
    ids=str,
)
def test_trigger_is_silent_at_first(connection: str, changed: dict[str, Any]) -> None:
    """No event of the trigger, not even one about an error, comes before its first poll is due."""
    first_poll_at = time.time() + 0.3
    arguments: dict[str, Any] = {
        "canvas_conn_id": "canvas_default",
        "waiter": "progress",
        "ids": {"progress_id": 901},
        "deadline": first_poll_at + 0.5,
        "first_poll_at": first_poll_at,
        "poll_interval": 0.1,
        **changed,
    }

    async def event() -> dict[str, Any]:
        events: Any = CanvasJobTrigger(**arguments).run()
        async with contextlib.aclosing(events):
            return dict((await anext(events)).payload)

    assert asyncio.run(event())["status"]
    assert time.time() >= first_poll_at
