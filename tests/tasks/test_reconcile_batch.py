"""``CanvasReconcileBatchOperator`` reconciles each copy of a batch once, whatever happens to some of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.providers.common.compat.sdk import AirflowFailException, Asset
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content import Page
from canvas_emulator.model.faults import Rule
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasBusyError, CanvasReconciliationError, CanvasServerError
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.course_pairs import reconcile_batch
from airflow_provider_canvas.course_pairs.store import Store
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
from airflow_provider_canvas.utils.batch_lease import BatchLease
from tests.support import batches
from tests.support.batch_tasks import OtherRun
from tests.support.copied_batch import CopiedBatch, copied_batch
from tests.support.task_attempt import Attempt

FIRST = batches.FIRST_SHELL
SHELLS = 6


@pytest.fixture
def copied(emulator_server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CopiedBatch:
    """Return a batch of six completed copies of two templates, with connections to both servers."""
    database = tmp_path / "ledger.db"
    batch = copied_batch(emulator_server, sa.create_engine(f"sqlite:///{database}"), SHELLS)
    extra = {"retry_for": 0, "graphql": "off"}  # so that a fault of a listing meets each course
    fields = {"conn_type": "canvas", "host": emulator_server.url, "password": batches.TOKEN, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(database)}))
    return batch


def task_of(**arguments: Any) -> CanvasReconcileBatchOperator:
    """Return the operator."""
    return CanvasReconcileBatchOperator(
        **{"task_id": "reconcile", "batch": batches.BATCH, "sql_conn_id": "warehouse", **arguments}
    )


def run(attempt: Attempt | None = None, **arguments: Any) -> Any:
    """Run the operator, and return its result."""
    task = task_of(**arguments)
    return task.execute((attempt or Attempt()).context(task))


def delete_course(course_id: int) -> Callable[[CopiedBatch], None]:
    """Return a function that deletes a course."""

    def delete(batch: CopiedBatch) -> None:
        batch.world.tables.courses[course_id].workflow_state = "deleted"

    return delete


def refuse(pattern: str, status: int) -> Callable[[CopiedBatch], None]:
    """Return a function that lets requests fail."""
    return lambda batch: batch.world.faults.rules.append(Rule(pattern, status=status, times=None))


def delete_page(title: str) -> Callable[[CopiedBatch], None]:
    """Return a function that deletes a page of the first destination."""

    def delete(batch: CopiedBatch) -> None:
        (page,) = [page for page in batch.world.live(Page, FIRST) if page.title == title]
        page.workflow_state = "deleted"

    return delete


def lose_migration(batch: CopiedBatch) -> None:
    """Delete the content migration of the first destination."""
    del batch.world.tables.content_migrations[batch.migrations[FIRST]]


def fail_migration(batch: CopiedBatch) -> None:
    """Let Canvas say that the first copy failed."""
    batch.world.tables.content_migrations[batch.migrations[FIRST]].workflow_state = Stored.FAILED


def swap_source(batch: CopiedBatch) -> None:
    """Let Canvas say that the first copy copied another course."""
    batch.world.tables.content_migrations[batch.migrations[FIRST]].source_course_id = batches.FIRST_TEMPLATE + 1


SITUATIONS: dict[str, tuple[Callable[[CopiedBatch], None], str, str | None]] = {
    "whole": (lambda batch: None, "pass", None),
    "a page was deleted in the destination": (delete_page("Reading"), "warn", None),
    "the destination was deleted": (
        delete_course(FIRST),
        "unreadable",
        f"Course {FIRST}, the destination, was deleted",
    ),
    "the destination is forbidden": (refuse(f"/courses/{FIRST}", 403), "unreadable", "the destination, cannot be read"),
    "the migration is gone": (lose_migration, "unreadable", "does not exist"),
    "the migration failed": (fail_migration, "unreadable", "is failed: only a completed course copy"),
    "the migration has another source": (swap_source, "unreadable", "copied course 102"),
    "the mapping is gone": (refuse(f"/courses/{FIRST}/.*asset_id_mapping$", 400), "unreadable", "no asset_id_mapping"),
    "a listing fails": (refuse(f"/courses/{FIRST}/pages$", 500), "unreadable", "The next run tries it again"),
    "a listing is forbidden": (refuse(f"/courses/{FIRST}/files$", 403), "unreadable", "files"),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_situation_of_one_copy(copied: CopiedBatch, name: str) -> None:
    """A copy that cannot be read is one row with the reason, and all others are reconciled."""
    change, verdict, reason = SITUATIONS[name]
    with copied.world.lock:
        change(copied)
    result = run(checks=[])
    rows = copied.ledger_rows()
    assert rows[FIRST]["verdict"] == verdict
    assert (reason or "") in (rows[FIRST]["unreadable"] or "")
    assert (rows[FIRST]["unreadable"] is None) == (reason is None)
    assert {rows[course_id]["verdict"] for course_id in rows if course_id != FIRST} == {"pass"}
    assert rows[FIRST]["reconciled_content_migration_id"] == str(copied.migrations[FIRST])
    assert result["verdicts"] == {"unreadable": 0, "fail": 0, "warn": 0, "pass": SHELLS - 1} | {
        verdict: SHELLS if verdict == "pass" else 1
    }
    assert (result["completed"], result["reconciled_now"]) == (SHELLS, SHELLS)
    worst = [each["destination_course_id"] for each in result["worst"]]
    assert worst == ([] if verdict == "pass" else [str(FIRST)])


def test_rows_that_the_database_refuses(copied: CopiedBatch, caplog: pytest.LogCaptureFixture) -> None:
    """A copy whose rows the database refuses is one row with the reason, and all others are written."""
    Store(copied.engine).prepare()
    trigger = "CREATE TRIGGER no BEFORE {} ON canvas_asset_map WHEN NEW.dest_course_id = '{}' BEGIN {}; END"
    with copied.engine.begin() as connection:
        connection.execute(sa.text(trigger.format("INSERT", FIRST, "SELECT RAISE(ABORT, 'not this course')")))
    result = run(checks=[])
    rows = copied.ledger_rows()
    assert result["verdicts"] == {"unreadable": 1, "fail": 0, "warn": 0, "pass": SHELLS - 1}
    assert "The database refused its rows: not this course." in rows[FIRST]["unreadable"]
    assert f"The copy into course {FIRST} cannot be reconciled: The database refused its rows" in caplog.text
    with copied.engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER no"))
    assert run(checks=[])["verdicts"] == {"unreadable": 0, "fail": 0, "warn": 0, "pass": SHELLS}


def test_a_source_that_was_deleted(copied: CopiedBatch) -> None:
    """All copies of the source are unreadable for the same reason, and cost no request for their destinations."""
    delete_course(batches.FIRST_TEMPLATE)(copied)
    before = len(copied.world.requests)
    result = run(checks=[])
    assert result["verdicts"] == {"unreadable": 3, "fail": 0, "warn": 0, "pass": 3}
    reasons = {row["unreadable"] for row in copied.ledger_rows().values()}
    assert len(reasons) == 2
    assert any("Course 101, the source of the copy, was deleted" in (reason or "") for reason in reasons)
    read = {
        int(match[1]) for each in copied.requests_since(before) if (match := re.search(r"/courses/(\d+)", each.path))
    }
    assert read == {101, 102, *range(FIRST + 1, FIRST + SHELLS, 2)}
    assert {each["source_course_id"]: each for each in result["sources"]} == {
        "101": {"source_course_id": "101", "copies": 3, "unreadable": 3},
        "102": {"source_course_id": "102", "copies": 3, "pass": 3},
    }


def test_later_runs(copied: CopiedBatch) -> None:
    """A later run reconciles what is new or could not be read; with ``reconcile_again`` everything, and once."""
    world = copied.world
    rule = Rule(f"/courses/{FIRST}", status=403, times=None)
    world.faults.rules.append(rule)
    assert run(checks=[])["reconciled_now"] == SHELLS
    before = len(world.requests)
    assert run(Attempt(run_id="second"), checks=[])["reconciled_now"] == 1
    assert len(world.requests) - before < 30
    world.faults.rules.remove(rule)
    third = run(Attempt(run_id="third"), checks=[])
    assert (third["reconciled_now"], third["verdicts"]["pass"]) == (1, SHELLS)
    before = len(world.requests)
    assert run(Attempt(run_id="fourth"), checks=[])["reconciled_now"] == 0
    assert len(world.requests) == before
    assert run(Attempt(run_id="fifth"), checks=[], reconcile_again=True)["reconciled_now"] == SHELLS
    assert run(Attempt(run_id="fifth", try_number=2), checks=[], reconcile_again=True)["reconciled_now"] == 0


def test_other_tasks_of_a_run(copied: CopiedBatch, caplog: pytest.LogCaptureFixture) -> None:
    """With ``reconcile_again`` a second task of the same run, and one of another DAG, reconcile all copies; once."""
    run(checks=[])
    with caplog.at_level("INFO"):
        assert run(checks=[])["reconciled_now"] == 0
    assert "6 copies were reconciled by earlier tasks" in caplog.text
    assert "reconcile_again=True reconciles them again." in caplog.text
    for task_id in ("after_the_repair", "once_more"):
        assert run(task_id=task_id, checks=[], reconcile_again=True)["reconciled_now"] == SHELLS
        assert run(Attempt(try_number=2), task_id=task_id, checks=[], reconcile_again=True)["reconciled_now"] == 0
    assert "Trigger a new DAG run to reconcile them again." in caplog.text
    rows = copied.ledger_rows().values()
    assert {(row["run_id"], row["reconciled_by"]) for row in rows} == {("manual__1", "dag.once_more")}


def test_a_copy_that_is_made_again(copied: CopiedBatch) -> None:
    """A copy with another content migration than the reconciled one is reconciled, and no other."""
    run(checks=[])
    with CanvasClient(copied.settings) as canvas:
        settings = {"source_course_id": batches.FIRST_TEMPLATE}
        new = canvas.content_migrations.create(
            course_id=FIRST, migration_type="course_copy_importer", settings=settings
        )
    copied.world.clock.advance(1000)
    row = copied.ledger.row(str(FIRST))
    assert row is not None
    copied.ledger.update([replace(row, content_migration_id=str(new["id"]))])
    assert run(Attempt(run_id="second"), checks=[])["reconciled_now"] == 1
    assert copied.ledger_rows()[FIRST]["reconciled_content_migration_id"] == str(new["id"])


def test_only_completed_copies(copied: CopiedBatch) -> None:
    """Copies that failed, or have no content migration, are left as they are."""
    first, second, *_ = copied.ledger.rows()
    copied.ledger.update(
        [
            replace(first, state=CopyState.FAILED),
            replace(second, state=CopyState.ALREADY_PRESENT, content_migration_id=None),
        ]
    )
    result = run(checks=[])
    assert (result["completed"], result["reconciled_now"]) == (SHELLS - 2, SHELLS - 2)
    rows = copied.ledger_rows()
    assert [course_id for course_id in rows if rows[course_id]["verdict"] is None] == [FIRST, FIRST + 1]


def test_canvas_that_does_not_respond(copied: CopiedBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """If Canvas fails for several courses in a row the task fails, so that a retry continues."""
    monkeypatch.setattr(reconcile_batch, "COPIES_AT_ONCE", 1)
    rule = Rule("/courses/(1005|1002|1004|1006)", status=503, times=None)
    copied.world.faults.rules.append(rule)
    with pytest.raises(CanvasServerError):
        run(checks=[])
    verdicts = {course_id: row["verdict"] for course_id, row in copied.ledger_rows().items()}
    assert verdicts == {1001: "pass", 1003: "pass", 1005: "unreadable", 1002: "unreadable", 1004: None, 1006: None}
    copied.world.faults.rules.remove(rule)
    result = run(Attempt(try_number=2), checks=[])
    assert (result["verdicts"]["pass"], result["reconciled_now"]) == (SHELLS, 4)


def test_canvas_that_never_responds(copied: CopiedBatch) -> None:
    """If nothing can be read because Canvas is away, the task fails and can be retried."""
    copied.world.faults.rules.append(Rule("/courses/", status=503, times=None))
    with pytest.raises(CanvasServerError):
        run(checks=[])


def test_rejected_token(copied: CopiedBatch) -> None:
    """A token that Canvas rejects ends the task at once, without a row that says that courses are unreadable."""
    copied.world.tables.tokens.clear()
    with pytest.raises(AirflowFailException, match="token"):
        run(checks=[])
    assert {row["verdict"] for row in copied.ledger_rows().values()} == {None}


def test_result(copied: CopiedBatch) -> None:
    """The result has counts of the whole batch, stays small, and is pushed before thresholds are checked."""
    delete_page("Reading")(copied)
    attempt = Attempt()
    result = run(attempt, checks=[])
    assert result["verdicts"] == {"unreadable": 0, "fail": 0, "warn": 1, "pass": SHELLS - 1}
    assert result["statuses"] == {"mapped_but_deleted": 1, "matched": 17}
    assert (result["expected_assets"], result["arrived_assets"], result["coverage_percent"]) == (18, 17, 94.4)
    assert attempt.xcom["canvas_reconciliation"] == result
    assert len(json.dumps(result)) < 3000
    attempt = Attempt(run_id="second")
    with pytest.raises(CanvasReconciliationError, match=r"warn: 1 of 6 copies, .*; mapped_but_deleted: 1"):
        run(attempt, fail_if={"warn": 0, "unreadable": "5 %", "mapped_but_deleted": 0, "coverage_below": 90})
    assert attempt.xcom["canvas_reconciliation"]["verdicts"] == result["verdicts"]


@pytest.mark.parametrize(
    ("checks", "links", "types"),
    [
        ([], None, set()),
        (["links"], 1, set()),
        (["lti"], 0, set()),
        (["unmapped"], None, {"course_settings"}),
        (["links", "unmapped", "lti", "new_quizzes"], 1, {"course_settings"}),
    ],
)
def test_checks(copied: CopiedBatch, checks: list[str], links: int | None, types: set[str]) -> None:
    """Only the chosen checks run: the ledger says how many links are stale, or nothing if they were not checked."""
    with copied.world.lock:
        (page,) = [page for page in copied.world.live(Page, FIRST) if page.title == "Reading"]
        page.body = '<p><a href="/courses/101/pages/home">Start</a></p>'
    result = run(checks=checks)
    row = copied.ledger_rows()[FIRST]
    assert (row["stale_links"], row["repairable_links"]) == (links, links)
    assert result["stale_links"] == (links or 0)
    counted = {name for name, counts in json.loads(row["counts_by_type"]).items() if counts}
    assert types <= counted
    assert ("course_settings" in counted) == bool(types)
    with copied.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        query = sa.text("SELECT dest_course_id, right_url FROM canvas_stale_link")
        stored = connection.execute(query).all() if "canvas_stale_link" in tables else []
    right_url = f"http://{copied.settings.host}/courses/{FIRST}/pages/home"
    assert [tuple(each) for each in stored] == ([(str(FIRST), right_url)] if links else [])


def test_reports_of_the_courses(copied: CopiedBatch, tmp_path: Path) -> None:
    """Each course has its report, whose address is in the ledger."""
    run(checks=[], report_path=f"file://{tmp_path}/reports")
    for row in copied.ledger_rows().values():
        assert f"course-{row['dest_course_id']}_" in row["report_uri"]
        assert Path(row["report_uri"].removeprefix("file://")).exists()


@pytest.mark.parametrize(
    ("report_path", "folder", "name"),
    [
        ("{tmp}/fall.html", "{tmp}", "fall.html"),
        ("fall.html", "{tmp}", "fall.html"),
        ("./fall.html", "{tmp}", "fall.html"),
        ("reports/fall.html", "{tmp}/reports", "fall.html"),
        ("reports", "{tmp}/reports", None),
        ("{tmp}/reports/", "{tmp}/reports", None),
    ],
)
def test_where_reports_are_written(  # noqa: PLR0917  # fixtures and parameters of a table
    copied: CopiedBatch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    report_path: str,
    folder: str,
    name: str | None,
) -> None:
    """The reports of the courses are in the folder of the batch's report, however the path is written."""
    monkeypatch.chdir(tmp_path)
    path = report_path.format(tmp=tmp_path)
    run(checks=[], report_path=Path(path) if name is None else path)
    pages = {page.name for page in Path(folder.format(tmp=tmp_path)).glob("*.html")}
    assert len(pages) == SHELLS + 1
    assert name is None or name in pages
    for row in copied.ledger_rows().values():
        assert Path(row["report_uri"]).name in pages


def test_report_of_a_course_that_cannot_be_written(
    copied: CopiedBatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The task fails and can be retried, says what to do, and leaves no row that names a report that is not there."""
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(OSError, match="reports"):
        run(checks=[], report_path=f"{tmp_path}/reports")
    assert "could not be written. Check report_path" in caplog.text
    assert {row["report_uri"] for row in copied.ledger_rows().values()} == {None}


def test_report_of_the_batch(copied: CopiedBatch, tmp_path: Path) -> None:
    """The report of the batch has all sections, also those of an earlier run, and leads to the report of each."""
    first = run(checks=[], report_path=f"{tmp_path}/fall.html")
    assert first["report_uri"] == f"{tmp_path}/fall.html"
    pages = []
    for result in (first, run(Attempt(run_id="second"), checks=[], report_path=f"{tmp_path}/fall.html")):
        page = Path(result["report_uri"]).read_text(encoding="utf-8")
        pages.append(re.sub("as of [^<]+", "", page))
    assert pages[0] == pages[1]
    links = re.findall(r'<a class="open" href="\./([^"]+)">open</a>', pages[0])
    assert len(set(links)) == SHELLS
    assert all((tmp_path / link).exists() for link in links)


def test_a_report_that_cannot_be_written_is_a_warning(copied: CopiedBatch, tmp_path: Path) -> None:
    """The reconciliation does not fail because of the report of the batch, and the result has no address of it."""
    (tmp_path / "fall.html").mkdir()
    result = run(checks=[], report_path=f"{tmp_path}/fall.html")
    assert result["report_uri"] is None
    assert result["reconciled_now"] == SHELLS


def test_asset_event(copied: CopiedBatch) -> None:
    """The event of the batch's asset says how many copies were reconciled, and none follows if none was."""
    outlet = Asset(f"canvas://{copied.settings.host}/batches/{batches.BATCH}")
    attempt = Attempt()
    run(attempt, checks=[], outlets=[outlet])
    ((uri, extra),) = attempt.outlet_events.events
    assert (uri, extra["reconciled"], extra["verdicts"]["pass"]) == (outlet.uri, SHELLS, SHELLS)
    attempt = Attempt(run_id="second")
    run(attempt, checks=[], outlets=[outlet])
    assert not attempt.outlet_events.events


def test_two_runs_at_the_same_time(copied: CopiedBatch) -> None:
    """A second run fails while the first one works on the batch, and takes over when it has ended."""
    task = task_of()
    BatchLease(copied.ledger, Attempt(run_id="first").context(task)["ti"]).acquire()
    other = OtherRun(run_id="second")
    other.state_of_first = "running"
    with pytest.raises(CanvasBusyError, match="first"):
        run(other, checks=[])
    other.state_of_first = "failed"
    assert run(other, checks=[])["reconciled_now"] == SHELLS


def test_log(copied: CopiedBatch, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the progress of the batch with its rate."""
    with caplog.at_level("INFO"):
        run(checks=[])
    assert re.search(r"6 of 6 copies reconciled \(6 pass\), [\d,]+ per minute\.", caplog.text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch": "spring"}, "no rows of the batch 'spring'.*CanvasFindCopiesOperator"),
        ({"batch": " "}, "write the name of a batch"),
        ({"checks": ["link"]}, "write names from links, unmapped, lti, new_quizzes"),
        ({"checks": "['lnks']"}, "write names from"),
        ({"checks": [], "use_link_validation": True}, "add 'links' to checks"),
        ({"fail_if": {"unreadble": 0}}, "did you mean 'unreadable'"),
        ({"fail_if": {"missing": "2 %"}}, "write a number from 0"),
        ({"allowed_course_ids": ["BIO"]}, "allowed_course_ids"),
        ({"checks": ["links", {"a": 1}]}, "checks names {'a': 1}: write names from links"),
        ({"fail_if": {"coverage_below": 101}}, "write a percentage from 0 to 100"),
        ({"asset_table": "canvas_copy_ledger"}, "canvas_copy_ledger .* is another table"),
        ({"link_table": "canvas_copy_batch"}, "canvas_copy_batch .* is another table"),
        ({"asset_table": 5}, "asset_table is 5: write a name"),
        ({"ledger_table": "a\x00"}, "ledger_table is .*: write a name"),
        ({"batch_table": ["a"]}, "batch_table is .*: write a name"),
        ({"schema": 5}, "schema is 5: write a name"),
    ],
)
def test_invalid_parameters(copied: CopiedBatch, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    before = len(copied.world.requests)
    with pytest.raises(AirflowFailException, match=message):
        run(**arguments)
    assert len(copied.world.requests) == before
