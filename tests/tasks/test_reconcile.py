"""A copied course, reconciled: two tables through Airflow's own SQL hooks, and a report."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import Page
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import PLANTED
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.courses.course_listings import fetch_listings
from airflow_provider_canvas.client.errors import CanvasReconciliationError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from tests.support.postgres import Database
from tests.support.task_attempt import Attempt

SOURCE = "sis_course_id:TMPL-BIOL1010"
USED = "sis_course_id:BIOL-1010-002"

Engine = Callable[[], sqlalchemy.engine.Engine]


@pytest.fixture
def content_migration_id(connection: str) -> int:
    """A copy of the demo's master into the section with the planted defects."""
    task = CanvasCourseCopyOperator(
        task_id="copy", source_course_id=SOURCE, destination_course_id=USED, deferrable=False, poll_interval=0.2
    )
    found: int = task.execute(Attempt().context(task))["content_migration_id"]
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A connection ``reconciliation`` to each database; returns a maker of engines to look into it."""
    said: dict[str, Any]
    if request.param == "sqlite":
        url, said = f"sqlite:///{tmp_path}/canvas.db", {"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"}
    else:
        found: Database = request.getfixturevalue("postgres_database")
        url = found.url
        said = {
            "conn_type": "postgres",
            "host": found.host,
            "port": found.port,
            "login": found.user,
            "schema": found.name,
        }
    monkeypatch.setenv("AIRFLOW_CONN_RECONCILIATION", json.dumps(said))
    return lambda: sqlalchemy.create_engine(url)


def reconcile(content_migration_id: int, **said: Any) -> Any:
    task = CanvasReconcileOperator(
        **{
            "task_id": "reconcile",
            "destination_course_id": USED,
            "content_migration_id": content_migration_id,
            "sql_conn_id": "reconciliation",
            **said,
        }
    )
    return task.execute(Attempt().context(task))


def rows(engine: Engine, query: str) -> list[dict[str, Any]]:
    made = engine()
    with made.connect() as connected:
        found = [dict(row) for row in connected.execute(sqlalchemy.text(query)).mappings()]
    made.dispose()
    return found


def test_planted_defects(content_migration_id: int, database: Engine, emulator: EmulatorServer) -> None:
    """Each has the status that it should, and every asset of both courses has one row."""
    result = reconcile(content_migration_id)
    found = rows(database, "SELECT * FROM canvas_asset_map")
    by_title = {(row["asset_type"], row["source_title"] or row["dest_title"], row["status"]) for row in found}
    for planted in PLANTED:
        title = planted.title
        assert any(
            kind == planted.asset_type and status == planted.status and (said or "").startswith(title[:40])
            for kind, said, status in by_title
        ), planted
    assert len(found) == sum(result["statuses"].values())
    (ledger,) = rows(database, "SELECT * FROM canvas_copy_ledger")
    assert (ledger["dest_course_id"], ledger["content_migration_id"]) == ("2002", str(content_migration_id))
    assert emulator.token not in json.dumps([found, ledger], default=str)


def test_one_row_for_every_asset(content_migration_id: int, database: Engine, emulator: EmulatorServer) -> None:
    """Whatever either course lists stands in exactly one row."""
    reconcile(content_migration_id)
    found = rows(database, "SELECT asset_type, source_asset_id, dest_asset_id, status FROM canvas_asset_map")

    async def listed(course_id: int) -> set[tuple[str, str]]:
        async with AsyncCanvasClient(Settings(emulator.url, emulator.token)) as canvas:
            listings = await fetch_listings(canvas, course_id)
        return {
            (kind, str(asset.get("page_id") or asset["id"])) for kind, assets in listings.items() for asset in assets
        }

    for side, course_id in (("source", 1010), ("dest", 2002)):
        held = Counter((row["asset_type"], row[f"{side}_asset_id"]) for row in found)
        assets = asyncio.run(listed(course_id))
        assert len(assets) == 130
        assert {held[asset] for asset in assets} == {1}


def test_a_second_run_changes_nothing_but_stamps(content_migration_id: int, database: Engine) -> None:
    """Row by row, column by column, except those that say when."""
    first = reconcile(content_migration_id)
    before = rows(database, "SELECT * FROM canvas_asset_map ORDER BY asset_type, asset_key")
    second = reconcile(content_migration_id)
    after = rows(database, "SELECT * FROM canvas_asset_map ORDER BY asset_type, asset_key")
    assert first["rows"] == {"inserted": len(before), "updated": 0, "unchanged": 0, "removed": 0}
    assert second["rows"] == {"inserted": 0, "updated": 0, "unchanged": len(before), "removed": 0}
    stamps = {"last_seen_at", "run_id"}
    for one, other in zip(before, after, strict=True):
        assert {name for name in one if one[name] != other[name]} <= stamps


def test_the_report(content_migration_id: int, database: Engine, tmp_path: Path, emulator: EmulatorServer) -> None:
    """It lies where the path says, whole in itself, with links into this Canvas."""
    result = reconcile(content_migration_id, report_path=f"file://{tmp_path}/reports")
    path = Path(result["report_uri"].removeprefix("file://"))
    assert path.parent == tmp_path / "reports"
    report = path.read_text(encoding="utf-8")
    assert "BIOL 1010 Intro Biology" in report
    assert f'href="{emulator.url}/courses/2002' in report
    assert "Extra credit: Campus tree survey" in report
    assert emulator.token not in report


def test_the_result_is_small(content_migration_id: int, database: Engine) -> None:
    """Counts and ids, no rows."""
    assert len(json.dumps(reconcile(content_migration_id))) < 2048


def test_thresholds_fail_after_all_is_written(content_migration_id: int, database: Engine, tmp_path: Path) -> None:
    """What is wrong is said, and is in the tables and the report."""
    with pytest.raises(
        CanvasReconciliationError, match=r"missing: 1 assets, at most 0 allowed.*Report: file://"
    ) as failure:
        reconcile(
            content_migration_id, fail_if={"missing": 0, "duplicate": 5}, report_path=f"file://{tmp_path}/one.html"
        )
    assert "duplicate" not in str(failure.value)
    assert (tmp_path / "one.html").exists()
    assert rows(database, "SELECT * FROM canvas_asset_map")


def test_few_requests(content_migration_id: int, database: Engine, world: World) -> None:
    """Two courses with 260 assets and their mapping cost some twenty requests, ten at once at most."""
    before = len(world.requests)
    reconcile(content_migration_id)
    assert len(world.requests) - before <= 22
    assert all(request.status == 200 for request in list(world.requests)[before:])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"content_migration_id": "latest"}, "content_migration_id must be a number"),
        ({"destination_course_id": "BIO"}, "sis_course_id:"),
        ({"fail_if": {"missin": 0}}, "did you mean 'missing'"),
        ({"fail_if": {"missing": "none"}}, "write a number"),
    ],
)
def test_nonsense_is_refused_before_anything_is_asked(
    connection: str, world: World, said: dict[str, Any], words: str
) -> None:
    """With what to write instead."""
    with pytest.raises(AirflowFailException, match=words):
        reconcile(**{"content_migration_id": 77, **said})
    assert not world.requests


def test_a_copy_that_is_not_complete(connection: str, world: World) -> None:
    """It is said in which state it is, and what to do."""
    with world.lock:
        (failed,) = [m for m in world.tables.content_migrations.values() if m.course_id == 2006]
    with pytest.raises(AirflowFailException, match="is failed: only a completed course copy"):
        reconcile(failed.id, destination_course_id=2006)


def test_a_page_that_is_switched_off(content_migration_id: int, database: Engine, world: World) -> None:
    """Canvas answers 404 for the listing of a tab that the course has disabled: it lists nothing."""
    world.faults.rules.append(Rule("/courses/2002/quizzes$", status=404))
    found = reconcile(content_migration_id)
    assert found["statuses"]["mapped_but_deleted"] == 2 + 6


def test_thousands_of_assets(content_migration_id: int, database: Engine, world: World) -> None:
    """Three thousand pages more cost thirty requests more, not three thousand."""
    with world.lock:
        for number in range(3000):
            world.add(Page(course_id=1010, title=f"Page {number}"))
    before = len(world.requests)
    found = reconcile(content_migration_id)
    assert found["source_assets"] == 3130
    assert len(world.requests) - before <= 22 + 30
    assert {request.status for request in list(world.requests)[before:]} == {200}
