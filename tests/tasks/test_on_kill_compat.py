"""Before Airflow 3.3, a cancelled trigger reads its task's state, and cancels the job only if a user ended the task."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.triggers import on_kill_compat
from airflow_provider_canvas.triggers.job import CanvasJobTrigger


class Supervisor:
    """A double of Airflow 3's supervisor: it responds with states, fails, or never responds."""

    def __init__(self, respond: Callable[[], Any]) -> None:
        """Store what responds."""
        self.respond = respond
        self.requests: list[Any] = []

    async def asend(self, request: Any) -> Any:
        """Record a request for states, and respond to it."""
        self.requests.append(request)
        states = self.respond()
        if states is None:
            await asyncio.sleep(3600)
        return SimpleNamespace(task_states=states)


@pytest.fixture(autouse=True)
def _older_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that Airflow does not call ``on_kill`` of triggers, and wait 0.5 s at most for a state."""
    monkeypatch.setattr(on_kill_compat, "AIRFLOW_CALLS_ON_KILL", False)
    monkeypatch.setattr(on_kill_compat, "STATE_TIMEOUT", 0.5)


@pytest.fixture
def supervisor_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], Supervisor]:
    """Return a function that replaces the supervisor by one with a given response to requests for states."""

    def replace_supervisor(respond: Callable[[], Any]) -> Supervisor:
        supervisor = Supervisor(respond)
        monkeypatch.setattr(
            on_kill_compat, "_left_deferral", lambda ti: on_kill_compat._left_by_supervisor(supervisor, ti)
        )
        return supervisor

    pytest.importorskip("airflow.sdk", reason="Airflow 2 reads its database instead")
    return replace_supervisor


@pytest.fixture
def progress_id(emulator: EmulatorServer, release_jobs: Callable[[], None]) -> int:
    """Start a copy that runs for the whole test, and return the id of its Progress."""
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        migration = client.content_migrations.create(
            course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
        )
    return int(migration["progress_url"].rpartition("/")[2])


def make_trigger(progress_id: int, *, map_index: int = -1, **times: Any) -> CanvasJobTrigger:
    """Return a trigger that waits for a Progress, with its task instance."""
    now = time.time()
    arguments = {"began_at": now, "deadline": now + 60, "poll_interval": 0.2, **times}
    trigger = CanvasJobTrigger(
        canvas_conn_id="canvas_default", waiter="progress", ids={"progress_id": progress_id}, **arguments
    )
    task_instance: Any = SimpleNamespace(dag_id="dag", run_id="run", task_id="copy", map_index=map_index, try_number=1)
    trigger.task_instance = task_instance
    return trigger


async def run_and_cancel(trigger: CanvasJobTrigger, *, times: int = 1) -> None:
    """Run a trigger for a moment, then cancel it as often as the triggerer might."""
    running = asyncio.ensure_future(anext(aiter(trigger.run())))
    await asyncio.sleep(0.4)
    for _ in range(times):
        running.cancel()
        await asyncio.sleep(0.02)
    with pytest.raises(asyncio.CancelledError):
        await running


def cancellations(world: World) -> list[str]:
    """Return the paths of all requests that cancel a Progress."""
    return [request.path for request in world.requests if request.path.endswith("/cancel")]


@pytest.mark.parametrize("state", ["failed", "success", "skipped", None, "scheduled", "queued", "running"])
async def test_user_ended_the_task(
    connection: str, progress_id: int, world: World, supervisor_with: Any, state: str | None
) -> None:
    """In each state but deferred, the Progress is cancelled once, however often Airflow cancels the trigger."""
    supervisor_with(lambda: {"run": {"copy": state}})
    await run_and_cancel(make_trigger(progress_id), times=10)
    assert len(cancellations(world)) == 1


async def test_mapped_task(connection: str, progress_id: int, world: World, supervisor_with: Any) -> None:
    """The state of the task's own map index counts."""
    supervisor = supervisor_with(lambda: {"run": {"copy_1": "failed", "copy_11": "deferred"}})
    await run_and_cancel(make_trigger(progress_id, map_index=11))
    assert cancellations(world) == []
    await run_and_cancel(make_trigger(progress_id, map_index=1))
    assert len(cancellations(world)) == 1
    request = supervisor.requests[-1]
    assert (request.dag_id, request.run_ids, request.task_ids, request.map_index) == ("dag", ["run"], ["copy"], 1)


@pytest.mark.parametrize(
    "respond",
    [
        pytest.param(lambda: {"run": {"copy": "deferred"}}, id="still-deferred"),
        pytest.param(dict, id="no-such-run"),
        pytest.param(lambda: 1 / 0, id="fails"),
        pytest.param(lambda: None, id="never-responds"),
    ],
)
async def test_triggerer_stops(
    connection: str, progress_id: int, world: World, supervisor_with: Any, respond: Any
) -> None:
    """Nothing is cancelled if the task is still deferred or its state unknown, and the triggerer stops soon."""
    supervisor_with(respond)
    started = time.monotonic()
    await run_and_cancel(make_trigger(progress_id))
    assert cancellations(world) == []
    assert time.monotonic() - started < 3


async def test_deferral_timed_out(connection: str, progress_id: int, world: World, supervisor_with: Any) -> None:
    """After the deadline, the state is not read and the job continues."""
    supervisor = supervisor_with(lambda: {"run": {"copy": "scheduled"}})
    trigger = make_trigger(progress_id)
    running = asyncio.ensure_future(anext(aiter(trigger.run())))
    await asyncio.sleep(0.4)
    trigger.deadline = time.time() - 1
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not supervisor.requests
    assert cancellations(world) == []


async def test_cancel_on_kill_is_false(connection: str, progress_id: int, world: World, supervisor_with: Any) -> None:
    """With ``cancel_on_kill=False``, nothing is cancelled."""
    supervisor_with(lambda: {"run": {"copy": "failed"}})
    await run_and_cancel(make_trigger(progress_id, cancel_on_kill=False))
    assert cancellations(world) == []


async def test_airflow_calls_on_kill(
    connection: str, progress_id: int, world: World, supervisor_with: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Airflow 3.3 on, the state is not read, and a cancelled trigger cancels nothing itself."""
    monkeypatch.setattr(on_kill_compat, "AIRFLOW_CALLS_ON_KILL", True)
    supervisor = supervisor_with(lambda: {"run": {"copy": "failed"}})
    await run_and_cancel(make_trigger(progress_id))
    assert not supervisor.requests
    assert cancellations(world) == []


@pytest.mark.parametrize(
    ("row", "ended"),
    [
        (SimpleNamespace(state="deferred", try_number=1), False),
        (SimpleNamespace(state="deferred", try_number=2), True),
        (SimpleNamespace(state="failed", try_number=1), True),
        (SimpleNamespace(state=None, try_number=1), True),
        (None, False),
    ],
    ids=["still-deferred", "deferred-again", "marked", "cleared", "deleted"],
)
def test_state_in_the_database_of_airflow_2(monkeypatch: pytest.MonkeyPatch, row: Any, ended: bool) -> None:
    """On Airflow 2, the state and the try number of the task instance decide."""

    @contextlib.contextmanager
    def create_session() -> Iterator[Any]:
        yield SimpleNamespace(get=lambda model, key: {("dag", "copy", "run", -1): row}[key])

    monkeypatch.setattr("airflow.utils.session.create_session", create_session)
    ti = SimpleNamespace(dag_id="dag", run_id="run", task_id="copy", map_index=-1, try_number=1)
    assert on_kill_compat._left_in_database(ti) is ended
