"""Before Airflow 3.3: a cancelled trigger finds out whether a user ended its task, and only then ends the job."""

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

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer
        self.questions: list[Any] = []

    async def asend(self, question: Any) -> Any:
        self.questions.append(question)
        answer = self.answer()
        if answer is None:
            await asyncio.sleep(3600)
        return SimpleNamespace(task_states=answer)


@pytest.fixture(autouse=True)
def _an_older_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_kill_compat, "AIRFLOW_CALLS_ON_KILL", False)
    monkeypatch.setattr(on_kill_compat, "STATE_TIMEOUT", 0.5)


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], Supervisor]:
    """Set the supervisor's response to requests for states."""

    def say(answer: Callable[[], Any]) -> Supervisor:
        supervisor = Supervisor(answer)
        monkeypatch.setattr(
            on_kill_compat, "_left_deferral", lambda ti: on_kill_compat._left_by_supervisor(supervisor, ti)
        )
        return supervisor

    pytest.importorskip("airflow.sdk", reason="Airflow 2 has a database to ask")
    return say


@pytest.fixture
def progress_id(emulator: EmulatorServer, release_jobs: Callable[[], None]) -> int:
    """The Progress of a copy that is running for the whole test."""
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        migration = client.content_migrations.create(
            course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
        )
    return int(migration["progress_url"].rpartition("/")[2])


def waiting(progress_id: int, *, map_index: int = -1, **times: Any) -> CanvasJobTrigger:
    now = time.time()
    arguments = {"began_at": now, "deadline": now + 60, "poll_interval": 0.2, **times}
    trigger = CanvasJobTrigger(
        canvas_conn_id="canvas_default", waiter="progress", ids={"progress_id": progress_id}, **arguments
    )
    task_instance: Any = SimpleNamespace(dag_id="dag", run_id="run", task_id="copy", map_index=map_index, try_number=1)
    trigger.task_instance = task_instance
    return trigger


async def cancelled(trigger: CanvasJobTrigger, *, times: int = 1) -> None:
    """Run a trigger for a moment and cancel it as the triggerer does: until it has ended, at most so many times."""
    running = asyncio.ensure_future(anext(aiter(trigger.run())))
    await asyncio.sleep(0.4)
    for _ in range(times):
        running.cancel()
        await asyncio.sleep(0.02)
    with pytest.raises(asyncio.CancelledError):
        await running


def cancellations(world: World) -> list[str]:
    return [request.path for request in world.requests if request.path.endswith("/cancel")]


@pytest.mark.parametrize("state", ["failed", "success", "skipped", None, "scheduled", "queued", "running"])
async def test_a_user_ended_the_task(
    connection: str, progress_id: int, world: World, says: Any, state: str | None
) -> None:
    """In each state but deferred the Progress is cancelled once, however often Airflow cancels the trigger."""
    says(lambda: {"run": {"copy": state}})
    await cancelled(waiting(progress_id), times=10)
    assert len(cancellations(world)) == 1


async def test_a_mapped_task(connection: str, progress_id: int, world: World, says: Any) -> None:
    """The state of its own map index counts, not that of another one."""
    supervisor = says(lambda: {"run": {"copy_1": "failed", "copy_11": "deferred"}})
    await cancelled(waiting(progress_id, map_index=11))
    assert cancellations(world) == []
    await cancelled(waiting(progress_id, map_index=1))
    assert len(cancellations(world)) == 1
    asked = supervisor.questions[-1]
    assert (asked.dag_id, asked.run_ids, asked.task_ids, asked.map_index) == ("dag", ["run"], ["copy"], 1)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda: {"run": {"copy": "deferred"}}, id="still-deferred"),
        pytest.param(dict, id="no-such-run"),
        pytest.param(lambda: 1 / 0, id="fails"),
        pytest.param(lambda: None, id="never-answers"),
    ],
)
async def test_the_triggerer_stops(connection: str, progress_id: int, world: World, says: Any, answer: Any) -> None:
    """Nothing is cancelled if the task is still deferred or its state unknown, and the triggerer stops soon."""
    says(answer)
    began = time.monotonic()
    await cancelled(waiting(progress_id))
    assert cancellations(world) == []
    assert time.monotonic() - began < 3


async def test_the_deferral_timed_out(connection: str, progress_id: int, world: World, says: Any) -> None:
    """The job continues: after the deadline the state is not read."""
    supervisor = says(lambda: {"run": {"copy": "scheduled"}})
    trigger = waiting(progress_id)
    running = asyncio.ensure_future(anext(aiter(trigger.run())))
    await asyncio.sleep(0.4)
    trigger.deadline = time.time() - 1
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not supervisor.questions
    assert cancellations(world) == []


async def test_it_is_not_to_be_cancelled(connection: str, progress_id: int, world: World, says: Any) -> None:
    """As ``cancel_on_kill=False`` says."""
    says(lambda: {"run": {"copy": "failed"}})
    await cancelled(waiting(progress_id, cancel_on_kill=False))
    assert cancellations(world) == []


async def test_airflow_calls_it_itself(
    connection: str, progress_id: int, world: World, says: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 3.3 on the state is not read, and nothing is cancelled here."""
    monkeypatch.setattr(on_kill_compat, "AIRFLOW_CALLS_ON_KILL", True)
    supervisor = says(lambda: {"run": {"copy": "failed"}})
    await cancelled(waiting(progress_id))
    assert not supervisor.questions
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
def test_what_airflow_2_has_in_its_database(monkeypatch: pytest.MonkeyPatch, row: Any, ended: bool) -> None:
    """The state of the task instance, and the number of its try."""

    @contextlib.contextmanager
    def create_session() -> Iterator[Any]:
        yield SimpleNamespace(get=lambda model, key: {("dag", "copy", "run", -1): row}[key])

    monkeypatch.setattr("airflow.utils.session.create_session", create_session)
    ti = SimpleNamespace(dag_id="dag", run_id="run", task_id="copy", map_index=-1, try_number=1)
    assert on_kill_compat._left_in_database(ti) is ended
