"""``CanvasRepairLinksOperator`` as Airflow runs it: dry run, backup, table, report, skipped places, undo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import Page
from canvas_emulator.model.records import AccessToken, User
from canvas_emulator.model.settings import BlockEditor
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasRepairError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.operators.repair_links import CANVAS_REPAIR, CanvasRepairLinksOperator
from airflow_provider_canvas.repair.content import Reading
from airflow_provider_canvas.repair.many_places import RepairStoppedError
from airflow_provider_canvas.repair.saving import dates_to_clear
from airflow_provider_canvas.security.secret import Secret
from airflow_provider_canvas.utils.repair_backups import StoredBackups
from tests.support import stale_course
from tests.support.postgres import Database
from tests.support.stale_course import BATCH, COURSE, all_places, puts, record_stale_links, shown_texts
from tests.support.task_attempt import Attempt


class Lab:
    """A course with stale links, their rows in a database, and folders for backups and reports."""

    def __init__(self, world: World, canvas: Settings, engine: sa.engine.Engine, folder: Path) -> None:
        self.world, self.canvas, self.engine = world, canvas, engine
        self.backups, self.reports = folder / "backups", folder / "reports"
        self.places = all_places(world)
        self.links = record_stale_links(engine, canvas, self.places)
        world.counters.reset()

    def run(self, attempt: Attempt | None = None, **arguments: Any) -> dict[str, Any]:
        """Run the operator, by default for real; keyword arguments replace its own. Return its result."""
        task = CanvasRepairLinksOperator(
            **{
                "task_id": "repair",
                "batch": BATCH,
                "sql_conn_id": "repairs",
                "backup_path": str(self.backups),
                "report_path": str(self.reports),
                "dry_run": False,
                **arguments,
            }
        )
        result: dict[str, Any] = task.execute((attempt or Attempt()).context(task))
        return result

    def rows(self, query: str = "SELECT * FROM canvas_link_repair") -> list[dict[str, Any]]:
        """Return the rows of a query."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(query)).mappings()]

    def states(self) -> dict[str, int]:
        """Return the number of rows by state."""
        query = "SELECT state, COUNT(*) AS n FROM canvas_link_repair GROUP BY state"
        return {row["state"]: row["n"] for row in self.rows(query)}

    def page(self) -> Page:
        """Return the page."""
        (page,) = self.world.live(Page, COURSE)
        return page


def make_lab(server: EmulatorServer, url: str, fields: dict[str, Any], folder: Path, patch: pytest.MonkeyPatch) -> Lab:
    """Return a lab whose rows are in a database."""
    world = stale_course.stale_world()
    server.show(world)
    canvas = {"conn_type": "canvas", "host": server.url, "password": stale_course.TOKEN}
    patch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(canvas))
    patch.setenv("AIRFLOW_CONN_REPAIRS", json.dumps(fields))
    return Lab(world, Settings(server.url, Secret(stale_course.TOKEN)), sa.create_engine(url), folder)


@pytest.fixture
def lab(emulator_server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """Return a lab with SQLite."""
    fields = {"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"}
    made = make_lab(emulator_server, f"sqlite:///{tmp_path}/canvas.db", fields, tmp_path, monkeypatch)
    yield made
    made.engine.dispose()


def test_a_repair_on_postgresql(
    emulator_server: EmulatorServer, postgres_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dry run, repair, second run and undo do the same on PostgreSQL."""
    server = postgres_database
    fields = {
        "conn_type": "postgres",
        "host": server.host,
        "port": server.port,
        "login": server.user,
        "schema": server.name,
    }
    lab = make_lab(emulator_server, server.url, fields, tmp_path, monkeypatch)
    whole_story(lab)
    lab.engine.dispose()


def test_a_repair_on_sqlite(lab: Lab) -> None:
    """The dry run changes nothing, the repair changes each place once, and the undo restores all texts."""
    whole_story(lab)


def whole_story(lab: Lab) -> None:
    """Plan, repair, repair again, and take back."""
    before = shown_texts(lab.canvas, lab.places)
    plan = lab.run(dry_run=True, backup_path=None)
    assert (plan["dry_run"], plan["states"], plan["backup_path"]) == (True, {"planned": lab.links}, None)
    assert (puts(lab.world), lab.states()) == (0, {"planned": lab.links})
    assert not lab.backups.exists()
    first = plan["text"].splitlines()
    assert first[0] == f"Dry run, nothing was changed: {lab.links} changes in {len(lab.places)} places of 1 course."
    assert "/courses/1/" in plan["text"]
    assert "/courses/7/" in plan["text"]

    attempt = Attempt(run_id="manual__repair")
    done = lab.run(attempt)
    assert (done["states"], attempt.xcom[CANVAS_REPAIR]) == ({"repaired": lab.links}, done)
    assert lab.states() == {"repaired": lab.links}, "the plan of the other run is gone"
    assert puts(lab.world) == len(lab.places)
    assert lab.world.notices.notifications == []
    page = Path(done["report_uri"]).read_text(encoding="utf-8")
    assert f"{lab.links} of {lab.links} links are repaired." in page
    assert "verifier" not in page + json.dumps(done)
    assert "outside" not in page + json.dumps(done) + json.dumps(lab.rows(), default=str), "texts stay in the backup"
    assert all(Path(row["backup_uri"].removeprefix("file://")).exists() for row in lab.rows())

    assert lab.run(Attempt(run_id="manual__again"))["states"] == {"unchanged": lab.links}
    assert puts(lab.world) == len(lab.places)

    undone = lab.run(Attempt(run_id="manual__undo"), undo="manual__repair", backup_path=None)
    assert undone["states"] == {"undone": lab.links}
    assert shown_texts(lab.canvas, lab.places) == before
    rows = lab.rows("SELECT DISTINCT state, undo_run_id FROM canvas_link_repair WHERE run_id = 'manual__repair'")
    assert rows == [{"state": "undone", "undo_run_id": "manual__undo"}]
    with pytest.raises(AirflowFailException, match="no changes that can be taken back"):
        lab.run(undo="manual__repair")


def test_undo_by_the_path_of_the_backups(lab: Lab) -> None:
    """Without the rows of the run, the folder of its backups is enough; a single backup, too."""
    before = shown_texts(lab.canvas, lab.places)
    folder = lab.run()["backup_path"]
    with lab.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM canvas_link_repair"))
    assert lab.run(undo=folder, dry_run=True)["states"] == {"planned": lab.links}
    assert lab.run(undo=folder)["states"] == {"undone": lab.links}
    assert shown_texts(lab.canvas, lab.places) == before
    with pytest.raises(AirflowFailException, match="There are no backups below"):
        lab.run(undo=f"{lab.backups}/elsewhere")
    (lab.backups / "other.json").write_text('{"some": "document"}')
    with pytest.raises(AirflowFailException, match="not a backup"):
        lab.run(undo=f"{lab.backups}/other.json")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backup_path": None}, "backup_path is missing"),
        ({"backup_path": "nowhere://bucket/x"}, "cannot be used"),
        ({"batch": None}, "Nothing is selected"),
        ({"problems": ["points_to_sourc"]}, "Did you mean 'points_to_source'"),
        ({"place_types": ["page"]}, "Did you mean 'pages'"),
        ({"place_types": ["quiz_questions"]}, "questions are reported and not repaired"),
        ({"fail_if": {"broken": 0}}, "fail_if has 'broken'"),
        ({"fail_if": {"failed": -1}}, "write a number of 0 or more"),
        ({"link_table": "elsewhere"}, "reconcile the copies first"),
        ({"link_table": "stale\x00link"}, "link_table is .*: write a name, such as 'canvas_stale_link'"),
        ({"repair_table": ["repairs"]}, "repair_table is .*: write a name, such as 'canvas_link_repair'"),
        ({"schema": 2026}, "schema is 2026: write a name"),
        ({"undo": "no such run"}, "no changes that can be taken back"),
        ({"undo": 20260101}, "no changes that can be taken back"),
        ({"destination_course_id": "sis_course:X", "batch": None}, "course_id"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_input_is_refused_before_a_request(lab: Lab, arguments: dict[str, Any], message: str) -> None:
    """The error says what to write, and nothing was sent to Canvas."""
    with pytest.raises(AirflowFailException, match=message):
        lab.run(**arguments)
    assert lab.world.counters.requests() == 0


def test_a_backup_place_that_cannot_be_written(lab: Lab, tmp_path: Path) -> None:
    """The task fails before anything is sent to Canvas, and says what to check."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(AirflowFailException, match=r"cannot be written.*Nothing was sent to Canvas"):
        lab.run(backup_path=str(tmp_path / "file" / "below"))
    assert lab.world.counters.requests() == 0


def test_a_backup_that_cannot_be_written(lab: Lab) -> None:
    """Nothing is changed without its backup, and the next attempt of the task does the rest."""
    folder = Path(StoredBackups(str(lab.backups), lab.canvas.host, "manual__full").folder)
    folder.mkdir(parents=True)
    (folder / f"course-{COURSE}").write_text("a file where a folder should be")
    with pytest.raises(RepairStoppedError, match=r"The backup .* could not be written.* was not changed"):
        lab.run(Attempt(run_id="manual__full"))
    assert (puts(lab.world), lab.states()) == (0, {})
    (folder / f"course-{COURSE}").unlink()
    assert lab.run(Attempt(run_id="manual__full"))["states"] == {"repaired": lab.links}


def test_the_selection(lab: Lab) -> None:
    """Only the named courses, problems and types of places are repaired; templates may make text of lists."""
    lab.world.tables.courses[COURSE].sis_course_id = "BIO-1"
    assert lab.run(batch="other")["changes"] == 0
    assert lab.run(batch=None, destination_course_id=99)["changes"] == 0
    assert lab.run(problems=["placeholder"])["changes"] == 0
    assert puts(lab.world) == 0
    one = lab.run(batch=None, destination_course_id="sis_course_id:BIO-1", place_types="['pages']")
    assert one["states"] == {"repaired": 2}
    assert puts(lab.world) == 1


def lock(lab: Lab) -> None:
    """Let a blueprint lock the content of the page."""
    from canvas_emulator.effects.mapping import blueprint_key, migration_id
    from canvas_emulator.jobs import blueprint

    lab.world.tables.courses[stale_course.SOURCE].settings.blueprint = True
    blueprint.associate(lab.world, stale_course.SOURCE, COURSE)
    source = lab.world.add(Page(course_id=stale_course.SOURCE, title="A text"))
    lab.page().migration_id = blueprint_key(stale_course.SOURCE, migration_id(Page, source.id))
    (template,) = lab.world.tables.blueprint_templates.values()
    template.restricted.add((Page.KIND, source.id))


def follow(lab: Lab) -> None:
    """Let the page come from a blueprint that does not lock it."""
    lock(lab)
    (template,) = lab.world.tables.blueprint_templates.values()
    template.restricted.clear()


def write_in_blocks(lab: Lab) -> None:
    """Let the page be one of the block editor."""
    lab.world.settings.block_editor = BlockEditor.REFUSES
    lab.page().block_editor = True


def delete(lab: Lab) -> None:
    """Delete the page."""
    lab.page().workflow_state = "deleted"


def forbid(lab: Lab) -> None:
    """Let the token be one of a user who may only read the course."""
    reader = User(55, "Reader", readable=frozenset({COURSE}))
    lab.world.tables.users[55] = reader
    lab.world.tables.tokens[stale_course.TOKEN] = AccessToken(stale_course.TOKEN, 55)


def correct(lab: Lab) -> None:
    """Correct the page by hand."""
    lab.page().body = stale_course.right(lab.page().body)


@pytest.mark.parametrize(
    ("prepare", "state"),
    [
        (lock, "skipped_locked"),
        (follow, "skipped_blueprint"),
        (write_in_blocks, "skipped_block_editor"),
        (delete, "skipped_missing"),
        (forbid, "skipped_forbidden"),
        (correct, "unchanged"),
    ],
)
def test_a_place_that_is_skipped(lab: Lab, prepare: Any, state: str) -> None:
    """The page is skipped, its rows and the report say why, and all other places are repaired."""
    prepare(lab)
    body = next(iter(lab.world.rows(Page, COURSE))).body
    result = lab.run(fail_if={})
    rows = lab.rows("SELECT * FROM canvas_link_repair WHERE place_type = 'pages'")
    assert [(row["state"], bool(row["detail"])) for row in rows] == [(state, True)] * 2
    assert next(iter(lab.world.rows(Page, COURSE))).body == body
    if prepare is not forbid:
        assert result["states"] == {state: 2, "repaired": lab.links - 2}
    assert state in Path(result["report_uri"]).read_text(encoding="utf-8")


def test_content_of_a_blueprint_on_request(lab: Lab) -> None:
    """Content that is not locked is repaired with ``repair_blueprint_children``; locked content never is."""
    follow(lab)
    assert lab.run(repair_blueprint_children=True)["states"] == {"repaired": lab.links}


@pytest.mark.parametrize("setting", [BlockEditor.IGNORES, BlockEditor.REFUSES])
def test_a_change_that_canvas_ignores_or_refuses(
    lab: Lab, setting: BlockEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that does not say that it cannot be changed is found out by reading it after the request."""
    from canvas_emulator.pages import pages
    from canvas_emulator.pages.html_reading import html_for

    lab.page().block_editor = True
    lab.world.settings.block_editor = setting
    shown = pages.shape
    monkeypatch.setattr(pages, "shape", lambda *args: {k: v for k, v in shown(*args).items() if k != "editor"})
    monkeypatch.setattr(
        pages,
        "shape_with_body",
        lambda request, row: pages.shape(request, row) | {"body": html_for(request, row.body)},
    )
    monkeypatch.setattr("airflow_provider_canvas.repair.saving.PAUSES", (0.0, 0.0, 0.0))
    result = lab.run(place_types=["pages"], fail_if={})
    expected = "skipped_unsupported" if setting is BlockEditor.IGNORES else "failed"
    assert result["states"] == {expected: 2}


def test_thresholds_are_checked_after_everything_is_recorded(lab: Lab) -> None:
    """A threshold fails the task, whose result is pushed before, and whose other places are repaired."""
    delete(lab)
    attempt = Attempt()
    with pytest.raises(CanvasRepairError, match="2 changes are skipped missing, and 0 are allowed"):
        lab.run(attempt, fail_if={"skipped_missing": 0})
    assert attempt.xcom[CANVAS_REPAIR]["states"] == {"skipped_missing": 2, "repaired": lab.links - 2}
    assert lab.states() == {"skipped_missing": 2, "repaired": lab.links - 2}


def test_a_token_that_is_rejected_ends_the_task(lab: Lab) -> None:
    """Nothing is recorded as failed, since nothing of the places was tried."""
    lab.world.tables.tokens[stale_course.TOKEN].revoked = True
    with pytest.raises(AirflowFailException, match="token"):
        lab.run()
    assert lab.states() == {}


def test_the_syllabus_says_which_dates_canvas_cleared(lab: Lab) -> None:
    """An end of the course that Canvas clears on saving is in the detail of the row, also of a dry run."""
    from datetime import UTC, datetime

    lab.world.tables.courses[COURSE].end_at = datetime(2026, 12, 20, tzinfo=UTC)
    for options, words in (({"dry_run": True}, "Canvas would clear"), ({}, "Canvas cleared")):
        result = lab.run(place_types=["syllabus"], **options)
        assert f"{words} dates of 1 course." in result["text"]
        details = {row["detail"] for row in lab.rows()}
        assert len(details) == 1
        assert f"{words} end_at (2026-12-20T00:00:00Z)" in details.pop()


@pytest.mark.parametrize(
    ("state", "restricted", "named"),
    [("available", False, ["end_at"]), ("unpublished", False, ["start_at", "end_at"]), ("unpublished", True, [])],
)
def test_a_dry_run_names_the_dates_that_canvas_would_clear(state: str, restricted: bool, named: list[str]) -> None:
    """Canvas clears the end, and of an unpublished course the start, unless the dates restrict enrollments."""
    course: dict[str, Any] = {"syllabus_body": "", "start_at": "2026-09-01T00:00:00Z", "end_at": "2026-12-20T00:00:00Z"}
    course |= {"workflow_state": state, "restrict_enrollments_to_course_dates": restricted}
    detail = dates_to_clear(Reading(course, {}))
    assert [name for name in ("start_at", "end_at") if f"{name} (2026-" in detail] == named


def test_backups_of_another_canvas_are_refused(lab: Lab) -> None:
    """The same ids mean other content there: nothing is changed."""
    folder = Path(lab.run()["backup_path"])
    made = puts(lab.world)
    for path in folder.rglob("course-*/*.json"):
        path.write_text(path.read_text().replace(lab.canvas.host, "other.example"))
    with pytest.raises(AirflowFailException, match=r"was made on other\.example"):
        lab.run(undo=str(folder))
    assert puts(lab.world) == made


def test_a_backup_that_is_gone(lab: Lab) -> None:
    """An undo names the backup that is missing; a repair that was interrupted goes on without it."""
    lab.run(place_types=["pages"])
    (uri,) = {row["backup_uri"] for row in lab.rows()}
    Path(uri.removeprefix("file://")).unlink()
    with pytest.raises(AirflowFailException, match="not there any more"):
        lab.run(undo="manual__1")
    with lab.engine.begin() as connection:
        connection.execute(sa.text("UPDATE canvas_link_repair SET state = 'repairing'"))
    states = lab.run(Attempt(run_id="manual__2"))["states"]
    assert states == {"unchanged": 2, "repaired": lab.links - 2}


def test_titles_cannot_leave_the_body_of_an_approval(lab: Lab) -> None:
    """A title with the signs of a block of Markdown, or with line breaks, stays within its line."""
    with lab.engine.begin() as connection:
        connection.execute(sa.text("UPDATE canvas_stale_link SET place_title = :title"), {"title": "a\n```\n# b"})
    text = lab.run(dry_run=True)["text"]
    assert "```" not in text
    assert "# b" not in text.splitlines()
