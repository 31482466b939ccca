"""Triggers and events that another version of this package stored are understood, or fail only their own task."""

from __future__ import annotations

import contextlib
import json
import re
import time
from importlib import import_module
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout
from canvas_emulator.model.world import World

from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.waiters import OtherVersionError, Status
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from airflow_provider_canvas.triggers.event import MAX_RECORD_LENGTH, event_of_status, status_of_event
from tests.support.task_attempt import Attempt, stored

PATH = "airflow_provider_canvas.triggers.job.CanvasJobTrigger"
BATCH_PATH = "airflow_provider_canvas.triggers.bulk.CanvasBulkTrigger"
OTHER_VERSION = "Another version of this package may have stored it"
FINISHED = 901
"""A Progress of the demo's world that is completed."""


def arguments(**changed: Any) -> dict[str, Any]:
    """Return the arguments of a stored trigger; an argument that is ``...`` is missing."""
    now = time.time()
    stored_arguments = {
        "canvas_conn_id": "canvas_default",
        "waiter": "progress",
        "ids": {"progress_id": FINISHED},
        "began_at": now,
        "deadline": now + 60,
        "first_poll_at": now,
        "poll_interval": 0.1,
        "cancel_on_kill": True,
        "job": None,
    }
    return {name: value for name, value in {**stored_arguments, **changed}.items() if value is not ...}


async def event_of(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the event of a trigger that is created as the triggerer does, from its class path and its arguments."""
    module, _, name = PATH.rpartition(".")
    events = getattr(import_module(module), name)(**stored(kwargs)).run()
    async with contextlib.aclosing(events):
        return dict((await anext(events)).payload)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"job": ...},
        {"cancel_on_kill": ..., "poll_interval": ..., "first_poll_at": ..., "began_at": ...},
        {"batch_size": 50, "queue": {"name": "default"}},
        {"deadline": int(time.time()) + 3600, "poll_interval": 1},
    ],
    ids=["as stored today", "no job", "only what is needed", "unknown arguments", "whole numbers"],
)
async def test_valid_trigger(connection: str, changed: dict[str, Any]) -> None:
    """Unknown arguments are ignored, and all but four have defaults."""
    event = await event_of(arguments(**changed))
    assert (event["status"], event["workflow_state"]) == ("succeeded", "completed")


async def test_unknown_arguments_are_logged(connection: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The task's log names the unknown arguments of a stored trigger."""
    await event_of(arguments(batch_size=50, queue="x"))
    assert "stored this trigger: its arguments batch_size, queue are ignored." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"canvas_conn_id": ...}, "no canvas_conn_id"),
        ({"waiter": ..., "ids": ...}, "no waiter and no ids"),
        ({"deadline": ...}, "no deadline"),
        ({"deadline": None}, "no deadline"),
        ({"ids": {}}, "no ids"),
        ({"waiter": "outcome_import"}, "no waiter named 'outcome_import'"),
        ({"waiter": 7}, "waiter is 7"),
        ({"ids": [1, 2]}, r"ids is \[1, 2\]"),
        ({"ids": {"progress_id": 901, "shard": 3}}, "does not take"),
        ({"ids": {"course_id": 1}}, "does not take"),
        ({"waiter": "content_migration", "ids": {"content_migration_id": 7}}, "exactly one of"),
        ({"poll_interval": "soon"}, "poll_interval is 'soon'"),
        ({"poll_interval": None}, "poll_interval is None"),
        ({"deadline": "2026-01-01"}, "deadline is '2026-01-01'"),
        ({"cancel_on_kill": "maybe"}, "cancel_on_kill is 'maybe'"),
        ({"job": "copy"}, "job is 'copy'"),
    ],
    ids=str,
)
async def test_invalid_trigger(connection: str, world: World, changed: dict[str, Any], problem: str) -> None:
    """An invalid trigger sends nothing, and its event has an error that operators and sensors raise."""
    event = await event_of(arguments(**changed))
    assert (event["status"], event["permanent"]) == ("error", False)
    assert not world.requests
    for task in (copy_task(), sensor_task()):
        with pytest.raises(CanvasError, match=rf"{problem}.* {OTHER_VERSION}"):
            task.execute_complete(Attempt().context(task), event=event)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"canvas_conn_id": ...}, "no canvas_conn_id"),
        ({"batch": ..., "outstanding": ...}, "no batch and no outstanding"),
        ({"deadline": ...}, "no deadline"),
        ({"wanted": "all"}, "wanted is 'all'"),
        ({"until": None}, "until is None"),
        ({"outstanding": [1, 2]}, r"outstanding is \[1, 2\]"),
        ({"outstanding": {"waves": [[0.0, [7]]]}}, "outstanding is broken"),
        ({"outstanding": {"waves": [7], "queued": [], "adopted": [], "records": []}}, "outstanding is broken"),
        ({"cancel_on_kill": "maybe"}, "cancel_on_kill is 'maybe'"),
        ({"resume": "soon"}, "resume is 'soon'"),
    ],
    ids=str,
)
async def test_invalid_trigger_of_a_batch(connection: str, world: World, changed: dict[str, Any], problem: str) -> None:
    """An invalid trigger of a batch sends nothing, and its event says what is wrong; killing it raises nothing."""
    module, _, name = BATCH_PATH.rpartition(".")
    trigger = getattr(import_module(module), name)(**stored(batch_arguments(**changed)))
    async with contextlib.aclosing(trigger.run()) as events:
        event = (await anext(events)).payload
    assert (event["status"], event["permanent"]) == ("error", False)
    assert re.search(rf"{problem}.* {OTHER_VERSION}", event["message"])
    await trigger.on_kill()
    assert not world.requests


async def test_unknown_arguments_of_a_batch_are_logged(connection: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The task's log names the unknown arguments of a stored trigger of a batch."""
    module, _, name = BATCH_PATH.rpartition(".")
    trigger = getattr(import_module(module), name)(**stored(batch_arguments(lanes=8, deadline=...)))
    async with contextlib.aclosing(trigger.run()) as events:
        await anext(events)
    assert "stored this trigger: its arguments lanes are ignored." in capsys.readouterr().out


def batch_arguments(**changed: Any) -> dict[str, Any]:
    """Return the arguments of a stored trigger of a batch; an argument that is ``...`` is missing."""
    now = time.time()
    stored_arguments = {
        "canvas_conn_id": "canvas_default",
        "batch": "fall-2026",
        "outstanding": {"waves": [[now, [FINISHED]]], "queued": [], "adopted": [], "records": []},
        "wanted": 1,
        "until": now + 60,
        "not_before": now,
        "deadline": now + 60,
        "poll_interval": 0.1,
        "cancel_on_kill": True,
        "resume": {},
    }
    return {name: value for name, value in {**stored_arguments, **changed}.items() if value is not ...}


async def test_kill_of_an_invalid_trigger(connection: str, world: World) -> None:
    """``on_kill`` of an invalid trigger logs a warning and raises nothing."""
    module, _, name = PATH.rpartition(".")
    await getattr(import_module(module), name)(**stored(arguments(waiter="outcome_import"))).on_kill()
    assert not world.requests


def copy_task() -> CanvasCourseCopyOperator:
    """Return a copy operator."""
    return CanvasCourseCopyOperator(task_id="copy", source_course_id=1010, destination_course_id=2001)


def sensor_task() -> CanvasProgressSensor:
    """Return a Progress sensor."""
    return CanvasProgressSensor(task_id="wait", progress_id=FINISHED)


JOB = {
    "waiter": "content_migration",
    "ids": {"course_id": 2001, "content_migration_id": 80},
    "extra": {"source_course_id": 1010},
    "began_at": 1.5,
    "deadline": 61.5,
    "started_by_other": True,
}


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (None, "ended with None instead of an event"),
        ("done", "ended with 'done' instead of an event"),
        ({}, "status None is unknown"),
        ({"status": "paused", "job": JOB}, "status 'paused' is unknown"),
        ({"status": ["succeeded"], "job": JOB}, "is unknown"),
    ],
    ids=str,
)
def test_invalid_event(connection: str, world: World, event: Any, problem: str) -> None:
    """An invalid event fails the task with an error that can be retried."""
    for task in (copy_task(), sensor_task()):
        with pytest.raises(OtherVersionError, match=rf"{problem}.* {OTHER_VERSION}"):
            task.execute_complete(Attempt().context(task), event=event)
    assert not world.requests


@pytest.mark.parametrize(
    "job",
    [None, [], {}, {"waiter": "content_migration"}, {"waiter": 7, "ids": {}}, {**JOB, "waiter": "outcome_import"}],
    ids=str,
)
def test_invalid_job(connection: str, world: World, job: Any) -> None:
    """An invalid stored job fails the task before any request."""
    task = copy_task()
    with pytest.raises(OtherVersionError, match=OTHER_VERSION):
        task.execute_complete(Attempt().context(task), event={"status": "timeout", "job": job})
    assert not world.requests


@pytest.mark.parametrize("key", ["extra", "began_at", "deadline", "started_by_other", "a newer key"])
def test_job_with_other_fields(connection: str, key: str) -> None:
    """Missing fields of a stored job get defaults, and unknown fields are ignored."""
    job = {name: value for name, value in JOB.items() if name != key}
    if key == "a newer key":
        job = {**JOB, "priority": 3}
    task = copy_task()
    with pytest.raises(AirflowFailException, match="content_migration 80 did not end within"):
        task.execute_complete(Attempt().context(task), event={"status": "timeout", "job": job})


@pytest.mark.parametrize(
    "event", [{"status": "succeeded"}, {"status": "succeeded", "workflow_state": None, "record": "x", "newer": [1]}]
)
def test_event_with_other_fields(connection: str, event: dict[str, Any]) -> None:
    """A sensor needs only the status of an event."""
    task: Any = sensor_task()
    assert task.execute_complete(Attempt().context(task), event=event)["workflow_state"] == "unknown"
    assert status_of_event(event) == Status("succeeded", "unknown")


def test_timeout_without_a_state(connection: str) -> None:
    """The sensor's timeout says that the last state is unknown."""
    task = sensor_task()
    with pytest.raises(AirflowSensorTimeout, match="last state: unknown"):
        task.execute_complete(Attempt().context(task), event={"status": "timeout"})


SIGNED = "https://files.example/f/1?verifier=s3cret&X-Amz-Signature=s3cret"


def test_event_contains_no_secrets() -> None:
    """An event has no signed URL, no URL or UUID of a file, and only what JSON and databases can store."""
    record = {
        "id": 5,
        "workflow_state": "exported",
        "progress_url": "https://school.example/api/v1/progress/901",
        "html_url": SIGNED,
        "note": f"see {SIGNED}",
        "nul\0": "a\0b\ud800c",
        "ratio": float("nan"),
        "nested": [{"size": float("inf"), "thumbnail_url": SIGNED}],
        "attachment": {"id": 9, "url": SIGNED, "uuid": "s3cret", "size": 12, "display_name": "a.imscc"},
        "pre_attachment": {"upload_url": SIGNED, "upload_params": {"x": "s3cret"}},
    }
    event = event_of_status("succeeded", Status("succeeded", "exported", float("nan"), "a\0b", record))
    assert event == {
        "status": "succeeded",
        "workflow_state": "exported",
        "completion": None,
        "message": "a\N{REPLACEMENT CHARACTER}b",
        "record": {
            "id": 5,
            "workflow_state": "exported",
            "progress_url": "https://school.example/api/v1/progress/901",
            "html_url": "https://files.example/f/1",
            "note": "see https://files.example/f/1",
            "nul\N{REPLACEMENT CHARACTER}": "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c",
            "ratio": None,
            "nested": [{"size": None}],
            "attachment": {"id": 9, "size": 12, "display_name": "a.imscc"},
            "pre_attachment": {"upload_params": "***"},
        },
    }
    assert "s3cret" not in json.dumps(event, allow_nan=False)


def test_long_record_is_left_out() -> None:
    """A long record is left out of the event, and the task fetches it."""
    record = {"id": 5, "settings": {"text": "x" * MAX_RECORD_LENGTH}}
    assert "record" not in event_of_status("succeeded", Status("succeeded", "completed", 100.0, None, record))


async def test_record_in_the_event(connection: str, world: World) -> None:
    """The event contains the record that the last poll read, except for jobs that are only a Progress."""
    assert "record" not in await event_of(arguments())
