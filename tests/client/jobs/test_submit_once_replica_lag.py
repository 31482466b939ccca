"""A submission creates one job although Canvas reads from replicas, which show a new job after a lag."""

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

from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasTimeoutError
from airflow_provider_canvas.client.jobs.submission_record import InMemoryStore
from airflow_provider_canvas.client.jobs.submit_once import Submission
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.client.jobs.submitting import export, export_ids, legacy_copy, migration_ids, submission, submitting_record

COVERED_LAG = sum(replica_lag.PAUSES)
LONG_LAG = 6 * COVERED_LAG


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    :param submission: Creates its submission.
    :param rows: Returns the ids of the jobs in Canvas.
    :param path: The path of its POST, as a pattern.
    :param name: Its name in stored records.
    """

    submission: Callable[..., Submission]
    rows: Callable[[World], list[int]]
    path: str
    name: str

    def __str__(self) -> str:
        return self.path.strip("/$")


KINDS = (
    Kind(submission, migration_ids, "/content_migrations$", "content_migration"),
    Kind(legacy_copy, migration_ids, "/course_copy$", "legacy_course_copy"),
    Kind(export, export_ids, "/content_exports$", "content_export"),
)


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Return one kind of job for each test."""
    return request.param


@pytest.fixture
def world() -> World:
    """Return the demo's courses, on a clock that only the submission's sleeps advance."""
    return demo_world(clock=ManualClock())


@pytest.fixture
def client(emulator: EmulatorServer) -> Iterator[CanvasClient]:
    with CanvasClient(Settings(emulator.url, emulator.token), RetryPolicy(retry_for=5, first_delay=0.05)) as client:
        yield client


@pytest.mark.parametrize("lag", [0.5, 1, 4, COVERED_LAG])
def test_lost_response(client: CanvasClient, world: World, kind: Kind, lag: float) -> None:
    """A job whose response was lost is found as soon as the list shows it."""
    world.settings.replica_lag = lag
    before = kind.rows(world)
    world.faults.rules.append(Rule(kind.path, Action.DROP_AFTER, "POST"))
    job = kind.submission(client, sleep=world.clock.advance).submit()
    assert kind.rows(world) == [*before, job["id"]]


def test_lost_request(client: CanvasClient, world: World, kind: Kind) -> None:
    """A job that was not created is submitted again after the checks."""
    world.settings.replica_lag = COVERED_LAG
    before = kind.rows(world)
    world.faults.rules.append(Rule(kind.path, Action.DROP, "POST"))
    job = kind.submission(client, sleep=world.clock.advance).submit()
    assert kind.rows(world) == [*before, job["id"]]


def test_immediate_retry(client: CanvasClient, world: World, kind: Kind) -> None:
    """A stored id is adopted although Canvas answers 404 for it at first."""
    world.settings.replica_lag = COVERED_LAG
    before, store = kind.rows(world), InMemoryStore()
    first = kind.submission(client, store=store).submit()
    retry = kind.submission(client, store=store, repeated=True, sleep=world.clock.advance).submit()
    assert retry["id"] == first["id"]
    assert kind.rows(world) == [*before, first["id"]]


def test_killed_before_the_id_was_stored(client: CanvasClient, world: World, kind: Kind) -> None:
    """A job whose id was not stored is searched for the longest covered lag, and found."""
    world.settings.replica_lag = COVERED_LAG
    before, store = kind.rows(world), InMemoryStore()
    first = kind.submission(client, store=store).submit()
    store.set(submitting_record(kind.name, max(before, default=0)))
    retry = kind.submission(client, store=store, repeated=True, sleep=world.clock.advance).submit()
    assert retry["id"] == first["id"]
    assert kind.rows(world) == [*before, first["id"]]


def test_timeout_and_long_lag(emulator: EmulatorServer, world: World, kind: Kind) -> None:
    """After a timeout nothing is sent again, however long the lag: the next attempt finds the job."""
    world.settings.replica_lag = LONG_LAG
    before, store = kind.rows(world), InMemoryStore()
    world.faults.rules.append(Rule(kind.path, Action.DELAY_AFTER, "POST", seconds=0.6))
    with CanvasClient(Settings(emulator.url, emulator.token, read_timeout=0.3)) as client:
        with pytest.raises(
            CanvasTimeoutError, match="may have executed the request: check Canvas before you send it again"
        ):
            kind.submission(client, store=store, sleep=world.clock.advance).submit()
        world.clock.advance(LONG_LAG)
        job = kind.submission(client, store=store, repeated=True, sleep=world.clock.advance).submit()
    assert kind.rows(world) == [*before, job["id"]]


def test_lag_beyond_the_limit(client: CanvasClient, world: World, kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    """A lag beyond the limit leads to two jobs; the log states that Canvas shows none, and a retry adds no third."""
    world.settings.replica_lag = LONG_LAG
    before, store = kind.rows(world), InMemoryStore()
    world.faults.rules.append(Rule(kind.path, Action.DROP_AFTER, "POST"))
    attempt = kind.submission(client, store=store, sleep=world.clock.advance)
    second = attempt.submit()
    assert len(kind.rows(world)) == len(before) + 2
    assert f"Canvas shows no {attempt.request.noun} of this request after 10 s: submitting again." in caplog.text
    world.clock.advance(LONG_LAG)
    retry = kind.submission(client, store=store, repeated=True, sleep=world.clock.advance).submit()
    assert retry["id"] == second["id"]
    assert len(kind.rows(world)) == len(before) + 2


def test_stored_id_that_does_not_exist(client: CanvasClient, world: World) -> None:
    """A stored id that Canvas does not know is checked once, for the longest covered lag, and then replaced."""
    paused: list[float] = []

    def sleep(seconds: float) -> None:
        paused.append(seconds)
        world.clock.advance(seconds)

    store = InMemoryStore(submitting_record(state="submitted", ids=(999,)))
    job: dict[str, Any] = submission(client, store=store, repeated=True, sleep=sleep).submit()
    assert migration_ids(world) == [job["id"]]
    assert sum(paused) == COVERED_LAG
