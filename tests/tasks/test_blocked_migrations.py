"""A migration that another one blocked for too long is submitted again only when no other one is running."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from airflow.exceptions import TaskDeferred
from canvas_emulator.model.world import World

from airflow_provider_canvas.client.errors import CanvasBusyError, CanvasJobError
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from tests.support.task_attempt import Attempt, deferred, fired

HOUR = 3600.0


def copy(**arguments: Any) -> CanvasCourseCopyOperator:
    """Return an operator that copies into the course that other migrations block."""
    common = {"task_id": "copy", "source_course_id": 1010, "destination_course_id": 2001, "poll_interval": 0.2}
    return CanvasCourseCopyOperator(**{**common, "fail_on_issues": None, **arguments})


def other_migration() -> int:
    """Start a migration of another user, and return its id."""
    record = CanvasHook().content_migrations.create(
        course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
    )
    return int(record["id"])


def ids(world: World) -> list[int]:
    with world.lock:
        return [migration.id for migration in world.migrations_of(2001)]


def fail_as_blocked(world: World, attempt: Attempt) -> int:
    """Run an attempt whose copy Canvas gives up after hours behind other migrations; return its id."""
    deferral = deferred(copy(deferrable=True), attempt)
    own = ids(world)[-1]
    for _ in range(9):  # the running migrations are renewed, so that they block for more than four hours
        with world.lock:
            for migration in world.migrations_of(2001):
                if migration.id != own:
                    migration.started_at = world.clock.now()
            world.clock.advance(HOUR)
        world.settle()
    event = asyncio.run(fired(deferral))
    task = copy(deferrable=True)
    with pytest.raises(CanvasJobError, match=r"locked by running migration.*A retry of this task waits until"):
        task.execute_complete(attempt.context(task), event=event)
    return own


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize("with_store", [False, True])
def test_retry_waits_for_the_blocker(connection: str, world: World, deferrable: bool, with_store: bool) -> None:
    """The retries submit nothing while the blocker runs, and one copy after its end."""
    attempt = Attempt() if with_store else Attempt(store=None)
    with world.hold():
        blocker = other_migration()
        own = fail_as_blocked(world, attempt)
        waiting = copy(deferrable=False, timeout=1)
        with pytest.raises(CanvasBusyError, match=rf"content_migration {blocker} into course 2001 .*nothing was subm"):
            waiting.execute(Attempt(try_number=2, store=attempt.store).context(waiting))
        assert ids(world) == [blocker, own]
    world.clock.advance(HOUR)
    third, task = Attempt(try_number=3, max_tries=3, store=attempt.store), copy(deferrable=deferrable)
    third.max_tries = attempt.max_tries
    try:
        result = task.execute(third.context(task))
    except TaskDeferred as deferral:
        result = copy().execute_complete(third.context(task), event=asyncio.run(fired(deferral)))
    assert ids(world) == [blocker, own, result["content_migration_id"]]


def test_deferred_wait_for_the_blocker(connection: str, world: World) -> None:
    """A deferred task waits for the blocker in the triggerer, then submits its copy and waits for that."""
    attempt = Attempt()
    with world.hold():
        blocker = other_migration()
        own = fail_as_blocked(world, attempt)
        retry = Attempt(try_number=2, store=attempt.store)
        deferral = deferred(copy(deferrable=True), retry)
        assert deferral.trigger.ids["content_migration_id"] == blocker
        assert not deferral.trigger.cancel_on_kill
    world.clock.advance(HOUR)
    event = asyncio.run(fired(deferral))
    task = copy(deferrable=False)
    result = task.execute_complete(retry.context(task), event=event)
    assert ids(world) == [blocker, own, result["content_migration_id"]]
