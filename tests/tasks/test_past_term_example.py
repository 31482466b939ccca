"""The example DAG about a past term finds the copies of a local Canvas, and reconciles them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow.sdk", reason="the examples are written for Airflow 3")

import sqlalchemy as sa
from canvas_emulator.model.records import Term
from canvas_emulator.server import EmulatorServer

from tests.support import batches
from tests.support.copied_batch import CopiedBatch, copied_batch
from tests.support.dag_files import dags_in
from tests.support.task_attempt import Attempt

PATH = Path(__file__).parents[2] / "dags_examples" / "canvas_past_term.py"
SHELLS = 4


@pytest.fixture
def copied(emulator_server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CopiedBatch]:
    """Return completed copies into the courses of a past term, of which our database knows nothing."""
    batch = copied_batch(emulator_server, sa.create_engine("sqlite://"), SHELLS)
    batch.world.tables.terms[9] = Term(9, "Summer 2026", "2026SU8")
    for course_id in batch.migrations:
        batch.world.tables.courses[course_id].enrollment_term_id = 9
    fields = {"conn_type": "canvas", "host": emulator_server.url, "password": batches.TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    database = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.db")}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_RECONCILIATION_DB", json.dumps(database))
    yield batch
    batch.engine.dispose()


def run(task_id: str, **form: Any) -> Any:
    """Run a task of the DAG with values of its form, and return its result."""
    dag = dags_in(PATH)["canvas_past_term"]
    task, attempt = dag.get_task(task_id), Attempt(params={**dag.params.dump(), **form})
    context = attempt.context(task)
    task.render_template_fields(context)
    return task.execute(context)


def test_a_past_term(copied: CopiedBatch, tmp_path: Path) -> None:
    """The copies of the term are found and reconciled, and each course has its report."""
    form = {"account_id": "1", "report_path": f"{tmp_path}/reports"}
    assert run("find", **form)["new"] == SHELLS
    result = run("reconcile", **form)
    assert result["verdicts"] == {"unreadable": 0, "fail": 0, "warn": 0, "pass": SHELLS}
    assert len(list((tmp_path / "reports").glob("*_course-*.html"))) == SHELLS


def test_a_range_of_dates(copied: CopiedBatch) -> None:
    """Without a term, the dates of the form limit the search."""
    form = {"account_id": "1", "enrollment_term_id": None, "finished_after": "2099-01-01"}
    assert run("find", **form)["copies"] == 0
    assert run("find", **{**form, "finished_after": None, "finished_before": "2099-01-01"})["new"] == SHELLS


def test_order() -> None:
    """The reconciliation follows the search."""
    assert dags_in(PATH)["canvas_past_term"].get_task("reconcile").upstream_task_ids == {"find"}
