"""Many flows in one event loop, without a task for each: the engine of the shared poller.

A task and a timer of its own for each of a thousand waits would cost more than their requests. So the flows of a
:class:`FlowPool` sleep until common steps, woken by one timer, and at most ten workers send their requests. A worker
ends when no flow has anything to send.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol, cast

from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.client.jobs.poll_schedule import STEP
from airflow_provider_canvas.client.protocol.flow import (
    AsyncTransport,
    Flow,
    ReadProgresses,
    Sleep,
    Step,
    perform_async,
)
from airflow_provider_canvas.client.protocol.rate_limit import MAX_IN_FLIGHT

EARLY = 0.3
"""Steps by which a flow may be woken early: a step that has just begun counts."""

MAX_RESUMED = 200
"""Flows that are resumed at a time: then the event loop does other work first."""

_STEPS = (100, 50, 20, 10, 5, 2, 1)
"""Steps at whose multiples sleeps end: the largest of at most a tenth of the sleep. So polls come in batches."""

Done = Callable[[Any, BaseException | None], None]
"""Takes the result of a flow, or the error with which it ended."""


class Reader(Protocol):
    """Reads Progresses for the flows of a pool."""

    def read(self, progress_id: Id, done: Done) -> Callable[[], None]:
        """Read a Progress soon.

        :param progress_id: The Progress.
        :param done: Called once with the record or with an error, unless the reading is cancelled before.
        :return: Cancels the reading.
        """


class PooledFlow:
    """One flow of a pool.

    :param flow: The flow.
    :param done: Called with the flow's result, unless it is stopped before.
    :param context: The context in which the flow runs: it decides into which task's log the flow's messages go.
    """

    __slots__ = ("cancel", "context", "done", "flow", "is_over", "step")

    def __init__(self, flow: Flow[Any], done: Done, context: contextvars.Context) -> None:
        self.flow, self.done, self.context = flow, done, context
        self.step: Step | None = None
        self.cancel: Callable[[], Any] | None = None
        self.is_over = False

    def stop(self) -> None:
        """End the flow wherever it is, and the request that it waits for, without calling ``done``."""
        if self.is_over:
            return
        self.is_over = True
        if self.cancel is not None:
            self.cancel()
        self.flow.close()


class FlowPool:
    """Runs flows in the running event loop, with at most ten of their requests in flight.

    :param transport: Sends the requests.
    """

    def __init__(self, transport: AsyncTransport) -> None:
        self.reader: Reader | None = None
        """Reads Progresses for the flows."""
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._ready: deque[PooledFlow] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._idle = 0
        self._sleeping: dict[int, list[PooledFlow]] = {}
        self._steps: list[int] = []
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    def start(self, flow: Flow[Any], done: Done) -> PooledFlow:
        """Start a flow now.

        :param flow: The flow.
        :param done: Called with the flow's result, or with its error, in this event loop.
        """
        pooled = PooledFlow(flow, done, contextvars.copy_context())
        self._resume(pooled, None)
        return pooled

    def start_when_free(self, flow: Flow[Any], done: Done) -> PooledFlow:
        """Start a flow that begins with a request, when a worker is free. Its messages belong to no task.

        :param flow: The flow.
        :param done: Called with the flow's result, or with its error, in this event loop.
        """
        pooled = PooledFlow(flow, done, contextvars.Context())
        self._ready.append(pooled)
        self._start_worker()
        return pooled

    def _resume(self, pooled: PooledFlow, result: Any, error: BaseException | None = None) -> None:
        """Continue a flow. If its next step needs a worker, it waits for one."""
        step = self._advance(pooled, result, error)
        if step is not None:
            pooled.step = step
            self._ready.append(pooled)
            self._start_worker()

    def _advance(self, pooled: PooledFlow, result: Any, error: BaseException | None) -> Step | None:
        """Continue a flow; return its next step if a worker must perform it."""
        if pooled.is_over:
            return None
        pooled.cancel = None
        try:
            if error is None:
                step: Step = pooled.context.run(pooled.flow.send, result)
            else:
                step = pooled.context.run(pooled.flow.throw, error)
        except StopIteration as end:
            pooled.is_over = True
            pooled.done(end.value, None)
            return None
        except Exception as raised:  # noqa: BLE001  # it belongs to whoever waits for this flow
            pooled.is_over = True
            pooled.done(None, raised)
            return None
        if isinstance(step, ReadProgresses) and self.reader is not None:
            self._read(pooled, step.progress_ids, self.reader)
            return None
        if isinstance(step, Sleep) and step.queued is None:
            self._sleep(pooled, step.seconds)
            return None
        return step

    def _read(self, pooled: PooledFlow, progress_ids: Sequence[Id], reader: Reader) -> None:
        """Read Progresses, and resume the flow with the results when all are there."""
        if len(progress_ids) == 1:
            pooled.cancel = reader.read(progress_ids[0], partial(self._take, pooled))
            return
        results: list[tuple[Any, BaseException | None]] = [(None, None)] * len(progress_ids)
        left = len(progress_ids)

        def take(index: int, record: Any, error: BaseException | None) -> None:
            nonlocal left
            results[index] = (record, error)
            left -= 1
            if not left:
                self._resume(pooled, results)

        cancels = [reader.read(progress_id, partial(take, index)) for index, progress_id in enumerate(progress_ids)]
        pooled.cancel = partial(_call_all, cancels)

    def _take(self, pooled: PooledFlow, record: Any, error: BaseException | None) -> None:
        self._resume(pooled, [(record, error)])

    def _sleep(self, pooled: PooledFlow, seconds: float) -> None:
        number = math.ceil((self._loop.time() + seconds) / STEP - EARLY)
        number += -number % next(steps for steps in _STEPS if steps * STEP * 10 <= max(seconds, STEP * 10))
        if number not in self._sleeping:
            self._sleeping[number] = []
            heapq.heappush(self._steps, number)
            if self._steps[0] == number:
                self._set_timer()
        self._sleeping[number].append(pooled)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        closed = self._is_closed or not self._steps
        self._timer = None if closed else self._loop.call_at(self._steps[0] * STEP, self._wake)

    def _wake(self) -> None:
        """Resume the flows whose sleep ends at this step, or ended before."""
        now = round(self._loop.time() / STEP)
        resumed = 0
        while self._steps and self._steps[0] <= now and resumed < MAX_RESUMED:
            flows = self._sleeping[self._steps[0]]
            while flows and resumed < MAX_RESUMED:
                resumed += 1
                self._resume(flows.pop(), None)
            if not flows:
                del self._sleeping[heapq.heappop(self._steps)]
        self._set_timer()

    def _start_worker(self) -> None:
        """Start a worker, unless one is about to take the flow, or there are ten."""
        if self._is_closed or self._idle >= len(self._ready) or len(self._workers) >= MAX_IN_FLIGHT:
            return
        # The worker serves all flows, so it does not log into the task whose flow happens to start it.
        worker = self._loop.create_task(self._work(), context=contextvars.Context())
        self._idle += 1
        self._workers.add(worker)
        worker.add_done_callback(self._ended)

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if self._ready:
            self._start_worker()

    async def _work(self) -> None:
        """Perform steps of flows until no flow has any."""
        cancel = cast("asyncio.Task[None]", asyncio.current_task()).cancel
        self._idle -= 1
        while self._ready:
            pooled = self._ready.popleft()
            step, pooled.step = pooled.step or self._advance(pooled, None, None), None
            while step is not None and not pooled.is_over:
                pooled.cancel = cancel
                result, raised = None, None
                try:
                    result = await perform_async(step, self._transport)
                except Exception as error:  # noqa: BLE001  # it belongs to whoever waits for this flow
                    raised = error
                except asyncio.CancelledError:
                    pooled.is_over = True
                    pooled.flow.close()
                    raise
                step = self._advance(pooled, result, raised)

    async def close(self) -> None:
        """End the workers. Flows that are not over never continue."""
        self._is_closed = True
        self._set_timer()
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _call_all(functions: Iterable[Callable[[], Any]]) -> None:
    for function in functions:
        function()
