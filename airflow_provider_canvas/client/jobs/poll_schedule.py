"""How often a job is polled, and for how long errors are tolerated: one policy for workers and triggerers."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError

POLL_INTERVAL = 15.0
"""Default seconds between two polls of a young job."""

STEP = 0.1
"""Seconds between two common steps. Sleeps end at common steps: polls that begin together cost less."""

MIN_COMPLETION, MIN_AGE = 10.0, 5.0
"""The percentage, and the age in seconds, from which on the percentage predicts the end of a job."""

AFTER_THE_END = 0.5
"""Seconds from the predicted end of a job to its poll."""

NOT_FOUND_YET = 60.0
"""Seconds for which a job may be unknown: Canvas reads from replicas, which lag behind."""


@dataclass
class PollSchedule:
    """When to poll one job, and when to give up after errors.

    :param interval: Seconds between two polls of a young job. The pauses grow with the job's age: after ten minutes to
        30 seconds, after an hour to two minutes; never beyond that, unless ``interval`` itself is longer.
    :param tolerance: Seconds for which polls may fail one after another.
    :param tolerate_not_found: Whether the job may be unknown for the first :data:`NOT_FOUND_YET` seconds.
    :param chance: Returns a number from 0 to 1, which spreads the polls of many waiters.
    """

    interval: float = POLL_INTERVAL
    tolerance: float = 900.0
    tolerate_not_found: bool = True
    chance: Callable[[], float] = field(default=random.random, repr=False)
    _failing_since: float | None = field(default=None, init=False, repr=False)

    def next_poll(self, age: float) -> float:
        """Return the seconds until the next poll.

        :param age: Seconds since the job was submitted.
        """
        grown = max(self.interval, min(120.0, age * 0.05))
        return grown * (0.9 + 0.2 * self.chance())

    def pause(self, age: float, completion: float | None, shortest: float = math.inf) -> float:
        """Return the seconds to sleep after a poll of a job that is not over.

        A young job is polled soon, since it may be over at once. A percentage predicts the end of the job: the next
        poll comes just after that, but never in less than a third of the usual pause, nor in more than one and a half
        of it, because Canvas's percentages are rough.

        :param age: Seconds since the job was submitted.
        :param completion: Its percentage, if it is known.
        :param shortest: The shortest pause before the predicted end, if a third of the usual one is longer.
        """
        usual, soon = self.next_poll(age), max(1.0, age)
        if completion is None or not MIN_COMPLETION <= completion < 100 or age < MIN_AGE:
            return min(usual, soon)
        predicted = age * (100 - completion) / completion + AFTER_THE_END
        return max(min(usual / 3, soon, shortest), min(predicted, usual * 1.5))

    def succeeded(self) -> None:
        """Record that a poll succeeded."""
        self._failing_since = None

    def failed(self, error: CanvasError, now: float) -> bool:
        """Record that a poll failed, and return whether to give up.

        :param now: Seconds on any clock, always the same one.
        """
        if self._failing_since is None:
            self._failing_since = now
        tolerated = 0.0 if error.permanent else self.tolerance
        if isinstance(error, CanvasNotFoundError) and self.tolerate_not_found:
            tolerated = min(self.tolerance, NOT_FOUND_YET)
        return now - self._failing_since >= tolerated


def until_common_step(seconds: float, now: float) -> float:
    """Return the seconds to sleep until the first common step after so many seconds.

    An event loop that wakes up for one poll at a time spends a third of its time on waking up.

    :param seconds: The shortest time to sleep. The result is at most one :data:`STEP` longer.
    :param now: Seconds on the monotonic clock, which all in a process share.
    """
    return math.ceil((now + seconds) / STEP) * STEP - now


def format_duration(seconds: float) -> str:
    """Return ``42 s``, ``3 min 5 s`` or ``2 h 10 min``."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
