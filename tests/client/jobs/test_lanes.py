"""The jobs of a lane are polled with few requests, and every end is found, in whatever order the jobs end."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.client.errors import (
    CanvasError,
    CanvasNotFoundError,
    CanvasPermissionError,
    CanvasServerError,
)
from airflow_provider_canvas.client.jobs.lanes import MAX_PAUSE, SILENT
from tests.client.jobs.lane_model import START, Task, ends

DURATIONS: dict[str, Callable[[], float]] = {
    "all 20 s": lambda: 20.0,
    "nearly empty courses": lambda: 1.4,
    "10 to 25 s": lambda: random.uniform(10, 25),
    "exponential": lambda: random.expovariate(1 / 20),
}


@pytest.mark.parametrize("durations", DURATIONS)
@pytest.mark.parametrize("width", [1, 2, 8])
@pytest.mark.parametrize("batch_size", [1, 20], ids=["REST", "GraphQL"])
def test_requests_per_job(batch_size: int, width: int, durations: str) -> None:
    """Polling a lane of 200 jobs takes at most about one request per job, wrong reports included."""
    random.seed(16)
    task = Task(ends([DURATIONS[durations]() for _ in range(200)], width), batch_size=batch_size)
    task.run()
    assert task.polls + task.wrong <= 1.1 * 200 + 10
    assert task.latest <= 2 * MAX_PAUSE


def test_parallel_jobs_are_found_soon() -> None:
    """If all jobs of a lane run at the same time, their ends are found within the interval, and 5 % of their age."""
    task = Task([(START, START + 30.0)] * 200, interval=1.0)
    task.run()
    assert task.latest < 3
    assert task.polls < 200


@pytest.mark.parametrize("seconds", [2.0, 8.0, 30.0, 100.0])
def test_percentages_predict_the_end(seconds: float) -> None:
    """While nothing has ended, the percentage of a running job tells when to poll next, if a request reads many."""
    task = Task([(START, START + seconds)] * 200, batch_size=20)
    task.run()
    assert task.latest < 3 + 0.15 * seconds


@pytest.mark.parametrize("seconds", [8.0, 30.0, 60.0])
@pytest.mark.parametrize("between", [0.005, 0.02])
def test_jobs_that_end_soon_after_each_other(seconds: float, between: float) -> None:
    """If the first jobs are over and the next one nearly is, the lane is polled again soon, with few more requests."""
    began = [START + number * between for number in range(200)]
    task = Task([(each, each + seconds) for each in began], batch_size=20)
    task.run()
    assert task.latest < 4
    assert task.polls <= 20


@pytest.mark.parametrize("batch_size", [1, 20], ids=["REST", "GraphQL"])
def test_slow_batch_says_nothing_about_the_next_one(batch_size: int) -> None:
    """Jobs that are submitted after the lane was empty are polled as the first ones were, however slow those were."""
    slow = Task(ends([170.0] * 3, 1), batch_size=batch_size)
    slow.run()
    first = Task([(START, START + 30.0)] * 200, batch_size=batch_size)
    first.run()
    slow.pace.last_round = START - 5.0
    second = Task([(START, START + 30.0)] * 200, batch_size=batch_size, pace=slow.pace)
    second.run()
    assert (second.polls, second.latest) == (first.polls, first.latest)


durations = st.one_of(st.floats(0.1, 60.0), st.floats(0.1, 7200.0))


@given(
    jobs=st.lists(durations, min_size=1, max_size=60),
    width=st.integers(1, 40),
    batch_size=st.sampled_from([1, 2, 5, 20]),
    interval=st.sampled_from([1.0, 15.0, 60.0]),
    resume=st.sampled_from([0.5, 5.0, 60.0]),
)
@settings(deadline=None, max_examples=150)
def test_lanes_of_any_width(jobs: list[float], width: int, batch_size: int, interval: float, resume: float) -> None:
    """Every end is found in bounded time, whatever the width of the lane and the durations are."""
    task = Task(ends(jobs, width), interval, batch_size, resume=resume)
    task.run()
    assert task.latest <= SILENT + 2 * MAX_PAUSE


@given(
    times=st.lists(st.tuples(st.floats(0, 7200), st.floats(0.1, 3600)), min_size=1, max_size=60),
    batch_size=st.sampled_from([1, 20]),
)
@settings(deadline=None, max_examples=150)
def test_jobs_in_any_order(times: list[tuple[float, float]], batch_size: int) -> None:
    """Every end is found in bounded time if jobs start in another order than that of the POSTs."""
    task = Task([(START + began, START + began + duration) for began, duration in times], batch_size=batch_size)
    task.run()
    assert task.latest <= SILENT + 2 * MAX_PAUSE


@given(
    jobs=st.lists(st.floats(0.1, 60.0), min_size=1, max_size=40),
    width=st.integers(1, 8),
    away=st.tuples(st.floats(0, 600), st.floats(0, 600)),
    refused=st.sets(st.integers(0, 39), max_size=5),
    late=st.sets(st.integers(0, 39), max_size=5),
    batch_size=st.sampled_from([1, 20]),
)
@settings(deadline=None, max_examples=150)
def test_faults(  # noqa: PLR0917
    jobs: list[float],
    width: int,
    away: tuple[float, float],
    refused: set[int],
    late: set[int],
    batch_size: int,
) -> None:
    """Every end is found if Canvas is away for minutes, refuses some Progresses, and does not know others at first."""

    def error(index: int, now: float) -> CanvasError | None:
        if away[0] <= now - START <= away[0] + away[1]:
            return CanvasServerError("503")
        if index in refused:
            refusal = CanvasPermissionError("401")
            refusal.permanent = True
            return refusal
        return CanvasNotFoundError("404") if index in late and now < START + 30 else None

    task = Task(ends(jobs, width), batch_size=batch_size, error=error)
    task.run()
    assert task.latest <= SILENT + 2 * MAX_PAUSE
    assert task.wrong <= len(refused) * (1 + (task.now - START) / 13) + len(jobs)


@given(width=st.integers(1, 8), batch_size=st.sampled_from([1, 20]), dead=st.integers(0, 29))
@settings(deadline=None, max_examples=30)
def test_progress_that_never_ends(width: int, batch_size: int, dead: int) -> None:
    """A job whose Progress says ``running`` for ever is reported every half hour, so that its record is read."""
    times = ends([20.0] * 30, width)
    never = [(began, end + 10**9 if index == dead else end) for index, (began, end) in enumerate(times)]
    task = Task(never, batch_size=batch_size)
    with pytest.raises(AssertionError, match="waits for ever"):
        task.run(limit=4 * 3600.0)
    assert len(task.found) == 29
    assert 3 <= task.wrong <= 40
    assert task.polls < 30 + 4 * 3600 / 15
