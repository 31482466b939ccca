from __future__ import annotations

from datetime import datetime, timedelta

from canvas_emulator.model.bucket import Bucket
from canvas_emulator.model.clock import START
from canvas_emulator.model.settings import Settings

SETTINGS = Settings()


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_twelfth_concurrent_request_is_refused() -> None:
    """Eleven up-front costs fit below the high-water mark of 600 units, and the twelfth reaches it."""
    bucket = Bucket(START)
    assert [bucket.acquire(SETTINGS, START) for _ in range(13)] == [True] * 11 + [False] * 2


def test_refused_request_costs_nothing() -> None:
    """The up-front cost of a refused request is refunded at once."""
    bucket = Bucket(START, level=580)
    assert not bucket.acquire(SETTINGS, START)
    assert bucket.level == 580


def test_single_request_is_refused_when_the_bucket_is_nearly_full() -> None:
    """The up-front cost is added before the check: at a level of 550 even a single request is refused."""
    assert not Bucket(START, level=550).acquire(SETTINGS, START)
    assert Bucket(START, level=549).acquire(SETTINGS, START)


def test_up_front_cost_is_refunded_after_the_request() -> None:
    """After a request its up-front cost is refunded, so that nearly all units remain."""
    bucket = Bucket(START)
    bucket.acquire(SETTINGS, START)
    bucket.charge(SETTINGS, START, 0.3)
    assert round(bucket.remaining(SETTINGS), 6) == 599.7


def test_bucket_leaks_ten_units_per_second() -> None:
    """The bucket leaks ten units per second, down to zero."""
    bucket = Bucket(START, level=595)
    assert not bucket.acquire(SETTINGS, after(1))
    assert bucket.level == 585
    assert bucket.acquire(SETTINGS, after(3600))
    assert bucket.level == 50


def test_level_never_exceeds_the_maximum() -> None:
    """One very expensive request fills the bucket to its maximum; the remaining units are then negative."""
    bucket = Bucket(START)
    bucket.charge(SETTINGS, START, 5000)
    assert (bucket.level, bucket.remaining(SETTINGS)) == (800, -200)


def test_throttle_off_refuses_nothing() -> None:
    """With ``throttle`` off the bucket is still filled, and no request is refused."""
    assert Bucket(START, level=700).acquire(Settings(throttle=False), START)
