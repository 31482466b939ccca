"""What disturbs a batch: refused and lost copies, a token that is revoked, a Canvas or a database that is away."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

import pytest
from airflow.exceptions import AirflowFailException
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World

from airflow_provider_canvas.bulk import read_ends, submit_rows
from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasBatchError, CanvasError
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.operators import bulk_run
from tests.support import batches
from tests.support.batch_tasks import (
    HELD,
    SHELLS,
    OtherRun,
    bulk,
    connection,
    database,
    finish_held,
    ledger,
    posts,
    run,
    seconds_per_copy,
    world,
)
from tests.support.task_attempt import Attempt, deferred

__all__ = ["connection", "database", "ledger", "world"]

POST = "/content_migrations$"


@pytest.fixture(autouse=True)
def _no_replica_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check at once what Canvas's replicas may not show yet: these have no lag."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.01, 0.01, 0.01))
    monkeypatch.setattr(submit_rows, "SEARCH_PAUSE", 0.01)


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "400"), (401, "401"), (403, "403"), (404, "404"), (422, "422")],
)
def test_refused_copy(ledger: BatchLedger, world: World, status: int, message: str) -> None:
    """A copy that Canvas refuses fails with Canvas's message and with advice; the others continue."""
    world.faults.rules.append(Rule("/courses/1003/content_migrations$", method="POST", status=status, times=None))
    with pytest.raises(CanvasBatchError, match=f"course 1003 .line 3. is failed: Canvas answered {message}"):
        run(bulk())
    assert batches.states_of(ledger) == {"completed": SHELLS - 1, "failed": 1}
    (failed,) = ledger.rows({CopyState.FAILED})
    assert failed.state_detail
    world.faults.clear()
    assert run(bulk(), OtherRun(run_id="next night"))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_deleted_destination(ledger: BatchLedger, world: World) -> None:
    """A destination that was deleted since the plan fails alone."""
    with world.lock:
        world.tables.courses.pop(1005)
    with pytest.raises(CanvasBatchError, match="may have been deleted or changed since the plan"):
        run(bulk())
    assert batches.states_of(ledger) == {"completed": SHELLS - 1, "failed": 1}


@pytest.mark.parametrize("after", [0, 5, 11])
def test_token_is_revoked(ledger: BatchLedger, world: World, after: int) -> None:
    """Nothing more is submitted, nothing is lost, and the error names what is outstanding."""
    seconds_per_copy(world, HELD)

    def revoke() -> None:
        token = world.tables.tokens.pop(batches.TOKEN)
        revoked.append(token)

    revoked: list[Any] = []
    original = world.add_migration

    def add(migration: Any) -> None:
        original(migration)
        if len(world.tables.content_migrations) == after:
            revoke()

    world.add_migration = add  # type: ignore[method-assign]
    if not after:
        revoke()
    with pytest.raises((CanvasError, AirflowFailException), match="rejects the token") as raised:
        run(bulk())
    made = len(batches.copies_in(world))
    assert (str(raised.value).count("are outstanding and continue in Canvas") == 1) == bool(made)
    assert isinstance(raised.value, AirflowFailException) == (not made)
    states = batches.states_of(ledger)
    assert sum(states.values()) == SHELLS
    assert states.get("failed", 0) == 0
    world.add_migration = original  # type: ignore[method-assign]
    world.tables.tokens[batches.TOKEN] = revoked[0]
    finish_held(world)
    assert run(bulk(), Attempt(try_number=2))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_canvas_is_away(ledger: BatchLedger, world: World) -> None:
    """A Canvas that does not respond stops the run, and no copy counts as failed."""
    world.faults.rules.append(Rule("/api/v1/", Action.DROP, times=None))
    with pytest.raises(CanvasError):
        run(bulk())
    states = batches.states_of(ledger)
    assert states.keys() <= {"submitting", "not_tried"}
    assert sum(states.values()) == SHELLS
    world.faults.clear()
    assert run(bulk(), Attempt(try_number=2))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


FAULTS = [
    {"status": 502},
    {"status": 500},
    {"status": 429},
    {"action": Action.DROP},
    {"action": Action.DROP_AFTER},
    {"action": Action.TRUNCATE},
]


@pytest.mark.parametrize("path", [r"/content_migrations$", r"/content_migrations/\d+$", r"/progress/", "/api/v1/"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_requests_that_fail_now_and_then(ledger: BatchLedger, world: World, path: str, fault: dict[str, Any]) -> None:
    """Requests that fail at random, before or after Canvas executes them, lose and double nothing."""
    world.faults.rules.append(Rule(path, times=None, probability=0.2, **fault))
    result = run(bulk(fail_if={}))
    world.faults.clear()
    if result["states"] != {"completed": SHELLS}:  # a request may have failed too often
        result = run(bulk(), Attempt(try_number=2))
    assert result["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


@pytest.mark.parametrize("action", [Action.DROP_AFTER, Action.RESPOND_AFTER, Action.TRUNCATE])
def test_canvas_goes_away_with_the_responses(ledger: BatchLedger, world: World, action: Action) -> None:
    """A Canvas that makes copies, goes away before it responds, and comes back later has made each copy once."""
    world.faults.rules.append(Rule(POST, action=action, method="POST", status=502, times=None))
    world.faults.rules.append(Rule("/api/", method="GET", status=503, times=None))
    with pytest.raises(CanvasError):
        run(bulk())
    world.faults.clear()
    assert posts(world) > 0
    assert run(bulk(), OtherRun(run_id="the next night"))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


@pytest.mark.parametrize("is_young", [True, False])
def test_lost_copy(ledger: BatchLedger, world: World, monkeypatch: pytest.MonkeyPatch, is_young: bool) -> None:
    """A copy whose content migration Canvas does not know is lost; the next run adopts it if it is there after all."""
    monkeypatch.setattr(bulk_run, "MAX_WAIT", 1.0)
    if not is_young:
        monkeypatch.setattr(read_ends, "UNKNOWN_FOR", read_ends.UNKNOWN_FOR * 0)
    seconds_per_copy(world, HELD)
    deferred(bulk(deferrable=True), Attempt())
    row = next(iter(ledger.rows()))
    path = f"/content_migrations/{row.content_migration_id}$"
    world.faults.rules.append(Rule(path, status=404, times=None))
    finish_held(world)
    if is_young:
        with pytest.raises(AirflowFailException, match="is not complete"):
            run(bulk(timeout=4), OtherRun(run_id="next night"))
        assert batches.states_of(ledger) == {"running": 1, "completed": SHELLS - 1}
        return
    with pytest.raises(CanvasBatchError, match="lost: 1 copy"):
        run(bulk(), OtherRun(run_id="next night"))
    world.faults.clear()
    assert run(bulk(), OtherRun(run_id="third night"))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_database_is_locked_for_a_while(ledger: BatchLedger, world: World, database: str) -> None:
    """A database that is away for some seconds delays the copies, and loses nothing."""
    other = sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    original = world.add_migration
    released = threading.Event()

    def add(migration: Any) -> None:
        original(migration)
        if len(world.tables.content_migrations) == 4 and not released.is_set():
            released.set()
            other.execute("BEGIN EXCLUSIVE")
            threading.Timer(3.0, lambda: other.execute("ROLLBACK")).start()

    world.add_migration = add  # type: ignore[method-assign]
    assert run(bulk())["states"] == {"completed": SHELLS}
    assert released.is_set()
    batches.check_account(ledger, world)


@pytest.mark.parametrize(
    ("if_running", "states", "copies"),
    [("wait", {"completed": SHELLS}, SHELLS + 1), ("adopt", {"completed": SHELLS}, SHELLS)],
)
def test_migration_of_another_user(
    ledger: BatchLedger, world: World, if_running: str, states: dict[str, int], copies: int
) -> None:
    """A copy that another task started is waited for, or adopted."""
    from airflow_provider_canvas.hooks.canvas import CanvasHook

    seconds_per_copy(world, 2)
    other = CanvasHook().content_migrations.create(
        course_id=1001, migration_type="course_copy_importer", settings={"source_course_id": 101}
    )
    seconds_per_copy(world, 0.3)
    assert run(bulk(if_running=if_running))["states"] == states
    assert sum(map(len, batches.copies_in(world).values())) == copies
    row = next(iter(ledger.rows()))
    assert row.started_by_other == (if_running == "adopt")
    assert (row.content_migration_id == str(other["id"])) == (if_running == "adopt")


def test_busy_destination_is_refused(ledger: BatchLedger, world: World) -> None:
    """With ``if_running='fail'``, a destination in which another migration runs is left alone."""
    from airflow_provider_canvas.hooks.canvas import CanvasHook

    seconds_per_copy(world, HELD)
    CanvasHook().content_migrations.create(
        course_id=1001, migration_type="course_copy_importer", settings={"source_course_id": 101}
    )
    seconds_per_copy(world, 0.3)
    with pytest.raises(CanvasBatchError, match=r"course 1001 .line 1. is failed: The destination already has"):
        run(bulk(if_running="fail"))
    assert posts(world) == SHELLS


@pytest.mark.parametrize("lanes", [1, 8])
def test_requests_per_copy(ledger: BatchLedger, world: World, lanes: int) -> None:
    """A copy takes at most three requests besides its POST, polls included, whatever the width of Canvas's lane."""
    with world.lock:
        world.settings.change({"lanes": lanes})
    run(bulk(poll_interval=2))
    requests = batches.requests_of(world)
    assert requests.pop("POST courses/#/content_migrations") == SHELLS
    assert requests["GET courses/#/content_migrations/#"] == SHELLS
    assert requests.total() <= 3 * SHELLS
