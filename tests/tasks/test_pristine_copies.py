"""Untouched copies are whole by every check: found in Canvas, and reconciled as a batch of a past term."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.settings import Settings as EmulatorSettings
from canvas_emulator.seeds.demo import FALL
from canvas_emulator.seeds.term import term_shells, term_world
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.operators.find_copies import CanvasFindCopiesOperator
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
from tests.support.task_attempt import Attempt

SHELLS = 61
"""The emulator's first sections: those of four templates."""
COPIED = (0, 1, 20, 40, 60)
"""Which of them get a copy: two of the first template, one of each other."""


def run(task: Any, run_id: str = "manual__1") -> Any:
    """Run a task, and return its result."""
    return task.execute(Attempt(run_id=run_id).context(task))


def test_pristine_copies(emulator_server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is ``matched``, no link is stale, and a second reconciliation writes no row of a table."""
    world = term_world(clock=ManualClock(), sections=SHELLS, settings=EmulatorSettings(throttle=False))
    emulator_server.show(world)
    shells = list(term_shells(SHELLS))
    with CanvasClient(Settings(emulator_server.url, emulator_server.token)) as canvas:
        for number in COPIED:
            canvas.content_migrations.create(
                course_id=shells[number].id,
                migration_type="course_copy_importer",
                settings={"source_course_id": shells[number].template_id},
            )
    world.clock.advance(10_000)
    fields = {"conn_type": "canvas", "host": emulator_server.url, "password": emulator_server.token}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": f"{tmp_path}/tables.db"}))
    of_batch = {"batch": "past", "sql_conn_id": "warehouse"}
    found = run(
        CanvasFindCopiesOperator(
            task_id="find",
            account_id="self",
            enrollment_term_id=f"sis_term_id:{FALL.sis_term_id}",
            finished_after="2000-01-01",
            **of_batch,
        )
    )
    assert (found["copies"], found["sources"]) == (len(COPIED), len(COPIED) - 1)
    result = run(CanvasReconcileBatchOperator(task_id="reconcile", **of_batch))
    assert (result["verdicts"]["pass"], result["worst"]) == (len(COPIED), [])
    assert (result["stale_links"], result["changed_since_copy"], result["coverage_percent"]) == (0, 0, 100.0)
    query = sa.text("SELECT asset_type, status, detail, source_title FROM canvas_asset_map WHERE status <> 'matched'")
    with sa.create_engine(f"sqlite:///{tmp_path}/tables.db").connect() as connection:
        assert connection.execute(query).all() == []
    second = CanvasReconcileBatchOperator(task_id="reconcile", reconcile_again=True, **of_batch)
    assert run(second, "manual__2")["rows"] == {
        "inserted": 0,
        "updated": 0,
        "unchanged": result["rows"]["inserted"],
        "removed": 0,
    }
