"""The example DAG about the repair of links runs task by task against a local Canvas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

pytest.importorskip("airflow.sdk", reason="the examples are written for Airflow 3")

from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.security.secret import Secret
from tests.support import stale_course
from tests.support.dag_files import dags_in
from tests.support.task_attempt import Attempt

DAG = "canvas_repair_links"
PATH = Path(__file__).parents[2] / "dags_examples" / f"{DAG}.py"


@pytest.fixture
def params(emulator_server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the values of the form; the batch has stale links."""
    world = stale_course.stale_world()
    emulator_server.show(world)
    canvas = {"conn_type": "canvas", "host": emulator_server.url, "password": stale_course.TOKEN}
    database = {"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(canvas))
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_RECONCILIATION_DB", json.dumps(database))
    engine = sa.create_engine(f"sqlite:///{tmp_path}/canvas.db")
    settings = Settings(emulator_server.url, Secret(stale_course.TOKEN))
    stale_course.record_stale_links(engine, settings, stale_course.all_places(world))
    engine.dispose()
    form = {"backup_path": f"{tmp_path}/backups", "report_path": f"{tmp_path}/reports"}
    return {**dags_in(PATH)[DAG].params.dump(), **form}


def run(task_id: str, params: dict[str, Any], run_id: str = "manual__1") -> Any:
    """Run a task of the DAG, and return its result."""
    task, attempt = dags_in(PATH)[DAG].get_task(task_id), Attempt(run_id=run_id, params=params)
    task.render_template_fields(attempt.context(task))
    return task.execute(attempt.context(task))


def test_order() -> None:
    """The repair follows the decision and the approval, if this Airflow has approvals."""
    dag = dags_in(PATH)[DAG]
    assert dag.get_task("plan").upstream_task_ids == {"begin", "reconcile"}
    assert dag.get_task("decide").upstream_task_ids == {"plan"}
    assert dag.get_task("repair").upstream_task_ids - {"approve"} == {"decide"}


def test_plan_repair_and_undo(params: dict[str, Any]) -> None:
    """A batch is planned, repaired under the same run, and taken back by the next one."""
    plan = run("plan", params)
    assert set(plan["states"]) == {"planned"}
    decide = dags_in(PATH)[DAG].get_task("decide").python_callable
    has_approval = dags_in(PATH)[DAG].has_task("approve")
    assert decide(plan, params) == ("approve" if has_approval else None)
    assert decide(plan, {**params, "approval": False}) == "repair"
    assert decide({"states": {}}, params) is None
    assert decide(plan, {**params, "dry_run": True}) is None
    begin = dags_in(PATH)[DAG].get_task("begin").python_callable
    assert (begin(params), begin({**params, "reconcile": True})) == ("plan", "reconcile")
    done = run("repair", params)
    assert done["states"] == {"repaired": plan["changes"]}
    assert Path(done["report_uri"]).exists()
    undone = run("repair", {**params, "undo": "manual__1"}, "manual__2")
    assert undone["states"] == {"undone": plan["changes"]}
