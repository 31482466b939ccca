"""Sensors wait for migrations and exports that another task started: by their records, without cancelling them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from airflow.exceptions import AirflowSkipException
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import ExportFault, ExportFaultKind, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasJobError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.sensors.content_export import CanvasContentExportSensor
from airflow_provider_canvas.sensors.content_migration import CanvasContentMigrationSensor
from tests.support.task_attempt import Attempt, deferred, fired, rendered, resumed


@pytest.fixture
def canvas(emulator: EmulatorServer, world: World) -> Iterator[CanvasClient]:
    """A client whose copies and exports take a second."""
    world.settings.change({"copy_seconds": 1.0, "export_seconds": 1.0})
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        yield client


def migration_of(canvas: CanvasClient, **more: Any) -> dict[str, Any]:
    """Start a copy, and return the ids by which a sensor waits for it."""
    made = canvas.content_migrations.create(
        course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}, **more
    )
    return {"course_id": 2001, "content_migration_id": made["id"]}


def export_of(canvas: CanvasClient) -> dict[str, Any]:
    """Start an export, and return the ids by which a sensor waits for it."""
    made = canvas.content_exports.create(course_id=1010, export_type="common_cartridge")
    return {"course_id": 1010, "content_export_id": made["id"]}


COMMON = {"task_id": "wait", "deferrable": True, "poke_interval": 0.05}


def migration_sensor(**parameters: Any) -> CanvasContentMigrationSensor:
    return CanvasContentMigrationSensor(**{**COMMON, **parameters})


def export_sensor(**parameters: Any) -> CanvasContentExportSensor:
    return CanvasContentExportSensor(**{**COMMON, **parameters})


KINDS = pytest.mark.parametrize(
    ("start", "sensor"), [(migration_of, migration_sensor), (export_of, export_sensor)], ids=["migration", "export"]
)


def waited(task: Any) -> dict[str, Any]:
    """Run a deferrable task to the end of its second half, and return the trigger's event."""
    deferral = deferred(task, Attempt())
    event = asyncio.run(fired(deferral))
    resumed(task, deferral, event, Attempt())
    return event


@KINDS
def test_deferred(connection: str, canvas: CanvasClient, world: World, start: Any, sensor: Any) -> None:
    """It polls once in the worker, the trigger continues, and only the start of the job changes anything in Canvas."""
    task = sensor(**start(canvas))
    event = waited(task)
    assert (event["status"], event["workflow_state"]) in (("succeeded", "completed"), ("succeeded", "exported"))
    assert [request.method for request in world.requests if request.method != "GET"] == ["POST"]


@KINDS
def test_in_the_worker(connection: str, canvas: CanvasClient, start: Any, sensor: Any) -> None:
    """Without deferral it pokes until the end."""
    task = sensor(**start(canvas), deferrable=False)
    assert task.execute(Attempt().context(task)) is None


def test_an_export_has_a_file_at_the_end(connection: str, canvas: CanvasClient) -> None:
    """A task after the sensor can download the file."""
    ids = export_of(canvas)
    waited(export_sensor(**ids))
    assert canvas.content_exports.get(**ids)["attachment"]["url"]


def test_the_files_of_a_user(connection: str, canvas: CanvasClient) -> None:
    """The export of a user is polled at the user."""
    made = canvas.content_exports.create(user_id="self", export_type="zip")
    waited(export_sensor(user_id="self", content_export_id=str(made["id"])))


@pytest.mark.parametrize("deferrable", [True, False])
def test_until_a_selection_is_awaited(connection: str, canvas: CanvasClient, deferrable: bool) -> None:
    """A selective copy waits for its selection at once, so the first poll ends the wait."""
    ids = migration_of(canvas, selective_import=True)
    task = migration_sensor(**ids, until="waiting_for_select", deferrable=deferrable)
    assert task.execute(Attempt().context(task)) is None
    assert canvas.content_migrations.get(**ids)["workflow_state"] == "waiting_for_select"


def test_until_it_runs(connection: str, canvas: CanvasClient, world: World) -> None:
    """Of several states, the first one that a poll sees ends the wait."""
    world.settings.change({"copy_seconds": 5.0})
    task = migration_sensor(**migration_of(canvas), until=["running", "completed"], deferrable=False)
    task.execute(Attempt().context(task))
    assert (
        canvas.content_migrations.get(course_id=2001, content_migration_id=task.content_migration_id)["workflow_state"]
        == "running"
    )


def test_a_state_that_does_not_come(connection: str, canvas: CanvasClient) -> None:
    """A completed migration never waits for a selection, and one that waits never completes by itself."""
    with pytest.raises(CanvasJobError, match="did not stop at waiting_for_select"):
        waited(migration_sensor(**migration_of(canvas), until="waiting_for_select"))
    with pytest.raises(CanvasJobError, match="Canvas waits until a selection is sent"):
        waited(migration_sensor(**migration_of(canvas, selective_import=True)))


@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.HUNG_PROGRESS])
def test_a_migration_that_fails(connection: str, canvas: CanvasClient, world: World, fault: Fault) -> None:
    """The sensor fails, even if the migration's Progress runs for ever."""
    world.faults.migrations.append(MigrationFault(fault, stage=4))
    with pytest.raises(CanvasJobError, match=r"^content_migration \d+ ended as failed"):
        waited(migration_sensor(**migration_of(canvas)))


def test_an_export_that_fails(connection: str, canvas: CanvasClient, world: World) -> None:
    """The error names the export; Canvas gives no reason."""
    world.faults.exports.append(ExportFault(ExportFaultKind.FAILS))
    with pytest.raises(CanvasJobError, match=r"^content_export \d+ ended as failed"):
        waited(export_sensor(**export_of(canvas)))


@pytest.fixture
def old_export(connection: str, canvas: CanvasClient, world: World) -> dict[str, Any]:
    """An export of 40 days ago, whose file Canvas has deleted."""
    ids = export_of(canvas)
    waited(export_sensor(**ids))
    world.tables.content_exports[ids["content_export_id"]].created_at -= timedelta(days=40)
    return ids


@pytest.mark.parametrize("parameters", [{"mode": "poke"}, {"mode": "reschedule"}, {"deferrable": True}], ids=str)
def test_an_export_whose_file_is_gone(old_export: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Its record says ``exported``, and no file will come: the first poll fails, in every mode."""
    task = export_sensor(**old_export, **{"deferrable": False, **parameters})
    with pytest.raises(CanvasJobError, match="its file is gone: Canvas keeps it for 30 days"):
        task.poke(Attempt().context(task))


@KINDS
def test_one_that_never_ends(connection: str, canvas: CanvasClient, world: World, start: Any, sensor: Any) -> None:
    """A sensor's timeout is Airflow's own error, which ``soft_fail`` skips; the job is not cancelled."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=3))
    world.faults.exports.append(ExportFault(ExportFaultKind.STUCK))
    ids = start(canvas)
    with pytest.raises(
        AirflowSensorTimeout, match=r"^content_\w+ \d+ did not end within 0.5 s .* It continues in Canvas"
    ):
        waited(sensor(**ids, timeout=0.5))
    task = sensor(**ids, timeout=0.5, deferrable=False)
    with pytest.raises(AirflowSensorTimeout):
        task.execute(Attempt().context(task))
    soft = sensor(**ids, timeout=0.5, deferrable=False, soft_fail=True)
    with pytest.raises(AirflowSkipException):
        soft.execute(Attempt().context(soft))
    assert not any(request.path.endswith("/cancel") for request in world.requests)


@KINDS
def test_being_killed_leaves_the_job_alone(
    connection: str, canvas: CanvasClient, world: World, start: Any, sensor: Any
) -> None:
    """Killing the sensor does not cancel the job."""
    task = sensor(**start(canvas))
    deferral = deferred(task, Attempt())
    task.on_kill()
    asyncio.run(deferral.trigger.on_kill())
    assert not any(request.path.endswith("/cancel") for request in world.requests)


@pytest.mark.parametrize(
    ("sensor", "parameters", "words"),
    [
        (migration_sensor, {"content_migration_id": 7}, "exactly one of account_id, course_id, group_id, user_id"),
        (migration_sensor, {"content_migration_id": 7, "course_id": 1, "group_id": 2}, "exactly one of"),
        (migration_sensor, {"content_migration_id": "seven", "course_id": 1}, "content_migration_id must be a number"),
        (migration_sensor, {"content_migration_id": 7, "course_id": 1, "until": "runing"}, r"mean 'running'\?$"),
        (migration_sensor, {"content_migration_id": 7, "course_id": 1, "until": []}, "until is empty"),
        (export_sensor, {"content_export_id": 7}, "exactly one of course_id, group_id, user_id"),
        (export_sensor, {"content_export_id": "None", "course_id": 1}, "content_export_id must be a number"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_is_sent(
    connection: str, world: World, sensor: Any, parameters: dict[str, Any], words: str
) -> None:
    """The error names the valid values."""
    task = rendered(sensor, **parameters)
    with pytest.raises(AirflowFailException, match=words):
        task.execute(Attempt().context(task))
    assert not world.requests


@pytest.mark.parametrize("parameters", [{}, {"deferrable": False}, {"deferrable": False, "mode": "reschedule"}])
def test_an_unknown_migration(connection: str, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, Any]) -> None:
    """After the time that replicas may lag, the task fails without a retry."""
    monkeypatch.setattr("airflow_provider_canvas.client.jobs.poll_schedule.NOT_FOUND_YET", 0.5)
    task = migration_sensor(course_id=2001, content_migration_id=999999, **parameters)
    runs = task.poke if task.reschedule else task.execute
    with pytest.raises(AirflowFailException, match="does not exist"):
        waited(task) if task.deferrable else runs(Attempt().context(task))


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_migration_that_a_replica_does_not_know_yet(
    connection: str, canvas: CanvasClient, world: World, deferrable: bool
) -> None:
    """Another task has just created it: the sensor polls again."""
    ids = migration_of(canvas)
    world.faults.rules.append(Rule(rf"/content_migrations/{ids['content_migration_id']}$", status=404, times=2))
    task = migration_sensor(**ids, deferrable=deferrable)
    if deferrable:
        waited(task)
    else:
        task.execute(Attempt().context(task))
    assert not any(rule.times for rule in world.faults.rules)
