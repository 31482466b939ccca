"""The rate limit of a token, kept on our side so that Canvas does not need to refuse requests.

Canvas keeps a leaky bucket per token. A request adds 50 units when it starts; when it ends, its real cost (mostly
below 1) replaces them. The bucket leaks 10 units per second, and Canvas refuses requests while it holds 600. So the
number of concurrent requests matters, not their total: Canvas refuses the 12th concurrent one even with an empty
bucket. A :class:`RateLimiter` models the bucket for all users of a token in this process, in any thread or event loop.
Requests without room wait in a queue and are woken one by one when others end, so waiting costs nothing.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError
from airflow_provider_canvas.client.settings import Settings

UPFRONT_COST = 50.0
"""Units that a request costs while it is in flight."""
LEAK_PER_SECOND = 10.0
"""Units that leave the bucket per second."""
HIGH_WATER = 600.0
"""Units at which Canvas starts to refuse requests."""
MAX_IN_FLIGHT = 10
"""Concurrent requests of one token."""
MAX_COST = 600.0
"""Units that one request can cost in the model: Canvas's costs are seconds, and no request takes ten minutes."""
MAX_CAPACITY = 100_000.0
"""The largest level that an administrator may have set; a header that says more is ignored."""
MIN_REMAINING = -1000.0
"""The least that a header may say; Canvas's bucket overflows by a few hundred units."""
MAX_OVERFLOW = 600.0
"""Units above its capacity that the model holds at most, so that no header blocks a token for more than two minutes."""
MARGIN = 1.0
"""Units that are left unused: both the bucket and the model round."""
MIN_WAIT = 0.02
"""Shortest wait, in seconds, for the bucket to leak."""
FALLBACK_WAIT = 5.0
"""Seconds after which a queued request checks by itself whether there is room, in case nothing wakes it."""


class QueuedRequest:
    """A queued request. Set ``wake`` before sleeping, then check ``called``.

    ``wake`` may be called in any thread.
    """

    __slots__ = ("called", "wake")

    def __init__(self) -> None:
        self.called = False
        self.wake: Callable[[], None] | None = None

    def call(self) -> bool:
        """Wake the request because there may be room. Return whether its event loop is still open."""
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

    :param clock: Returns monotonic seconds.
    :param capacity: The level at which Canvas refuses requests, in units.
    :param level: The level of the bucket now, in units, without requests in flight.
    :param in_flight: The number of requests that were admitted and have not ended.
    :param requests: The number of requests that have ended, in all.
    :param cost: What they cost, in units, as Canvas reported.
    """

    clock: Callable[[], float] = time.monotonic
    capacity: float = HIGH_WATER
    level: float = 0.0
    in_flight: int = 0
    requests: int = 0
    cost: float = 0.0
    _seen_at: float = field(default=0.0, repr=False)
    _queue: OrderedDict[QueuedRequest, None] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)  # signals come in between

    @property
    def waiting(self) -> int:
        """The number of queued requests."""
        return len(self._queue)

    def acquire(self, queued: QueuedRequest) -> float:
        """Admit a request and return 0, or queue it and return the seconds after which to try again.

        :param queued: The request. Pass the same object each time until it is admitted or leaves. If it is called
            before the seconds are over, try again at once.
        """
        with self._lock:
            self._leak()
            first = next(iter(self._queue), queued)
            missing = UPFRONT_COST * (self.in_flight + 1) + MARGIN - (self.capacity - self.level)
            if first is queued and self.in_flight < MAX_IN_FLIGHT and missing < 0:
                self.in_flight += 1
                self._queue.pop(queued, None)
                self._wake_first()
                return 0.0
            self._queue.setdefault(queued)
            if first is queued and self.in_flight < MAX_IN_FLIGHT:
                return max(missing / LEAK_PER_SECOND, MIN_WAIT)
            return FALLBACK_WAIT

    def leave(self, queued: QueuedRequest) -> None:
        """Remove a request from the queue."""
        with self._lock:
            self._queue.pop(queued, None)
            self._wake_first()

    def _wake_first(self) -> None:
        while self._queue and self.in_flight < MAX_IN_FLIGHT:
            first = next(iter(self._queue))
            if first.call():
                return
            self._queue.pop(first)

    def release(self, response: ResponseOrError | None) -> None:
        """End a request that was admitted.

        :param response: Its result; ``None`` if it was cancelled.
        """
        with self._lock:
            self._leak()
            others = self.in_flight - 1
            self.in_flight = others
            self.requests += 1
            if isinstance(response, Response):
                self._learn(response, others)
            self._wake_first()

    def _learn(self, response: Response, others: int) -> None:
        cost = min(max(response.number("x-request-cost") or 0.0, 0.0), MAX_COST)
        self.cost += cost
        self.level = min(self.level + cost, self.capacity + MAX_OVERFLOW)
        remaining = response.number("x-rate-limit-remaining")
        if remaining is None or not MIN_REMAINING <= remaining <= MAX_CAPACITY:
            return
        # The header includes the 50 units of all requests in flight, our own and those of other processes. So it proves
        # bounds of the level, not the level itself.
        self.capacity = max(self.capacity, remaining)
        highest = self.capacity - remaining
        level = min(max(self.level, highest - UPFRONT_COST * others), max(highest, 0.0))
        self.level = min(level, self.capacity + MAX_OVERFLOW)

    def _leak(self) -> None:
        now = self.clock()
        self.level = max(0.0, self.level - LEAK_PER_SECOND * max(0.0, now - self._seen_at))
        self._seen_at = now


_rate_limiters: dict[tuple[str, str], RateLimiter] = {}
_rate_limiters_lock = threading.Lock()


def rate_limiter_for(settings: Settings) -> RateLimiter:
    """Return the rate limiter of a token: the same one for all its users in this process."""
    with _rate_limiters_lock:
        return _rate_limiters.setdefault(settings.rate_limit_key, RateLimiter())
