"""A batch that is copied by one task: in waves, in the worker and deferred, a second time, cleared, and ended."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.exceptions import AirflowFailException
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import Defect, ImportDefect, MigrationFault
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasBatchError, CanvasBusyError
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.states import CopyState
from tests.support import batches
from tests.support.batch_tasks import (
    HELD,
    QUICK,
    SHELLS,
    OtherRun,
    bulk,
    connection,
    database,
    finish_held,
    follow,
    ledger,
    posts,
    run,
    seconds_per_copy,
    world,
)
from tests.support.eventually import eventually
from tests.support.task_attempt import Attempt, deferred, fired, resumed

__all__ = ["connection", "database", "ledger", "world"]


class RunAtTheSameTime(OtherRun):
    """An attempt of another run, while the task of the first run is deferred."""

    state_of_first = "deferred"


@pytest.mark.parametrize("max_in_flight", [1, 5, 200])
def test_in_the_worker(ledger: BatchLedger, world: World, max_in_flight: int) -> None:
    """A batch is copied in waves, and the ledger says what Canvas has."""
    attempt = Attempt()
    result = run(bulk(max_in_flight=max_in_flight), attempt)
    assert result["states"] == {"completed": SHELLS}
    assert result["sources"] == {"101": {"completed": SHELLS // 2}, "102": {"completed": SHELLS // 2}}
    assert (result["batch"], result["copied"], result["unsuccessful"]) == (batches.BATCH, SHELLS, [])
    assert attempt.xcom["canvas_batch"] == result
    batches.check_account(ledger, world)
    batch = ledger.batch()
    assert batch is not None
    assert batch.lease_owner is None
    assert batch.used_requests == batches.requests_of(world).total()
    assert batch.first_submitted_at is not None
    assert batch.last_ended_at is not None
    assert batch.first_submitted_at < batch.last_ended_at


@pytest.mark.parametrize(("max_in_flight", "deferrals"), [(4, 6), (200, 1)])
def test_deferred(ledger: BatchLedger, world: World, max_in_flight: int, deferrals: int) -> None:
    """A deferred batch continues when half of a wave has ended, and at the end when all have."""
    result, count = follow(lambda: bulk(deferrable=True, max_in_flight=max_in_flight))
    assert result["states"] == {"completed": SHELLS}
    assert count <= deferrals
    batches.check_account(ledger, world)
    batch = ledger.batch()
    assert batch is not None
    assert batch.used_requests == batches.requests_of(world).total()


def test_copies_that_render_to_nothing(ledger: BatchLedger, world: World) -> None:
    """Blank ``copies`` count as not given: the batch that was planned is copied."""
    assert run(bulk(copies=""))["states"] == {"completed": SHELLS}


def test_never_more_in_flight_than_allowed(ledger: BatchLedger, world: World) -> None:
    """At most ``max_in_flight`` copies are outstanding at any time."""
    seconds_per_copy(world, HELD)
    deferral = deferred(bulk(deferrable=True, max_in_flight=5), Attempt())
    assert posts(world) == 5
    assert batches.states_of(ledger) == {"planned": SHELLS - 5, "running": 5}
    _, arguments = deferral.trigger.serialize()
    assert sum(len(ids) for _, ids in arguments["outstanding"]["waves"]) == 5
    assert arguments["wanted"] == 2


def test_second_run_sends_no_copy(ledger: BatchLedger, world: World) -> None:
    """A run of a complete batch sends no request at all, and records no event."""
    run(bulk())
    before = len(world.requests)
    result = run(bulk(), OtherRun(run_id="next night"))
    assert result["states"] == {"completed": SHELLS}
    assert result["copied"] == 0
    assert len(world.requests) == before


def test_next_night_copies_what_is_new(ledger: BatchLedger, world: World) -> None:
    """A row that is planned later is copied by the next run, and nothing else."""
    ledger.plan([])
    rows = batches.planned_rows(SHELLS)
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM canvas_copy_ledger WHERE row_number > 3"))
    assert run(bulk())["states"] == {"completed": 3}
    ledger.plan(rows)
    assert run(bulk(), OtherRun(run_id="next night"))["states"] == {"completed": SHELLS}
    assert posts(world) == SHELLS
    batches.check_account(ledger, world)


def test_failed_copies(ledger: BatchLedger, world: World) -> None:
    """Failed copies do not stop the others; retries submit them again, up to ``max_attempts`` times."""
    world.faults.migrations.extend(MigrationFault(Fault.FAILS, stage=2) for _ in range(2))
    attempt = Attempt()
    with pytest.raises(
        CanvasBatchError, match=r"failed: 2 copies of 12 copies.*The next run submits it again"
    ) as raised:
        run(bulk(max_attempts=2), attempt)
    assert not raised.value.permanent
    assert attempt.xcom["canvas_batch"]["states"] == {"completed": SHELLS - 2, "failed": 2}
    (first, _) = attempt.xcom["canvas_batch"]["unsuccessful"]
    assert all((first["message"], first["advice"], first["url"]))
    failed = [row.dest_course_id for row in ledger.rows({CopyState.FAILED})]
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    with pytest.raises(AirflowFailException, match="as max_attempts allows"):
        run(bulk(max_attempts=2), Attempt(try_number=2))
    assert posts(world) == SHELLS + 2
    (still_failed,) = ledger.rows({CopyState.FAILED})
    assert still_failed.dest_course_id in failed
    assert still_failed.attempts == 2
    with pytest.raises(AirflowFailException):
        run(bulk(max_attempts=2), OtherRun(run_id="next night"))
    assert posts(world) == SHELLS + 2
    assert run(bulk(max_attempts=3), OtherRun(run_id="third night"))["states"] == {"completed": SHELLS}


def test_failed_copies_are_left_alone(ledger: BatchLedger, world: World) -> None:
    """With ``retry_failed=False``, a run submits only what is new."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    with pytest.raises(AirflowFailException, match="A run with retry_failed=True submits it again"):
        run(bulk(retry_failed=False))
    assert run(bulk(retry_failed=False, fail_if={}), OtherRun(run_id="later"))["states"]["failed"] == 1
    assert posts(world) == SHELLS


def test_issues(ledger: BatchLedger, world: World) -> None:
    """The issues of all copies are in their table, and their numbers in the rows."""
    world.faults.import_defects.append(ImportDefect("pages", "Home", Defect.NOT_COPIED))
    result = run(bulk())
    assert result["states"] == {"completed_with_issues": SHELLS}
    assert all(row.issues_todo + row.issues_warning + row.issues_error for row in ledger.rows())
    assert len({issue.dest_course_id for issue in ledger.issues()}) == SHELLS
    assert batches.requests_of(world)["GET courses/#/content_migrations/#/migration_issues"] == SHELLS


@pytest.mark.parametrize("deferrable", [False, True])
def test_cleared_in_the_middle(ledger: BatchLedger, world: World, deferrable: bool) -> None:
    """A task that is cleared while copies are outstanding waits for them, and makes no others."""
    seconds_per_copy(world, HELD)
    deferred(bulk(deferrable=True, max_in_flight=5), Attempt())
    finish_held(world)
    task, attempt = bulk(deferrable=False), Attempt(try_number=2, max_tries=4)
    assert run(task, attempt)["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_next_run_continues_what_a_dead_one_left(ledger: BatchLedger, world: World) -> None:
    """Another run takes over when Airflow says that the task with the lease has ended."""
    seconds_per_copy(world, HELD)
    deferred(bulk(deferrable=True, max_in_flight=5), Attempt())
    finish_held(world)
    result = run(bulk(), OtherRun(run_id="next night"))
    assert result["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_two_runs_at_once(ledger: BatchLedger, world: World) -> None:
    """A second run is refused while the first one works, also while that is deferred, and the error names it."""
    seconds_per_copy(world, HELD)
    deferral = deferred(bulk(deferrable=True, max_in_flight=5), attempt := Attempt())
    with pytest.raises(CanvasBusyError, match="task copy of DAG dag, run manual__1, try 1 has its lease until"):
        run(bulk(), RunAtTheSameTime(run_id="at the same time"))
    assert posts(world) == 5
    finish_held(world)
    event = asyncio.run(fired(deferral))
    task = bulk(deferrable=False)
    assert resumed(task, deferral, event, attempt)["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_thresholds(ledger: BatchLedger, world: World) -> None:
    """``fail_if`` decides after everything is recorded."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    assert run(bulk(fail_if={"failed": 1}))["states"] == {"completed": SHELLS - 1, "failed": 1}


def test_unplanned_batch(connection: str, database: str) -> None:
    """A batch that nobody planned fails, and the error says how to plan it."""
    with pytest.raises(AirflowFailException, match="Plan it first, with CanvasPlanCourseCopiesOperator"):
        run(bulk())


def test_timeout(ledger: BatchLedger, world: World) -> None:
    """At the deadline nothing more is submitted, the rest is not tried, and the next run continues."""
    seconds_per_copy(world, HELD)
    with pytest.raises(AirflowFailException, match=r"is not complete after .*7 copies were not submitted") as raised:
        run(bulk(max_in_flight=5, timeout=timedelta(seconds=2)))
    assert "5 copies of the batch 'fall-2026' are outstanding" in str(raised.value)
    assert f"into course {batches.FIRST_SHELL}" in str(raised.value)
    assert batches.states_of(ledger) == {"running": 5, "not_tried": SHELLS - 5}
    finish_held(world)
    assert run(bulk(), OtherRun(run_id="next night"))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_hung_progress(ledger: BatchLedger, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that failed without ending its Progress is found by its record."""
    monkeypatch.setattr("airflow_provider_canvas.operators.bulk_run.MAX_WAIT", 3.0)
    world.faults.migrations.append(MigrationFault(Fault.HUNG_PROGRESS, stage=2))
    assert run(bulk(fail_if={}))["states"] == {"completed": SHELLS - 1, "failed": 1}


def raised_by(task: Any, attempt: Attempt) -> BaseException:
    """Return the error with which a task ends."""
    with pytest.raises(BaseException) as raised:  # noqa: PT011
        run(task, attempt)
    return raised.value


def end_when_running(task: Any, ledger: BatchLedger, world: World) -> None:
    """End a task as soon as five copies are running, then let these end in Canvas."""
    assert eventually(lambda: batches.states_of(ledger).get("running") == 5, within=30)
    task.on_kill()
    finish_held(world)


def test_user_ends_the_task_in_the_worker(ledger: BatchLedger, world: World) -> None:
    """Canvas is asked to cancel what is outstanding, nothing more is submitted, and the next run waits for it."""
    seconds_per_copy(world, HELD)
    task = bulk(max_in_flight=5)
    thread = threading.Thread(target=lambda: end_when_running(task, ledger, world), daemon=True)
    thread.start()
    raised_by(task, Attempt())
    thread.join()
    assert batches.requests_of(world)["POST progress/#/cancel"] == 5
    assert posts(world) == 5
    assert run(bulk(), OtherRun(run_id="next night"))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_user_ends_the_deferred_task(ledger: BatchLedger, world: World) -> None:
    """The trigger cancels, the ledger keeps the copies as running, and the next run waits for them."""
    seconds_per_copy(world, HELD)
    deferral = deferred(bulk(deferrable=True, max_in_flight=5), Attempt())
    asyncio.run(deferral.trigger.on_kill())
    assert batches.requests_of(world)["POST progress/#/cancel"] == 5
    assert batches.states_of(ledger)["running"] == 5
    finish_held(world)
    assert run(bulk(), OtherRun(run_id="next night"))["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_cancelled_progress_does_not_end_the_wait(ledger: BatchLedger, world: World) -> None:
    """After a cancellation only the record tells when a copy ends, and the next run polls that."""
    seconds_per_copy(world, 4)
    deferral = deferred(bulk(deferrable=True, max_in_flight=3), Attempt())
    asyncio.run(deferral.trigger.on_kill())
    seconds_per_copy(world, QUICK)
    result, _ = follow(lambda: bulk(deferrable=True), OtherRun(run_id="next night"))
    assert result["states"] == {"completed": SHELLS}
    batches.check_account(ledger, world)


def test_worker_is_stopped(ledger: BatchLedger, world: World) -> None:
    """A worker that stops cancels nothing."""
    seconds_per_copy(world, HELD)
    task = bulk(max_in_flight=5)
    thread = threading.Thread(target=lambda: end_when_running(task, ledger, world), daemon=True)
    thread.start()
    raised_by(task, Attempt(state="running"))
    thread.join()
    assert batches.requests_of(world)["POST progress/#/cancel"] == 0


def test_events(ledger: BatchLedger, world: World, emulator: EmulatorServer) -> None:
    """The batch is an asset, and so is each course; a second run that copies nothing records no event."""
    from airflow.providers.common.compat.sdk import AssetAlias

    host = emulator.url.removeprefix("http://")
    attempt = Attempt()
    run(bulk(outlets=[AssetAlias("terms")], events="both"), attempt)
    uris = [uri for uri, _ in attempt.outlet_events.events]
    assert uris[-1] == f"canvas://{host}/batches/{batches.BATCH}"
    assert sorted(uris[:-1]) == [f"canvas://{host}/courses/{1001 + number}" for number in range(SHELLS)]
    extra = dict(attempt.outlet_events.events)[f"canvas://{host}/courses/1001"]
    assert extra["source_course_id"] == 101
    assert isinstance(extra["content_migration_id"], int)
    second = OtherRun(run_id="next night")
    run(bulk(outlets=[AssetAlias("terms")], events="both"), second)
    assert second.outlet_events.events == []


@pytest.mark.parametrize("batch", ["fall-2026", "another batch"])
def test_copies_without_a_plan_of_their_own(ledger: BatchLedger, world: World, batch: str) -> None:
    """``copies=[...]`` are planned first, and a second run copies nothing."""
    copies = [{"source": 101, "destination": 1001 + number, "department": "BIOL"} for number in range(4)]
    copies.append({"source": 101, "destination": 4711})
    result = run(bulk(copies=copies, batch=batch))
    assert result["states"] == {"refused": 1, "completed": 4}
    assert posts(world) == 4
    second = run(bulk(copies=copies, batch=batch), OtherRun(run_id="next night"))
    assert second["states"] == result["states"]
    assert posts(world) == 4
