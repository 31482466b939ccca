"""The message that a job is polled again and again while the clock stands still: such a client would wait for ever."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime

POLLS = 5
"""After how many polls of one job the message comes."""

log = logging.getLogger("canvas_emulator")


class StillClock:
    """Counts the polls of unfinished jobs since the clock moved. A clock that runs has moved before each poll."""

    def __init__(self) -> None:
        self._reading: datetime | None = None
        self._polls: Counter[str] = Counter()
        self._has_warned = False

    def polled(self, job: str, now: datetime) -> None:
        """Count a poll of a job that is not over, and log a warning if it is one too many.

        :param job: What was polled, for the message.
        :param now: The reading of the clock.
        """
        if now != self._reading:
            self._reading, self._polls, self._has_warned = now, Counter(), False
        self._polls[job] += 1
        if self._polls[job] == POLLS and not self._has_warned:
            self._has_warned = True
            log.warning(
                "The clock of the Canvas emulator stands still, and %s was polled %s times: it is not over before the "
                "clock moves. A deferred task under dag.test() waits for ever. In a test, use the fixture "
                "running_canvas_emulator, whose clock runs, or call canvas_emulator.advance(60) in another thread. "
                "With the command, leave out --clock manual, or send POST /_emulator/clock.",
                job,
                POLLS,
            )
