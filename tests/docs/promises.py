"""What must be there before a snippet runs, and what its page promises.

Promises are filed under the page with the id of the block's DAG, or with the heading above the block.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from canvas_emulator.model.clock import RealClock
from canvas_emulator.model.content import File, Folder
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import Group
from canvas_emulator.seeds.demo import ADMIN_ID, demo_world
from canvas_emulator.server import serve

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.security.secret import Secret
from tests.docs.stage import Stage
from tests.support import stale_course
from tests.support.snippets import blocks

MASTER, FRESH, COPIED, EMPTY, PUBLISHED = 1010, 2001, 2002, 2003, "available"
GROUP, FOLDER = 5, 77
ISSUES = 2
"""How many issues a copy of the master course has."""


def _nothing(stage: Stage) -> None:
    pass


@dataclass(frozen=True)
class Promise:
    """What is there before a snippet runs, and what is there afterwards.

    :param prepare: Prepares Canvas, files and the database.
    :param check: Checks what the page promises.
    """

    prepare: Callable[[Stage], None] = _nothing
    check: Callable[[Stage], None] = _nothing


NO_PROMISE = Promise()


def copied(*course_ids: int) -> Callable[[Stage], None]:
    """Return a check that each course was imported into once."""

    def check(stage: Stage) -> None:
        stage.world.clock.advance(600)  # a copy that a snippet does not wait for
        stage.world.settle()
        for course_id in course_ids:
            (migration,) = stage.world.migrations_of(course_id)
            assert migration.workflow_state == "imported", migration

    return check


def course_is(course_id: int, state: str) -> Callable[[Stage], None]:
    """Return a check of the state of a course."""

    def check(stage: Stage) -> None:
        assert stage.world.tables.courses[course_id].workflow_state == state

    return check


def rows(**counts: int) -> Callable[[Stage], None]:
    """Return a check of how many rows each table of the warehouse has."""

    def check(stage: Stage) -> None:
        assert {table: stage.count(table) for table in counts} == counts

    return check


def reports(count: int) -> Callable[[Stage], None]:
    """Return a check of how many HTML reports are in the folder ``reports``."""

    def check(stage: Stage) -> None:
        assert len(list((stage.folder / "reports").rglob("*.html"))) == count

    return check


def every(*checks: Callable[[Stage], None]) -> Callable[[Stage], None]:
    """Return one check that makes several."""

    def check(stage: Stage) -> None:
        for each in checks:
            each(stage)

    return check


def lines(path: str, count: int) -> Callable[[Stage], None]:
    """Return a check of how many lines of JSON the one file has that a pattern finds."""

    def check(stage: Stage) -> None:
        (file,) = stage.folder.glob(path)
        assert len([json.loads(line) for line in file.read_text().splitlines()]) == count

    return check


def a_package(*names: str) -> Callable[[Stage], None]:
    """Return a preparation that writes an export of the master course into files."""

    def prepare(stage: Stage) -> None:
        world = demo_world(clock=RealClock(speed=3600))
        with serve(world) as server, CanvasClient(Settings(server.url, server.token)) as canvas:
            export = canvas.content_exports.create(course_id=MASTER, export_type="common_cartridge")
            world.clock.advance(60)
            export = canvas.content_exports.get(course_id=MASTER, content_export_id=export["id"])
            package = io.BytesIO()
            canvas.download(export, package)
        for name in names:
            stage.write(name, package.getvalue())

    return prepare


def handouts(stage: Stage) -> None:
    """Make a group with a folder, and a zip file with one file."""
    stage.world.tables.groups[GROUP] = Group(GROUP, "Lab 1", FRESH, frozenset({ADMIN_ID}))
    folder = Folder(id=FOLDER, course_id=GROUP, context_type=ContextType.GROUP, title="zip", full_name="zip")
    stage.world.add(folder)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("notes.txt", "What to bring.")
    stage.write("packages/handouts.zip", archive.getvalue())


def unpacked(stage: Stage) -> None:
    """Check that the group has the file of the zip file."""
    assert [file.title for file in stage.world.live(File, GROUP, ContextType.GROUP)] == ["notes.txt"]


def sections(stage: Stage) -> None:
    """Make a table of sections, of which one is in the term."""
    with stage.warehouse() as database:
        database.execute(sa.text("CREATE TABLE sections (master, section, department, term)"))
        insert = sa.text("INSERT INTO sections VALUES (:master, :section, 'Biology', :term)")
        database.execute(insert, {"master": MASTER, "section": FRESH, "term": "2026FA"})
        database.execute(insert, {"master": MASTER, "section": EMPTY, "term": "2026SP"})


def copied_batch(stage: Stage) -> None:
    """Copy into two courses as the batch ``fall-2026``."""
    stage.run(
        "from airflow.sdk import DAG\n"
        "from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator\n"
        'with DAG("earlier", schedule=None):\n'
        f"    copies = [dict(source_course_id={MASTER}, destination_course_id=id) for id in ({FRESH}, {EMPTY})]\n"
        "    CanvasBulkCourseCopyOperator(\n"
        '        task_id="copy", batch="fall-2026", copies=copies, sql_conn_id="warehouse", deferrable=True\n'
        "    )\n"
    )


def stale_links(stage: Stage) -> None:
    """Show a course with stale links, which a reconciliation of the batch ``fall-2026`` has recorded."""
    world = stale_course.stale_world()
    stage.show(world)
    engine = sa.create_engine(f"sqlite:///{stage.folder}/warehouse.db")
    settings = Settings(stage.server.url, Secret(stale_course.TOKEN))
    stage.links = stale_course.record_stale_links(engine, settings, stale_course.all_places(world))
    engine.dispose()


def states(task_id: str, state: str) -> Callable[[Stage], None]:
    """Return a check that a repair left all stale links in one state."""

    def check(stage: Stage) -> None:
        assert stage.result(task_id)["states"] == {state: stage.links}

    return check


def first_term(stage: Stage) -> None:
    """Run the DAG ``first_term`` of the same page, which copies and reconciles a batch."""
    (block,) = (block for block in blocks("python") if "docs/start.md: first_term" in block.names)
    stage.run(block.code)


def first_term_is_repaired(stage: Stage) -> None:
    """Check that the numbers of repaired and of other links are those that the page names."""
    assert stage.result("repair")["states"] == {"repaired": 39}
    assert stage.count("canvas_stale_link") == 9


def repaired(stage: Stage) -> None:
    """Repair stale links in a run whose id the page knows."""
    stale_links(stage)
    stage.run(
        "from airflow.sdk import DAG\n"
        "from airflow_provider_canvas.operators.repair_links import CanvasRepairLinksOperator\n"
        'with DAG("earlier", schedule=None):\n'
        "    CanvasRepairLinksOperator(\n"
        '        task_id="repair", batch="fall-2026", sql_conn_id="warehouse", dry_run=False, backup_path="backups"\n'
        "    )\n"
    )
    with stage.warehouse() as database:
        database.execute(sa.text("UPDATE canvas_link_repair SET run_id = 'manual__2026-09-01T08:00:00+00:00'"))


def uploaded(stage: Stage) -> None:
    """Check that the course has the file."""
    assert "syllabus.pdf" in [file.title for file in stage.world.live(File, FRESH)]


def archived(*names: str) -> Callable[[Stage], None]:
    """Return a check of the names of the objects in the bucket ``archive``, without their folders."""

    def check(stage: Stage) -> None:
        assert stage.s3 is not None
        assert sorted(Path(key).name for key in stage.s3.keys()) == sorted(names)  # noqa: SIM118  # no dict

    return check


PROMISES: dict[str, Promise] = {
    "README.md: copy_biology": Promise(check=copied(FRESH)),
    "docs/content_migrations.md: import_packages": Promise(a_package("packages/biology.imscc"), copied(FRESH, 2005)),
    "docs/content_migrations.md: import_files": Promise(handouts, unpacked),
    "docs/copies_input.md: plan_query": Promise(sections, rows(canvas_copy_ledger=1)),
    "docs/course_copy.md: copy_course": Promise(check=copied(FRESH)),
    "docs/courses.md: publish_term": Promise(
        check=every(course_is(FRESH, PUBLISHED), course_is(EMPTY, PUBLISHED), lines("reports/published.jsonl", 2))
    ),
    "docs/courses.md: create_course": Promise(check=lambda stage: _exists(stage, "BIOL-1010-NEW")),
    "docs/courses.md: rename_course": Promise(check=course_is(FRESH, PUBLISHED)),
    "docs/courses.md: reset_course": Promise(check=course_is(FRESH, "deleted")),
    "docs/courses.md: conclude_course": Promise(check=course_is(FRESH, "completed")),
    "docs/exports.md: archive_courses": Promise(
        check=archived("course-1010.imscc", "course-2002.imscc", "course-1010.json", "course-2002.json")
    ),
    "docs/files.md: Upload": Promise(lambda stage: _write(stage, "syllabus.pdf"), uploaded),
    "docs/files.md: Upload a package": Promise(a_package("biology.imscc"), copied(FRESH)),
    "docs/files.md: Download": Promise(check=archived("orientation.pdf")),
    "docs/hook.md: list_courses": Promise(check=lines("reports/courses-*.jsonl", 8)),
    "docs/legacy_course_copy.md: legacy_course_copy": Promise(check=copied(EMPTY)),
    "docs/migration_issues.md: collect_issues": Promise(
        check=every(copied(FRESH), lines("reports/issues.jsonl", ISSUES))
    ),
    "docs/operators.md: own_task": Promise(check=copied(FRESH)),
    "docs/past_terms.md: past_term": Promise(check=every(rows(canvas_copy_ledger=2), reports(3))),
    "docs/reconciliation.md: copy_and_reconcile": Promise(check=every(copied(FRESH), reports(1))),
    "docs/reconciliation.md: reconcile_term": Promise(copied_batch, reports(3)),
    "docs/recipes/archive_to_s3.md: archive_term": Promise(
        check=archived(*(f"BIOL-1010-00{number}.{end}" for number in range(1, 7) for end in ("imscc", "json")))
    ),
    "docs/recipes/late_sections.md: late_sections": Promise(check=every(copied(FRESH), reports(1))),
    "docs/recipes/mapped_copy.md: mapped_copy": Promise(check=copied(FRESH, EMPTY)),
    "docs/recipes/notifications.md: told": Promise(check=every(copied(FRESH), reports(1))),
    "docs/recipes/past_terms.md: past_terms": Promise(check=every(rows(canvas_copy_ledger=2), reports(3))),
    "docs/recipes/several_canvases.md: copy_anywhere": Promise(check=copied(FRESH)),
    "docs/recipes/several_canvases.md: One DAG for several schools": Promise(
        check=every(rows(canvas_copy_ledger=2), reports(2))
    ),
    "docs/recipes/several_canvases.md: move_course": Promise(check=copied(FRESH)),
    "docs/recipes/term_of_500_courses.md: copy_spreadsheet": Promise(check=every(copied(FRESH, EMPTY), reports(4))),
    "docs/recipes/vendor_cartridge.md: vendor_cartridge": Promise(check=copied(FRESH, EMPTY)),
    "docs/repair.md: plan_repair": Promise(stale_links, states("plan", "planned")),
    "docs/repair.md: repair": Promise(stale_links, states("repair", "repaired")),
    "docs/repair.md: undo_repair": Promise(repaired, states("undo", "undone")),
    "docs/selective_import.md: copy_selected": Promise(check=copied(FRESH)),
    "docs/selective_import.md: copy_many_types": Promise(check=copied(FRESH)),
    "docs/selective_import.md: copy_without_announcements": Promise(check=copied(FRESH)),
    "docs/start.md: first_repair": Promise(first_term, first_term_is_repaired),
    "docs/start.md: first_copy": Promise(check=every(copied(FRESH), reports(1))),
    "docs/start.md: first_term": Promise(check=every(rows(canvas_copy_ledger=3), reports(5))),
    "docs/term.md: plan_term": Promise(check=every(rows(canvas_copy_ledger=2), reports(1))),
    "docs/term.md: copy_term": Promise(check=every(rows(canvas_copy_ledger=2), reports(1))),
    "docs/term.md: copy_sections": Promise(check=copied(FRESH, EMPTY)),
}
"""The promises. A block that has none must run without an error all the same."""


def _exists(stage: Stage, sis_course_id: str) -> None:
    assert sis_course_id in [course.sis_course_id for course in stage.world.tables.courses.values()]


def _write(stage: Stage, name: str) -> None:
    stage.write(name, b"a file")
