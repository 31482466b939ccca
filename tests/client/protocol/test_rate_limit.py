"""Test the model of the token's bucket against a bucket like Canvas's."""

from __future__ import annotations

import heapq
import random

import pytest

from airflow_provider_canvas.client.protocol.rate_limit import (
    MAX_IN_FLIGHT,
    QueuedRequest,
    RateLimiter,
    rate_limiter_for,
)
from airflow_provider_canvas.client.protocol.response import Response, TransportError
from airflow_provider_canvas.client.settings import Settings


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class CanvasBucket:
    """A leaky bucket as Canvas describes it: 50 up front, refused from 600 on, 10 a second leak."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.count, self.seen = clock, 0.0, 0.0
        self.refused = self.served = 0

    def _leak(self) -> None:
        self.count = max(0.0, self.count - 10 * (self.clock.now - self.seen))
        self.seen = self.clock.now

    def begin(self) -> bool:
        self._leak()
        if self.count + 50 >= 600:
            self.refused += 1
            return False
        self.count += 50
        return True

    def end(self, cost: float) -> Response:
        self._leak()
        self.count = max(0.0, min(800.0, self.count + cost - 50))
        self.served += 1
        return Response(200, {"x-request-cost": str(cost), "x-rate-limit-remaining": str(600 - self.count)}, b"{}")


def run(workers: int, cost: float, seconds: float, *, other_load: float = 0.0) -> CanvasBucket:
    """Let ``workers`` send one request after the other through one model, each taking 0.1 to 0.4 s."""
    clock, chance = Clock(), random.Random(7)
    server, model = CanvasBucket(clock), RateLimiter(clock=clock)
    under_way: set[int] = set()
    queued_requests = [QueuedRequest() for _ in range(workers)]
    events: list[tuple[float, int, str]] = [(0.0, worker, "ask") for worker in range(workers)]
    for worker, queued in enumerate(queued_requests):
        queued.wake = lambda worker=worker: heapq.heappush(events, (clock.now, worker, "ask"))
    heapq.heapify(events)
    while events and events[0][0] < seconds:
        clock.now, worker, what = heapq.heappop(events)
        if what == "ask" and worker in under_way:
            continue  # it looked by itself, and was called too
        if what == "ask":
            wait = model.acquire(queued_requests[worker])
            if wait:
                heapq.heappush(events, (clock.now + wait, worker, "ask"))
                continue
            under_way.add(worker)
            if server.begin():
                heapq.heappush(events, (clock.now + chance.uniform(0.1, 0.4), worker, "end"))
            else:
                under_way.discard(worker)
                model.release(Response(429, {"x-rate-limit-remaining": "0.0"}, b""))
                heapq.heappush(events, (clock.now + 1, worker, "ask"))
        else:
            server.count += other_load
            under_way.discard(worker)
            model.release(server.end(cost))
            heapq.heappush(events, (clock.now, worker, "ask"))
    return server


@pytest.mark.parametrize("workers", [1, 5, 50])
@pytest.mark.parametrize("cost", [0.3, 5.0])
def test_no_request_is_throttled(workers: int, cost: float) -> None:
    """However many requests are sent, a token that nobody else uses is never throttled."""
    assert run(workers, cost, 300).refused == 0


def test_the_budget_is_used() -> None:
    """Expensive requests use almost all of the 10 units per second."""
    seconds, cost = 600, 5.0
    assert run(50, cost, seconds).served * cost >= 0.97 * (10 * seconds)


def test_other_processes_with_the_same_token() -> None:
    """The model learns from the header what other processes use, and few requests are throttled."""
    server = run(20, 1.0, 300, other_load=2.0)
    assert server.served > 500
    assert server.refused <= 0.01 * server.served


def test_at_most_ten_in_flight() -> None:
    """However full the bucket is, the eleventh concurrent request waits."""
    rate_limiter = RateLimiter(clock=Clock(), capacity=10_000)
    assert [rate_limiter.acquire(QueuedRequest()) for _ in range(MAX_IN_FLIGHT)] == [0.0] * MAX_IN_FLIGHT
    waiting = QueuedRequest()
    assert rate_limiter.acquire(waiting) > 0
    rate_limiter.release(TransportError("dropped", sent=True))
    assert rate_limiter.acquire(waiting) == 0.0


def test_throttled_response_fills_the_model() -> None:
    """After a throttled response the next request waits until enough has leaked."""
    clock = Clock()
    rate_limiter = RateLimiter(clock=clock)
    assert rate_limiter.acquire(QueuedRequest()) == 0.0
    rate_limiter.release(Response(429, {"x-rate-limit-remaining": "0.0"}, b""))
    waiting = QueuedRequest()
    wait = rate_limiter.acquire(waiting)
    assert wait >= 5
    clock.now += wait + 0.1
    assert rate_limiter.acquire(waiting) == 0.0


def test_one_bucket_per_token() -> None:
    """Clients with the same token share a bucket, and another token has its own."""
    one = Settings("https://school.example", "a-token")
    assert rate_limiter_for(one) is rate_limiter_for(Settings("https://school.example", "a-token", per_page=7))
    assert rate_limiter_for(one) is not rate_limiter_for(Settings("https://school.example", "b-token"))
    assert "a-token" not in repr(one)
    assert "a-token" not in repr(one.rate_limit_key)


@pytest.mark.parametrize("name", ["x-request-cost", "x-rate-limit-remaining"])
@pytest.mark.parametrize("value", ["1e9", "-1e9", "1e308", "-1", "inf", "-inf", "nan", "9" * 400, "", "a", "600, 600"])
def test_no_header_blocks_a_token(name: str, value: str) -> None:
    """Whatever a rate header says, the next request is sent within two minutes, and later ones at the usual rate."""
    clock = Clock()
    rate_limiter = RateLimiter(clock=clock)
    for _ in range(20):
        assert rate_limiter.acquire(QueuedRequest()) == 0.0
        rate_limiter.release(Response(200, {name: value}, b""))
        waiting = QueuedRequest()
        wait = rate_limiter.acquire(waiting)
        assert 0 <= wait <= 120
        clock.now += 130
        if wait:
            assert rate_limiter.acquire(waiting) == 0.0
        rate_limiter.release(Response(200, {"x-request-cost": "0.1", "x-rate-limit-remaining": "600"}, b""))
        assert rate_limiter.level >= 0


def test_negative_cost_gives_no_room() -> None:
    """A negative cost does not lower the level of the model."""
    rate_limiter = RateLimiter(clock=Clock(), level=300)
    rate_limiter.acquire(QueuedRequest())
    rate_limiter.release(Response(200, {"x-request-cost": "-500"}, b""))
    assert rate_limiter.level == 300


class TestQueue:
    """Queued requests are called in their order when there is room."""

    @staticmethod
    def full() -> RateLimiter:
        rate_limiter = RateLimiter(clock=Clock(), capacity=10_000)
        assert [rate_limiter.acquire(QueuedRequest()) for _ in range(MAX_IN_FLIGHT)] == [0.0] * MAX_IN_FLIGHT
        return rate_limiter

    def test_first_in_the_queue_is_called(self) -> None:
        """A finished request calls the first of the queue, and no other."""
        rate_limiter, queued_requests = self.full(), [QueuedRequest() for _ in range(1000)]
        assert {rate_limiter.acquire(queued) for queued in queued_requests} == {5.0}
        rate_limiter.release(TransportError("dropped", sent=True))
        assert [queued.called for queued in queued_requests[:2]] == [True, False]
        assert rate_limiter.acquire(queued_requests[1]) > 0
        assert rate_limiter.acquire(QueuedRequest()) > 0
        assert rate_limiter.acquire(queued_requests[0]) == 0.0
        assert rate_limiter.waiting == 1000

    def test_leaving_calls_the_next(self) -> None:
        """A called request that leaves the queue calls the next one."""
        rate_limiter, first, second = self.full(), QueuedRequest(), QueuedRequest()
        rate_limiter.acquire(first)
        rate_limiter.acquire(second)
        rate_limiter.release(None)
        rate_limiter.leave(first)
        assert second.called
        assert rate_limiter.acquire(second) == 0.0

    def test_closed_event_loop_is_skipped(self) -> None:
        """A queued request whose event loop is closed is skipped."""
        rate_limiter, first, second = self.full(), QueuedRequest(), QueuedRequest()
        rate_limiter.acquire(first)
        rate_limiter.acquire(second)

        def closed() -> None:
            raise RuntimeError("Event loop is closed")

        first.wake = closed
        rate_limiter.release(None)
        assert second.called
        assert rate_limiter.waiting == 1

    def test_several_are_called(self) -> None:
        """Several requests may end before the first called one is sent; each calls another while there is room."""
        rate_limiter, queued_requests = self.full(), [QueuedRequest() for _ in range(3)]
        for queued in queued_requests:
            rate_limiter.acquire(queued)
        rate_limiter.release(None)
        rate_limiter.release(None)
        assert rate_limiter.acquire(queued_requests[0]) == 0.0
        assert queued_requests[1].called
        assert rate_limiter.acquire(queued_requests[1]) == 0.0
        assert not queued_requests[2].called
