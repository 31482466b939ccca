"""Many copies by one task, against the emulator over HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from tests.support import batches
from tests.support.task_attempt import Attempt, deferred, fired, resumed

QUICK = {"copy_seconds": 0.3}
SHELLS = 12


@pytest.fixture
def world() -> World:
    """Return a Canvas with twelve empty shells, whose copies take 0.3 s each, any number at a time."""
    return batches.batch_world(SHELLS, settings=replace(Settings(), **QUICK))


@pytest.fixture
def connection(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Add an Airflow connection to the emulator, and return its id."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": batches.TOKEN, "extra": {"retry_for": 20}}
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


def bulk(**arguments: Any) -> CanvasBulkCourseCopyOperator:
    """Return the operator in the worker, with quick polls."""
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


@pytest.mark.parametrize("max_in_flight", [1, 5, 200])
def test_in_the_worker(ledger: BatchLedger, world: World, max_in_flight: int) -> None:
    """A batch is copied in waves, and the ledger says what Canvas has."""
    result = run(bulk(max_in_flight=max_in_flight))
    assert result["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def follow(task_of: Any, attempt: Attempt | None = None, limit: int = 50) -> tuple[Any, int]:
    """Run a deferrable task to its end; return its result and the number of deferrals."""
    import asyncio

    from airflow.exceptions import TaskDeferred

    attempt = attempt or Attempt()
    deferral, count = deferred(task_of(), attempt), 1
    while count < limit:
        event = asyncio.run(fired(deferral))
        try:
            return resumed(task_of(), deferral, event, attempt), count
        except TaskDeferred as again:
            deferral, count = again, count + 1
    raise AssertionError("The task deferred too often.")


@pytest.mark.parametrize(("max_in_flight", "deferrals"), [(4, 6), (200, 1)])
def test_deferred(ledger: BatchLedger, world: World, max_in_flight: int, deferrals: int) -> None:
    """A deferred batch continues when half of a wave has ended, and at the end when all have."""
    result, count = follow(lambda: bulk(deferrable=True, max_in_flight=max_in_flight))
    assert result["states"] == {"completed": SHELLS}
    assert count <= deferrals
    batches.check_account(ledger, world)
