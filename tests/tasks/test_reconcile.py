"""``CanvasReconcileOperator`` writes a copied course's assets to two tables, by Airflow's SQL hooks, and a report."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content import Assignment, AssignmentOverride, DiscussionTopic, Page
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import PLANTED
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.courses.course_listings import fetch_listings
from airflow_provider_canvas.client.errors import CanvasReconciliationError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from tests.support.postgres import Database
from tests.support.task_attempt import Attempt

SOURCE = "sis_course_id:TMPL-BIOL1010"
USED = "sis_course_id:BIOL-1010-002"

Engine = Callable[[], sqlalchemy.engine.Engine]


@pytest.fixture
def content_migration_id(connection: str) -> int:
    """Copy the template into the section with the planted defects, and return the migration's id."""
    task = CanvasCourseCopyOperator(
        task_id="copy", source_course_id=SOURCE, destination_course_id=USED, deferrable=False, poll_interval=0.2
    )
    migration_id: int = task.execute(Attempt().context(task))["content_migration_id"]
    return migration_id


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Add the connection ``reconciliation`` to a database, and return a function that makes an engine for it."""
    fields: dict[str, Any]
    if request.param == "sqlite":
        url, fields = f"sqlite:///{tmp_path}/canvas.db", {"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"}
    else:
        server: Database = request.getfixturevalue("postgres_database")
        url = server.url
        fields = {
            "conn_type": "postgres",
            "host": server.host,
            "port": server.port,
            "login": server.user,
            "schema": server.name,
        }
    monkeypatch.setenv("AIRFLOW_CONN_RECONCILIATION", json.dumps(fields))
    return lambda: sqlalchemy.create_engine(url)


def in_sqlite(test: Callable[..., None]) -> Callable[..., None]:
    """Give a test a connection to a SQLite database; the database is checked before the first request."""
    return pytest.mark.parametrize("database", ["sqlite"], indirect=True)(pytest.mark.usefixtures("database")(test))


def reconcile(content_migration_id: int, **arguments: Any) -> Any:
    """Run an operator; keyword arguments replace its own. Return its result."""
    task = CanvasReconcileOperator(
        **{
            "task_id": "reconcile",
            "destination_course_id": USED,
            "content_migration_id": content_migration_id,
            "sql_conn_id": "reconciliation",
            **arguments,
        }
    )
    return task.execute(Attempt().context(task))


def rows(engine: Engine, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query."""
    sql_engine = engine()
    with sql_engine.connect() as connection:
        result = [dict(row) for row in connection.execute(sqlalchemy.text(query)).mappings()]
    sql_engine.dispose()
    return result


def test_planted_defects(content_migration_id: int, database: Engine, emulator: EmulatorServer) -> None:
    """Each planted defect has its status, and the statuses count every row."""
    result = reconcile(content_migration_id)
    asset_rows = rows(database, "SELECT * FROM canvas_asset_map")
    by_title = {(row["asset_type"], row["source_title"] or row["dest_title"], row["status"]) for row in asset_rows}
    for planted in PLANTED:
        assert any(
            kind == planted.asset_type and status == planted.status and (title or "").startswith(planted.title[:40])
            for kind, title, status in by_title
        ), planted
    assert len(asset_rows) == sum(result["statuses"].values())
    (ledger,) = rows(database, "SELECT * FROM canvas_copy_ledger")
    assert (ledger["dest_course_id"], ledger["content_migration_id"]) == ("2002", str(content_migration_id))
    assert emulator.token not in json.dumps([asset_rows, ledger], default=str)


def test_a_copy_of_a_batch(content_migration_id: int, database: Engine, emulator: EmulatorServer) -> None:
    """The reconciliation of a copy that a batch made fills the row of the batch, and a later one updates it."""
    sql_engine = database()
    host = reconcile(content_migration_id)["canvas_instance"]
    ledger = BatchLedger(sql_engine, canvas_instance=host, batch="fall-2026")
    ledger.create_tables()
    copy = CopyRow(
        dest_course_id="2002",
        source_course_id="1001",
        state=CopyState.COMPLETED,
        attempts=1,
        content_migration_id=str(content_migration_id),
    )
    ledger.update([copy])
    for _ in range(2):
        result = reconcile(content_migration_id)
        (row,) = rows(database, "SELECT batch, attempts, verdict, arrived_assets FROM canvas_copy_ledger")
        assert (row["batch"], row["attempts"]) == ("fall-2026", 1)
        assert (row["verdict"], row["arrived_assets"]) == (result["verdict"], result["arrived_assets"])
    in_ledger = ledger.row("2002")
    assert in_ledger is not None
    assert in_ledger.issues_warning == result["issues"]["warning"]
    assert replace(in_ledger, issues_todo=0, issues_warning=0, issues_error=0) == copy
    sql_engine.dispose()


def test_one_row_per_asset(content_migration_id: int, database: Engine, emulator: EmulatorServer) -> None:
    """Every asset of both courses has exactly one row."""
    reconcile(content_migration_id)
    asset_rows = rows(database, "SELECT asset_type, source_asset_id, dest_asset_id, status FROM canvas_asset_map")

    async def list_assets(course_id: int) -> set[tuple[str, str]]:
        """Return the type and id of each asset of a course."""
        async with AsyncCanvasClient(Settings(emulator.url, emulator.token)) as canvas:
            listings = await fetch_listings(canvas, course_id)
        return {
            (kind, str(asset.get("page_id") or asset["id"])) for kind, assets in listings.items() for asset in assets
        }

    for side, course_id in (("source", 1010), ("dest", 2002)):
        row_counts = Counter((row["asset_type"], row[f"{side}_asset_id"]) for row in asset_rows)
        assets = asyncio.run(list_assets(course_id))
        assert len(assets) == 130
        assert {row_counts[asset] for asset in assets} == {1}


def test_second_run(content_migration_id: int, database: Engine) -> None:
    """A second run writes no row again, neither of an asset nor of a link."""
    first = reconcile(content_migration_id)
    before = rows(database, "SELECT * FROM canvas_asset_map ORDER BY asset_type, asset_key")
    second = reconcile(content_migration_id)
    after = rows(database, "SELECT * FROM canvas_asset_map ORDER BY asset_type, asset_key")
    links = first["rows"].pop("links_inserted")
    assert first["rows"] == {"inserted": len(before), "updated": 0, "unchanged": 0, "removed": 0}
    assert second["rows"] == {
        "inserted": 0,
        "updated": 0,
        "unchanged": len(before),
        "removed": 0,
        "links_unchanged": links,
    }
    assert before == after


def test_report(content_migration_id: int, database: Engine, tmp_path: Path, emulator: EmulatorServer) -> None:
    """The report is written to ``report_path``, with links to this Canvas and without the token."""
    result = reconcile(content_migration_id, report_path=f"file://{tmp_path}/reports")
    path = Path(result["report_uri"].removeprefix("file://"))
    assert path.parent == tmp_path / "reports"
    report = path.read_text(encoding="utf-8")
    assert "BIOL 1010 Intro Biology" in report
    assert f'href="{emulator.url}/courses/2002' in report
    assert "Extra credit: Campus tree survey" in report
    assert emulator.token not in report


def test_result(content_migration_id: int, database: Engine) -> None:
    """The result is smaller than 2 kB: it contains counts and ids, no rows."""
    assert len(json.dumps(reconcile(content_migration_id))) < 2048


def test_exceeded_threshold(content_migration_id: int, database: Engine, tmp_path: Path) -> None:
    """If a threshold is exceeded, tables and report are written before the task fails, and the error names it."""
    with pytest.raises(
        CanvasReconciliationError, match=r"missing: 1 assets, at most 0 allowed.*Report: file://"
    ) as failure:
        reconcile(
            content_migration_id, fail_if={"missing": 0, "duplicate": 5}, report_path=f"file://{tmp_path}/one.html"
        )
    assert "duplicate" not in str(failure.value)
    assert (tmp_path / "one.html").exists()
    assert rows(database, "SELECT * FROM canvas_asset_map")


def test_number_of_requests(content_migration_id: int, database: Engine, world: World) -> None:
    """Two courses with 260 assets take at most 23 requests without further checks, and none is rejected."""
    before = len(world.requests)
    reconcile(content_migration_id, checks=[])
    assert len(world.requests) - before <= 23
    assert all(request.status == 200 for request in list(world.requests)[before:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"content_migration_id": "latest"}, "content_migration_id must be a number"),
        ({"destination_course_id": "BIO"}, "sis_course_id:"),
        ({"fail_if": {"missin": 0}}, "did you mean 'missing'"),
        ({"fail_if": {"missing": "none"}}, "write a number"),
        ({"fail_if": {"coverage_below": 101}}, "write a percentage from 0 to 100"),
        ({"asset_table": 5}, "asset_table is 5: write a name"),
        ({"asset_table": "canvas_copy_ledger"}, "is another table"),
        ({"link_table": "canvas_asset_map"}, "is another table"),
        ({"schema": "nowhere"}, "Create the schema"),
        ({"checks": [{}]}, "write names from links"),
    ],
)
@in_sqlite
def test_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    with pytest.raises(AirflowFailException, match=message):
        reconcile(**{"content_migration_id": 77, **arguments})
    assert not world.requests


@pytest.mark.parametrize("source", [2003, "2003", "sis_course_id:BIOL-1010-003"])
@in_sqlite
def test_source_that_contradicts_the_record(content_migration_id: int, world: World, source: int | str) -> None:
    """A source that is not the recorded one fails the task before content is listed; the error names both."""
    before = len(world.requests)
    with pytest.raises(AirflowFailException, match=r"names course 2003, but content_migration .* copied course 1010"):
        reconcile(content_migration_id, source_course_id=source)
    assert len(world.requests) - before <= 3


@pytest.mark.parametrize("source", [1010, "1010", SOURCE, None])
def test_source_of_the_record(content_migration_id: int, database: Engine, source: int | str | None) -> None:
    """The recorded source may be given, in any form."""
    assert reconcile(content_migration_id, source_course_id=source)["source_course_id"] == "1010"


@pytest.mark.parametrize("source", [None, SOURCE])
@in_sqlite
def test_import_without_source(connection: str, world: World, source: str | None) -> None:
    """An import of a zip cannot be reconciled, and the error says what can, whether a source is given or not."""
    migration = imported_zip(world)
    with pytest.raises(AirflowFailException, match=r"zip_file_importer and has no source course\. Only course copies"):
        reconcile(migration, source_course_id=source)


def imported_zip(world: World) -> int:
    """Add a completed import of a zip, and return its id."""
    with world.lock:
        now = world.clock.now()
        migration = ContentMigration(
            id=world.next_id("content_migration"),
            course_id=2002,
            user_id=1,
            migration_type="zip_file_importer",
            workflow_state=Stored.IMPORTED,
            created_at=now,
            updated_at=now,
        )
        world.add_migration(migration)
    return migration.id


@pytest.mark.parametrize("source", [None, 1010])
def test_deleted_source(content_migration_id: int, database: Engine, world: World, source: int | None) -> None:
    """The error says that it is the source that was deleted, and what to do."""
    world.tables.courses[1010].workflow_state = "deleted"
    with pytest.raises(AirflowFailException, match=r"Course 1010, the source of .*, was deleted\. .*restore it"):
        reconcile(content_migration_id, source_course_id=source)


@in_sqlite
def test_unknown_destination(connection: str) -> None:
    """The error names the parameter."""
    with pytest.raises(AirflowFailException, match="destination_course_id 'sis_course_id:NO-SUCH': "):
        reconcile(77, destination_course_id="sis_course_id:NO-SUCH")


def test_due_dates_of_overrides(connection: str, database: Engine, world: World) -> None:
    """Overrides of due dates are not copied, and not compared, also not those of discussions."""
    with world.lock:
        due = world.clock.now()
        kept = {"course_id": 1010, "due_at": due}
        overrides = (AssignmentOverride(1, "Late", due + timedelta(days=13)),)
        world.add(Assignment(title="Overridden essay", overrides=overrides, **kept))
        topic = world.add(DiscussionTopic(course_id=1010, title="Overridden discussion"))
        graded = Assignment(title=topic.title, discussion_topic_id=topic.id, overrides=overrides, **kept)
        topic.assignment_id = world.add(graded).id
    task = CanvasCourseCopyOperator(
        task_id="copy", source_course_id=SOURCE, destination_course_id=USED, deferrable=False, poll_interval=0.2
    )
    reconcile(task.execute(Attempt().context(task))["content_migration_id"])
    query = (
        "SELECT source_title, asset_type, due_delta_days FROM canvas_asset_map WHERE source_title LIKE 'Overridden%'"
    )
    moved = {(row["asset_type"], row["due_delta_days"]) for row in rows(database, query)}
    assert moved == {("assignments", 0), ("discussion_topics", 0)}


@in_sqlite
def test_incomplete_copy(connection: str, world: World) -> None:
    """The error of a copy that is not completed contains its state and says what can be reconciled."""
    with world.lock:
        (failed,) = [m for m in world.tables.content_migrations.values() if m.course_id == 2006]
    with pytest.raises(AirflowFailException, match="is failed: only a completed course copy"):
        reconcile(failed.id, destination_course_id=2006)


def test_disabled_tab(content_migration_id: int, database: Engine, world: World) -> None:
    """A listing that answers 404 (its tab is disabled) counts as empty."""
    world.faults.rules.append(Rule("/courses/2002/quizzes$", status=404))
    result = reconcile(content_migration_id)
    assert result["statuses"]["mapped_but_deleted"] == 2 + 6


@pytest.mark.edition("current")  # with its 100 rows per page
def test_number_of_requests_for_thousands_of_assets(content_migration_id: int, database: Engine, world: World) -> None:
    """3,000 additional pages take 30 additional requests without further checks."""
    with world.lock:
        for number in range(3000):
            world.add(Page(course_id=1010, title=f"Page {number}"))
    before = len(world.requests)
    result = reconcile(content_migration_id, checks=[])
    assert result["source_assets"] == 3130
    assert len(world.requests) - before <= 23 + 30
    assert {request.status for request in list(world.requests)[before:]} == {200}
