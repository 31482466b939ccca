"""How often a job is polled, and how long errors are tolerated."""

from __future__ import annotations

import asyncio
import math
import statistics

import pytest

from airflow_provider_canvas.client.errors import CanvasAuthenticationError, CanvasNotFoundError, CanvasServerError
from airflow_provider_canvas.client.jobs.poll_schedule import STEP, PollSchedule, format_duration, until_common_step


def test_interval_grows_with_the_age_of_the_job() -> None:
    """A new job is polled every 15 s and a job of an hour every 120 s; a longer interval is kept."""
    schedule = PollSchedule(15, chance=lambda: 0.5)
    assert [schedule.next_poll(age) for age in (0, 60, 600, 3600, 36000)] == [15, 15, 30, 120, 120]
    assert PollSchedule(300, chance=lambda: 0.5).next_poll(0) == 300


def test_intervals_are_randomized() -> None:
    """An interval of 10 s is randomized between 9 s and 11 s, so that triggers do not poll together."""
    assert PollSchedule(10, chance=lambda: 0.0).next_poll(0) == 9
    assert PollSchedule(10, chance=lambda: 1.0).next_poll(0) == 11


async def test_sleeps_end_at_common_steps() -> None:
    """Twenty sleeps of different lengths end at common steps, none too early and none much too late."""
    now = asyncio.get_running_loop().time
    start, woken_at = now(), dict[float, float]()

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(until_common_step(seconds, now()))
        woken_at[seconds] = now()

    await asyncio.gather(*(sleep(index / 100) for index in range(20)))
    assert all(seconds <= at - start < seconds + STEP + 0.5 for seconds, at in woken_at.items())
    assert statistics.median(at % STEP for at in woken_at.values()) < STEP / 2


def test_temporary_errors_are_tolerated_for_a_time() -> None:
    """Temporary errors are tolerated until ``tolerance`` is over, a 404 for up to 60 s, and a 401 never."""
    schedule = PollSchedule(15, tolerance=100)
    temporary = CanvasServerError("503")
    assert not schedule.failed(temporary, now=0)
    assert not schedule.failed(temporary, now=99)
    schedule.succeeded()
    assert not schedule.failed(temporary, now=150)
    assert schedule.failed(temporary, now=251)
    unknown = CanvasNotFoundError("404")
    assert not PollSchedule().failed(unknown, now=0)
    lagging = PollSchedule()
    assert [lagging.failed(unknown, now=now) for now in (0, 30, 60)] == [False, False, True]
    assert PollSchedule().failed(CanvasAuthenticationError("401"), now=0)


def test_unlimited_tolerance() -> None:
    """With infinite ``tolerance`` a temporary error never ends the wait; without ``tolerate_not_found`` a 404 does."""
    schedule = PollSchedule(15, tolerance=math.inf, tolerate_not_found=False)
    assert not schedule.failed(CanvasServerError("503"), now=0)
    assert not schedule.failed(CanvasServerError("503"), now=1e9)
    assert schedule.failed(CanvasNotFoundError("404"), now=1e9)


def test_format_duration() -> None:
    """A duration is formatted as seconds, minutes and seconds, or hours and minutes."""
    assert [format_duration(s) for s in (0, 42.4, 65, 3600, 7830)] == [
        "0 s",
        "42 s",
        "1 min 5 s",
        "1 h 0 min",
        "2 h 10 min",
    ]


@pytest.mark.parametrize(
    ("age", "completion", "pause"),
    [
        (0.0, None, 1.0),
        (4.0, 50.0, 4.0),
        (10.0, None, 10.0),
        (10.0, 0.0, 10.0),
        (10.0, 5.0, 10.0),
        (10.0, 100.0, 10.0),
        (10.0, 33.5, 20.4),
        (15.0, 50.0, 15.5),
        (10.0, 10.0, 22.5),
        (10.0, 99.5, 5.0),
        (60.0, 99.5, 5.0),
        (600.0, 50.0, 45.0),
        (600.0, 97.0, 19.1),
    ],
)
def test_percentage_predicts_the_end(age: float, completion: float | None, pause: float) -> None:
    """The next poll comes just after the end that the percentage predicts, within bounds of the usual pause."""
    assert PollSchedule(15, chance=lambda: 0.5).pause(age, completion) == pytest.approx(pause, abs=0.06)


@pytest.mark.parametrize("seconds", [15, 20, 30, 60, 120])
def test_polls_of_a_steady_job(seconds: float) -> None:
    """A job that progresses steadily is found to be over at most six seconds after its end, in few polls."""
    schedule, age, polls = PollSchedule(15), 10.0, 1
    while age < seconds:
        age += schedule.pause(age, 100 * age / seconds)
        polls += 1
    assert age - seconds <= 6
    assert polls <= 2 + seconds / 15
