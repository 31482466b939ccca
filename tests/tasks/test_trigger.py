"""Many triggers in one event loop: one client, few connections, no blocked loop, nothing left open."""

from __future__ import annotations

import asyncio
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
STORED = {"airflow_provider_canvas.triggers.job.CanvasJobTrigger": [WITHOUT_JOB, {**WITHOUT_JOB, "job": JOB}]}
"""Arguments that Airflow's database may hold: a newer version must still run them. Add to this; never change it."""


def triggers() -> list[type[BaseTrigger]]:
    """Return every trigger of the package."""
    found = []
    for info in pkgutil.iter_modules(airflow_provider_canvas.triggers.__path__, "airflow_provider_canvas.triggers."):
        module = importlib.import_module(info.name)
        found += [
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, BaseTrigger) and value.__module__ == module.__name__
        ]
    return found


@pytest.mark.parametrize("trigger", triggers(), ids=lambda trigger: trigger.__name__)
def test_what_is_stored_comes_back(trigger: type[BaseTrigger]) -> None:
    """Arguments survive Airflow's encryption and serialization, and are plain JSON."""
    path = f"{trigger.__module__}.{trigger.__qualname__}"
    for arguments in STORED[path]:
        assert json.loads(json.dumps(arguments)) == arguments
        named, again = trigger(**stored(arguments)).serialize()
        assert named == path
        assert {name: value for name, value in again.items() if value is not None} == arguments


NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "content_export": ({"course_id": 1, "content_export_id": 12}, "content_export 12"),
    "content_migration": ({"course_id": 1, "content_migration_id": 7, "progress_id": 9}, "content_migration 7"),
    "course_copy": ({"course_id": 1, "content_migration_id": 7}, "course copy 7"),
    "progress": ({"progress_id": 901}, "Progress 901"),
    "progresses": ({"progress_ids": [901, 902]}, "2 Progresses"),
}


def test_every_waiter_has_a_name() -> None:
    """The log of the worker and of the triggerer names the job by it; one Progress of several is named as one."""
    assert {name: (ids, waiter_for(name, ids).name) for name, (ids, _) in NAMES.items()} == NAMES
    assert set(NAMES) == set(WAITERS)
    assert waiter_for("progresses", {"progress_ids": [901]}).name == "Progress 901"


async def test_the_log_of_several(connection: str, running_copy: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A change of the status is logged, with the name of the job first."""
    await first_event(waiting(waiter="progresses", ids={"progress_ids": [904, 904]}))
    assert "2 Progresses: completed, 100 % (after " in capsys.readouterr().out


def waiting(**arguments: Any) -> CanvasJobTrigger:
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
    events = trigger.run()
    try:
        return dict((await anext(events)).payload)
    finally:
        await events.aclose()  # type: ignore[attr-defined]  # it is an asynchronous generator


@pytest.fixture
def running_copy(emulator: EmulatorServer, world: World) -> int:
    """A copy that takes one second, unless the test holds it; its Progress is 904."""
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
    waits = [asyncio.ensure_future(first_event(waiting())) for _ in range(50)]
    await eventually_async(lambda: len(world.requests) >= before + 50)
    (clients,) = shared_session._shared.values()
    (lent,) = clients.values()
    assert lent.users == 50
    session = lent.client._session
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


async def test_a_trigger_that_is_cancelled_gives_its_client_back(
    connection: str, release_jobs: Callable[[], None], running_copy: int, world: World
) -> None:
    """When the triggerer stops, or hands the trigger to another one, nothing is cancelled in Canvas."""
    before = len(world.requests)
    wait = asyncio.ensure_future(first_event(waiting()))
    await eventually_async(lambda: len(world.requests) > before)
    wait.cancel()
    with pytest.raises(asyncio.CancelledError):
        await wait
    assert not any(shared_session._shared.values())


async def test_the_loop_is_never_blocked(connection: str, running_copy: int) -> None:
    """While a trigger waits, other coroutines of the loop run without delay."""
    gaps = []

    async def heartbeat() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            gaps.append(time.perf_counter() - before)

    beating = asyncio.ensure_future(heartbeat())
    await first_event(waiting())
    beating.cancel()
    gaps.sort()
    assert gaps[int(len(gaps) * 0.99)] < 0.1  # a single hiccup of the machine is not the trigger's


async def test_a_trigger_may_run_twice(connection: str, running_copy: int, world: World) -> None:
    """It sends GET requests only, and both events are equal."""
    first, second = await asyncio.gather(first_event(waiting()), first_event(waiting()))
    assert first == second
    assert {request.method for request in list(world.requests)[1:]} == {"GET"}


async def test_the_first_poll_is_not_too_early(connection: str, running_copy: int, world: World) -> None:
    """An event too soon after the deferral would confuse Airflow's scheduler."""
    before = len(world.requests)
    wait = asyncio.ensure_future(first_event(waiting(first_poll_at=time.time() + 0.8)))
    await asyncio.sleep(0.4)
    assert len(world.requests) == before
    await wait


async def test_the_state_comes_before_the_deadline(
    connection: str, release_jobs: Callable[[], None], running_copy: int
) -> None:
    """A finished job counts as finished, even if the triggerer was down beyond the deadline."""
    release_jobs()
    assert (await first_event(waiting(deadline=time.time() - 100)))["status"] == "succeeded"


async def test_a_killed_copy_that_is_over_already(connection: str, world: World) -> None:
    """If Canvas refuses the cancellation, the trigger logs a warning."""
    world.faults.rules.append(Rule("/cancel", Action.RESPOND, status=409))
    await waiting(ids={"progress_id": 901}).on_kill()
    await waiting(ids={"progress_id": 12345}).on_kill()
