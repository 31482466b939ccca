"""How often to look at a job, and for how long to bear errors: one policy for worker and triggerer."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError

POLL_INTERVAL = 15.0
"""Seconds between two looks at a young job, unless told otherwise."""

STEP = 0.1
"""Seconds from one moment at which looks of triggers begin to the next: looks that begin together cost less."""

NOT_FOUND_YET = 60.0
"""Seconds for which a job may be unknown: Canvas reads from replicas, which lag a little behind."""


@dataclass
class PollSchedule:
    """The rhythm of looking at one job.

    :param interval: Seconds between two looks while the job is young. They grow with its age: after ten minutes to 30
        seconds, after an hour to two minutes; never more, unless ``interval`` itself is more.
    :param tolerance: Seconds for which looks may fail one after the other before the wait is given up.
    :param chance: A number from 0 to 1, which keeps many waiters from looking in step.
    """

    interval: float = POLL_INTERVAL
    tolerance: float = 900.0
    chance: Callable[[], float] = field(default=random.random, repr=False)
    _failing_since: float | None = field(default=None, init=False, repr=False)

    def next_poll(self, age: float) -> float:
        """Return the seconds until the next look.

        :param age: Seconds since the job began.
        """
        grown = max(self.interval, min(120.0, age * 0.05))
        return grown * (0.9 + 0.2 * self.chance())

    def succeeded(self) -> None:
        """Note that a look succeeded."""
        self._failing_since = None

    def failed(self, error: CanvasError, now: float) -> bool:
        """Note that a look failed, and return whether to give up.

        :param now: Seconds on any clock, the same one each time.
        """
        if self._failing_since is None:
            self._failing_since = now
        borne = 0.0 if error.permanent else self.tolerance
        if isinstance(error, CanvasNotFoundError):
            borne = min(self.tolerance, NOT_FOUND_YET)
        return now - self._failing_since >= borne


async def sleep_to_common_step(seconds: float) -> None:
    """Sleep for so many seconds, and on to the next moment at which others wake up too.

    A loop that is woken for one look at a time spends a third of its time on being woken.

    :param seconds: The least time; it may become a :data:`STEP` more.
    """
    now = asyncio.get_running_loop().time()
    await asyncio.sleep(math.ceil((now + seconds) / STEP) * STEP - now)


def format_duration(seconds: float) -> str:
    """Return ``42 s``, ``3 min 5 s`` or ``2 h 10 min``."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
