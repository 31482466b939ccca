from __future__ import annotations

from datetime import datetime, timedelta

from canvas_emulator.model.bucket import Bucket
from canvas_emulator.model.clock import START
from canvas_emulator.model.settings import Settings

SETTINGS = Settings()


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_twelfth_at_once_is_refused() -> None:
    """Eleven up-front costs fit below the high-water mark of 600 units, and the twelfth reaches it."""
    bucket = Bucket(START)
    assert [bucket.acquire(SETTINGS, START) for _ in range(13)] == [True] * 11 + [False] * 2


def test_a_refused_request_leaves_nothing_behind() -> None:
    """What a refused request held is given back at once."""
    bucket = Bucket(START, level=580)
    assert not bucket.acquire(SETTINGS, START)
    assert bucket.level == 580


def test_one_alone_is_refused_when_the_bucket_is_nearly_full() -> None:
    """The up-front cost is added before the check: at 550 even a single request is refused."""
    assert not Bucket(START, level=550).acquire(SETTINGS, START)
    assert Bucket(START, level=549).acquire(SETTINGS, START)


def test_the_end_refunds_the_up_front_cost() -> None:
    """An idle caller sees nearly the whole mark after a request."""
    bucket = Bucket(START)
    bucket.acquire(SETTINGS, START)
    bucket.charge(SETTINGS, START, 0.3)
    assert round(bucket.remaining(SETTINGS), 6) == 599.7


def test_it_leaks_ten_units_a_second() -> None:
    """Time empties the bucket, but not below nothing."""
    bucket = Bucket(START, level=595)
    assert not bucket.acquire(SETTINGS, after(1))
    assert bucket.level == 585
    assert bucket.acquire(SETTINGS, after(3600))
    assert bucket.level == 50


def test_it_never_holds_more_than_its_maximum() -> None:
    """One very expensive request fills the bucket to its brim and no further, and remaining is negative then."""
    bucket = Bucket(START)
    bucket.charge(SETTINGS, START, 5000)
    assert (bucket.level, bucket.remaining(SETTINGS)) == (800, -200)


def test_refusing_can_be_switched_off() -> None:
    """With ``throttle`` off the bucket is kept, and no request is refused."""
    assert Bucket(START, level=700).acquire(Settings(throttle=False), START)
