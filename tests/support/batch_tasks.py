"""Fixtures and helpers of tests that copy a batch by a task, against the emulator over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.exceptions import TaskDeferred
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from tests.support import batches
from tests.support.task_attempt import Attempt, deferred, fired, resumed

QUICK, HELD = 0.3, 600.0
"""Seconds that a copy takes, and that one takes that is to last longer than the test."""
SHELLS = 12


@pytest.fixture
def world() -> World:
    """Return a Canvas with twelve empty shells, whose copies take 0.3 s each, any number at a time."""
    return batches.batch_world(SHELLS, settings=replace(Settings(), copy_seconds=QUICK))


@pytest.fixture
def connection(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Add an Airflow connection to the emulator, and return its id."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": batches.TOKEN, "extra": {"retry_for": 2}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    return "canvas_default"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Add an Airflow connection to an empty SQLite database, and return its URL."""
    path = tmp_path / "ledger.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    return f"sqlite:///{path}"


@pytest.fixture
def ledger(connection: str, database: str, emulator: EmulatorServer) -> BatchLedger:
    """Return the ledger of a planned batch."""
    host = emulator.url.removeprefix("http://")
    return batches.ledger_of(sa.create_engine(database), host, batches.planned_rows(SHELLS))


class OtherRun(Attempt):
    """An attempt of another run, whose Airflow knows the state of the first run's task."""

    state_of_first = "failed"

    def context(self, task: Any) -> Any:
        """Return the context of the task."""
        context = super().context(task)
        states = {task.task_id: self.state_of_first}
        context["ti"].get_task_states.side_effect = lambda **keys: {keys["run_ids"][0]: states}
        return context


def bulk(**arguments: Any) -> CanvasBulkCourseCopyOperator:
    """Return the operator, by default in the worker and with quick polls."""
    return CanvasBulkCourseCopyOperator(
        **{
            "task_id": "copy",
            "batch": batches.BATCH,
            "sql_conn_id": "warehouse",
            "deferrable": False,
            "poll_interval": 0.2,
            **arguments,
        }
    )


def run(task: CanvasBulkCourseCopyOperator, attempt: Attempt | None = None) -> Any:
    """Run a task that does not defer, and return its result."""
    return task.execute((attempt or Attempt()).context(task))


def follow(
    make: Callable[[], CanvasBulkCourseCopyOperator], attempt: Attempt | None = None, limit: int = 50
) -> tuple[Any, int]:
    """Run a deferrable task to its end; return its result and the number of deferrals."""
    attempt = attempt or Attempt()
    deferral, count = deferred(make(), attempt), 1
    while count < limit:
        event = asyncio.run(fired(deferral))
        try:
            return resumed(make(), deferral, event, attempt), count
        except TaskDeferred as again:
            deferral, count = again, count + 1
    raise AssertionError("The task deferred too often.")


def posts(world: World) -> int:
    """Return the number of copies that Canvas was asked for."""
    return batches.requests_of(world)["POST courses/#/content_migrations"]


def seconds_per_copy(world: World, seconds: float) -> None:
    """Set how long copies take that begin from now on."""
    with world.lock:
        world.settings.change({"copy_seconds": seconds})


def finish_held(world: World) -> None:
    """Let the copies end that were held."""
    with world.lock:
        world.settings.change({"copy_seconds": QUICK})
        world.clock.advance(2 * HELD)
