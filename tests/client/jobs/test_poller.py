"""The shared poller: every wait ends as it would alone, with few requests, whatever GraphQL and Canvas do."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError
from airflow_provider_canvas.client.jobs import poller
from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
from airflow_provider_canvas.client.jobs.poller import PolledJob, shared_poller
from airflow_provider_canvas.client.jobs.wait import JobWait
from airflow_provider_canvas.client.jobs.waiters import ProgressWaiter, Status
from airflow_provider_canvas.client.settings import Settings
from tests.client.jobs.fake_progresses import FAULTS, FakeProgresses, Job
from tests.support.virtual_time import START, run_in_virtual_time

log = logging.getLogger("waiting")


class Hook:
    """What a poller needs of a hook."""

    def __init__(self, client: FakeProgresses) -> None:
        self.client = client


def wait(progress_id: int, interval: float = 5.0) -> JobWait:
    """Return a wait for a Progress that began now."""
    return JobWait(ProgressWaiter(progress_id=progress_id), PollSchedule(interval), log, time.time())


async def results_of(
    client: FakeProgresses, ids: list[int], deadline: float = 24 * 3600.0
) -> list[Status | BaseException | None]:
    """Wait for jobs as triggers do, each in a task of its own, and check that nothing is left."""

    async def trigger(progress_id: int) -> Status | None:
        async with shared_poller(Hook(client)) as shared:
            return await shared.until_over(wait(progress_id), time.time() + deadline)

    results = await asyncio.gather(*map(trigger, ids), return_exceptions=True)
    await check_nothing_is_left(client)
    return results


async def check_nothing_is_left(client: FakeProgresses) -> None:
    """Check that no task, no poller, no request and no place in the rate limit is left."""
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not poller._shared.get(asyncio.get_running_loop())
    assert (client.in_flight, client.limiter.in_flight, client.limiter.waiting) == (0, 0, 0)
    assert client.max_in_flight <= 10


@pytest.mark.parametrize("fault", [*FAULTS, "errors beside data", "works"])
def test_every_wait_ends_whatever_graphql_responds(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    """All waits succeed; a GraphQL that is of no use costs few queries and one message, and not one for each poll."""
    caplog.set_level("INFO")
    client = FakeProgresses({index: Job(START + 300 + index) for index in range(1, 61)}, fault)
    results = run_in_virtual_time(results_of(client, list(client.jobs)))
    assert {each.state for each in results if isinstance(each, Status)} == {"succeeded"}
    assert len(results) == 60
    if fault not in ("works", "errors beside data"):
        assert len(client.queries) <= 40
        assert len([message for message in caplog.messages if "GraphQL" in message]) <= 2
    else:
        assert len(client.rest) <= 60 + len(client.queries)
        assert max(map(len, client.queries)) == 20


def test_graphql_is_off() -> None:
    """With ``graphql: off`` no query is sent."""
    client = FakeProgresses({index: Job(START + 60) for index in range(1, 31)})
    client.caller = replace(client.caller, settings=Settings("https://school.example", "7~off", graphql=False))
    run_in_virtual_time(results_of(client, list(client.jobs)))
    assert not client.queries


def test_refusal_is_remembered_for_a_day() -> None:
    """A token that GraphQL refuses is not tried again on the same day, not even by another poller."""
    client = FakeProgresses({index: Job(START + 30 * 3600) for index in range(1, 31)}, "scopes of the key")

    async def main() -> int:
        await results_of(client, list(client.jobs), deadline=600.0)
        first = len(client.queries)
        await results_of(client, list(client.jobs), deadline=600.0)
        assert len(client.queries) == first
        await asyncio.sleep(24 * 3600.0)
        await results_of(client, list(client.jobs), deadline=600.0)
        assert len(client.queries) <= 2 * first + 2
        return first

    assert run_in_virtual_time(main()) <= 2


@pytest.mark.parametrize("aliases", [1, 2, 3, 5, 7, 10, 19])
def test_lower_limit_is_learned(aliases: int) -> None:
    """A limit that an administrator lowered is learned from the error, and remembered."""
    client = FakeProgresses({index: Job(START + 3600) for index in range(1, 41)}, aliases=aliases)
    run_in_virtual_time(results_of(client, list(client.jobs)))
    refused = [query for query in client.queries if len(query) > aliases]
    assert len(refused) <= 16
    assert aliases / 2 < client.support._limit <= aliases


@given(
    bad=st.dictionaries(st.integers(1, 40), st.sampled_from(["null", "500"]), max_size=6),
    count=st.integers(1, 40),
    aliases=st.sampled_from([20, 20, 7, 1]),
)
@settings(deadline=None, max_examples=15)
def test_bad_ids(bad: dict[int, str], count: int, aliases: int) -> None:
    """Progresses that GraphQL does not tell are read with REST, and cost the others no result."""
    jobs = {
        index: Job(START + 300 + 10 * index, "canceled" if bad.get(index) else "completed", bad.get(index, "record"))
        for index in range(1, count + 1)
    }
    client = FakeProgresses(jobs, aliases=aliases)
    results = run_in_virtual_time(results_of(client, list(jobs)))
    assert [each.workflow_state for each in results if isinstance(each, Status)] == [job.final for job in jobs.values()]


@given(
    ends=st.lists(st.floats(0, 7200), min_size=1, max_size=30),
    away=st.tuples(st.floats(0, 3600), st.floats(0, 600)),
    seconds=st.sampled_from([0.0, 0.05, 3.0]),
    graphql=st.sampled_from(["works", *FAULTS]),
)
@settings(deadline=None, max_examples=20)
def test_canvas_is_away(ends: list[float], away: tuple[float, float], seconds: float, graphql: str) -> None:
    """Waits survive ten minutes without Canvas, and end soon after their jobs, with at most ten requests in flight."""
    jobs = {index: Job(START + end) for index, end in enumerate(ends, start=1)}
    client = FakeProgresses(
        jobs, graphql, seconds=seconds, is_away=lambda: away[0] <= time.time() - START <= away[0] + away[1]
    )
    found: dict[int, float] = {}

    async def main() -> None:
        async def trigger(progress_id: int) -> None:
            async with shared_poller(Hook(client)) as shared:
                status = await shared.until_over(wait(progress_id), time.time() + 24 * 3600)
                assert status is not None
                assert status.state == "succeeded"
                found[progress_id] = time.time()

        await asyncio.gather(*map(trigger, jobs))
        await check_nothing_is_left(client)

    run_in_virtual_time(main())
    for progress_id, job in jobs.items():
        assert found[progress_id] - job.ends_at <= away[1] + 300
    assert len(client.rest) + len(client.queries) <= sum(40 + end / 4.0 for end in ends) + 200


def test_error_of_one_job_ends_its_own_wait_only() -> None:
    """A Progress that Canvas does not know for more than a minute ends its own wait with an error, and no other."""
    client = FakeProgresses({index: Job(START + 600) for index in range(1, 31)})
    client.jobs[7].error, client.jobs[7].graphql = 404, "500"
    results = run_in_virtual_time(results_of(client, list(client.jobs)))
    assert isinstance(results[6], CanvasNotFoundError)
    assert [each.state for each in results if isinstance(each, Status)] == ["succeeded"] * 29


def test_tolerance_is_that_of_each_job() -> None:
    """If Canvas stays away, each wait ends with the error after its own tolerance."""
    client = FakeProgresses({index: Job(START + 10**6) for index in range(1, 16)}, is_away=lambda: True)
    results = run_in_virtual_time(results_of(client, list(client.jobs)))
    assert all(isinstance(each, CanvasError) for each in results)
    assert {str(each).partition(":")[0] for each in results} == {
        f"No response from Canvas to GET progress/{index}" for index in range(1, 16)
    }


@given(
    moments=st.lists(st.floats(0.0, 40.0), min_size=20, max_size=20),
    graphql=st.sampled_from(["works", "no such route"]),
    seconds=st.sampled_from([0.05, 3.0]),
)
@settings(deadline=None, max_examples=15)
def test_cancelled_waits_leave_nothing(moments: list[float], graphql: str, seconds: float) -> None:
    """A wait that is cancelled at any moment, with its poll in flight too, leaves nothing and harms no other."""
    client = FakeProgresses({index: Job(START + 60) for index in range(1, 31)}, graphql, seconds=seconds)

    async def main() -> None:
        async def trigger(progress_id: int) -> Status | None:
            async with shared_poller(Hook(client)) as shared:
                return await shared.until_over(wait(progress_id), time.time() + 3600)

        tasks = [asyncio.create_task(trigger(index % 30 + 1)) for index in range(40)]
        for task, moment in zip(tasks, moments, strict=False):
            asyncio.get_running_loop().call_later(moment, task.cancel)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in results] == [asyncio.CancelledError] * 20 + [Status] * 20
        await asyncio.sleep(0.1)
        await check_nothing_is_left(client)

    run_in_virtual_time(main())


async def collect(client: FakeProgresses, jobs: list[PolledJob], deadline: float = 3600.0) -> dict[Any, str]:
    """Return the states of the jobs that the poller yields, by id."""
    found: dict[Any, str] = {}
    async with shared_poller(Hook(client)) as shared:
        async for changed in shared.changes(jobs, interval=5.0, deadline=time.time() + deadline):
            assert changed
            for job, status in changed:
                assert job.progress_id not in found
                found[job.progress_id] = status.state
    await check_nothing_is_left(client)
    return found


@pytest.mark.parametrize("lane", ["api", None])
@pytest.mark.parametrize("graphql", ["works", "no such route", "errors of the server"])
def test_changes(lane: str | None, graphql: str) -> None:
    """Each job is yielded once, soon after it is over; failed and unreadable ones too."""
    client = FakeProgresses({index: Job(START + 20 * index) for index in range(1, 41)}, graphql)
    client.jobs[5].final = "failed"
    client.jobs[9].error, client.jobs[9].graphql = 401, "null"
    jobs = [PolledJob(index, lane, index, START) for index in client.jobs]
    found = run_in_virtual_time(collect(client, jobs))
    assert set(found) == set(client.jobs)
    assert found[9] == "pending"
    if lane is not None:
        # Pauses are drawn by chance: with GraphQL that fails, 94 to 139 requests and 44 to 64 queries were seen.
        assert len(client.rest) < 4 * 40
        assert len(client.queries) <= 80


def test_changes_end_at_the_deadline() -> None:
    """At the deadline the generator ends, whatever is left."""
    client = FakeProgresses({index: Job(START + 20 * index) for index in range(1, 41)})
    jobs = [PolledJob(index, "api", index, START) for index in client.jobs]
    found = run_in_virtual_time(collect(client, jobs, deadline=200.0))
    assert 5 <= len(found) <= 10


def test_no_jobs() -> None:
    """Without jobs there is nothing to yield."""
    assert run_in_virtual_time(collect(FakeProgresses({}), [])) == {}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_loop_that_ends_without_notice() -> None:
    """A loop that is closed while triggers wait does not disturb the next loop of the process."""
    client = FakeProgresses({index: Job(START + 60) for index in range(1, 31)})

    async def start_only(then: Callable[[], Awaitable[Any]]) -> None:
        for index in client.jobs:
            task = asyncio.create_task(results_of(client, [index]))
            _kept.append(task)
        await then()

    run_in_virtual_time(start_only(lambda: asyncio.sleep(7)))
    fresh = FakeProgresses(client.jobs, settings=Settings("https://school.example", "7~other"))
    results = run_in_virtual_time(results_of(fresh, list(fresh.jobs)))
    assert [each.state for each in results if isinstance(each, Status)] == ["succeeded"] * 30
    assert len(poller._shared) <= 1
    _kept.clear()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # what the tasks wait for when they end; asyncio would make one that nobody closes
    gc.collect()  # the tasks of the first loop end here, and not in another test
    asyncio.set_event_loop(None)
    loop.close()


_kept: list[Any] = []
