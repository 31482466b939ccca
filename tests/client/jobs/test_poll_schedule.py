"""How often a job is looked at, and how many errors are borne."""

from __future__ import annotations

import asyncio
import statistics

from airflow_provider_canvas.client.errors import CanvasAuthenticationError, CanvasNotFoundError, CanvasServerError
from airflow_provider_canvas.client.jobs.poll_schedule import STEP, PollSchedule, format_duration, sleep_to_common_step


def test_looks_become_rarer_with_age() -> None:
    """A job of a minute is looked at four times a minute, one of an hour every two minutes."""
    polling = PollSchedule(15, chance=lambda: 0.5)
    assert [polling.next_poll(age) for age in (0, 60, 600, 3600, 36000)] == [15, 15, 30, 120, 120]
    assert PollSchedule(300, chance=lambda: 0.5).next_poll(0) == 300


def test_looks_are_spread() -> None:
    """A thousand triggers that began together do not look together."""
    assert PollSchedule(10, chance=lambda: 0.0).next_poll(0) == 9
    assert PollSchedule(10, chance=lambda: 1.0).next_poll(0) == 11


async def test_those_who_sleep_wake_up_together() -> None:
    """Twenty who sleep for different times wake up where steps begin, none of them too early or much too late."""
    now = asyncio.get_running_loop().time
    began, woken = now(), dict[float, float]()

    async def sleep(seconds: float) -> None:
        await sleep_to_common_step(seconds)
        woken[seconds] = now()

    await asyncio.gather(*(sleep(index / 100) for index in range(20)))
    assert all(seconds <= at - began < seconds + STEP + 0.5 for seconds, at in woken.items())
    assert statistics.median(at % STEP for at in woken.values()) < STEP / 2


def test_errors_are_borne_for_a_while() -> None:
    """Passing errors end the wait when nothing else came for the tolerance; a refused token ends it at once."""
    polling = PollSchedule(15, tolerance=100)
    passing = CanvasServerError("503")
    assert not polling.failed(passing, now=0)
    assert not polling.failed(passing, now=99)
    polling.succeeded()
    assert not polling.failed(passing, now=150)
    assert polling.failed(passing, now=251)
    unknown = CanvasNotFoundError("404")
    assert not PollSchedule().failed(unknown, now=0)
    lagging = PollSchedule()
    assert [lagging.failed(unknown, now=now) for now in (0, 30, 60)] == [False, False, True]
    assert PollSchedule().failed(CanvasAuthenticationError("401"), now=0)


def test_elapsed_in_words() -> None:
    """Seconds, then minutes and seconds, then hours and minutes."""
    assert [format_duration(s) for s in (0, 42.4, 65, 3600, 7830)] == [
        "0 s",
        "42 s",
        "1 min 5 s",
        "1 h 0 min",
        "2 h 10 min",
    ]
