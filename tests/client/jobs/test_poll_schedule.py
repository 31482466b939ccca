"""How often a job is polled, and how long errors are tolerated."""

from __future__ import annotations

import asyncio
import math
import statistics

from airflow_provider_canvas.client.errors import CanvasAuthenticationError, CanvasNotFoundError, CanvasServerError
from airflow_provider_canvas.client.jobs.poll_schedule import STEP, PollSchedule, format_duration, until_common_step


def test_polls_become_rarer_with_age() -> None:
    """A job of a minute is polled four times a minute, one of an hour every two minutes."""
    schedule = PollSchedule(15, chance=lambda: 0.5)
    assert [schedule.next_poll(age) for age in (0, 60, 600, 3600, 36000)] == [15, 15, 30, 120, 120]
    assert PollSchedule(300, chance=lambda: 0.5).next_poll(0) == 300


def test_polls_are_spread() -> None:
    """A thousand triggers that began together do not poll together."""
    assert PollSchedule(10, chance=lambda: 0.0).next_poll(0) == 9
    assert PollSchedule(10, chance=lambda: 1.0).next_poll(0) == 11


async def test_sleeps_end_at_common_steps() -> None:
    """Twenty sleeps of different lengths end at common steps, none too early or much too late."""
    now = asyncio.get_running_loop().time
    began, woken = now(), dict[float, float]()

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(until_common_step(seconds, now()))
        woken[seconds] = now()

    await asyncio.gather(*(sleep(index / 100) for index in range(20)))
    assert all(seconds <= at - began < seconds + STEP + 0.5 for seconds, at in woken.items())
    assert statistics.median(at % STEP for at in woken.values()) < STEP / 2


def test_errors_are_tolerated_for_a_while() -> None:
    """Passing errors end the wait after the tolerance without a success; a refused token ends it at once."""
    schedule = PollSchedule(15, tolerance=100)
    passing = CanvasServerError("503")
    assert not schedule.failed(passing, now=0)
    assert not schedule.failed(passing, now=99)
    schedule.succeeded()
    assert not schedule.failed(passing, now=150)
    assert schedule.failed(passing, now=251)
    unknown = CanvasNotFoundError("404")
    assert not PollSchedule().failed(unknown, now=0)
    lagging = PollSchedule()
    assert [lagging.failed(unknown, now=now) for now in (0, 30, 60)] == [False, False, True]
    assert PollSchedule().failed(CanvasAuthenticationError("401"), now=0)


def test_a_schedule_without_an_end() -> None:
    """A sensor tolerates passing errors until its own timeout, and in reschedule mode no unknown job."""
    schedule = PollSchedule(15, tolerance=math.inf, tolerate_not_found=False)
    assert not schedule.failed(CanvasServerError("503"), now=0)
    assert not schedule.failed(CanvasServerError("503"), now=1e9)
    assert schedule.failed(CanvasNotFoundError("404"), now=1e9)


def test_format_duration() -> None:
    """Seconds, then minutes and seconds, then hours and minutes."""
    assert [format_duration(s) for s in (0, 42.4, 65, 3600, 7830)] == [
        "0 s",
        "42 s",
        "1 min 5 s",
        "1 h 0 min",
        "2 h 10 min",
    ]
