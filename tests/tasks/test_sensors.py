"""Sensors wait for migrations and exports that another task started, and never cancel them."""

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
    """Return a client of a Canvas whose copies and exports take a second."""
    world.settings.change({"copy_seconds": 1.0, "export_seconds": 1.0})
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        yield client


def migration_of(canvas: CanvasClient, **fields: Any) -> dict[str, Any]:
    """Start a copy, and return the ids by which a sensor waits for it."""
    record = canvas.content_migrations.create(
        course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}, **fields
    )
    return {"course_id": 2001, "content_migration_id": record["id"]}


def export_of(canvas: CanvasClient) -> dict[str, Any]:
    """Start an export, and return the ids by which a sensor waits for it."""
    record = canvas.content_exports.create(course_id=1010, export_type="common_cartridge")
    return {"course_id": 1010, "content_export_id": record["id"]}


COMMON = {"task_id": "wait", "deferrable": True, "poke_interval": 0.05}


def migration_sensor(**parameters: Any) -> CanvasContentMigrationSensor:
    """Return a sensor of a migration; keyword arguments replace its own."""
    return CanvasContentMigrationSensor(**{**COMMON, **parameters})


def export_sensor(**parameters: Any) -> CanvasContentExportSensor:
    """Return a sensor of an export; keyword arguments replace its own."""
    return CanvasContentExportSensor(**{**COMMON, **parameters})


KINDS = pytest.mark.parametrize(
    ("start", "sensor"), [(migration_of, migration_sensor), (export_of, export_sensor)], ids=["migration", "export"]
)


def event_of(task: Any) -> dict[str, Any]:
    """Run a deferrable task to the end of its second half, and return the trigger's event."""
    deferral = deferred(task, Attempt())
    event = asyncio.run(fired(deferral))
    resumed(task, deferral, event, Attempt())
    return event


@KINDS
def test_deferred(connection: str, canvas: CanvasClient, world: World, start: Any, sensor: Any) -> None:
    """The worker polls once, the trigger polls from then on, and the sensor changes nothing in Canvas."""
    task = sensor(**start(canvas))
    event = event_of(task)
    assert (event["status"], event["workflow_state"]) in (("succeeded", "completed"), ("succeeded", "exported"))
    assert [request.method for request in world.requests if request.method != "GET"] == ["POST"]


@KINDS
def test_in_the_worker(connection: str, canvas: CanvasClient, start: Any, sensor: Any) -> None:
    """Without deferral, the sensor pokes until the job ends."""
    task = sensor(**start(canvas), deferrable=False)
    assert task.execute(Attempt().context(task)) is None


def test_export_has_a_file(connection: str, canvas: CanvasClient) -> None:
    """A task after the sensor can download the file."""
    ids = export_of(canvas)
    event_of(export_sensor(**ids))
    assert canvas.content_exports.get(**ids)["attachment"]["url"]


def test_export_of_a_user(connection: str, canvas: CanvasClient) -> None:
    """The export of a user is polled with the user's id."""
    record = canvas.content_exports.create(user_id="self", export_type="zip")
    event_of(export_sensor(user_id="self", content_export_id=str(record["id"])))


@pytest.mark.parametrize("deferrable", [True, False])
def test_until_a_selection_is_needed(connection: str, canvas: CanvasClient, deferrable: bool) -> None:
    """A selective copy waits for its selection at once, so the first poll ends the wait."""
    ids = migration_of(canvas, selective_import=True)
    task = migration_sensor(**ids, until="waiting_for_select", deferrable=deferrable)
    assert task.execute(Attempt().context(task)) is None
    assert canvas.content_migrations.get(**ids)["workflow_state"] == "waiting_for_select"


def test_until_one_of_several_states(connection: str, canvas: CanvasClient, world: World) -> None:
    """The wait ends at the first poll that finds one of the states."""
    world.settings.change({"copy_seconds": 5.0})
    task = migration_sensor(**migration_of(canvas), until=["running", "completed"], deferrable=False)
    task.execute(Attempt().context(task))
    assert (
        canvas.content_migrations.get(course_id=2001, content_migration_id=task.content_migration_id)["workflow_state"]
        == "running"
    )


def test_unreachable_state(connection: str, canvas: CanvasClient) -> None:
    """The sensor fails if the state cannot come: after completion, or while Canvas waits for a selection."""
    with pytest.raises(CanvasJobError, match="did not stop at waiting_for_select"):
        event_of(migration_sensor(**migration_of(canvas), until="waiting_for_select"))
    with pytest.raises(AirflowFailException, match=r"waits until its content is chosen .*See http"):
        event_of(migration_sensor(**migration_of(canvas, selective_import=True)))


@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.HUNG_PROGRESS])
def test_failed_migration(connection: str, canvas: CanvasClient, world: World, fault: Fault) -> None:
    """The sensor of a failed migration fails, even if the migration's Progress never ends."""
    world.faults.migrations.append(MigrationFault(fault, stage=4))
    message = r"^content_migration \d+ into course 2001 failed: There was an unexpected .*/2001/content_mig"
    with pytest.raises(CanvasJobError, match=message):
        event_of(migration_sensor(**migration_of(canvas)))


def test_failed_export(connection: str, canvas: CanvasClient, world: World) -> None:
    """The error names the failed export and its page; Canvas gives no reason."""
    world.faults.exports.append(ExportFault(ExportFaultKind.FAILS))
    with pytest.raises(CanvasJobError, match=r"^content_export \d+ of course 1010 ended as failed: .*/content_exports"):
        event_of(export_sensor(**export_of(canvas)))


@pytest.fixture
def old_export(connection: str, canvas: CanvasClient, world: World) -> dict[str, Any]:
    """Start an export, and age it by 40 days, so that Canvas has deleted its file."""
    ids = export_of(canvas)
    event_of(export_sensor(**ids))
    world.tables.content_exports[ids["content_export_id"]].created_at -= timedelta(days=40)
    return ids


@pytest.mark.parametrize("parameters", [{"mode": "poke"}, {"mode": "reschedule"}, {"deferrable": True}], ids=str)
def test_export_with_an_expired_file(old_export: dict[str, Any], parameters: dict[str, Any]) -> None:
    """If the file of an export has expired, the first poll fails in every mode, although its state is ``exported``."""
    task = export_sensor(**old_export, **{"deferrable": False, **parameters})
    with pytest.raises(CanvasJobError, match="its file is gone: Canvas keeps it for 30 days"):
        task.poke(Attempt().context(task))


@KINDS
def test_timeout(connection: str, canvas: CanvasClient, world: World, start: Any, sensor: Any) -> None:
    """A timeout raises Airflow's own error, which ``soft_fail`` skips, and the job is not cancelled."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=3))
    world.faults.exports.append(ExportFault(ExportFaultKind.STUCK))
    ids = start(canvas)
    with pytest.raises(
        AirflowSensorTimeout,
        match=r"^content_\w+ \d+ \w+ course \d+ .* did not end within 0.5 s .* It continues in Canvas",
    ):
        event_of(sensor(**ids, timeout=0.5))
    task = sensor(**ids, timeout=0.5, deferrable=False)
    with pytest.raises(
        AirflowSensorTimeout, match=r"^content_\w+ \d+ \w+ course \d+ .* did not end within 0.5 s \(last state: \w+\)"
    ):
        task.execute(Attempt().context(task))
    soft = sensor(**ids, timeout=0.5, deferrable=False, soft_fail=True)
    with pytest.raises(
        AirflowSkipException, match=r"^content_\w+ \d+ \w+ course \d+ .* did not end within 0.5 s \(last state: \w+\)"
    ):
        soft.execute(Attempt().context(soft))
    assert not any(request.path.endswith("/cancel") for request in world.requests)


@KINDS
def test_being_killed(connection: str, canvas: CanvasClient, world: World, start: Any, sensor: Any) -> None:
    """Killing the sensor does not cancel the job."""
    task = sensor(**start(canvas))
    deferral = deferred(task, Attempt())
    task.on_kill()
    asyncio.run(deferral.trigger.on_kill())
    assert not any(request.path.endswith("/cancel") for request in world.requests)


@pytest.mark.parametrize(
    ("sensor", "parameters", "message"),
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
def test_invalid_parameters(
    connection: str, world: World, sensor: Any, parameters: dict[str, Any], message: str
) -> None:
    """An invalid parameter fails the sensor before any request, and the error names the valid values."""
    task = rendered(sensor, **parameters)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert not world.requests


@pytest.mark.parametrize("parameters", [{}, {"deferrable": False}, {"deferrable": False, "mode": "reschedule"}])
def test_unknown_migration(connection: str, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, Any]) -> None:
    """A migration that is unknown for longer than replicas may lag fails the sensor without a retry."""
    monkeypatch.setattr("airflow_provider_canvas.client.jobs.poll_schedule.NOT_FOUND_YET", 0.5)
    task = migration_sensor(course_id=2001, content_migration_id=999999, **parameters)
    runs = task.poke if task.reschedule else task.execute
    with pytest.raises(AirflowFailException, match="does not exist"):
        event_of(task) if task.deferrable else runs(Attempt().context(task))


@pytest.mark.parametrize("deferrable", [True, False])
def test_lagging_replica(connection: str, canvas: CanvasClient, world: World, deferrable: bool) -> None:
    """If a replica does not know a new migration yet, the sensor polls again."""
    ids = migration_of(canvas)
    world.faults.rules.append(Rule(rf"/content_migrations/{ids['content_migration_id']}$", status=404, times=2))
    task = migration_sensor(**ids, deferrable=deferrable)
    if deferrable:
        event_of(task)
    else:
        task.execute(Attempt().context(task))
    assert not any(rule.times for rule in world.faults.rules)
