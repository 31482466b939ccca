"""Test the wait for a job that Canvas does not show yet because its reads lag behind the POST, on both transports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world

from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError
from airflow_provider_canvas.client.jobs.poll_schedule import NOT_FOUND_YET, PollSchedule
from airflow_provider_canvas.client.jobs.waiters import WAITERS, Status, Waiter, progress_id_of, waiter_for

SOURCE, FRESH = 1010, 2001
STEP = 2.0
LAG = 10 * STEP


@pytest.fixture
def world() -> World:
    """The demo's courses, on a clock that only the wait moves; jobs take a minute."""
    world = demo_world(clock=ManualClock())
    world.settings.change({"copy_seconds": 60, "export_seconds": 60, "batch_seconds": 60})
    return world


def copied(canvas: Any) -> dict[str, Any]:
    migration = canvas.content_migrations.create(
        course_id=FRESH, migration_type="course_copy_importer", settings={"source_course_id": SOURCE}
    )
    progress_id = progress_id_of(migration)
    return {"course_id": FRESH, "content_migration_id": migration["id"], "progress_id": progress_id}


def exported(canvas: Any) -> dict[str, Any]:
    export = canvas.content_exports.create(course_id=SOURCE, export_type="common_cartridge")
    return {"course_id": SOURCE, "content_export_id": export["id"], "progress_id": progress_id_of(export)}


def copied_as_of_old(canvas: Any) -> dict[str, Any]:
    with pytest.warns(DeprecationWarning, match="content_migrations.create"):
        copy = canvas.content_imports.copy_course_content(course_id=FRESH, source_course=SOURCE)
    return {"course_id": FRESH, "content_migration_id": copy["id"]}


def offered(canvas: Any) -> int:
    progress: dict[str, Any] = canvas.courses.batch_update(account_id=1, course_ids=[FRESH], event="offer")
    return int(progress["id"])


STARTS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "content_export": exported,
    "content_migration": copied,
    "course_copy": copied_as_of_old,
    "progress": lambda canvas: {"progress_id": offered(canvas)},
    "progresses": lambda canvas: {"progress_ids": [offered(canvas)]},
}
"""How a job for each waiter is started; returns the waiter's arguments."""


def waited(canvas: Any, waiter: Waiter, world: World) -> list[Status | CanvasError]:
    """Return the result of each poll until the job is over. As in the wait loop, passing errors are tolerated."""
    schedule, results = PollSchedule(STEP), list[Status | CanvasError]()
    while not results or not isinstance(results[-1], Status) or results[-1].state == "pending":
        try:
            results.append(canvas.io.run(waiter.poll))
            schedule.succeeded()
        except CanvasError as error:
            if schedule.failed(error, world.clock.now().timestamp()):
                raise
            results.append(error)
        world.clock.advance(STEP)
    return results


@pytest.mark.parametrize("name", WAITERS)
def test_job_that_is_not_shown_yet(canvas: Any, world: World, name: str) -> None:
    """A new job is unknown at first, then pending, and then finished."""
    world.settings.replica_lag = LAG
    waiter = waiter_for(name, STARTS[name](canvas))
    results = waited(canvas, waiter, world)
    errors, statuses = results[: int(LAG / STEP)], results[int(LAG / STEP) :]
    assert {type(error) for error in errors} == {CanvasNotFoundError}
    states = [status.state for status in statuses if isinstance(status, Status)]
    assert states == ["pending"] * (len(statuses) - 1) + ["succeeded"]


@pytest.mark.parametrize("name", ["content_migration", "content_export"])
def test_unknown_progress_is_polled_again(canvas: Any, world: World, name: str) -> None:
    """A Progress that is unknown at first is polled again later, and its percentage is read."""
    world.settings.replica_lag = LAG
    waiter = waiter_for(name, STARTS[name](canvas))
    results = waited(canvas, waiter, world)
    completions = {poll.completion for poll in results if isinstance(poll, Status) and poll.state == "pending"}
    assert len(completions - {None, 0.0}) > 1


@pytest.mark.parametrize("name", WAITERS)
def test_a_job_that_stays_unknown(canvas: Any, world: World, name: str) -> None:
    """A job that is still unknown after a minute, longer than any replica lags, raises an error."""
    world.settings.replica_lag = NOT_FOUND_YET + 2 * STEP
    waiter = waiter_for(name, STARTS[name](canvas))
    with pytest.raises(CanvasNotFoundError):
        waited(canvas, waiter, world)
