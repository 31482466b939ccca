"""The documentation's snippets run against a local Canvas, with the results that their pages describe."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

pytest.importorskip("airflow.sdk", reason="the snippets are written for Airflow 3")

from canvas_emulator.model.content import File, Folder
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import Group
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import ADMIN_ID
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.security.secret import Secret
from tests.support import stale_course
from tests.support.dag_files import dags_in
from tests.support.package_imports import run_to_the_end
from tests.support.task_attempt import Attempt

MASTER, FRESH, GROUP = 1010, 2001, 5


@pytest.fixture(scope="module")
def pages() -> dict[str, Any]:
    """Return the DAGs, by the page of the documentation."""
    return dags_in(Path(__file__).with_name("how_to.py"))


@pytest.fixture
def canvas(emulator: EmulatorServer) -> Any:
    """Return a client of the same Canvas that stands for another user."""
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        yield client


class Run:
    """A run of a page's tasks. A folder replaces the buckets, and the results of tasks are kept for later tasks.

    :param dag: The DAG of the page.
    :param tmp_path: The folder.
    :param params: The parameters of the run.
    """

    def __init__(self, dag: Any, tmp_path: Path, **params: Any) -> None:
        self.dag, self.tmp_path, self.params = dag, tmp_path, params
        self.results: dict[str, Any] = {}

    def task(self, task_id: str, **changed: Any) -> Any:
        """Render a task, run it to its end, and return its result.

        :param task_id: The task.
        :param changed: Attributes of the task to replace, which other tasks provide in a real run.
        """
        task, attempt = self.dag.get_task(task_id), Attempt(params=self.params)
        for name, value in changed.items():
            setattr(task, name, value)
        for name in task.template_fields:
            if isinstance(text := getattr(task, name), str) and text.startswith("s3://aws_default@"):
                setattr(task, name, text.replace("s3://aws_default@", f"{self.tmp_path}/"))
        pulling = type("Pulling", (), {"xcom_pull": lambda _, task_id: self.results[task_id]})()
        task.render_template_fields({**attempt.context(task), "ti": pulling, "ds": "2026-09-01"})
        self.results[task_id] = run_to_the_end(lambda: task, attempt)
        return self.results[task_id]


def test_mapped_copies(connection: str, pages: dict[str, Any]) -> None:
    """One task per course copies into both courses."""
    mapped = pages["mapped_copies"].get_task("copy_section")
    (destinations,) = mapped.expand_input.value.values()

    def copied_into(destination: str) -> Any:
        task = mapped.unmap({"destination_course_id": destination})
        return run_to_the_end(lambda: task, Attempt())["destination_course_id"]

    assert [copied_into(destination) for destination in destinations] == [2001, 2002]


def test_course_copy(connection: str, pages: dict[str, Any], tmp_path: Path) -> None:
    """The copy shifts all dates and completes."""
    done = Run(pages["course_copy"], tmp_path).task("copy_course", fail_on_issues=None)
    assert (done["workflow_state"], done["destination_course_id"]) == ("completed", FRESH)


def test_term(connection: str, pages: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copies of a file are planned, complete with the issues that the master course has, and are reconciled."""
    database = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(database)}))
    monkeypatch.setattr("airflow_provider_canvas.operators.bulk_course_copy.SAFE_DELAY", 0.0)
    (tmp_path / "bucket").mkdir()
    rows = ["source_course_id,destination_course_id,campus", f"{MASTER},{FRESH},North", f"{MASTER},2003,South"]
    (tmp_path / "bucket" / "fall_2026.csv").write_text("\n".join(rows))
    run = Run(pages["term"], tmp_path)
    assert run.task("plan")["copies"] == 2
    done = run.task("copy", poll_interval=0.2)
    assert done["states"] == {"completed_with_issues": 2}
    reconciled = run.task("reconcile_term", fail_if=None)
    assert (reconciled["reconciled_now"], reconciled["verdicts"]["unreadable"]) == (2, 0)


def test_copies_input(connection: str, pages: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan has the sections of the term that the query finds."""
    with closing(sqlite3.connect(tmp_path / "warehouse.db")) as database:
        database.execute("CREATE TABLE sections (master, section, department, term)")
        rows = [(MASTER, FRESH, "Biology", "2026FA"), (MASTER, 2003, "Biology", "2026SP")]
        database.executemany("INSERT INTO sections VALUES (?, ?, ?, ?)", rows)
        database.commit()
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"sqlite:///{tmp_path}/warehouse.db")
    assert Run(pages["copies_input"], tmp_path).task("plan_query")["copies"] == 1


def test_legacy_course_copy(connection: str, pages: dict[str, Any], tmp_path: Path) -> None:
    """The copy of two types of content completes, and the sensor waits for it."""
    run = Run(pages["legacy_course_copy"], tmp_path)
    done = run.task("copy_course", fail_on_issues=None)
    assert done["workflow_state"] == "completed"
    run.params["content_migration_id"] = done["content_migration_id"]
    run.task("wait_for_copy")


def test_content_migrations(connection: str, world: World, pages: dict[str, Any], tmp_path: Path) -> None:
    """A zip file is unpacked into a group's files."""
    world.tables.groups[GROUP] = Group(GROUP, "Lab 1", FRESH, frozenset({ADMIN_ID}))
    folder = world.add(Folder(course_id=GROUP, context_type=ContextType.GROUP, title="zip", full_name="zip"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("notes.txt", "What to bring.")
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "handouts.zip").write_bytes(archive.getvalue())
    Run(pages["content_migrations"], tmp_path, group_id=GROUP, folder_id=folder.id).task("import_files")
    assert [file.title for file in world.live(File, GROUP, ContextType.GROUP)] == ["notes.txt"]


def test_exports(connection: str, pages: dict[str, Any], tmp_path: Path) -> None:
    """The export has a file."""
    assert Run(pages["exports"], tmp_path).task("export")["file"]["size"] > 0


def test_courses(connection: str, world: World, pages: dict[str, Any], tmp_path: Path) -> None:
    """The snippets publish two courses, then create, rename, reset and conclude another one, in the page's order."""
    run = Run(pages["courses"], tmp_path)
    wanted = run.dag.get_task("find_courses").python_callable()
    assert run.task("publish", course_ids=wanted)["counts"] == {"available": 2}
    assert len((tmp_path / "bucket" / "published.jsonl").read_text().splitlines()) == 2
    assert run.task("create")["created"]
    assert run.task("rename")["workflow_state"] == "available"
    done = run.task("reset")
    assert done["new_course_id"] != done["old_course_id"]
    assert run.task("delete")["course_id"] == done["new_course_id"]


def test_hook(connection: str, world: World, pages: dict[str, Any], tmp_path: Path) -> None:
    """The task writes the rows of an endpoint to a file: the courses of the token's user."""
    world.enroll(ADMIN_ID, MASTER, EnrollmentType.TEACHER)
    Run(pages["hook"], tmp_path).task("list_courses")
    rows = (tmp_path / "bucket" / "courses" / "2026-09-01.jsonl").read_text().splitlines()
    assert [(course["id"], "name" in course["term"]) for course in map(json.loads, rows)] == [(MASTER, True)]


def test_reconciliation(
    connection: str, pages: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The snippets copy a course, collect its issues, and write a report of its assets."""
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"sqlite:///{tmp_path}/warehouse.db")
    run = Run(pages["reconciliation"], tmp_path)
    copied = run.task("copy_course")
    assert run.task("issues", content_migrations=copied)["content_migrations"] == 1
    reconciled = run.task("reconcile", fail_if=None)
    assert int(reconciled["content_migration_id"]) == copied["content_migration_id"]
    assert list((tmp_path / "my-bucket" / "canvas").rglob("*.html"))


def test_past_terms(
    connection: str, world: World, pages: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies that the courses of the demo have are found, and reconciled with a report each."""
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"sqlite:///{tmp_path}/warehouse.db")
    run = Run(pages["past_terms"], tmp_path)
    found = run.task("find", account_id=1, enrollment_term_id="all")
    assert (found["copies"], found["new"]) == (2, 2)
    assert run.task("reconcile")["reconciled_now"] == found["copies"]


def test_sensors(connection: str, canvas: CanvasClient, pages: dict[str, Any], tmp_path: Path) -> None:
    """Each sensor waits for a job that another user started."""
    copying = canvas.content_migrations.create(
        course_id=FRESH, migration_type="course_copy_importer", settings={"source_course_id": MASTER}
    )
    export = canvas.content_exports.create(course_id=FRESH, export_type="common_cartridge")
    run = Run(
        pages["sensors"],
        tmp_path,
        content_migration_id=copying["id"],
        content_export_id=export["id"],
        progress_id=copying["progress_url"].rpartition("/")[2],
    )
    run.results["start"] = copying
    run.task("wait_for_import", poke_interval=0.1)
    run.task("wait_for_export")
    run.task("wait_for_progress")
    run.task("poll_every_two_minutes", mode="poke")  # no scheduler can reschedule it here
    run.task("wait_for_selection")


def test_repair(pages: dict[str, Any], emulator_server: EmulatorServer, tmp_path: Path, monkeypatch: Any) -> None:
    """The plan changes nothing, the repair corrects all links, and the undo restores the texts."""
    database = {"conn_type": "sqlite", "host": f"{tmp_path}/warehouse.db"}
    world, engine = stale_course.stale_world(), sa.create_engine(f"sqlite:///{tmp_path}/warehouse.db")
    emulator_server.show(world)
    connection = {"conn_type": "canvas", "host": emulator_server.url, "password": stale_course.TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(database))
    settings, places = Settings(emulator_server.url, Secret(stale_course.TOKEN)), stale_course.all_places(world)
    links = stale_course.record_stale_links(engine, settings, places)
    run = Run(pages["repair"], tmp_path)
    assert run.task("plan_repair")["states"] == {"planned": links}
    repaired = run.task("repair")
    assert repaired["states"] == {"repaired": links}
    assert Path(repaired["report_uri"]).exists()
    assert run.task("undo_repair", undo=repaired["run_id"])["states"] == {"undone": links}
    engine.dispose()
