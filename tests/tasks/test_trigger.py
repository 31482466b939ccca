"""Many triggers in one event loop share one client, use few connections, and never block the loop."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import json
import pkgutil
import time
from collections.abc import Callable
from typing import Any

import pytest
from airflow.triggers.base import BaseTrigger
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

import airflow_provider_canvas.triggers
from airflow_provider_canvas.client.jobs.waiters import WAITERS, waiter_for
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports import shared_session
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook
from airflow_provider_canvas.triggers.job import CanvasJobTrigger
from tests.support.eventually import eventually_async
from tests.support.task_attempt import stored

WITHOUT_JOB = {
    "canvas_conn_id": "canvas_default",
    "waiter": "content_migration",
    "ids": {"course_id": 2001, "content_migration_id": 80, "progress_id": 904},
    "began_at": 1.5,
    "deadline": 2.5,
    "first_poll_at": 0.5,
    "poll_interval": 15.0,
    "cancel_on_kill": True,
}
JOB = {
    "waiter": "content_migration",
    "ids": {"course_id": 2001, "content_migration_id": 80, "progress_id": 904},
    "extra": {"source_course_id": 1010},
    "began_at": 1.5,
    "deadline": 2.5,
    "started_by_other": False,
}
BATCH = {
    "canvas_conn_id": "canvas_default",
    "batch": "fall-2026",
    "outstanding": {"waves": [[5.0, [901, 902]]], "queued": [903], "adopted": [904], "records": [["42", "77"]]},
    "wanted": 3,
    "until": 600.5,
    "not_before": 10.5,
    "deadline": 7200.5,
    "poll_interval": 15.0,
    "cancel_on_kill": True,
    "resume": {"began_at": 1.5, "deadline": 7200.5, "by_record": ["77"], "hinted": []},
}
STORED = {
    "airflow_provider_canvas.triggers.bulk.CanvasBulkTrigger": [BATCH],
    "airflow_provider_canvas.triggers.job.CanvasJobTrigger": [WITHOUT_JOB, {**WITHOUT_JOB, "job": JOB}],
}
"""Arguments that Airflow's database may hold: a newer version must still run them. Add to this; never change it."""


def triggers() -> list[type[BaseTrigger]]:
    """Return all trigger classes of the package."""
    classes = []
    for info in pkgutil.iter_modules(airflow_provider_canvas.triggers.__path__, "airflow_provider_canvas.triggers."):
        module = importlib.import_module(info.name)
        classes += [
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, BaseTrigger) and value.__module__ == module.__name__
        ]
    return classes


@pytest.mark.parametrize("trigger", triggers(), ids=lambda trigger: trigger.__name__)
def test_stored_arguments(trigger: type[BaseTrigger]) -> None:
    """Arguments survive Airflow's encryption and serialization, and are plain JSON."""
    path = f"{trigger.__module__}.{trigger.__qualname__}"
    for arguments in STORED[path]:
        assert json.loads(json.dumps(arguments)) == arguments
        stored_path, stored_arguments = trigger(**stored(arguments)).serialize()
        assert stored_path == path
        assert {name: value for name, value in stored_arguments.items() if value is not None} == arguments


NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "content_export": ({"course_id": 1, "content_export_id": 12}, "content_export 12"),
    "content_migration": ({"course_id": 1, "content_migration_id": 7, "progress_id": 9}, "content_migration 7"),
    "course_copy": ({"course_id": 1, "content_migration_id": 7}, "course copy 7"),
    "progress": ({"progress_id": 901}, "Progress 901"),
    "progresses": ({"progress_ids": [901, 902]}, "2 Progresses"),
}


def test_names_of_waiters() -> None:
    """Every waiter has a name for the log; a single Progress of a list is named as one."""
    assert {name: (ids, waiter_for(name, ids).name) for name, (ids, _) in NAMES.items()} == NAMES
    assert set(NAMES) == set(WAITERS)
    assert waiter_for("progresses", {"progress_ids": [901]}).name == "Progress 901"


async def test_log_of_several_progresses(
    connection: str, running_copy: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change of the status is logged, with the name of the job first."""
    await first_event(make_trigger(waiter="progresses", ids={"progress_ids": [904, 904]}))
    assert "2 Progresses: completed, 100 % (after " in capsys.readouterr().out


def make_trigger(**arguments: Any) -> CanvasJobTrigger:
    """Return a trigger that waits for Progress 904; keyword arguments replace its own."""
    now = time.time()
    return CanvasJobTrigger(
        **{
            "canvas_conn_id": "canvas_default",
            "waiter": "progress",
            "ids": {"progress_id": 904},
            "began_at": now,
            "deadline": now + 60,
            "poll_interval": 0.2,
            **arguments,
        }
    )


async def first_event(trigger: CanvasJobTrigger) -> dict[str, Any]:
    """Run a trigger to its first event, and return the event's payload."""
    events = trigger.run()
    try:
        return dict((await anext(events)).payload)
    finally:
        await events.aclose()  # type: ignore[attr-defined]  # it is an asynchronous generator


@pytest.fixture
def running_copy(emulator: EmulatorServer, world: World) -> int:
    """Start a copy with Progress 904 that takes one second, unless the test holds it, and return its id."""
    world.settings.copy_seconds = max(world.settings.copy_seconds, 1.0)
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        migration = client.content_migrations.create(
            course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
        )
    assert migration["progress_url"].endswith("/904")
    return migration["id"]


async def test_many_triggers_share_one_client(
    connection: str, release_jobs: Callable[[], None], running_copy: int, world: World
) -> None:
    """Fifty triggers of one loop share a client and its rate limit, and the last one closes it."""
    before = len(world.requests)
    waits = [asyncio.ensure_future(first_event(make_trigger())) for _ in range(50)]
    await eventually_async(lambda: len(world.requests) >= before + 50)
    (clients,) = shared_session._shared.values()
    (shared,) = clients.values()
    assert shared.users == 50
    session = shared.client._session
    assert session is not None
    connector = session.connector
    assert connector is not None
    assert len(connector._conns) <= 1  # one host
    assert sum(map(len, connector._conns.values())) + len(connector._acquired) <= 10
    release_jobs()
    assert {event["status"] for event in await asyncio.gather(*waits)} == {"succeeded"}
    assert not clients
    assert session.closed
    assert {request.status for request in list(world.requests)[before:]} == {200}


async def test_cancelled_trigger_releases_its_client(
    connection: str, release_jobs: Callable[[], None], running_copy: int, world: World
) -> None:
    """A trigger that is cancelled releases its client, and cancels nothing in Canvas."""
    before = len(world.requests)
    wait = asyncio.ensure_future(first_event(make_trigger()))
    await eventually_async(lambda: len(world.requests) > before)
    wait.cancel()
    with pytest.raises(asyncio.CancelledError):
        await wait
    assert not any(shared_session._shared.values())


async def test_event_loop_is_not_blocked(connection: str, running_copy: int) -> None:
    """While a trigger waits, other coroutines of the loop run without delay."""
    gaps = []

    async def heartbeat() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            gaps.append(time.perf_counter() - before)

    beating = asyncio.ensure_future(heartbeat())
    await first_event(make_trigger())
    beating.cancel()
    gaps.sort()
    assert gaps[int(len(gaps) * 0.99)] < 0.1  # a single delay may be the machine's


async def test_trigger_runs_twice(connection: str, running_copy: int, world: World) -> None:
    """A trigger that runs twice sends only GETs, and both events are equal."""
    first, second = await asyncio.gather(first_event(make_trigger()), first_event(make_trigger()))
    assert first == second
    assert {request.method for request in list(world.requests)[1:]} == {"GET"}


async def test_first_poll(connection: str, running_copy: int, world: World) -> None:
    """Nothing is polled before ``first_poll_at``, because an early event would confuse Airflow's scheduler."""
    before = len(world.requests)
    wait = asyncio.ensure_future(first_event(make_trigger(first_poll_at=time.time() + 0.8)))
    await asyncio.sleep(0.4)
    assert len(world.requests) == before
    await wait


async def test_finished_job_after_the_deadline(
    connection: str, release_jobs: Callable[[], None], running_copy: int
) -> None:
    """A finished job counts as finished, even if the triggerer was down beyond the deadline."""
    release_jobs()
    assert (await first_event(make_trigger(deadline=time.time() - 100)))["status"] == "succeeded"


async def test_rejected_cancellation(connection: str, world: World) -> None:
    """If Canvas rejects the cancellation of a finished job, ``on_kill`` raises nothing."""
    world.faults.rules.append(Rule("/cancel", Action.RESPOND, status=409))
    await make_trigger(ids={"progress_id": 901}).on_kill()
    await make_trigger(ids={"progress_id": 12345}).on_kill()


async def test_on_kill_is_cancelled_again_and_again(
    connection: str, world: World, running_copy: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow cancels a trigger once a second, also while ``on_kill`` runs. The job is cancelled nevertheless."""
    read_settings = CanvasAsyncHook._read_settings

    async def read_slowly(hook: CanvasAsyncHook) -> Settings:
        await asyncio.sleep(0.2)
        return await read_settings(hook)

    monkeypatch.setattr(CanvasAsyncHook, "_read_settings", read_slowly)
    trigger = make_trigger()
    airflow = asyncio.create_task(asyncio.wait_for(trigger.on_kill(), 30))
    for _ in range(4):
        await asyncio.sleep(0.03)
        airflow.cancel("user action")
    with contextlib.suppress(asyncio.CancelledError):
        await airflow

    def message() -> str | None:
        return world.tables.progress[904].message

    assert await eventually_async(message, within=5) == "Cancelled from Airflow by a user"
