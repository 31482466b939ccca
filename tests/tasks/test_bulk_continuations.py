"""A batch that is continued: after a death, a lost lease, a changed plan, a triggerer that was away."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.exceptions import AirflowFailException
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import Action, Defect, ImportDefect, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.bulk import read_ends, submit_rows
from airflow_provider_canvas.bulk.outstanding import Ends, Outstanding
from airflow_provider_canvas.bulk.row_submission import reserved_row
from airflow_provider_canvas.bulk.settings import BatchSettings
from airflow_provider_canvas.bulk.waiting import wait_for_ends
from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasBatchError, CanvasBusyError, CanvasError
from airflow_provider_canvas.client.jobs.job_requests import IDEMPOTENCY_KEY
from airflow_provider_canvas.client.jobs.poller import shared_poller
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.operators.bulk_result import outstanding_in_words
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
from tests.support.task_attempt import Attempt, deferred, fired, resumed

__all__ = ["connection", "database", "ledger", "world"]


@pytest.fixture(autouse=True)
def _no_replica_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check at once what Canvas's replicas may not show yet: these have no lag."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.01, 0.01, 0.01))
    monkeypatch.setattr(submit_rows, "SEARCH_PAUSE", 0.01)


def planned_again(**fields: Any) -> list[CopyRow]:
    """Return the rows of the batch as a later plan writes them."""
    return [replace(row, planned_at=datetime.now(UTC), **fields) for row in batches.planned_rows(SHELLS)]


@pytest.mark.parametrize("is_submitted", [True, False])
def test_second_half_starts_again(ledger: BatchLedger, world: World, is_submitted: bool) -> None:
    """A second half that Airflow starts again, after its process died while it submitted, loses no copy."""
    seconds_per_copy(world, HELD)
    deferral = deferred(bulk(deferrable=True, max_in_flight=5), attempt := Attempt())
    finish_held(world)
    event = asyncio.run(fired(deferral))
    # What a process leaves that dies between its write to the ledger and the response of Canvas:
    row = next(iter(ledger.rows({CopyState.PLANNED})))
    host = ledger.canvas_instance
    settings = BatchSettings(canvas_instance=host, base_url=f"http://{host}", batch=batches.BATCH, run={})
    reserved = reserved_row(row, settings)
    assert reserved is not None
    ledger.update([reserved])
    if is_submitted:
        CanvasHook().content_migrations.create(
            course_id=int(row.dest_course_id),
            migration_type="course_copy_importer",
            settings={
                "source_course_id": int(row.source_course_id),
                IDEMPOTENCY_KEY: reserved.idempotency_key,
            },
        )
    assert resumed(bulk(max_in_flight=5), deferral, event, attempt)["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


@pytest.mark.parametrize("failed", [0, 1, 2])
@pytest.mark.parametrize("running", [0, 1])
def test_interrupted_copy_that_has_failed_was_an_attempt(
    ledger: BatchLedger, world: World, failed: int, running: int
) -> None:
    """A row counts each copy that Canvas has of it, also those that failed before any process recorded them."""
    row = next(iter(ledger.rows()))
    host = ledger.canvas_instance
    settings = BatchSettings(canvas_instance=host, base_url=f"http://{host}", batch=batches.BATCH, run={})
    reserved = reserved_row(row, settings)
    assert reserved is not None
    ledger.update([reserved])
    for number in range(failed + running):
        if number < failed:
            world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
        CanvasHook().content_migrations.create(
            course_id=int(row.dest_course_id),
            migration_type="course_copy_importer",
            settings={"source_course_id": int(row.source_course_id), IDEMPOTENCY_KEY: reserved.idempotency_key},
        )
        finish_held(world)
    assert run(bulk())["states"] == {"completed": SHELLS}
    attempts = {each.dest_course_id: each.attempts for each in ledger.rows()}
    assert attempts.pop(row.dest_course_id) == failed + 1
    assert set(attempts.values()) == {1}


def test_copy_that_fails_alone_each_time(ledger: BatchLedger, world: World) -> None:
    """A copy for which Canvas always fails with an error that usually passes does not stop the batch, also alone."""
    fault = Rule("/courses/1003/content_migrations$", method="POST", status=500, times=None)
    world.faults.rules.append(fault)
    for night in ("first", "second"):
        result = run(bulk(fail_if={}), OtherRun(run_id=f"{night} night"))
        assert result["states"] == {"completed": SHELLS - 1, "failed": 1}
    (failed,) = ledger.rows({CopyState.FAILED})
    assert failed.attempts == 2
    with pytest.raises(AirflowFailException, match="It is not known whether Canvas made the copy"):
        run(bulk(), OtherRun(run_id="third night"))


@pytest.mark.parametrize("action", [Action.RESPOND, Action.RESPOND_AFTER, Action.DROP_AFTER, Action.TRUNCATE])
@pytest.mark.parametrize("sends", [1, 2, 3, 5])
def test_a_run_searches_for_a_copy_whose_response_is_lost(
    ledger: BatchLedger, world: World, action: Action, sends: int
) -> None:
    """A copy of which it is not known whether Canvas made it is searched, and submitted if need be, by the same run."""
    post = "/courses/1003/content_migrations$"
    world.faults.rules.append(Rule(post, action=action, method="POST", status=500, times=sends))
    world.faults.rules.append(Rule(post, method="GET", status=500, times=sends))
    assert run(bulk(fail_if={}))["states"] == {"completed": SHELLS}
    assert [row.attempts for row in ledger.rows()] == [1] * SHELLS
    batches.check_account(ledger, world)


def test_interrupted_copy_that_fails_alone(ledger: BatchLedger, world: World) -> None:
    """A row that was interrupted, and for which Canvas always fails now, does not keep others from being submitted."""
    row = next(iter(ledger.rows()))
    ledger.update([replace(row, state=CopyState.SUBMITTING, attempts=1)])
    rule = Rule(f"/courses/{row.dest_course_id}/content_migrations$", method="POST", status=500, times=None)
    world.faults.rules.append(rule)
    assert run(bulk(fail_if={}))["states"] == {"completed": SHELLS - 1, "failed": 1}


def test_lease_is_lost_while_the_task_plans(ledger: BatchLedger, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task whose lease expired while it planned submits nothing if another run has the batch by then."""
    from airflow_provider_canvas.operators import copy_planning

    original = copy_planning.plan_copies

    def plan(*arguments: Any, **options: Any) -> Any:
        found = original(*arguments, **options)
        owner = ledger.batch()
        assert owner is not None
        assert owner.lease_owner is not None
        ledger.release(owner.lease_owner)
        ledger.acquire("another run", 600)
        return found

    monkeypatch.setattr(copy_planning, "plan_copies", plan)
    with pytest.raises(CanvasBusyError, match="another run"):
        run(bulk(copies=[{"source": 101, "destination": 1001 + number} for number in range(4)]))
    assert posts(world) == 0


def test_plan_while_the_task_copies(ledger: BatchLedger, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plan refuses, changes or removes while the task submits other rows counts."""
    monkeypatch.setattr(submit_rows, "ROWS_PER_RESERVATION", 1)
    monkeypatch.setattr("airflow_provider_canvas.bulk.threads.MAX_THREADS", 1)
    original = world.add_migration
    rows = {row.dest_course_id: row for row in planned_again()}

    def add(migration: Any) -> None:
        original(migration)
        if len(world.tables.content_migrations) == 3:
            refused = replace(rows["1010"], state=CopyState.REFUSED, plan_verdict="concluded", plan_detail="It ended.")
            ledger.plan([refused, replace(rows["1011"], source_course_id="101")])
            ledger.remove(["1012"])

    world.add_migration = add  # type: ignore[method-assign]
    assert run(bulk())["states"] == {"refused": 1, "completed": SHELLS - 2}
    copies = batches.copies_in(world)
    assert copies.keys() == {*range(1001, 1010), 1011}
    changed = ledger.row("1011")
    assert changed is not None
    assert changed.source_course_id == "101"
    assert ledger.row("1012") is None


@pytest.mark.parametrize("verdict", ["will_copy", "not_empty"])
def test_request_that_returns_to_an_earlier_one(ledger: BatchLedger, world: World, verdict: str) -> None:
    """A row that is planned with a first, a second and again the first request is copied three times."""
    requests: list[dict[str, Any]] = [{}, {"settings": {"overwrite_quizzes": True}}, {}]
    for number, request in enumerate(requests):
        ledger.plan(planned_again(request=request, plan_verdict=verdict) if number else [])
        assert run(bulk(), OtherRun(run_id=f"night {number}"))["states"] == {"completed": SHELLS}
    assert posts(world) == 3 * SHELLS


@pytest.mark.parametrize("verdict", ["will_copy", "not_empty"])
def test_request_that_returns_before_it_is_copied(ledger: BatchLedger, world: World, verdict: str) -> None:
    """A row whose changed request was never copied is not copied again when a plan takes the change back."""
    run(bulk())
    ledger.plan(planned_again(request={"settings": {"overwrite_quizzes": True}}, plan_verdict=verdict))
    ledger.plan(planned_again(plan_verdict=verdict))
    assert run(bulk(), OtherRun(run_id="next night"))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_events_after_a_failed_attempt(ledger: BatchLedger, world: World, emulator: EmulatorServer) -> None:
    """A task that succeeds in its second attempt records the events of the courses that its first one copied."""
    from airflow.providers.common.compat.sdk import AssetAlias

    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    with pytest.raises(CanvasBatchError):
        run(bulk(outlets=[AssetAlias("terms")], events="course"))
    attempt = Attempt(try_number=2)
    run(bulk(outlets=[AssetAlias("terms")], events="course"), attempt)
    host = emulator.url.removeprefix("http://")
    uris = {uri for uri, _ in attempt.outlet_events.events}
    assert uris == {f"canvas://{host}/courses/{1001 + number}" for number in range(SHELLS)}


def test_triggerer_is_away_for_hours(ledger: BatchLedger, world: World) -> None:
    """Airflow ends a deferral only at the task's own deadline, so a triggerer may be away for hours."""
    seconds_per_copy(world, HELD)
    deferral = deferred(bulk(deferrable=True, timeout=36_000), Attempt())
    assert deferral.timeout is not None
    assert deferral.timeout.total_seconds() > 35_000


@pytest.mark.parametrize("is_permanent", [True, False])
def test_trigger_gives_up(ledger: BatchLedger, world: World, is_permanent: bool) -> None:
    """A trigger that gave up ends the attempt: the rest is not tried, and a retry waits for what is outstanding."""
    seconds_per_copy(world, HELD)
    deferral = deferred(bulk(deferrable=True, max_in_flight=5), attempt := Attempt())
    event = {"status": "error", "message": "Canvas rejects the token.", "permanent": is_permanent}
    event["resume"] = deferral.trigger.serialize()[1]["resume"]
    with pytest.raises(CanvasError, match=r"rejects the token.*5 copies of the batch .* are outstanding"):
        resumed(bulk(max_in_flight=5), deferral, event, attempt)
    assert batches.states_of(ledger) == {"running": 5, "not_tried": SHELLS - 5}
    batch = ledger.batch()
    assert batch is not None
    assert batch.lease_owner is None
    finish_held(world)
    assert run(bulk(), Attempt(try_number=2))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("is_interrupted", [True, False])
def test_issues_cannot_be_read(
    ledger: BatchLedger, world: World, monkeypatch: pytest.MonkeyPatch, status: int, is_interrupted: bool
) -> None:
    """A copy whose issues Canvas refuses is recorded with what is known; one whose issues fail does not stop others."""
    monkeypatch.setattr(read_ends, "UNKNOWN_FOR", read_ends.UNKNOWN_FOR * 0)
    world.faults.import_defects.append(ImportDefect("pages", "Home", Defect.NOT_COPIED))
    world.faults.rules.append(Rule("/courses/1003/.*/migration_issues", status=status, times=None))
    if is_interrupted:
        deferred(bulk(deferrable=True), Attempt())
        row = ledger.row("1003")
        assert row is not None
        ledger.update([replace(row, state=CopyState.SUBMITTING, content_migration_id=None, progress_id=None)])
        finish_held(world)
    if status == 500:
        with pytest.raises((CanvasError, AirflowFailException)):
            run(bulk(timeout=6), OtherRun(run_id="next night"))
        assert batches.states_of(ledger)["completed_with_issues"] == SHELLS - 1
        return
    assert run(bulk(timeout=20), OtherRun(run_id="next night"))["states"] == {"completed_with_issues": SHELLS}
    row = ledger.row("1003")
    assert row is not None
    assert "issues could not be read" in (row.state_detail or "")


def test_hung_copies_hide_no_others(connection: str, world: World) -> None:
    """Old copies that never end do not keep the wait from seeing that later ones, polled by record, have ended."""
    records = []
    for course_id in range(1001, 1009):
        seconds_per_copy(world, HELD if course_id < 1006 else 0.1)
        migration = CanvasHook().content_migrations.create(
            course_id=course_id, migration_type="course_copy_importer", settings={"source_course_id": 101}
        )
        records.append((str(course_id), str(migration["id"])))

    async def ends() -> Ends:
        async with CanvasAsyncHook(connection) as hook, shared_poller(hook) as poller:
            outstanding = Outstanding(records=records)
            return await wait_for_ends(hook, poller, outstanding, wanted=3, interval=0.1, until=time.time() + 15)

    assert sorted(asyncio.run(ends()).records) == sorted(migration_id for _, migration_id in records[5:])


@pytest.mark.parametrize("is_resumed", [True, False])
def test_rows_that_were_removed_while_copies_ran(
    ledger: BatchLedger, world: World, database: str, is_resumed: bool
) -> None:
    """A ledger that lost its rows fails the task; planned again, the batch finds its copies and makes no others."""
    seconds_per_copy(world, HELD)
    deferral = deferred(bulk(deferrable=True), attempt := Attempt())
    with sa.create_engine(database).begin() as connection:
        connection.execute(sa.delete(ledger.tables[0]))
    finish_held(world)
    event = asyncio.run(fired(deferral)) if is_resumed else None
    lost = r"no rows of the batch 'fall-2026' .* any more, although copies of it"
    with pytest.raises(AirflowFailException, match=lost):
        resumed(bulk(), deferral, event, attempt) if is_resumed else run(bulk(), Attempt(try_number=2))
    copies = [
        {"source": row.source_course_id, "destination": row.dest_course_id} for row in batches.planned_rows(SHELLS)
    ]
    assert run(bulk(copies=copies), Attempt(try_number=3))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


@pytest.mark.parametrize(
    ("running", "start"), [(1, "1 copy of the batch 'fall-2026' is "), (2, "2 copies of the batch")]
)
def test_what_an_error_says_of_outstanding_copies(ledger: BatchLedger, running: int, start: str) -> None:
    """One outstanding copy is in the singular."""
    rows = list(ledger.rows())[:running]
    ledger.update([replace(row, state=CopyState.RUNNING, content_migration_id="90") for row in rows])
    assert str(outstanding_in_words(ledger)).startswith(start)
