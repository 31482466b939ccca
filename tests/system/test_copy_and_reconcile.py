"""Copy a course in a real Airflow, wait in the triggerer, announce the copy and reconcile it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from airflow_api import AirflowApi
from canvas_emulator.seeds.demo import PLANTED
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas
from local_stack import LocalStack

from tests.support.airflow_files import blocked_seconds, files_with_a_token, written_files

pytestmark = pytest.mark.system

COPY, RECONCILIATION = "canvas_course_copy", "canvas_asset_reconciliation"


def query(database: Path, statement: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


@pytest.fixture(scope="module")
def copied(local_airflow: LocalAirflow) -> dict[str, Any]:
    """Run the example DAG's copy and the reconciliation that its event starts, and return the results of both."""
    api = local_airflow.api
    for dag_id in (COPY, RECONCILIATION):
        api.wait_for_dag(dag_id)
    known = [run["dag_run_id"] for run in api.dag_runs(RECONCILIATION)]
    run_id = api.trigger(COPY)
    deferred = api.wait_for_task(COPY, run_id, "copy_course", "deferred")
    links = api.links(COPY, run_id, "copy_course")
    api.wait_for_run(COPY, run_id)
    reconciliation = api.wait_for_new_run(RECONCILIATION, known)
    api.wait_for_run(RECONCILIATION, reconciliation)
    return {
        "run_id": run_id,
        "deferred": deferred,
        "links": links,
        "result": api.xcom(COPY, run_id, "copy_course"),
        "log": api.task_log(COPY, run_id, "copy_course"),
        "reconciliation": reconciliation,
        "reconciled": api.xcom(RECONCILIATION, reconciliation, "reconcile", map_index=0),
    }


def test_the_task_defers(copied: dict[str, Any]) -> None:
    """The task was in state deferred, and succeeded in its first attempt."""
    assert copied["deferred"]["state"] == "deferred"
    assert copied["deferred"]["try_number"] == 1
    assert copied["result"]["workflow_state"] == "completed"


def test_the_log_shows_each_change(copied: dict[str, Any]) -> None:
    """Worker and triggerer write states, percentages, elapsed times and Canvas's issues into one log."""
    migration = copied["result"]["content_migration_id"]
    assert f"content_migration {migration}: running" in copied["log"]
    assert f"content_migration {migration}: completed, 100 % (after " in copied["log"]
    assert "Missing links found in imported content" in copied["log"]
    assert "was blocked for" not in copied["log"]


def test_the_link_works_while_the_task_waits(copied: dict[str, Any], local_canvas: LocalCanvas) -> None:
    """The task links to the course's imports in Canvas."""
    course_id = copied["result"]["destination_course_id"]
    assert copied["links"] == {"Canvas course imports": f"{local_canvas.url}/courses/{course_id}/content_migrations"}


def test_the_asset_event_starts_the_reconciliation(copied: dict[str, Any], api: AirflowApi) -> None:
    """The run is triggered by the asset, and reconciles the migration of the copy."""
    run = api.dag_run(RECONCILIATION, copied["reconciliation"])
    assert run["run_type"] == "asset_triggered"
    assert copied["reconciled"]["content_migration_id"] == str(copied["result"]["content_migration_id"])


def test_planted_defects_are_found(copied: dict[str, Any], local_stack: LocalStack) -> None:
    """Each planted defect has its status in the table."""
    rows = query(local_stack.database, "SELECT * FROM canvas_asset_map WHERE dest_course_id = '2002'")
    for planted in PLANTED:
        assert any(
            (row["asset_type"], row["status"]) == (planted.asset_type, planted.status)
            and planted.title in (row["source_title"], row["dest_title"])
            for row in rows
        ), planted


def test_one_row_per_asset(copied: dict[str, Any], local_stack: LocalStack, local_canvas: LocalCanvas) -> None:
    """The table has one row per asset of both courses."""
    counts = {course["sis_course_id"]: course for course in local_canvas.control("GET", "state")["courses"]}
    assert copied["reconciled"]["source_assets"] == sum(counts["TMPL-BIOL1010"]["counts"].values())
    assert copied["reconciled"]["destination_assets"] == sum(counts["BIOL-1010-002"]["counts"].values())
    rows = query(local_stack.database, "SELECT * FROM canvas_asset_map WHERE dest_course_id = '2002'")
    assert len(rows) == sum(copied["reconciled"]["statuses"].values())
    assert len({(row["asset_type"], row["asset_key"]) for row in rows}) == len(rows)


def test_the_report_is_where_the_variable_says(copied: dict[str, Any]) -> None:
    """The HTML report is in the folder of the Variable, and names the source course."""
    report = Path(copied["reconciled"]["report_uri"].removeprefix("file://")).read_text(encoding="utf-8")
    assert "BIOL 1010 Intro Biology — Master" in report


def test_a_second_copy_changes_only_time_stamps(
    copied: dict[str, Any], api: AirflowApi, local_stack: LocalStack
) -> None:
    """After a second copy into the same destination, only time stamps and the ids of the copy differ."""
    statement = "SELECT * FROM canvas_asset_map WHERE dest_course_id = '2002' ORDER BY asset_type, asset_key"
    before = query(local_stack.database, statement)
    known = [run["dag_run_id"] for run in api.dag_runs(RECONCILIATION)]
    api.wait_for_run(COPY, api.trigger(COPY))
    second = api.wait_for_new_run(RECONCILIATION, known)
    api.wait_for_run(RECONCILIATION, second)
    written = api.xcom(RECONCILIATION, second, "reconcile", map_index=0)["rows"]
    assert (written["inserted"], written["updated"], written["removed"]) == (0, len(before), 0)
    after = query(local_stack.database, statement)
    differs = {name for one, other in zip(before, after, strict=True) for name in one if one[name] != other[name]}
    assert differs <= {"changed_at", "run_id", "content_migration_id", "source_updated_at", "dest_updated_at"}


def test_an_older_copy_is_reconciled_by_hand(copied: dict[str, Any], api: AirflowApi) -> None:
    """A run with a content migration in its form reconciles that migration."""
    run_id = api.trigger(
        RECONCILIATION,
        {"destination_course_id": "sis_course_id:BIOL-1010-002", "content_migration_id": "77"},
    )
    api.wait_for_run(RECONCILIATION, run_id)
    assert api.xcom(RECONCILIATION, run_id, "reconcile", map_index=0)["content_migration_id"] == "77"


def test_the_token_is_nowhere(copied: dict[str, Any], local_stack: LocalStack) -> None:
    """No log, XCom, rendered field, table, report or event has the token; connections are stored encrypted."""
    left = written_files(local_stack)
    assert any(path.name == "airflow.db" for path in left)
    assert any("copy_course" in str(path) and path.suffix == ".log" for path in left)
    assert any(path.suffix == ".html" for path in left)
    assert files_with_a_token(local_stack) == []


def test_the_event_loop_is_not_blocked(copied: dict[str, Any], local_stack: LocalStack) -> None:
    """Airflow has logged no blocked event loop of more than one second."""
    assert blocked_seconds(local_stack) == []
