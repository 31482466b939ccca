"""Sensors wait for a Progress that another task started."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airflow.exceptions import AirflowRescheduleException, AirflowSkipException
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasError, CanvasJobError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from tests.support.task_attempt import Attempt, deferred, fired, resumed


@pytest.fixture
def held(world: World) -> Iterator[None]:
    """Hold all jobs in their queue."""
    with world.hold():
        yield


@pytest.fixture
def progress_url(emulator: EmulatorServer) -> str:
    """Start a copy that takes two seconds, and return the URL of its Progress."""
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        migration = client.content_migrations.create(
            course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
        )
    return migration["progress_url"]


@pytest.fixture
def without_retries(connection: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Use a connection that retries no request."""
    fields = json.loads(os.environ["AIRFLOW_CONN_CANVAS_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps({**fields, "extra": {"retry_for": 0}}))
    return connection


def sensor(**parameters: Any) -> CanvasProgressSensor:
    """Return a sensor; keyword arguments replace its own."""
    return CanvasProgressSensor(**{"task_id": "wait", "deferrable": True, "poke_interval": 0.2, **parameters})


def test_deferred(connection: str, release_jobs: Callable[[], None], progress_url: str, world: World) -> None:
    """The worker polls once, and the trigger polls from then on."""
    before = len(world.requests)
    task = sensor(progress_url=progress_url)
    deferral = deferred(task, Attempt())
    assert len(world.requests) == before + 1
    release_jobs()
    event = asyncio.run(fired(deferral))
    assert (event["status"], event["completion"]) == ("succeeded", 100.0)
    result = resumed(sensor(progress_url=progress_url), deferral, event, Attempt())
    assert (result["progress_id"], result["workflow_state"]) == (904, "completed")


def test_finished_job_is_not_deferred(connection: str) -> None:
    """A job that ended long ago ends the sensor in the worker."""
    task = sensor(progress_id=901)
    assert task.execute(Attempt().context(task))["workflow_state"] == "completed"


def test_in_the_worker(connection: str, progress_url: str) -> None:
    """Without deferral, the sensor pokes until the job ends."""
    task = sensor(progress_url=progress_url, deferrable=False)
    task.execute(Attempt().context(task))


def test_reschedule_mode(connection: str, held: None, progress_url: str) -> None:
    """In reschedule mode, the worker is free between two polls."""
    pytest.importorskip("airflow.sdk", reason="Airflow 2 reads the time of the first poll from its database")
    task = sensor(progress_url=progress_url, deferrable=False, mode="reschedule")
    context = Attempt().context(task)
    context["ti"].mock_add_spec(["get_first_reschedule_date"])
    context["ti"].get_first_reschedule_date.return_value = None
    with pytest.raises(AirflowRescheduleException):
        task.execute(context)


@pytest.mark.parametrize("deferrable", [True, False])
def test_failed_progress(
    connection: str, held: None, progress_url: str, emulator: EmulatorServer, deferrable: bool
) -> None:
    """The error of a failed Progress has Canvas's message."""
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        client.progress.cancel(progress_id=progress_url.rpartition("/")[2], message="no longer wanted")
    task = sensor(progress_url=progress_url, deferrable=deferrable)
    with pytest.raises(CanvasJobError, match="ended as failed: no longer wanted"):
        task.execute(Attempt().context(task))


def test_progress_fails_while_deferred(connection: str, world: World, emulator: EmulatorServer) -> None:
    """If the job fails during the deferral, the resumed sensor fails."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=6))
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        migration = client.content_migrations.create(
            course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
        )
    task = sensor(progress_url=migration["progress_url"])
    deferral = deferred(task, Attempt())
    with pytest.raises(CanvasJobError, match="ended as failed"):
        resumed(task, deferral, asyncio.run(fired(deferral)), Attempt())


def test_timeout(connection: str, world: World, emulator: EmulatorServer) -> None:
    """A timeout raises Airflow's own error without a retry, and skips the task with ``soft_fail``."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=3))
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        migration = client.content_migrations.create(
            course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
        )
    parameters = {"progress_url": migration["progress_url"], "timeout": 1}
    deferral = deferred(sensor(**parameters), Attempt())
    event = asyncio.run(fired(deferral))
    assert event["status"] == "timeout"
    with pytest.raises(AirflowSensorTimeout, match="did not end within 1 s"):
        resumed(sensor(**parameters), deferral, event, Attempt())
    soft = sensor(**parameters, soft_fail=True)
    with pytest.raises(AirflowSkipException):
        soft.resume_execution(deferral.method_name, {"event": event}, Attempt().context(soft))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "exactly one of progress_url and progress_id"),
        ({"progress_url": "x", "progress_id": 1}, "exactly one of"),
        ({"progress_url": "https://elsewhere.example/api/v1/progress/901?verifier=s3cret"}, "is not on http://127"),
        ({"progress_url": r"http://elsewhere.example\@127.0.0.1/api/v1/progress/901"}, "is not used: .*backslash"),
        ({"progress_url": "http://127.0.0.1@elsewhere.example/api/v1/progress/901"}, "is not used: .*user or password"),
        ({"progress_url": "http://127.1/api/v1/progress/901"}, "is not used: .*four decimal numbers"),
        ({"progress_url": "//127.0.0.1/api/v1/progress/901"}, "is not used: .*begin with https"),
        ({"progress_url": "/api/v1/progress/901"}, "is not used: .*begin with https"),
        ({"progress_id": "sis_course_id:1"}, "progress_id must be a number"),
        ({"progress_id": "None"}, "exactly one of"),
    ],
)
def test_invalid_parameters(connection: str, world: World, parameters: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the sensor before any request, and the error contains no secret of a URL."""
    task = sensor(**parameters)
    with pytest.raises(AirflowFailException, match=message) as failure:
        task.execute(Attempt().context(task))
    assert not world.requests
    assert "s3cret" not in str(failure.value)


def test_url_without_an_id(connection: str, emulator: EmulatorServer) -> None:
    """The error of a URL without an id has an example of a valid URL."""
    task = sensor(progress_url=f"{emulator.url}/api/v1/progress/")
    with pytest.raises(AirflowFailException, match=r"looks like https://school.instructure.com/api/v1/progress/901"):
        task.execute(Attempt().context(task))


@pytest.mark.parametrize("deferrable", [True, False])
def test_soft_fail_does_not_skip_wrong_parameters(connection: str, deferrable: bool) -> None:
    """A wrong parameter fails the task, even with ``soft_fail``."""
    task = sensor(progress_id="901x", soft_fail=True, deferrable=deferrable)
    with pytest.raises(ValueError, match="progress_id must be a number"):
        task.execute(Attempt().context(task))


@pytest.mark.parametrize("soft_fail", [True, False])
def test_revoked_token(
    connection: str, progress_url: str, world: World, monkeypatch: pytest.MonkeyPatch, soft_fail: bool
) -> None:
    """A revoked token fails the sensor without a retry, deferred or not; ``soft_fail`` skips on timeouts only."""
    error_class = CanvasError if soft_fail else AirflowFailException
    task = sensor(progress_url=progress_url, soft_fail=soft_fail)
    deferral = deferred(task, Attempt())
    fields = json.loads(os.environ["AIRFLOW_CONN_CANVAS_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps({**fields, "password": "7~revoked"}))
    event = asyncio.run(fired(deferral))
    assert (event["status"], event["permanent"]) == ("error", True)
    with pytest.raises(error_class, match="rejects the token"):
        task.resume_execution("execute_complete", {"event": event}, Attempt().context(task))
    in_the_worker = sensor(progress_url=progress_url, soft_fail=soft_fail, deferrable=False)
    with pytest.raises(error_class, match="rejects the token"):
        in_the_worker.execute(Attempt().context(in_the_worker))


def test_temporary_error_of_the_trigger(connection: str, progress_url: str) -> None:
    """If the trigger gave up after a temporary error, the task can be retried."""
    event = {"status": "error", "message": "Canvas answered 503", "permanent": False}
    task = sensor(progress_url=progress_url)
    with pytest.raises(CanvasError, match="answered 503"):
        task.resume_execution("execute_complete", {"event": event}, Attempt().context(task))


@pytest.mark.parametrize("deferrable", [True, False])
def test_temporary_errors(without_retries: str, progress_url: str, world: World, deferrable: bool) -> None:
    """A poke tolerates the errors that the trigger tolerates, and so does the first poll of a deferrable task."""
    world.faults.rules.append(Rule(path=r"/progress/\d+$", method="GET", times=3, status=503))
    task = sensor(progress_url=progress_url, deferrable=deferrable)
    context = Attempt().context(task)
    assert task.poke(context) is False
    if deferrable:
        deferral = deferred(task, Attempt())
        assert asyncio.run(fired(deferral))["status"] == "succeeded"
    else:
        assert task.execute(context)["workflow_state"] == "completed"
    assert [rule.times for rule in world.faults.rules] == [0]


def test_permanent_errors(without_retries: str, progress_url: str, world: World) -> None:
    """If the errors do not end, the sensor's timeout ends the wait."""
    world.faults.rules.append(Rule(path=r"/progress/\d+$", method="GET", times=None, status=503))
    task = sensor(progress_url=progress_url, deferrable=False, timeout=0.5)
    with pytest.raises(AirflowSensorTimeout):
        task.execute(Attempt().context(task))
