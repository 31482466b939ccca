"""The emulator's time. Nothing else in the emulator asks the machine what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
"""Where a manual clock stands when nobody says otherwise: a Monday before the summer term of the demo."""


class Clock(Protocol):
    """What the world needs of a clock."""

    def now(self) -> datetime:
        """Return the present, in UTC."""

    def advance(self, seconds: float) -> None:
        """Jump forward, for example over an hour's wait."""


class ManualClock:
    """A clock that stands still until a test moves it.

    :param start: the first reading, in UTC.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the present, in UTC."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the hands forward.

        :param seconds: how far; time never goes back.
        """
        self._now += timedelta(seconds=_forward(seconds))


class RealClock:
    """A clock that runs by itself, faster than the wall's if asked.

    :param speed: emulated seconds in one real second.
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

    def advance(self, seconds: float) -> None:
        """Jump forward on top of the running time.

        :param seconds: how far, in emulated seconds; time never goes back.
        """
        self._jumped += _forward(seconds)


def _forward(seconds: float) -> float:
    if seconds < 0:
        raise ValueError(f"time goes forward: advance by 0 or more seconds, not {seconds}")
    return seconds
