"""``CanvasContentMigrationOperator`` creates migrations of any type, in any context, from any source."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.exceptions import AirflowSkipException
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import File, Folder, Page
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import Group
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import ADMIN_ID
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from tests.support.package_imports import cartridge, run_to_the_end, sent_paths
from tests.support.storage_hosts import Host, hosted
from tests.support.task_attempt import Attempt, deferred, rendered

__all__ = ["cartridge"]  # fixture

COURSE, GROUP = 2001, 5
CARTRIDGE = {"migration_type": "canvas_cartridge_importer"}


@pytest.fixture
def package(cartridge: bytes, tmp_path: Path) -> Path:
    """Write a course package to a file."""
    path = tmp_path / "biology.imscc"
    path.write_bytes(cartridge)
    return path


@pytest.fixture
def package_url(cartridge: bytes) -> Iterator[str]:
    """Serve a course package from a vendor's host, and return its URL."""
    with hosted(Host(cartridge)) as host:
        yield host.url


@pytest.fixture
def export_id(emulator: EmulatorServer) -> Any:
    """Export the master course, and return the export's id."""
    with CanvasClient(Settings(emulator.url, emulator.token)) as canvas:
        export = canvas.content_exports.create(course_id=1010, export_type="common_cartridge")
        while not export.get("attachment"):
            export = canvas.content_exports.get(course_id=1010, content_export_id=export["id"])
    return export["id"]


def import_task(**arguments: Any) -> CanvasContentMigrationOperator:
    """Return an operator with these arguments."""
    return CanvasContentMigrationOperator(
        **{"task_id": "import", "deferrable": True, "poll_interval": 0.1, "fail_on_issues": None, **arguments}
    )


def count_pages(world: World) -> int:
    """Count the pages of the destination course."""
    with world.lock:
        return len(world.live(Page, COURSE))


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize("source", ["package", "file_url", "content_export_id", "source_course_id"])
def test_every_source(
    connection: str, world: World, source: str, deferrable: bool, request: pytest.FixtureRequest
) -> None:
    """The content of each kind of source arrives in the course."""
    source_arguments: dict[str, Any] = {
        "package": lambda: {"package": str(request.getfixturevalue("package")), **CARTRIDGE},
        "file_url": lambda: {"file_url": request.getfixturevalue("package_url"), **CARTRIDGE},
        "content_export_id": lambda: {"content_export_id": str(request.getfixturevalue("export_id")), **CARTRIDGE},
        "source_course_id": lambda: {"source_course_id": "sis_course_id:TMPL-BIOL1010"},
    }[source]()
    course = {"course_id": "sis_course_id:BIOL-1010-001"}
    result = run_to_the_end(lambda: import_task(**source_arguments, **course, deferrable=deferrable), Attempt())
    assert (result["workflow_state"], result["course_id"]) == ("completed", COURSE)
    assert result.get("source_course_id") == (1010 if source == "source_course_id" else None)
    assert count_pages(world) > 10
    assert "http" not in str({name: value for name, value in result.items() if name != "url"})


@pytest.mark.parametrize("context", ["group_id", "user_id"])
def test_files_of_groups_and_users(
    connection: str, emulator: EmulatorServer, world: World, tmp_path: Path, context: str
) -> None:
    """A zip file is unpacked into a folder of a group or a user, and the link leads to the group or user."""
    archive = tmp_path / "files.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("notes.txt", "hello")
    number, kind = (GROUP, ContextType.GROUP) if context == "group_id" else (ADMIN_ID, ContextType.USER)
    world.tables.groups[GROUP] = Group(GROUP, "Lab 1", COURSE, frozenset({ADMIN_ID}))
    folder = world.add(Folder(course_id=number, context_type=kind, title="zip", full_name="zip"))
    attempt, arguments = Attempt(), {"migration_type": "zip_file_importer", "settings": {"folder_id": folder.id}}
    result = run_to_the_end(lambda: import_task(package=archive, **{context: number}, **arguments), attempt)
    assert (result["workflow_state"], result[context]) == ("completed", number)
    assert attempt.xcom["canvas_page_url"] == f"{emulator.url}/{context.removesuffix('_id')}s/{number}"
    assert [file.title for file in world.live(File, number, kind)] == ["notes.txt"]


def test_import_into_an_account(connection: str, emulator: EmulatorServer, world: World, package: Path) -> None:
    """A package can be imported into an account."""
    attempt = Attempt()
    result = run_to_the_end(lambda: import_task(package=package, account_id=1, **CARTRIDGE), attempt)
    assert (result["workflow_state"], result["account_id"]) == ("completed", 1)
    assert attempt.xcom["canvas_page_url"] == f"{emulator.url}/accounts/1/content_migrations"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Give exactly one of package, file_url, content_export_id, source_course_id, not none"),
        ({"file_url": "https://x.example/a", "content_export_id": 3}, "not file_url and content_export_id"),
        ({"file_url": "https://x.example/a"}, "migration_type is missing: set the type of file_url"),
        ({"file_url": "s3://x/a?signature=S3CRET", **CARTRIDGE}, "file_url must be an address"),
        ({"content_export_id": "x", **CARTRIDGE}, "content_export_id"),
        ({"source_course_id": 1010, "course_id": "", "group_id": 5}, "Canvas makes no course_copy_importer in group"),
        ({"source_course_id": 1010, "group_id": 5}, "Give exactly one of course_id, account_id, group_id, user_id"),
        ({"source_course_id": 1010, "course_id": None}, "not none"),
        ({"source_course_id": "BIO"}, "sis_course_id:"),
        ({"source_course_id": 1010, "new_start_date": "soon"}, "new_start_date 'soon' is not a date"),
        ({"file_url": "https://x.example/a", "if_running": "adopt", **CARTRIDGE}, "Write 'wait' or 'fail'"),
        ({"source_course_id": 1010, "settings": "7"}, "such as {'folder_id': 7}"),
        ({"source_course_id": 1010, "importer_skips": {"a": 1}}, "write a list, such as ['visibility_settings']"),
    ],
)
def test_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request; the error says what to write, without signed URLs."""
    task = rendered(import_task, **{"course_id": COURSE, **arguments})
    with pytest.raises(AirflowFailException, match=re.escape(message)) as failure:
        task.execute(Attempt().context(task))
    assert "S3CRET" not in str(failure.value)
    assert not world.requests


def test_invalid_choice(connection: str, world: World) -> None:
    """An unknown value of ``if_running`` fails the task, and the error suggests the closest valid value."""
    task = rendered(import_task, source_course_id=1010, course_id=COURSE, if_running="adpt")
    with pytest.raises(AirflowFailException, match=r"if_running 'adpt' is not one of .* Did you mean 'adopt'\?$"):
        task.execute(Attempt().context(task))


def test_course_into_itself(connection: str, world: World) -> None:
    """Copying a course into itself fails, even if the two ids are written in different forms."""
    task = import_task(source_course_id="sis_course_id:BIOL-1010-001", course_id=COURSE)
    with pytest.raises(AirflowFailException, match=f"are the same course, {COURSE}"):
        task.execute(Attempt().context(task))
    assert sent_paths(world) == []


def test_unknown_export(connection: str, world: World) -> None:
    """Canvas's error about an unknown export fails the task without a retry."""
    task = import_task(content_export_id=99999, course_id=COURSE, **CARTRIDGE)
    with pytest.raises(AirflowFailException, match="invalid content export"):
        task.execute(Attempt().context(task))


@pytest.mark.parametrize("with_store", [True, False])
def test_retry_adopts_the_migration(connection: str, world: World, export_id: int, with_store: bool) -> None:
    """A retry waits for the migration of the first attempt, with or without a task state store."""
    store = Attempt().store if with_store else None
    arguments = {"content_export_id": export_id, "course_id": COURSE, **CARTRIDGE}
    deferred(import_task(**arguments), Attempt(store=store))
    result = run_to_the_end(lambda: import_task(**arguments), Attempt(store=store, try_number=2))
    assert result["workflow_state"] == "completed"
    assert len(world.migrations_of(COURSE)) == 1


def test_adopting_a_copy_of_another_run(connection: str, world: World) -> None:
    """With ``if_running="adopt"``, a copy of another DAG run is adopted, and killing the task does not cancel it."""
    world.settings.change({"copy_seconds": 1.5})
    arguments = {"source_course_id": 1010, "course_id": COURSE}
    deferred(import_task(**arguments), Attempt(run_id="other"))
    adopting = deferred(import_task(**arguments, if_running="adopt"), Attempt(run_id="adopting"))
    assert not adopting.trigger.cancel_on_kill
    assert len(world.migrations_of(COURSE)) == 1


def test_destination_that_is_not_empty(connection: str, world: World, export_id: int) -> None:
    """With ``if_not_empty="skip"``, an import into a course that has content is skipped."""
    task = import_task(content_export_id=export_id, course_id=2002, if_not_empty="skip", **CARTRIDGE)
    before = len(world.migrations_of(2002))
    with pytest.raises(AirflowSkipException, match="already has"):
        task.execute(Attempt().context(task))
    assert len(world.migrations_of(2002)) == before
