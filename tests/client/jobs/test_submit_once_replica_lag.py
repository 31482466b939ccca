"""One job though Canvas's reads lag: what was just made is not in its list yet, and not found by its id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasTimeoutError
from airflow_provider_canvas.client.jobs.submit_once import (
    LOST_ANSWER_PAUSES,
    InMemoryStore,
    Submission,
    idempotency_key_from,
)
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.client.jobs.submitting import deprecated_copy, export, exported, made, submission

COVERED = sum(LOST_ANSWER_PAUSES)
MUCH = 6 * COVERED


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    :param submission: Makes its submission.
    :param rows: What Canvas has of it, by id.
    :param path: Where it is POSTed to.
    """

    submission: Callable[..., Submission]
    rows: Callable[[World], list[int]]
    path: str

    def __str__(self) -> str:
        return self.path.strip("/$")


KINDS = (
    Kind(submission, made, "/content_migrations$"),
    Kind(deprecated_copy, made, "/course_copy$"),
    Kind(export, exported, "/content_exports$"),
)


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of job."""
    return request.param


@pytest.fixture
def world() -> World:
    """The demo's courses, on a clock that only the submission's pauses move."""
    return demo_world(clock=ManualClock())


@pytest.fixture
def client(emulator: EmulatorServer) -> Iterator[CanvasClient]:
    with CanvasClient(Settings(emulator.url, emulator.token), RetryPolicy(retry_for=5, first_delay=0.05)) as client:
        yield client


@pytest.mark.parametrize("lag", [0.5, 1, 4, COVERED])
def test_a_lost_answer(client: CanvasClient, world: World, kind: Kind, lag: float) -> None:
    """It is looked for until the list shows it, and found."""
    world.settings.replica_lag = lag
    before = kind.rows(world)
    world.faults.rules.append(Rule(kind.path, Action.DROP_AFTER, "POST"))
    found = kind.submission(client, sleep=world.clock.advance).submit()
    assert kind.rows(world) == [*before, found["id"]]


def test_a_lost_question(client: CanvasClient, world: World, kind: Kind) -> None:
    """What was not made is not found, and is made then."""
    world.settings.replica_lag = COVERED
    before = kind.rows(world)
    world.faults.rules.append(Rule(kind.path, Action.DROP, "POST"))
    found = kind.submission(client, sleep=world.clock.advance).submit()
    assert kind.rows(world) == [*before, found["id"]]


def test_a_retry_at_once(client: CanvasClient, world: World, kind: Kind) -> None:
    """What an earlier attempt noted is waited for, though Canvas knows no such id yet."""
    world.settings.replica_lag = COVERED
    before, memory = kind.rows(world), InMemoryStore()
    first = kind.submission(client, memory=memory).submit()
    again = kind.submission(client, memory=memory, repeated=True, sleep=world.clock.advance).submit()
    assert again["id"] == first["id"]
    assert kind.rows(world) == [*before, first["id"]]


def test_killed_before_the_note(client: CanvasClient, world: World, kind: Kind) -> None:
    """What an earlier attempt was about to make is looked for as long."""
    world.settings.replica_lag = COVERED
    before, memory = kind.rows(world), InMemoryStore()
    first = kind.submission(client, memory=memory).submit()
    memory.note({"mark": idempotency_key_from("a task"), "after": max(before, default=0)})
    again = kind.submission(client, memory=memory, repeated=True, sleep=world.clock.advance).submit()
    assert again["id"] == first["id"]
    assert kind.rows(world) == [*before, first["id"]]


def test_a_canvas_that_took_too_long(emulator: EmulatorServer, world: World, kind: Kind) -> None:
    """After a time-out nothing is sent again, however long the lag: the next attempt finds what was made."""
    world.settings.replica_lag = MUCH
    before, memory = kind.rows(world), InMemoryStore()
    world.faults.rules.append(Rule(kind.path, Action.DELAY_AFTER, "POST", seconds=0.6))
    with CanvasClient(Settings(emulator.url, emulator.token, read_timeout=0.3)) as client:
        with pytest.raises(
            CanvasTimeoutError, match="may have executed the request: check Canvas before you send it again"
        ):
            kind.submission(client, memory=memory, sleep=world.clock.advance).submit()
        world.clock.advance(MUCH)
        found = kind.submission(client, memory=memory, repeated=True, sleep=world.clock.advance).submit()
    assert kind.rows(world) == [*before, found["id"]]


def test_more_lag_than_is_waited_for(
    client: CanvasClient, world: World, kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    """The limit: then there are two. The log claims nothing that it cannot know, and a retry makes no third."""
    world.settings.replica_lag = MUCH
    before, memory = kind.rows(world), InMemoryStore()
    world.faults.rules.append(Rule(kind.path, Action.DROP_AFTER, "POST"))
    second = kind.submission(client, memory=memory, sleep=world.clock.advance).submit()
    assert len(kind.rows(world)) == len(before) + 2
    assert "Canvas shows nothing that it made, 10 s later: submitting again." in caplog.text
    world.clock.advance(MUCH)
    again = kind.submission(client, memory=memory, repeated=True, sleep=world.clock.advance).submit()
    assert again["id"] == second["id"]
    assert len(kind.rows(world)) == len(before) + 2


def test_what_is_gone_is_made_anew(client: CanvasClient, world: World) -> None:
    """An id that stays unknown is waited for once, and no longer than a lag may be."""
    paused: list[float] = []

    def sleep(seconds: float) -> None:
        paused.append(seconds)
        world.clock.advance(seconds)

    memory = InMemoryStore({"mark": idempotency_key_from("a task"), "after": 0, "content_migration_id": 999})
    found: dict[str, Any] = submission(client, memory=memory, repeated=True, sleep=sleep).submit()
    assert made(world) == [found["id"]]
    assert sum(paused) == COVERED
