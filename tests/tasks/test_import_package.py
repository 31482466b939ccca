"""``CanvasImportPackageOperator`` uploads a package once into one migration, and explains failed uploads."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.exceptions import TaskDeferred
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.content import Page
from canvas_emulator.model.faults import Action, Body, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasError, CanvasJobError, CanvasServerError
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from tests.support.airflow_storage import ObjectStoragePath
from tests.support.eventually import eventually
from tests.support.package_imports import cartridge, run_to_the_end, sent_paths
from tests.support.task_attempt import Attempt, deferred

__all__ = ["cartridge"]  # fixture

COURSE = 2001
STEP_2 = r"^/(files_api|canvas-files|files)$"


@pytest.fixture(autouse=True)
def _short_replica_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pause in which a lagging replica is read again."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.01,))


@pytest.fixture
def package(cartridge: bytes, tmp_path: Path) -> Path:
    """Write a course package to a file."""
    path = tmp_path / "biology.imscc"
    path.write_bytes(cartridge)
    return path


def import_task(package: Any, **arguments: Any) -> CanvasImportPackageOperator:
    """Return an operator that imports a package; keyword arguments replace its own."""
    return CanvasImportPackageOperator(
        **{
            "task_id": "import_package",
            "course_id": "sis_course_id:BIOL-1010-001",
            "package": package,
            "migration_type": "canvas_cartridge_importer",
            "deferrable": True,
            "poll_interval": 0.1,
            "fail_on_issues": None,
            **arguments,
        }
    )


def count_pages(world: World) -> int:
    """Count the pages of the course."""
    with world.lock:
        return len(world.live(Page, COURSE))


@pytest.mark.parametrize("deferrable", [True, False])
def test_from_beginning_to_end(
    connection: str, emulator: EmulatorServer, world: World, package: Path, deferrable: bool
) -> None:
    """The package is uploaded and imported, and the result is small."""
    attempt = Attempt()
    result = run_to_the_end(lambda: import_task(package, deferrable=deferrable), attempt)
    assert result["workflow_state"] == "completed"
    assert result["course_id"] == COURSE
    assert result["url"] == f"{emulator.url}/courses/{COURSE}/content_migrations"
    ids = {"course_id": COURSE, "content_migration_id": result["content_migration_id"]}
    assert attempt.xcom == {"canvas_page_url": result["url"], "content_migration": ids}
    assert len(json.dumps(result)) < 4096
    assert count_pages(world) > 10
    assert sent_paths(world).count(f"/api/v1/courses/{COURSE}/content_migrations") == 1


def test_package_in_object_storage(connection: str, world: World, cartridge: bytes) -> None:
    """A package may be a path on any object storage that Airflow supports."""
    ObjectStoragePath("memory://packages/biology.imscc").write_bytes(cartridge)
    result = run_to_the_end(lambda: import_task("memory://packages/biology.imscc"), Attempt())
    assert result["workflow_state"] == "completed"
    assert count_pages(world) > 10


def test_unsupported_storage(connection: str, world: World) -> None:
    """If the storage's library is missing, the error says what to install, and no request is sent."""
    message = "No filesystem registered for scheme gs: install apache-airflow-providers-google"
    with pytest.raises(AirflowFailException, match=message):
        run_to_the_end(lambda: import_task("gs://bucket/book.imscc"), Attempt())
    assert not world.requests


def test_migration_settings(connection: str, world: World, package: Path) -> None:
    """The migration has the settings, the date shift and an idempotency key."""
    run_to_the_end(
        lambda: import_task(
            package, old_start_date="2026-01-12", new_start_date="2026-06-01", overwrite_quizzes="true"
        ),
        Attempt(),
    )
    (migration,) = world.migrations_of(COURSE)
    assert set(migration.migration_settings) >= {"airflow_submission", "date_shift_options", "overwrite_quizzes"}


@pytest.fixture
def short_retries(emulator: EmulatorServer, connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a connection that retries requests for 0.2 s only."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, "extra": {"retry_for": 0.2}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))


def count_uploads(world: World) -> int:
    """Count the requests that upload a file (step 2 of an upload)."""
    return sum(r.method == "POST" and re.search(STEP_2, r.path) is not None for r in world.requests)


@pytest.mark.parametrize("with_store", [True, False])
def test_retry_after_a_failed_upload(short_retries: None, world: World, package: Path, with_store: bool) -> None:
    """The error of a failed upload names the migration and its state, and the retry uploads into the same migration."""
    store = Attempt().store if with_store else None
    world.faults.rules.append(Rule(STEP_2, method="POST", times=None, status=503, body=Body.HTML))
    with pytest.raises(
        CanvasServerError,
        match=r"Content migration \d+ was created.*up to an hour.*It is pre_processing now: a retry of this task does",
    ):
        deferred(import_task(package), Attempt(store=store))
    world.faults.clear()
    result = run_to_the_end(lambda: import_task(package), Attempt(store=store, try_number=2))
    (migration,) = world.migrations_of(COURSE)
    assert result["content_migration_id"] == migration.id
    assert migration.migration_settings["airflow_submission"]  # restarting the upload keeps the idempotency key
    assert count_pages(world) > 10


@pytest.mark.parametrize("with_store", [True, False])
def test_retry_after_the_upload(
    connection: str, release_jobs: Callable[[], None], world: World, package: Path, with_store: bool
) -> None:
    """A retry after the upload waits for the migration, and does not upload again."""
    store = Attempt().store if with_store else None
    deferred(import_task(package), Attempt(store=store))
    release_jobs()
    result = run_to_the_end(lambda: import_task(package), Attempt(store=store, try_number=2))
    assert result["workflow_state"] == "completed"
    assert len(world.migrations_of(COURSE)) == count_uploads(world) == 1


def test_cleared_task_imports_again(connection: str, world: World, package: Path) -> None:
    """A cleared task creates another migration with another upload."""
    store = Attempt().store
    run_to_the_end(lambda: import_task(package), Attempt(store=store))
    run_to_the_end(lambda: import_task(package), Attempt(store=store, try_number=2, max_tries=3))
    assert len(world.migrations_of(COURSE)) == count_uploads(world) == 2


def test_lost_response_to_the_post(connection: str, world: World, package: Path) -> None:
    """If the response to the POST is lost, the migration is found, and the package is uploaded into it."""
    world.faults.rules.append(Rule("/content_migrations$", Action.DROP_AFTER, method="POST"))
    assert run_to_the_end(lambda: import_task(package), Attempt())["workflow_state"] == "completed"
    assert len(world.migrations_of(COURSE)) == 1


def test_package_over_the_quota(connection: str, world: World, package: Path) -> None:
    """If the package exceeds the quota, the task fails before the upload, and later imports are not blocked."""
    world.tables.courses[COURSE].storage_quota_mb = 0
    task = import_task(package)
    message = (
        rf"biology.imscc has .*, and course {COURSE} has room for 0 bytes .*Make room: .*content migration \d+ failed "
        "at once: file size exceeds quota"
    )
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert count_uploads(world) == 0
    world.tables.courses[COURSE].storage_quota_mb = 500
    assert run_to_the_end(lambda: import_task(package), Attempt(try_number=2))["workflow_state"] == "completed"


def test_rejected_upload(short_retries: None, world: World, package: Path) -> None:
    """The error of a rejected upload mentions a retry only if a retry can help."""
    world.faults.rules.append(Rule(STEP_2, method="POST", times=None, status=400, body=Body.HTML))
    task = import_task(package)
    with pytest.raises(Exception, match=r"Content migration \d+ was created .* It is pre_processing now") as failure:
        task.execute(Attempt().context(task))
    assert len(world.migrations_of(COURSE)) == 1
    assert ("a retry" in str(failure.value).lower()) is not isinstance(failure.value, AirflowFailException)


def test_invalid_package(connection: str, world: World, tmp_path: Path) -> None:
    """If Canvas cannot read the package, the error has Canvas's message, and no retry uploads the package again."""
    path = tmp_path / "unknown.imscc"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("imsmanifest.xml", "<manifest><metadata><schema>ADL SCORM</schema></metadata></manifest>")
    message = rf"content_migration \d+ into course {COURSE} failed: Unsupported content package.*nothing was imported"
    with pytest.raises(AirflowFailException, match=message):
        run_to_the_end(lambda: import_task(path), Attempt())
    assert len(world.migrations_of(COURSE)) == 1


COURSE_EXPORT = {"course_settings/canvas_export.txt": "", "imsmanifest.xml": "<manifest/>"}
CARTRIDGE = {"imsmanifest.xml": "<manifest><metadata><schema>IMS Common Cartridge</schema></metadata></manifest>"}


@pytest.mark.parametrize(
    ("content", "migration_type", "message"),
    [
        (b"", "canvas_cartridge_importer", "it is empty"),
        (b"this is no zip", "common_cartridge_importer", "no zip, tar.gz or XML file"),
        (b"PK\x03\x04 and so on", "common_cartridge_importer", "damaged or incomplete zip file"),
        (COURSE_EXPORT, "zip_file_importer", "Import it by 'canvas_cartridge_importer'"),
        (COURSE_EXPORT, "qti_converter", "of which qti_converter imports nothing"),
        ({}, "common_cartridge_importer", "a zip file without any file in it"),
        ({"folder/": ""}, "zip_file_importer", "a zip file without any file in it"),
        (CARTRIDGE, "zip_file_importer", "Import it by 'common_cartridge_importer'"),
        (CARTRIDGE, "qti_converter", "Import it by 'common_cartridge_importer'"),
        ({"moodle_backup.xml": "<moodle_backup/>"}, "zip_file_importer", "Import it by 'moodle_converter'"),
        ({"moodle.xml": "<MOODLE_BACKUP/>"}, "qti_converter", "it is a Moodle backup"),
    ],
)
def test_wrong_package_is_not_uploaded(
    connection: str,
    world: World,
    tmp_path: Path,
    *,
    content: bytes | dict[str, str],
    migration_type: str,
    message: str,
) -> None:
    """A package that Canvas cannot read, or would take for something else, fails the task before anything is sent."""
    path = tmp_path / "package.zip"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as package:
            for name, text in content.items():
                package.writestr(name, text)
    settings = {"folder_id": 1} if migration_type == "zip_file_importer" else None
    task = import_task(path, migration_type=migration_type, settings=settings)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_failed_import(connection: str, world: World, package: Path) -> None:
    """After a failed import, the retry uploads the package into a new migration."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=4))
    store = Attempt().store
    with pytest.raises(CanvasJobError, match=r"A retry of this task imports again"):
        run_to_the_end(lambda: import_task(package), Attempt(store=store))
    result = run_to_the_end(lambda: import_task(package), Attempt(store=store, try_number=2))
    assert result["workflow_state"] == "completed"
    assert len(world.migrations_of(COURSE)) == 2


def test_being_killed_during_the_upload(connection: str, world: World, package: Path) -> None:
    """If the task is killed during the upload, the migration is found, and its Progress cancelled."""
    world.faults.rules.append(Rule(STEP_2, Action.DELAY, method="POST", seconds=1.5))
    task = import_task(package)
    cancelled: list[str] = []

    def kill() -> None:
        assert eventually(lambda: world.migrations_of(COURSE))
        task.on_kill()
        cancelled.extend(path for path in sent_paths(world) if path.endswith("/cancel"))

    killing = threading.Thread(target=kill)
    killing.start()
    with contextlib.suppress(TaskDeferred, CanvasJobError):  # a worker's process would end here
        task.execute(Attempt().context(task))
    killing.join()
    assert len(cancelled) == 1


def test_being_killed_while_deferred(connection: str, world: World, package: Path) -> None:
    """``on_kill`` of a deferred task cancels the Progress of the import."""
    world.settings.change({"import_seconds": 60})
    asyncio.run(deferred(import_task(package), Attempt()).trigger.on_kill())
    assert sent_paths(world)[-1].endswith("/cancel")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"package": ""}, "Give exactly one of package, file_url, content_export_id, source_course_id, not none"),
        ({"file_url": "https://example.org/a.imscc"}, "not package and file_url"),
        ({"migration_type": ""}, "migration_type is missing: set the type of package"),
        ({"migration_type": "common_cartridge"}, "Did you mean 'common_cartridge_importer'"),
        ({"migration_type": "course_copy_importer"}, "copies a course and takes no package"),
        ({"migration_type": "zip_file_importer"}, "needs settings={'folder_id'"),
        ({"course_id": "BIOL"}, "sis_course_id:"),
        ({"if_running": "adopt"}, "Write 'wait' or 'fail'"),
        ({"settings": {"overwrite_quizes": True}}, "Did you mean 'overwrite_quizzes'"),
    ],
)
def test_invalid_parameters(
    connection: str, world: World, package: Path, arguments: dict[str, Any], message: str
) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    task = import_task(**{"package": package, **arguments})
    with pytest.raises(AirflowFailException, match=re.escape(message)):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_missing_package(connection: str, world: World, tmp_path: Path) -> None:
    """If the package does not exist, the task fails before any request, and is not retried."""
    task = import_task(tmp_path / "later.imscc")
    with pytest.raises(AirflowFailException, match=r"package .*later\.imscc does not exist on this worker: put it"):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_missing_object(connection: str, world: World) -> None:
    """An object that does not exist in a storage is refused in the same words."""
    task = import_task("memory://packages/no-such.imscc")
    with pytest.raises(AirflowFailException, match=r"package memory://packages/no-such\.imscc does not exist"):
        task.execute(Attempt().context(task))
    assert not world.requests


@pytest.mark.parametrize("deferrable", [True, False])
def test_import_that_brought_nothing(
    connection: str,
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    *,
    deferrable: bool,
) -> None:
    """A completed import without content is a warning that says what to check, and so is the package before."""
    path = tmp_path / "handouts.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("handout.txt", "no question")
    result = run_to_the_end(lambda: import_task(path, migration_type="qti_converter", deferrable=deferrable), Attempt())
    assert (result["workflow_state"], result["issue_counts"]) == ("completed", {})
    assert f"{path} may not be what migration_type 'qti_converter' imports: it has no XML file" in caplog.text
    assert (
        f"Canvas imported nothing from {path}. Check Canvas's issues (it raised 0), whether the migration_type "
        "'qti_converter' is right for this source, and whether the source has any content."
    ) in capsys.readouterr().out


def test_import_that_brought_content(
    connection: str, world: World, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An import with content has no such warning, and neither has one whose record does not say what came."""
    run_to_the_end(lambda: import_task(package), Attempt())
    assert "imported nothing" not in capsys.readouterr().out


@pytest.mark.parametrize("with_store", [True, False])
def test_package_deleted_after_its_upload(
    connection: str,
    release_jobs: Callable[[], None],
    world: World,
    package: Path,
    *,
    with_store: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """If the package is deleted after its upload, the retry waits for the migration of the first attempt."""
    store = Attempt().store if with_store else None
    deferred(import_task(package), Attempt(store=store))
    release_jobs()
    package.unlink()
    result = run_to_the_end(lambda: import_task(package), Attempt(store=store, try_number=2))
    (migration,) = world.migrations_of(COURSE)
    assert (result["content_migration_id"], result["workflow_state"]) == (migration.id, "completed")
    assert "A new migration could not be submitted now: " in capsys.readouterr().out


@pytest.mark.parametrize("with_store", [True, False])
def test_package_deleted_before_its_upload(short_retries: None, world: World, package: Path, with_store: bool) -> None:
    """The error names the migration and its file; when the file is back, a retry uploads it into the same migration."""
    store = Attempt().store if with_store else None
    world.faults.rules.append(Rule(STEP_2, method="POST", times=None, status=503, body=Body.HTML))
    with pytest.raises(CanvasServerError):
        deferred(import_task(package), Attempt(store=store))
    world.faults.clear()
    (migration,) = world.migrations_of(COURSE)
    aside = package.rename(package.with_suffix(".aside"))
    message = rf"Content migration {migration.id} waits for its file.* but {package} cannot be read"
    with pytest.raises(CanvasError, match=message):
        deferred(import_task(package), Attempt(store=store, try_number=2))
    aside.rename(package)
    result = run_to_the_end(lambda: import_task(package), Attempt(store=store, try_number=3))
    assert result["content_migration_id"] == migration.id
    assert len(world.migrations_of(COURSE)) == 1


def test_package_deleted_after_a_failed_import(connection: str, world: World, package: Path) -> None:
    """After a failed import, the retry creates no new migration if the package is missing."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=4))
    store = Attempt().store
    with pytest.raises(CanvasJobError):
        run_to_the_end(lambda: import_task(package), Attempt(store=store))
    package.unlink()
    with pytest.raises(AirflowFailException, match=r"biology\.imscc does not exist"):
        deferred(import_task(package), Attempt(store=store, try_number=2))
    assert len(world.migrations_of(COURSE)) == 1


def test_object_deleted_after_its_upload(
    connection: str, release_jobs: Callable[[], None], world: World, cartridge: bytes
) -> None:
    """If the object is deleted after its upload, the retry waits for the migration, whatever the storage raises."""
    package = "memory://packages/gone.imscc"
    ObjectStoragePath(package).write_bytes(cartridge)
    store = Attempt().store
    deferred(import_task(package), Attempt(store=store))
    release_jobs()
    ObjectStoragePath(package).unlink()
    assert (
        run_to_the_end(lambda: import_task(package), Attempt(store=store, try_number=2))["workflow_state"]
        == "completed"
    )
    assert len(world.migrations_of(COURSE)) == 1


def test_unknown_course(connection: str, world: World, package: Path) -> None:
    """If the course does not exist, the error names the parameter that contains its id."""
    task = import_task(package, course_id="sis_course_id:NOPE")
    with pytest.raises(AirflowFailException, match=r"course_id 'sis_course_id:NOPE': .*does not exist"):
        task.execute(Attempt().context(task))
