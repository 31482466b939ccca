"""Staying under the token's budget, so that Canvas has nothing to refuse.

Canvas keeps a leaky bucket for each token: it charges 50 units when a request begins and its real cost (mostly below
1) when it ends, leaks 10 a second, and refuses while 600 are in it. So what fills it is not how many requests there
are but how many are under way: the 12th at once is refused even by an empty bucket. A :class:`RateLimiter` is a model
of that, shared by all that use a token in a process, whatever thread or loop they run in. Those for whom there is no
room wait in a queue, and are called one by one as requests end: waiting costs nothing, however many wait.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError
from airflow_provider_canvas.client.settings import Settings

UP_FRONT = 50.0
LEAK_PER_SECOND = 10.0
HIGH_WATER = 600.0
MAX_IN_FLIGHT = 10
MARGIN = 1.0
"""Units that are left unused: both bucket and model round."""
SOONEST = 0.02
"""The least seconds for which one waits for the bucket to leak."""
UNCALLED = 5.0
"""Seconds after which one who waits to be called looks by itself, in case nobody is left to call it."""


class QueuedRequest:
    """One who waits. Whoever makes it wait sets ``wake``, and then looks whether it was ``called`` meanwhile.

    ``wake`` may be called in any thread.
    """

    __slots__ = ("called", "wake")

    def __init__(self) -> None:
        self.called = False
        self.wake: Callable[[], None] | None = None

    def call(self) -> bool:
        """Say that there may be room, and return whether there is still anybody to hear it."""
        self.called = True
        try:
            if self.wake is not None:
                self.wake()
        except RuntimeError:  # its event loop is closed
            return False
        return True


@dataclass
class RateLimiter:
    """A model of the bucket that Canvas keeps for one token.

    :param clock: Monotonic seconds.
    """

    clock: Callable[[], float] = time.monotonic
    capacity: float = HIGH_WATER
    level: float = 0.0
    in_flight: int = 0
    _seen_at: float = field(default=0.0, repr=False)
    _queue: OrderedDict[QueuedRequest, None] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)  # signals come in between

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    def acquire(self, queued: QueuedRequest) -> float:
        """Begin a request and return 0; or return the seconds after which to ask again, unless called before.

        :param queued: Who asks: the same one each time, until it is admitted or leaves.
        """
        with self._lock:
            self._leak()
            first = next(iter(self._queue), queued)
            missing = UP_FRONT * (self.in_flight + 1) + MARGIN - (self.capacity - self.level)
            if first is queued and self.in_flight < MAX_IN_FLIGHT and missing < 0:
                self.in_flight += 1
                self._queue.pop(queued, None)
                self._wake_first()
                return 0.0
            self._queue.setdefault(queued)
            if first is queued and self.in_flight < MAX_IN_FLIGHT:
                return max(missing / LEAK_PER_SECOND, SOONEST)
            return UNCALLED

    def leave(self, queued: QueuedRequest) -> None:
        """Wait no longer."""
        with self._lock:
            self._queue.pop(queued, None)
            self._wake_first()

    def _wake_first(self) -> None:
        while self._queue and self.in_flight < MAX_IN_FLIGHT:
            first = next(iter(self._queue))
            if first.call():
                return
            self._queue.pop(first)

    def release(self, outcome: ResponseOrError | None) -> None:
        """End a request that was admitted.

        :param outcome: What came back; ``None`` when nobody waited for it.
        """
        with self._lock:
            self._leak()
            others = self.in_flight - 1
            self.in_flight = others
            if isinstance(outcome, Response):
                self._learn(outcome, others)
            self._wake_first()

    def _learn(self, answer: Response, others: int) -> None:
        self.level += answer.number("x-request-cost") or 0.0
        remaining = answer.number("x-rate-limit-remaining")
        if remaining is None:
            return
        # The header counts the 50 of requests that were under way there, of ours and of other processes': it proves
        # bounds, not the level.
        self.capacity = max(self.capacity, remaining)
        highest = self.capacity - remaining
        self.level = min(max(self.level, highest - UP_FRONT * others), max(highest, 0.0))

    def _leak(self) -> None:
        now = self.clock()
        self.level = max(0.0, self.level - LEAK_PER_SECOND * max(0.0, now - self._seen_at))
        self._seen_at = now


_rate_limiters: dict[tuple[str, str], RateLimiter] = {}
_rate_limiters_lock = threading.Lock()


def rate_limiter_for(settings: Settings) -> RateLimiter:
    """Return the bucket of a token: the same one for all who use it in this process."""
    with _rate_limiters_lock:
        return _rate_limiters.setdefault(settings.rate_limit_key, RateLimiter())
