"""Staying under the token's budget, so that Canvas has nothing to refuse.

Canvas keeps a leaky bucket for each token: it charges 50 units when a request begins and its real cost (mostly below
1) when it ends, leaks 10 a second, and refuses while 600 are in it. So what fills it is not how many requests there
are but how many are under way: the 12th at once is refused even by an empty bucket. A :class:`Bucket` is a model of
that, shared by all that use a token in a process, whatever thread or loop they run in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from airflow_provider_canvas.client.answer import Answer, Outcome
from airflow_provider_canvas.client.settings import Settings

UP_FRONT = 50.0
LEAK_PER_SECOND = 10.0
HIGH_WATER = 600.0
MOST_IN_FLIGHT = 10
MARGIN = 1.0
"""Units that are left unused: both bucket and model round."""
NEXT_LOOK = 0.02
"""Seconds after which one who waits for another's answer looks again."""


@dataclass
class Bucket:
    """A model of the bucket that Canvas keeps for one token.

    :param clock: Monotonic seconds.
    """

    clock: Callable[[], float] = time.monotonic
    capacity: float = HIGH_WATER
    level: float = 0.0
    in_flight: int = 0
    waiting: int = 0
    _seen_at: float = field(default=0.0, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)  # signals come in between

    def admit(self, *, again: bool = False) -> float:
        """Begin a request and return 0, or return the seconds after which to ask again.

        :param again: Whether this one has asked before. The more wait, the more rarely each asks.
        """
        with self._lock:
            self._leak()
            missing = UP_FRONT * (self.in_flight + 1) + MARGIN - (self.capacity - self.level)
            if self.in_flight < MOST_IN_FLIGHT and missing < 0:
                self.in_flight += 1
                self.waiting -= again
                return 0.0
            self.waiting += not again
            leaking = missing / LEAK_PER_SECOND if self.in_flight < MOST_IN_FLIGHT else 0.0
            return max(leaking, NEXT_LOOK * max(1.0, self.waiting / MOST_IN_FLIGHT))

    def leave(self) -> None:
        """Wait no longer."""
        with self._lock:
            self.waiting -= 1

    def settle(self, outcome: Outcome | None) -> None:
        """End a request that was admitted.

        :param outcome: What came back; ``None`` when nobody waited for it.
        """
        with self._lock:
            self._leak()
            others = self.in_flight - 1
            self.in_flight = others
            if not isinstance(outcome, Answer):
                return
            self.level += outcome.number("x-request-cost") or 0.0
            remaining = outcome.number("x-rate-limit-remaining")
            if remaining is None:
                return
            # The header counts the 50 of requests that were under way there, of ours and of other processes': it
            # proves bounds, not the level.
            self.capacity = max(self.capacity, remaining)
            highest = self.capacity - remaining
            self.level = min(max(self.level, highest - UP_FRONT * others), max(highest, 0.0))

    def _leak(self) -> None:
        now = self.clock()
        self.level = max(0.0, self.level - LEAK_PER_SECOND * max(0.0, now - self._seen_at))
        self._seen_at = now


_buckets: dict[tuple[str, str], Bucket] = {}
_buckets_lock = threading.Lock()


def bucket_for(settings: Settings) -> Bucket:
    """Return the bucket of a token: the same one for all who use it in this process."""
    with _buckets_lock:
        return _buckets.setdefault(settings.bucket_key, Bucket())
