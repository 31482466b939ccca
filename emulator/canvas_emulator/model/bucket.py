"""Canvas's leaky bucket, which limits the rate of a token. It has no clock: the caller passes the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from canvas_emulator.model.settings import Settings


@dataclass
class Bucket:
    """The bucket of one token.

    :param touched: The time at which ``level`` was computed.
    :param level: The units in the bucket at that time.
    """

    touched: datetime
    level: float = 0.0

    def acquire(self, settings: Settings, now: datetime) -> bool:
        """Add the up-front cost of a request, and tell whether it is admitted.

        A refused request gets its up-front cost back at once. The cost is added before the comparison
        with the high-water mark: with 550 of 600 in the bucket even a single request is refused.
        """
        self._leak(settings, now)
        self._add(settings, settings.up_front)
        if self.level >= settings.high_water_mark and settings.throttle:
            self._add(settings, -settings.up_front)
            return False
        return True

    def charge(self, settings: Settings, now: datetime, cost: float) -> None:
        """End a request: replace its up-front cost by the real one.

        :param cost: The real cost, in units.
        """
        self._leak(settings, now)
        self._add(settings, cost - settings.up_front)

    def remaining(self, settings: Settings) -> float:
        """Return the units left before the bucket refuses, which may be negative. Requests in flight count."""
        return settings.high_water_mark - self.level

    def _leak(self, settings: Settings, now: datetime) -> None:
        elapsed = max((now - self.touched).total_seconds(), 0.0)
        self.level = max(self.level - settings.outflow * elapsed, 0.0)
        self.touched = now

    def _add(self, settings: Settings, units: float) -> None:
        self.level = min(max(self.level + units, 0.0), settings.maximum)
