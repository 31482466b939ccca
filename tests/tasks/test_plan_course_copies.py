"""``CanvasPlanCourseCopiesOperator`` reads an input, checks it against Canvas, and writes the plan to the ledger."""

from __future__ import annotations

import importlib
import json
import logging
import sqlite3
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.term import term_world
from packaging.version import Version

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.operators.plan_course_copies import CanvasPlanCourseCopiesOperator
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
from airflow_provider_canvas.utils.sql_engine import named_database
from tests.conftest import QUICK_JOBS
from tests.support.task_attempt import Attempt, rendered

TOKEN = "7~token-of-the-tests"
ROWS = [
    {"source_course_id": 1010, "destination_course_id": 2001, "new_start_date": "2026-08-24"},
    {"source": "sis_course_id:TMPL-BIOL1010", "destination_sis_course_id": "BIOL-1010-002", "campus": "North"},
]


@pytest.fixture
def world() -> World:
    return term_world(settings=replace(Settings(), **QUICK_JOBS), token=TOKEN, sections=30)


@pytest.fixture
def database(tmp_path: Path, connection: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Add an Airflow connection to a database, and return its file."""
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    return path


def plan(**arguments: Any) -> CanvasPlanCourseCopiesOperator:
    return CanvasPlanCourseCopiesOperator(
        **{"task_id": "plan", "copies": ROWS, "batch": "fall", "sql_conn_id": "warehouse", **arguments}
    )


def run(task: Any) -> Any:
    return task.execute(Attempt().context(task))


def stored(database: Path, host: str, batch: str = "fall") -> dict[str, str | None]:
    engine = sa.create_engine(f"sqlite:///{database}")
    ledger = BatchLedger(engine, canvas_instance=host, batch=batch)
    return {row.dest_course_id: row.plan_verdict for row in ledger.rows()}


def test_a_list(database: Path) -> None:
    """A list of dicts is planned; the result is small, and says what will happen in words."""
    result = run(plan())
    text = result.pop("text")
    host = result.pop("canvas_instance")
    assert result == {
        "batch": "fall",
        "dry_run": False,
        "rows": 2,
        "copies": 2,
        "refused": 0,
        "verdicts": {"will_copy": 2},
        "removed": 0,
        "left_out": 0,
        "forecast": result["forecast"],
        "report_uri": None,
    }
    assert "2 rows; 2 to copy, 0 refused" in text
    assert stored(database, host) == {"2001": "will_copy", "2002": "will_copy"}


def test_the_run_is_in_the_ledger(database: Path) -> None:
    """Each row names the task instance that planned it."""
    host = run(plan())["canvas_instance"]
    ledger = BatchLedger(sa.create_engine(f"sqlite:///{database}"), canvas_instance=host, batch="fall")
    assert [dict(row.run or {}) for row in ledger.rows()] == [
        {"dag_id": "dag", "run_id": "manual__1", "task_id": "plan", "map_index": -1, "try_number": 1}
    ] * 2
    batch = ledger.batch()
    assert batch is not None
    assert batch.options["if_edited"] == "fail"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fall.csv", "source_course_id,destination_course_id,campus\n1010,2001,North\n\n1010,999999,South\n"),
        ("fall.jsonl", '{"source": 1010, "destination": 2001}\n\n{"source": 1010, "destination": 999999}\n'),
        ("fall.json", '[{"source": 1010, "destination": 2001}, {"source": 1010, "destination": 999999}]'),
    ],
)
def test_a_file(database: Path, tmp_path: Path, name: str, text: str) -> None:
    """A file is planned, and rows are named by their line."""
    (tmp_path / name).write_text(text)
    result = run(plan(copies=str(tmp_path / name)))
    assert result["verdicts"] == {"will_copy": 1, "unknown": 1}
    assert f"Line {2 if name == 'fall.json' else 4 if name == 'fall.csv' else 3}, unknown:" in result["text"]


@pytest.mark.parametrize("name", ["", "plan.html"])
def test_a_report(database: Path, tmp_path: Path, name: str) -> None:
    """The report of the batch shows what is refused; a dry run writes none."""
    path = str(tmp_path / "reports" / name)
    rows = [*ROWS, {"source": 1010, "destination": 999999}]
    assert run(plan(copies=rows, report_path=path, dry_run=True))["report_uri"] is None
    assert not (tmp_path / "reports").exists()
    uri = run(plan(copies=rows, report_path=path))["report_uri"]
    assert uri.startswith(path.rstrip("/"))
    assert "Canvas has no course 999999" in Path(uri).read_text()


def test_a_query(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query is planned, of the ledger's database or of another one."""
    other = tmp_path / "other.db"
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps({"conn_type": "sqlite", "host": str(other)}))
    for file, destination in ((database, 2003), (other, 2004)):
        with sqlite3.connect(file) as connection:
            connection.execute("create table sections (template integer, shell integer)")
            connection.execute("insert into sections values (1010, ?)", (destination,))
    query = "select template as source, shell as destination from sections"
    host = run(plan(copies=query))["canvas_instance"]
    assert list(stored(database, host)) == ["2003"]
    run(plan(copies=query, copies_conn_id="other", batch="second"))
    assert list(stored(database, host, "second")) == ["2004"]


def test_bad_rows_are_reported_at_once(database: Path, world: World) -> None:
    """All bad rows are in one message, and nothing is sent or written."""
    bad = [{"source": 1010, "destination": "BIOL-1"}, {"source": 1010}, *ROWS]
    with pytest.raises(AirflowFailException) as caught:
        run(plan(copies=bad))
    assert "row 1" in str(caught.value)
    assert "row 2" in str(caught.value)
    assert len(world.requests) == 0
    assert not database.exists()


def test_templates(database: Path) -> None:
    """The values of templates count after rendering: JSON text is a list, and "True" is true."""
    task = rendered(plan, copies=json.dumps(ROWS), batch="spring", dry_run="True", ledger_table="", schema="None")
    task.ledger_table = "copies_of_the_term"
    result = run(task)
    assert (result["batch"], result["dry_run"], result["copies"]) == ("spring", True, 2)
    assert not database.exists() or sa.inspect(sa.create_engine(f"sqlite:///{database}")).get_table_names() == []


@pytest.mark.parametrize(
    ("option", "value"),
    [("if_not_empty", "copy"), ("if_edited", "warn"), ("if_running", "adopt"), ("if_concluded", ""), ("dry_run", 3)],
)
def test_wrong_options_are_refused_when_the_dag_is_parsed(option: str, value: Any) -> None:
    """A wrong value of an option is an error of the DAG file."""
    with pytest.raises(CanvasInputError, match=option):
        plan(**{option: value})


def test_a_batch_needs_a_name(database: Path, world: World) -> None:
    """A blank name of the batch is refused before anything is sent."""
    with pytest.raises(AirflowFailException, match="batch"):
        run(plan(batch=" "))
    assert len(world.requests) == 0


def test_an_approval_shows_the_plan(database: Path) -> None:
    """The text fits the body of the standard provider's ``ApprovalOperator``."""
    if Version(version("apache-airflow")) < Version("3.1"):
        pytest.skip("Airflow 3.1 brings the ApprovalOperator")
    hitl = importlib.import_module("airflow.providers.standard.operators.hitl")
    text = run(plan())["text"]
    approval = hitl.ApprovalOperator(task_id="approve", subject="Copy the term?", body=text)
    assert approval.body == text


def test_defaults_and_report(database: Path, tmp_path: Path, world: World) -> None:
    """Rows without dates get those of the task; the report has the plan, and a dry run writes none."""
    dates = {"old_start_date": "2026-01-12", "new_start_date": "{{ params.begins }}", "new_end_date": ""}
    arguments = {"defaults": dates, "report_path": str(tmp_path / "plan.html")}
    dry, written = plan(**arguments, dry_run=True), plan(**arguments)
    attempt = Attempt(params={"begins": "2026-09-01"})
    for task in (dry, written):
        task.render_template_fields(attempt.context(task))
    dry.execute(attempt.context(dry))
    assert not (tmp_path / "plan.html").exists()
    written.execute(attempt.context(written))
    with sqlite3.connect(database) as connection:
        requests = [json.loads(row[0]) for row in connection.execute("SELECT request FROM canvas_copy_ledger")]
    assert [request["new_start_date"][:10] for request in requests] == ["2026-08-24", "2026-09-01"]
    assert all(request["old_start_date"].startswith("2026-01-12") for request in requests)
    assert not any("new_end_date" in request for request in requests)
    assert "2 to be submitted." in (tmp_path / "plan.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"batch": ""}, "batch is '': write"),
        ({"batch": "None"}, "batch is 'None': write"),
        ({"copies": "null"}, "copies is 'null': write"),
        ({"sql_conn_id": " "}, "sql_conn_id is ' ': write"),
    ],
)
def test_templates_that_render_to_nothing(
    database: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, str],
    problem: str,
) -> None:
    """A parameter that must be given is refused by its name, and never said to count as not given."""
    monkeypatch.setattr(CanvasPlanCourseCopiesOperator, "log", logging.getLogger("a task"))
    task = plan(**arguments)
    with caplog.at_level(logging.INFO), pytest.raises(AirflowFailException, match=problem):
        run(task)
    assert "counts as not given" not in caplog.text


def test_names_of_tables_that_render_to_nothing(database: Path) -> None:
    """A blank name of a table stands for the name that the table has by default."""
    result = run(plan(ledger_table="", batch_table="None", issue_table=" "))
    assert stored(database, result["canvas_instance"]) == {"2001": "will_copy", "2002": "will_copy"}


def test_a_connection_that_is_no_database(database: Path) -> None:
    """The connection is named, and no task is retried because of it."""
    with pytest.raises(AirflowFailException, match=r"The connection canvas_default is of type canvas, .* sql_conn_id"):
        run(plan(sql_conn_id="canvas_default"))


def test_a_schema_that_does_not_exist(database: Path) -> None:
    """The error names the table and the reason of the database, without the statement."""
    with pytest.raises(AirflowFailException, match=r"table nope\.canvas_copy_ledger .*unknown database") as raised:
        run(plan(schema="nope"))
    assert "CREATE TABLE" not in str(raised.value)


@pytest.mark.parametrize("task_class", [CanvasBulkCourseCopyOperator, CanvasReconcileBatchOperator])
def test_a_file_that_is_no_database(database: Path, task_class: Any) -> None:
    """Each task of a batch names the connection and the reason of the database, without the statement."""
    database.write_bytes(b"no database" * 1000)
    for task in (plan(), task_class(task_id="other", batch="fall", sql_conn_id="warehouse")):
        with pytest.raises(
            CanvasError, match="connection warehouse refuses a statement: file is not a database"
        ) as raised:
            run(task)
        assert "SELECT" not in str(raised.value)


def test_a_database_that_stays_away(database: Path) -> None:
    """The error names the connection, says what to check, and does not prevent a retry."""
    error = sa.exc.OperationalError("SELECT 1", {}, sqlite3.OperationalError("unable to open database file"))
    away = r"warehouse is away: unable to open database file\. Check that"
    with pytest.raises(CanvasError, match=away) as raised, named_database("warehouse"):
        raise error
    assert not raised.value.permanent


def test_a_query_that_fails(database: Path) -> None:
    """The error names the parameter and the connection."""
    with pytest.raises(CanvasError, match="The query in copies failed in the connection warehouse: no such table"):
        run(plan(copies="SELECT * FROM nowhere"))


def test_copies_of_a_wrong_type() -> None:
    """What can be no list and no path is refused when the DAG is parsed."""
    for copies in ({"source": 1, "destination": 2}, 7, {1, 2}):
        with pytest.raises(CanvasInputError, match="copies is "):
            plan(copies=copies)


def test_invalid_defaults(database: Path) -> None:
    """A default that is no parameter of the copy fails the task before a request is sent."""
    with pytest.raises(AirflowFailException, match="defaults has 'start'"):
        run(plan(defaults={"start": "2026-08-24"}))
    with pytest.raises(CanvasInputError, match="defaults is 7"):
        plan(defaults=7)
