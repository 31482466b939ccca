"""Without a task state store, a retry finds the job of its first attempt in Canvas."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from canvas_emulator.model.world import World

from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from tests.support.task_attempt import HAS_STORE, Attempt, deferred

RETRIES = 2

OPERATORS: dict[str, tuple[type, dict[str, Any]]] = {
    "export": (CanvasContentExportOperator, {"course_id": 1010}),
    "copy": (CanvasCourseCopyOperator, {"source_course_id": 1010, "destination_course_id": 2001}),
    "deprecated copy": (CanvasLegacyCourseCopyOperator, {"source_course_id": 1010, "destination_course_id": 2001}),
}


def job_of_attempt(kind: str, try_number: int, max_tries: int, *, is_killed: bool = False) -> str:
    """Run the first half of an attempt without a store, and return the ids of the job for which it waits.

    :param is_killed: Whether a user then ends the task while it is deferred.
    """
    operator, options = OPERATORS[kind]
    task = operator(task_id="job", deferrable=True, poll_interval=1, retries=RETRIES, **options)
    attempt = Attempt(try_number=try_number, max_tries=max_tries, store=None)
    trigger = deferred(task, attempt).trigger
    if is_killed:
        asyncio.run(trigger.on_kill())
    ids = trigger.ids
    return f"{ids.get('content_export_id')}, {ids.get('content_migration_id')}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", OPERATORS)
def test_retry_and_clear(connection: str, world: World, kind: str) -> None:
    """A retry and a cleared task wait for the running job; after its end a cleared task submits a new one."""
    world.settings.change({"copy_seconds": 60.0, "export_seconds": 60.0})
    with world.hold():
        first = job_of_attempt(kind, 1, RETRIES)
        assert job_of_attempt(kind, 2, RETRIES) == first
        assert job_of_attempt(kind, 3, 2 + RETRIES) == first
    world.clock.advance(100)
    cleared = job_of_attempt(kind, 3, 2 + RETRIES)
    assert cleared != first
    assert job_of_attempt(kind, 4, 2 + RETRIES) == cleared


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("stage", [0, 2])
@pytest.mark.parametrize("kind", OPERATORS)
def test_killed_and_cleared(connection: str, world: World, kind: str, stage: int) -> None:
    """A task that a user ended and cleared waits for its job: Canvas carries it out, queued or running."""
    world.settings.change({"copy_seconds": 0.0, "export_seconds": 0.0})
    with world.hold(stage):
        killed = job_of_attempt(kind, 1, RETRIES, is_killed=True)
        assert sum(request.path.endswith("/cancel") for request in world.requests) == 1
        assert job_of_attempt(kind, 2, 1 + RETRIES) == killed


@pytest.mark.skipif(not HAS_STORE, reason="this Airflow has no task state store")
def test_unreadable_record(connection: str, world: World) -> None:
    """A retry that cannot read the stored record searches Canvas, as without a store, and adopts the job."""
    world.settings.change({"export_seconds": 60.0})
    operator, options = OPERATORS["export"]
    first = Attempt(max_tries=RETRIES)
    task = operator(task_id="job", deferrable=True, poll_interval=1, retries=RETRIES, **options)
    export_id = deferred(task, first).trigger.ids["content_export_id"]
    store = first.store
    assert store is not None
    store["canvas_submission"] = {"form": "of another version"}
    retry = Attempt(try_number=2, max_tries=RETRIES, store=store)
    task = operator(task_id="job", deferrable=True, poll_interval=1, retries=RETRIES, **options)
    assert deferred(task, retry).trigger.ids["content_export_id"] == export_id
    assert store["canvas_submission"]["ids"] == [export_id]
