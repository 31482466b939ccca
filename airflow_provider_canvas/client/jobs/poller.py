"""The shared poller: one per event loop and connection, which polls the jobs of all its triggers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.jobs.flow_pool import FlowPool
from airflow_provider_canvas.client.jobs.lanes import Lane, LanePace, PolledJob
from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
from airflow_provider_canvas.client.jobs.progress_reader import ProgressReader
from airflow_provider_canvas.client.jobs.wait import MAX_POLL_BYTES, JobWait
from airflow_provider_canvas.client.jobs.waiters import Status
from airflow_provider_canvas.client.protocol.flow import AsyncTransport

__all__ = ["PolledJob", "Poller", "shared_poller"]

MAX_PACES = 1000
"""Lanes whose pace is remembered."""


class PollingClient(AsyncTransport, Protocol):
    """A client that a poller can use."""

    @property
    def caller(self) -> Caller: ...


class ClientOwner(Protocol):
    """A hook: what has a client while it is entered."""

    @property
    def client(self) -> PollingClient: ...


class Poller:
    """Polls the jobs of many triggers. Get it from :func:`shared_poller`.

    :param client: Sends the requests.
    """

    def __init__(self, client: PollingClient) -> None:
        self._pool = FlowPool(client)
        caller = replace(client.caller, max_bytes=MAX_POLL_BYTES)
        self._pool.reader = self._reader = ProgressReader(caller, self._pool)
        self._caller = replace(caller, is_pooled=True)

    async def until_over(self, wait: JobWait, deadline: float) -> Status | None:
        """Poll one job until it is over, or until the deadline, and return its last status.

        :param wait: The wait. It polls at least once.
        :param deadline: When to stop waiting, in seconds since the epoch.
        :raises CanvasError: When an error is not tolerated, or polls have failed for too long.
        """
        over: asyncio.Future[Status | None] = asyncio.get_running_loop().create_future()

        def done(status: Status | None, error: BaseException | None) -> None:
            if over.done():
                return
            if error is None:
                over.set_result(status)
            else:
                over.set_exception(error)

        pooled = self._pool.start(wait.until(deadline, self._caller), done)
        try:
            return await over
        finally:
            pooled.stop()

    async def changes(
        self, jobs: Sequence[PolledJob], *, interval: float, deadline: float
    ) -> AsyncGenerator[list[tuple[PolledJob, Status]], None]:
        """Poll many jobs, and yield those whose Progress is over, soon after it is.

        A job is yielded once. Its record decides whether it is over: read the record of each job that is yielded. If
        the status is ``pending``, the Progress cannot be read, so only the record tells how far the job is.

        :param jobs: The jobs.
        :param interval: Seconds between two polls of a young job.
        :param deadline: When to stop, in seconds since the epoch.
        """
        changed: list[tuple[PolledJob, Status]] = []
        wake = asyncio.Event()

        def report(job: PolledJob, status: Status) -> None:
            changed.append((job, status))
            wake.set()

        by_lane: dict[str, list[PolledJob]] = {}
        for job in jobs:
            by_lane.setdefault(f"Progress {job.progress_id}" if job.lane is None else f"lane {job.lane}", []).append(
                job
            )
        flows = []
        left = len(jobs)
        failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            for name, members in by_lane.items():
                pace = LanePace() if members[0].lane is None else _pace_of(self._caller.settings.base_url, name)
                lane = Lane(
                    members,
                    schedule=partial(PollSchedule, interval),
                    pace=pace,
                    batch_size=lambda: self._reader.batch_size,
                    report=report,
                    clock=time.time,
                )
                flows.append(self._pool.start(lane.run(), partial(_ended, wake, failure)))
            while left:
                try:
                    async with asyncio.timeout(max(0.0, deadline - time.time())):
                        await wake.wait()
                except TimeoutError:
                    return
                wake.clear()
                if failure.done():
                    failure.result()
                found, changed[:] = list(changed), []
                left -= len(found)
                if found:
                    yield found
        finally:
            for flow in flows:
                flow.stop()

    async def close(self) -> None:
        """End all polling."""
        await self._pool.close()


def _ended(wake: asyncio.Event, failure: asyncio.Future[None], _: Any, error: BaseException | None) -> None:
    """Take the end of a lane; an error in it is a fault of this package."""
    if error is not None and not failure.done():
        failure.set_exception(error)
        wake.set()


_paces: dict[tuple[str, str], LanePace] = {}


def _pace_of(base_url: str, lane: str) -> LanePace:
    """Return the pace of a lane of one Canvas, which all batches share: the lane is Canvas's."""
    if len(_paces) > MAX_PACES:
        _paces.clear()
    return _paces.setdefault((base_url, lane), LanePace())


@dataclass
class _Shared:
    poller: Poller
    users: int = 0


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[PollingClient, _Shared]] = WeakKeyDictionary()


@asynccontextmanager
async def shared_poller(hook: ClientOwner) -> AsyncIterator[Poller]:
    """Provide the running loop's poller for the client of a hook. The last user ends it.

    :param hook: A hook that is entered. Hooks of equal connections share a client, and so a poller.
    """
    client = hook.client
    for closed in [loop for loop in _shared if loop.is_closed()]:
        del _shared[closed]  # it ended without ending its triggers
    pollers = _shared.setdefault(asyncio.get_running_loop(), {})
    shared = pollers.get(client)
    if shared is None:
        shared = pollers[client] = _Shared(Poller(client))
    shared.users += 1
    try:
        yield shared.poller
    finally:
        shared.users -= 1
        if not shared.users:
            del pollers[client]
            await shared.poller.close()
