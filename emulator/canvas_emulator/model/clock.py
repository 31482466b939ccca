"""The clock of the emulator: its only source of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
"""The first reading of a manual clock by default: a Monday before the summer term of the demo."""


LAST = datetime(2500, 1, 1, tzinfo=UTC)
"""The last reading that a jump may reach: dates of the far future break calendars."""


class Clock(Protocol):
    """A clock of a world."""

    def now(self) -> datetime:
        """Return the present, in UTC."""

    def unscaled(self) -> datetime:
        """Return the present as if the clock were no faster than real time: clients and their requests are not."""

    def advance(self, seconds: float) -> None:
        """Advance the clock."""


class ManualClock:
    """A clock that stands still until a test moves it.

    :param start: The first reading, in UTC.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the present, in UTC."""
        return self._now

    def unscaled(self) -> datetime:
        """Return the present, in UTC."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Advance the clock.

        :param seconds: How far; time never goes back.
        """
        self._now += _jump(self._now, seconds)


class RealClock:
    """A clock that runs by itself, on request faster than real time.

    :param speed: Emulated seconds in one real second.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._speed = speed
        self._origin = datetime.now(UTC)
        self._started = time.monotonic()
        self._jumped = 0.0

    def now(self) -> datetime:
        """Return the present, in UTC."""
        elapsed = (time.monotonic() - self._started) * self._speed
        return self._origin + timedelta(seconds=elapsed + self._jumped)

    def unscaled(self) -> datetime:
        """Return the present as if the speed were 1; jumps count."""
        return self._origin + timedelta(seconds=time.monotonic() - self._started + self._jumped)

    def advance(self, seconds: float) -> None:
        """Advance the clock, in addition to the running time.

        :param seconds: How far, in emulated seconds; time never goes back.
        """
        self._jumped += _jump(self.now(), seconds).total_seconds()


def _jump(now: datetime, seconds: float) -> timedelta:
    """Return how far a clock jumps.

    :raises ValueError: When it would jump back, or too far.
    """
    if not 0 <= seconds <= (LAST - now).total_seconds():
        raise ValueError(f"seconds must be 0 or more, because time only goes forward, and end before {LAST}: {seconds}")
    return timedelta(seconds=seconds)
