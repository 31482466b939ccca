"""Test the types of packages and the faults of their imports."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.content import Page, Quiz, QuizQuestion
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.faults import MigrationFault
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller
from tests.support.packaging import CARTRIDGE, IMPORT_SECONDS, cartridge, start_import, zipped

COURSE_COPY = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
MOODLE = b"""<?xml version="1.0"?><moodle_backup><information>
<original_course_fullname>Biology</original_course_fullname>
<contents><sections><section><sectionid>1</sectionid><title>Week 1</title></section></sections>
<activities><activity><moduleid>7</moduleid><sectionid>1</sectionid><modulename>quiz</modulename>
<title>Test</title><directory>activities/quiz_7</directory></activity></activities></contents>
</information></moodle_backup>"""
QUESTIONS = b"""<question_categories><question_category id="1"><name>Bank</name><questions>
<question id="2"><name>Any</name><qtype>random</qtype></question></questions></question_category>
</question_categories>"""


def finished(canvas: Caller, data: bytes, **body: Any) -> dict[str, Any]:
    """Import a package, and return the migration at its end."""
    migration = start_import(canvas, data, **body)
    canvas.server.world.clock.advance(IMPORT_SECONDS)
    return canvas.migration(migration["id"])


@pytest.mark.parametrize(
    ("migration_type", "title"),
    [(CARTRIDGE, "Canvas Common Cartridge"), ("common_cartridge_importer", "Common Cartridge")],
)
def test_cartridges(canvas: Caller, world: World, migration_type: str, title: str) -> None:
    """Both types of cartridge import the cartridge that Canvas exports."""
    migration = finished(canvas, cartridge(canvas, world, "One"), migration_type=migration_type)
    assert (migration["workflow_state"], migration["migration_type_title"]) == ("completed", title)
    assert [page.title for page in world.live(Page, DESTINATION)] == ["One"]


def test_qti(canvas: Caller, world: World) -> None:
    """A QTI file creates quizzes."""
    quiz = world.add(Quiz(course_id=SOURCE, title="Test", quiz_type="practice_quiz", question_count=1))
    world.add(QuizQuestion(course_id=SOURCE, title="Q", quiz_id=quiz.id, choices=("yes", "no"), correct="yes"))
    path = f"courses/{SOURCE}/content_exports"
    export = canvas("POST", path, json={"export_type": "qti"}).json()
    world.clock.advance(600)
    data = canvas("GET", canvas.get(f"{path}/{export['id']}")["attachment"]["url"]).content
    assert finished(canvas, data, migration_type="qti_converter")["workflow_state"] == "completed"
    assert [row.title for row in world.live(Quiz, DESTINATION)] == ["Test"]


def test_moodle(canvas: Caller, world: World) -> None:
    """A Moodle backup is imported with warnings: ``completed`` does not mean without problems."""
    data = zipped(**{"moodle_backup.xml": MOODLE, "course__course.xml": b"<course/>", "questions.xml": QUESTIONS})
    migration = finished(canvas, data, migration_type="moodle_converter")
    assert (migration["workflow_state"], migration["migration_type_title"]) == ("completed", "Moodle Importer")
    assert [row.title for row in world.live(Quiz, DESTINATION)] == ["Test"]
    assert {issue["issue_type"] for issue in canvas.issues(migration)} == {"warning"}


def test_cartridge_into_an_account(canvas: Caller, world: World) -> None:
    """A cartridge can be imported into an account, and creates no course content there."""
    path = "accounts/1/content_migrations"
    migration = start_import(canvas, cartridge(canvas, world, "One"), path)
    world.clock.advance(IMPORT_SECONDS)
    assert canvas.get(f"{path}/{migration['id']}")["workflow_state"] == "completed"
    assert list(world.rows(Page, 1, ContextType.ACCOUNT)) == []


@pytest.mark.parametrize(
    ("fault", "migration_state", "progress_state"),
    [
        (MigrationFault(Fault.FAILS), "failed", "failed"),
        (MigrationFault(Fault.HUNG_PROGRESS, stage=5), "failed", "running"),
        (MigrationFault(Fault.STUCK, stage=5), "running", "running"),
    ],
)
def test_faults(canvas: Caller, world: World, fault: MigrationFault, migration_state: str, progress_state: str) -> None:
    """The import of a package can have the same faults as a copy."""
    data = cartridge(canvas, world, "One")
    world.faults.migrations.append(fault)
    migration = finished(canvas, data)
    assert migration["workflow_state"] == migration_state
    assert canvas.progress(migration)["workflow_state"] == progress_state


def test_no_secret_is_recorded(canvas: Caller, world: World) -> None:
    """The list of requests has the steps of uploads and downloads, without their secrets."""
    world.settings.storage = StorageMode.S3
    migration = finished(canvas, cartridge(canvas, world, "One"))
    canvas("GET", migration["attachment"]["url"])
    queries = " ".join(request.query for request in world.requests)
    paths = [request.path for request in world.requests]
    assert any("create_success" in path for path in paths)
    assert any(path.startswith("/objects/") for path in paths)
    for name in ("verifier", "uuid", "token"):
        assert name not in queries


def test_failed_import_leaves_its_lane(canvas: Caller, world: World) -> None:
    """An import that fails makes room for the next one in its lane."""
    world.settings.lanes = 1
    broken = start_import(canvas, b"no package")
    copy = canvas("POST", "courses/33/content_migrations", json=COURSE_COPY).json()
    world.clock.advance(60)
    assert canvas.migration(broken["id"])["workflow_state"] == "failed"
    assert canvas.get(f"courses/33/content_migrations/{copy['id']}")["workflow_state"] == "completed"
