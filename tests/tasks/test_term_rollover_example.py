"""The example DAG about a whole term runs task by task against a local Canvas."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow.sdk", reason="the examples are written for Airflow 3")

from airflow.exceptions import TaskDeferred
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.term import term_world

from tests.conftest import QUICK_JOBS
from tests.support.dag_files import dags_in
from tests.support.task_attempt import Attempt, fired, resumed

PATH = Path(__file__).parents[2] / "dags_examples" / "canvas_term_rollover.py"
TOKEN = "7~token-of-the-tests"
SECTIONS = 6


@pytest.fixture
def world() -> World:
    """Return a Canvas with a term of a few sections."""
    return term_world(settings=replace(Settings(), **QUICK_JOBS), token=TOKEN, sections=SECTIONS)


@pytest.fixture
def params(connection: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the values of the form, with the file of the term's copies and a database."""
    database = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.db")}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_RECONCILIATION_DB", json.dumps(database))
    copies = tmp_path / "fall.csv"
    rows = [f"1010,{2001 + number},North" for number in range(SECTIONS)]
    copies.write_text("\n".join(["source,destination,campus", *rows, "1010,2001,twice"]), encoding="utf-8")
    form = {"copies": str(copies), "report_path": str(tmp_path), "new_start_date": "2026-08-24"}
    return {**dags_in(PATH)["canvas_term_rollover"].params.dump(), **form}


def run(task_id: str, params: dict[str, Any]) -> Any:
    """Run a task of the DAG to its end, and return its result."""
    task, attempt = dags_in(PATH)["canvas_term_rollover"].get_task(task_id), Attempt(params=params)
    context = attempt.context(task)
    task.poll_interval = 0.1
    task.render_template_fields(context)
    try:
        return task.execute(context)
    except TaskDeferred as deferral:
        while True:
            event = asyncio.run(fired(deferral))
            try:
                return resumed(task, deferral, event, attempt)
            except TaskDeferred as following:
                deferral = following


def call(task_id: str, params: dict[str, Any]) -> Any:
    """Call the function of a task, and return its result."""
    return dags_in(PATH)["canvas_term_rollover"].get_task(task_id).python_callable(params)


def test_order() -> None:
    """The copy follows the decision and the approval, if this Airflow has approvals; then copies are reconciled."""
    dag = dags_in(PATH)["canvas_term_rollover"]
    assert dag.get_task("decide").upstream_task_ids == {"plan"}
    assert dag.get_task("copy").upstream_task_ids - {"approve"} == {"decide"}
    assert dag.get_task("reconcile").upstream_task_ids == {"copy"}
    assert not dag.has_task("approve") or dag.get_task("approve").upstream_task_ids == {"decide"}


def test_plan_copy_and_reconcile(params: dict[str, Any], tmp_path: Path, world: World) -> None:
    """A term is planned, copied and reconciled; a duplicate row is refused, and a second run sends no copy."""
    plan = run("plan", params)
    assert (plan["copies"], plan["refused"]) == (SECTIONS, 1)
    assert "duplicate" in plan["text"]
    copied = run("copy", params)
    done = sum(count for state, count in copied["states"].items() if state.startswith("completed"))
    assert (done, copied["states"]["refused"]) == (SECTIONS, 1)
    page = Path(copied["report_uri"]).read_text(encoding="utf-8")
    assert f"{SECTIONS} of {SECTIONS + 1} courses have their content." in page
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        requests = [json.loads(row[0]) for row in connection.execute("SELECT request FROM canvas_copy_ledger")]
    assert all(request["new_start_date"].startswith("2026-08-24") for request in requests)
    reconciled = run("reconcile", params)
    assert (reconciled["completed"], sum(reconciled["verdicts"].values())) == (SECTIONS, SECTIONS)
    assert reconciled["verdicts"]["unreadable"] == 0
    page = Path(reconciled["report_uri"]).read_text(encoding="utf-8")
    assert f"of {SECTIONS + 1} sections are whole." in page
    assert page.count('<a class="open" href="./') == SECTIONS
    with world.lock:
        before = len(world.tables.content_migrations)
    assert run("copy", params)["copied"] == 0
    assert run("reconcile", params)["reconciled_now"] == 0
    with world.lock:
        assert len(world.tables.content_migrations) == before


@pytest.mark.parametrize(
    ("changed", "following"),
    [
        ({"dry_run": True}, None),
        ({"approval": False}, "copy"),
        ({}, "approve"),
        ({"dry_run": True, "approval": False}, None),
    ],
)
def test_decision(params: dict[str, Any], changed: dict[str, Any], following: str | None) -> None:
    """A dry run ends after the plan; the approval is asked for unless the form or an old Airflow forbids it."""
    has_approval = dags_in(PATH)["canvas_term_rollover"].has_task("approve")
    expected = "copy" if following == "approve" and not has_approval else following
    assert call("decide", {**params, **changed}) == expected
