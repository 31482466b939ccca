"""The end of a lane is estimated from the copies that have ended."""

from __future__ import annotations

import heapq
import random
from dataclasses import replace

import pytest

from airflow_provider_canvas.rollover.eta import LaneCopy, estimate_lane


def simulated_lane(rng: random.Random, *, width: int, copies: int, sources: int, ahead: int = 0) -> list[LaneCopy]:
    """Return the copies of a lane that starts them in order, as many at once as it is wide, all of them ended.

    :param ahead: How many copies of other users are before them.
    """
    seconds = [rng.uniform(5, 60) for _ in range(sources)]
    free_at = [0.0] * width
    for _ in range(ahead):
        heapq.heapreplace(free_at, free_at[0] + rng.uniform(5, 60))
    lane = []
    for place in range(copies):
        source, submitted_at = rng.randrange(sources), place * 0.1
        ended_at = max(submitted_at, free_at[0]) + seconds[source] * rng.uniform(0.9, 1.1)
        heapq.heapreplace(free_at, ended_at)
        lane.append(LaneCopy(str(source), submitted_at, ended_at))
    return lane


def seen_at(lane: list[LaneCopy], now: float) -> list[LaneCopy]:
    """Return what is known of a lane at a time."""
    return [
        replace(
            copy,
            submitted_at=copy.submitted_at if (copy.submitted_at or 0) <= now else None,
            ended_at=copy.ended_at if (copy.ended_at or 0) <= now else None,
        )
        for copy in lane
    ]


def error_at(lane: list[LaneCopy], part: float) -> float:
    """Return by which part of the remaining time an estimate is wrong when a part of the copies has ended."""
    ends = sorted(copy.ended_at or 0.0 for copy in lane)
    now = ends[int(len(ends) * part)] + 0.1
    estimate = estimate_lane(seen_at(lane, now), now)
    assert estimate is not None
    return abs(estimate.seconds_left / (ends[-1] - now) - 1)


@pytest.mark.parametrize("width", range(1, 9))
def test_the_end_of_simulated_lanes(width: int) -> None:
    """The time that is left is right within 10 % in 19 of 20 cases: mixed sizes, copies of others ahead, any moment."""
    rng = random.Random(width)
    errors = [
        error_at(
            simulated_lane(
                rng,
                width=width,
                copies=rng.choice([120, 240]),
                sources=rng.choice([1, 2, 5]),
                ahead=rng.choice([0, 20]),
            ),
            part,
        )
        for _ in range(10)
        for part in (0.3, 0.5, 0.8)
    ]
    assert sum(error <= 0.1 for error in errors) >= 0.95 * len(errors), sorted(errors)[-5:]
    assert max(errors) < 0.3


def test_a_lane_of_one_place_completes_in_order() -> None:
    """Forty copies of a nearly empty course, 1.4 s apart: each estimate is the number left times the mean."""
    lane = [LaneCopy("a", place * 0.1, 2.0 + 1.4 * place) for place in range(40)]
    for ended in range(3, 40):
        now = 2.0 + 1.4 * (ended - 1)
        estimate = estimate_lane(seen_at(lane, now), now)
        assert estimate is not None
        assert estimate.seconds_left == pytest.approx(1.4 * (40 - ended), abs=0.01)
        assert estimate.width == 1
        assert estimate.mean_seconds == pytest.approx(1.4)
        assert estimate.copies_per_hour == pytest.approx(3600 / 1.4)


def test_the_means_of_the_sources_count() -> None:
    """Large courses at the end of the input take longer than the small ones that ended, if large ones ended too."""
    rng = random.Random(1)
    names = ["small"] * 30 + ["large"] * 10 + ["small"] * 10 + ["large"] * 30
    lane, now = [], 0.0
    for name in names:
        now += {"small": 2.0, "large": 20.0}[name] * rng.uniform(0.95, 1.05)
        lane.append(LaneCopy(name, 0.0, now))
    assert error_at(lane, 0.62) < 0.05


def test_the_width_is_learned() -> None:
    """Copies of several sizes show how many run at once."""
    for width in (1, 2, 4, 8):
        lane = simulated_lane(random.Random(7), width=width, copies=400, sources=5)
        estimate = estimate_lane(seen_at(lane, now := lane[300].ended_at or 0.0), now)
        assert estimate is not None
        assert estimate.width == width


def test_a_night_without_the_triggerer_does_not_count() -> None:
    """A pause in which no end was observed is no time of a copy."""
    lane = [LaneCopy("a", 0.0, 10.0 * place + (30_000 if place > 50 else 0)) for place in range(1, 101)]
    estimate = estimate_lane(seen_at(lane, now := 30_000 + 800.0), now)
    assert estimate is not None
    assert estimate.seconds_left == pytest.approx(200, rel=0.05)


def test_one_copy_that_hangs_does_not_stop_the_estimate() -> None:
    """A copy that never ends occupies one place, and the others are estimated."""
    lane = simulated_lane(random.Random(3), width=4, copies=200, sources=3)
    now = sorted(copy.ended_at or 0.0 for copy in lane)[120]
    hanging = [replace(copy, ended_at=None) if place == 20 else copy for place, copy in enumerate(lane)]
    estimate = estimate_lane(seen_at(hanging, now), now)
    assert estimate is not None
    left = max(copy.ended_at or 0.0 for copy in lane) - now
    assert estimate.seconds_left == pytest.approx(left, rel=0.35)


def test_too_few_ends_tell_nothing() -> None:
    """Nothing is estimated before three copies have ended, and nothing is left when all have."""
    lane = [LaneCopy("a", 0.0, 10.0 * place) for place in range(1, 6)]
    assert estimate_lane(seen_at(lane, 25.0), 25.0) is None
    estimate = estimate_lane(lane, 60.0)
    assert estimate is not None
    assert estimate.seconds_left == 0


def test_any_history_gives_an_estimate() -> None:
    """Whatever the ledger holds, also times that contradict each other, an estimate is a number from 0."""
    rng = random.Random(11)
    for _ in range(300):
        lane = [
            LaneCopy(
                str(rng.randrange(3)),
                rng.choice([None, 0.0, rng.uniform(0, 900)]),
                rng.choice([None, 500.0, 1000.0, rng.uniform(-10, 1000)]),
            )
            for _ in range(rng.randrange(40))
        ]
        estimate = estimate_lane(lane, 1000.0)
        if estimate is not None:
            assert 0 <= estimate.seconds_left < 1e6
            assert 0 < estimate.copies_per_hour < 1e9
            assert estimate.mean_seconds >= 0


def test_rate_of_ends_that_one_poll_has_seen() -> None:
    """Ends that were seen in the same instant give a rate that a Canvas can have."""
    copies = [LaneCopy("1", 0.0, 10.0 + place / 1e6) for place in range(20)]
    estimate = estimate_lane([*copies, LaneCopy("1", 0.0)], 10.5)
    assert estimate is not None
    assert estimate.copies_per_hour <= 20 * 3600
