"""Importing packages: uploaded once into one migration, whatever dies; a failed upload is explained."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
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
from tests.support.package_imports import cartridge, run_to_the_end, sent
from tests.support.task_attempt import Attempt, deferred

__all__ = ["cartridge"]  # fixture

COURSE = 2001
STEP_2 = r"^/(files_api|canvas-files|files)$"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_lag, "PAUSES", (0.01,))


@pytest.fixture
def package(cartridge: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "biology.imscc"
    path.write_bytes(cartridge)
    return path


def importing(package: Any, **said: Any) -> CanvasImportPackageOperator:
    return CanvasImportPackageOperator(
        **{
            "task_id": "import_package",
            "course_id": "sis_course_id:BIOL-1010-001",
            "package": package,
            "migration_type": "canvas_cartridge_importer",
            "deferrable": True,
            "poll_interval": 0.1,
            "fail_on_issues": None,
            **said,
        }
    )


def pages(world: World) -> int:
    with world.lock:
        return len(world.live(Page, COURSE))


@pytest.mark.parametrize("deferrable", [True, False])
def test_from_beginning_to_end(
    connection: str, emulator: EmulatorServer, world: World, package: Path, deferrable: bool
) -> None:
    """The package is uploaded, imported, and its result is small and plain."""
    attempt = Attempt()
    result = run_to_the_end(lambda: importing(package, deferrable=deferrable), attempt)
    assert result["workflow_state"] == "completed"
    assert result["course_id"] == COURSE
    assert result["url"] == f"{emulator.url}/courses/{COURSE}/content_migrations"
    ids = {"course_id": COURSE, "content_migration_id": result["content_migration_id"]}
    assert attempt.xcom == {"canvas_page_url": result["url"], "content_migration": ids}
    assert len(json.dumps(result)) < 4096
    assert pages(world) > 10
    assert sent(world).count(f"/api/v1/courses/{COURSE}/content_migrations") == 1


def test_from_a_bucket(connection: str, world: World, cartridge: bytes) -> None:
    """Text with a scheme is a path on any object storage that Airflow knows."""
    ObjectStoragePath("memory://packages/biology.imscc").write_bytes(cartridge)
    result = run_to_the_end(lambda: importing("memory://packages/biology.imscc"), Attempt())
    assert result["workflow_state"] == "completed"
    assert pages(world) > 10


def test_a_storage_that_is_not_known(connection: str, world: World) -> None:
    """It is said what to install, and nothing is sent."""
    words = r"No filesystem registered for scheme s3: install apache-airflow-providers-amazon\[s3fs\]"
    with pytest.raises(AirflowFailException, match=words):
        run_to_the_end(lambda: importing("s3://bucket/book.imscc"), Attempt())
    assert not world.requests


def test_what_is_sent(connection: str, world: World, package: Path) -> None:
    """Name, size, settings and dates; and a mark."""
    run_to_the_end(
        lambda: importing(package, old_start_date="2026-01-12", new_start_date="2026-06-01", overwrite_quizzes="true"),
        Attempt(),
    )
    (migration,) = world.migrations_of(COURSE)
    assert set(migration.migration_settings) >= {"airflow_submission", "date_shift_options", "overwrite_quizzes"}


@pytest.fixture
def impatient(emulator: EmulatorServer, connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection repeats requests for a moment only."""
    said = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, "extra": {"retry_for": 0.2}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))


def second_steps(world: World) -> int:
    return sum(r.method == "POST" and re.search(STEP_2, r.path) is not None for r in world.requests)


@pytest.mark.parametrize("with_store", [True, False])
def test_an_upload_that_fails_is_done_again_by_a_retry(
    impatient: None, world: World, package: Path, with_store: bool
) -> None:
    """The message names the migration and its state; the retry uploads into the same one."""
    store = Attempt().store if with_store else None
    world.faults.rules.append(Rule(STEP_2, method="POST", times=None, status=503, body=Body.HTML))
    with pytest.raises(
        CanvasServerError,
        match=r"Content migration \d+ was created.*up to an hour.*It is pre_processing now: a retry of this task does",
    ):
        deferred(importing(package), Attempt(store=store))
    world.faults.clear()
    result = run_to_the_end(lambda: importing(package), Attempt(store=store, try_number=2))
    (migration,) = world.migrations_of(COURSE)
    assert result["content_migration_id"] == migration.id
    assert migration.migration_settings["airflow_submission"]  # beginning anew keeps the mark
    assert pages(world) > 10


@pytest.mark.parametrize("with_store", [True, False])
def test_a_retry_after_the_upload_only_waits(connection: str, world: World, package: Path, with_store: bool) -> None:
    """The file is uploaded once."""
    store = Attempt().store if with_store else None
    deferred(importing(package), Attempt(store=store))
    result = run_to_the_end(lambda: importing(package), Attempt(store=store, try_number=2))
    assert result["workflow_state"] == "completed"
    assert len(world.migrations_of(COURSE)) == second_steps(world) == 1


def test_a_clear_imports_again(connection: str, world: World, package: Path) -> None:
    """That is another submission, with another upload."""
    store = Attempt().store
    run_to_the_end(lambda: importing(package), Attempt(store=store))
    run_to_the_end(lambda: importing(package), Attempt(store=store, try_number=2, max_tries=3))
    assert len(world.migrations_of(COURSE)) == second_steps(world) == 2


def test_the_answer_to_the_post_is_lost(connection: str, world: World, package: Path) -> None:
    """The migration is found, and the file is uploaded into it although nobody heard where to."""
    world.faults.rules.append(Rule("/content_migrations$", Action.DROP_AFTER, method="POST"))
    assert run_to_the_end(lambda: importing(package), Attempt())["workflow_state"] == "completed"
    assert len(world.migrations_of(COURSE)) == 1


def test_over_the_quota(connection: str, world: World, package: Path) -> None:
    """Canvas says so before the upload; the migration has failed, so that it holds up no other."""
    world.tables.courses[COURSE].storage_quota_mb = 0
    task = importing(package)
    with pytest.raises(AirflowFailException, match=r"content migration \d+ failed at once: file size exceeds quota"):
        task.execute(Attempt().context(task))
    assert second_steps(world) == 0
    world.tables.courses[COURSE].storage_quota_mb = 500
    assert run_to_the_end(lambda: importing(package), Attempt(try_number=2))["workflow_state"] == "completed"


def test_the_storage_refuses_the_file(impatient: None, world: World, package: Path) -> None:
    """What no retry mends is not promised to be mended by one."""
    world.faults.rules.append(Rule(STEP_2, method="POST", times=None, status=400, body=Body.HTML))
    task = importing(package)
    with pytest.raises(Exception, match=r"Content migration \d+ was created .* It is pre_processing now") as failure:
        task.execute(Attempt().context(task))
    assert len(world.migrations_of(COURSE)) == 1
    assert ("a retry" in str(failure.value)) is not isinstance(failure.value, AirflowFailException)


def test_a_package_that_is_none(connection: str, world: World, tmp_path: Path) -> None:
    """Canvas cannot read it: the task fails with what Canvas says and where to look."""
    path = tmp_path / "broken.imscc"
    path.write_bytes(b"this is no zip")
    with pytest.raises(CanvasJobError, match=rf"content_migration \d+ into course {COURSE} failed: .*See http"):
        run_to_the_end(lambda: importing(path), Attempt())


def test_an_import_that_fails(connection: str, world: World, package: Path) -> None:
    """A retry uploads again, into a new migration: the old one is over."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=4))
    store = Attempt().store
    with pytest.raises(CanvasJobError, match="a retry imports again"):
        run_to_the_end(lambda: importing(package), Attempt(store=store))
    result = run_to_the_end(lambda: importing(package), Attempt(store=store, try_number=2))
    assert result["workflow_state"] == "completed"
    assert len(world.migrations_of(COURSE)) == 2


def test_being_killed_in_the_middle_of_the_upload(connection: str, world: World, package: Path) -> None:
    """The migration that was created before is found, and its Progress cancelled."""
    world.faults.rules.append(Rule(STEP_2, Action.DELAY, method="POST", seconds=1.5))
    task = importing(package)
    cancelled: list[str] = []

    def kill() -> None:
        assert eventually(lambda: world.migrations_of(COURSE))
        task.on_kill()
        cancelled.extend(path for path in sent(world) if path.endswith("/cancel"))

    killing = threading.Thread(target=kill)
    killing.start()
    with contextlib.suppress(TaskDeferred, CanvasJobError):  # in a worker it would be ended here
        task.execute(Attempt().context(task))
    killing.join()
    assert len(cancelled) == 1


def test_being_killed_while_deferred(connection: str, world: World, package: Path) -> None:
    """So is the one that is imported."""
    world.settings.change({"import_seconds": 60})
    asyncio.run(deferred(importing(package), Attempt()).trigger.on_kill())
    assert sent(world)[-1].endswith("/cancel")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"package": ""}, "Give exactly one of package, file_url, content_export_id, source_course_id, not none"),
        ({"file_url": "https://example.org/a.imscc"}, "not package and file_url"),
        ({"migration_type": ""}, "migration_type is missing: set the type of package"),
        ({"migration_type": "common_cartridge"}, "Did you mean 'common_cartridge_importer'"),
        ({"migration_type": "course_copy_importer"}, "source_course_id is for"),
        ({"migration_type": "zip_file_importer"}, "needs settings={'folder_id'"),
        ({"course_id": "BIOL"}, "sis_course_id:"),
        ({"if_running": "adopt"}, "Write 'wait' or 'fail'"),
        ({"settings": {"overwrite_quizes": True}}, "Did you mean 'overwrite_quizzes'"),
    ],
)
def test_nonsense_is_refused_before_anything_is_sent(
    connection: str, world: World, package: Path, said: dict[str, Any], words: str
) -> None:
    """With what to write instead."""
    task = importing(**{"package": package, **said})
    with pytest.raises(AirflowFailException, match=re.escape(words)):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_there_is_no_such_file(connection: str, world: World, tmp_path: Path) -> None:
    """It may still come: a retry looks again. Nothing was sent."""
    task = importing(tmp_path / "later.imscc")
    with pytest.raises(FileNotFoundError, match=r"later\.imscc"):
        task.execute(Attempt().context(task))
    assert not world.requests


@pytest.mark.parametrize("with_store", [True, False])
def test_a_package_that_is_gone_after_its_upload(
    connection: str, world: World, package: Path, with_store: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A retry waits for what an earlier attempt made; it needs no file."""
    store = Attempt().store if with_store else None
    deferred(importing(package), Attempt(store=store))
    package.unlink()
    result = run_to_the_end(lambda: importing(package), Attempt(store=store, try_number=2))
    (migration,) = world.migrations_of(COURSE)
    assert (result["content_migration_id"], result["workflow_state"]) == (migration.id, "completed")
    assert "A new migration could not be submitted now: " in capsys.readouterr().out


@pytest.mark.parametrize("with_store", [True, False])
def test_a_package_that_is_gone_before_its_upload(
    impatient: None, world: World, package: Path, with_store: bool
) -> None:
    """The error says which migration waits for which file; once that is back, a retry uploads it into the same one."""
    store = Attempt().store if with_store else None
    world.faults.rules.append(Rule(STEP_2, method="POST", times=None, status=503, body=Body.HTML))
    with pytest.raises(CanvasServerError):
        deferred(importing(package), Attempt(store=store))
    world.faults.clear()
    (migration,) = world.migrations_of(COURSE)
    aside = package.rename(package.with_suffix(".aside"))
    words = rf"Content migration {migration.id} waits for its file.* but {package} cannot be read"
    with pytest.raises(CanvasError, match=words):
        deferred(importing(package), Attempt(store=store, try_number=2))
    aside.rename(package)
    result = run_to_the_end(lambda: importing(package), Attempt(store=store, try_number=3))
    assert result["content_migration_id"] == migration.id
    assert len(world.migrations_of(COURSE)) == 1


def test_a_package_that_is_gone_and_needed(connection: str, world: World, package: Path) -> None:
    """Where the earlier migration failed, a new one is not made without its file."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=4))
    store = Attempt().store
    with pytest.raises(CanvasJobError):
        run_to_the_end(lambda: importing(package), Attempt(store=store))
    package.unlink()
    with pytest.raises(FileNotFoundError, match=r"biology\.imscc"):
        deferred(importing(package), Attempt(store=store, try_number=2))
    assert len(world.migrations_of(COURSE)) == 1


def test_a_storage_that_nobody_can_read_now(connection: str, world: World, cartridge: bytes) -> None:
    """The same holds for a bucket, whatever its library raises."""
    package = "memory://packages/gone.imscc"
    ObjectStoragePath(package).write_bytes(cartridge)
    store = Attempt().store
    deferred(importing(package), Attempt(store=store))
    ObjectStoragePath(package).unlink()
    assert (
        run_to_the_end(lambda: importing(package), Attempt(store=store, try_number=2))["workflow_state"] == "completed"
    )
    assert len(world.migrations_of(COURSE)) == 1


def test_an_unknown_course(connection: str, world: World, package: Path) -> None:
    """It is said which parameter names it."""
    task = importing(package, course_id="sis_course_id:NOPE")
    with pytest.raises(AirflowFailException, match=r"course_id 'sis_course_id:NOPE': .*does not exist"):
        task.execute(Attempt().context(task))
