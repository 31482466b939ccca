"""The shared poller: one per event loop and connection, which polls the jobs of all its triggers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.flow_pool import FlowPool
from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
from airflow_provider_canvas.client.jobs.progress_reader import ProgressReader
from airflow_provider_canvas.client.jobs.wait import MAX_POLL_BYTES, JobWait
from airflow_provider_canvas.client.jobs.waiters import Status, status_of_progress
from airflow_provider_canvas.client.protocol.flow import AsyncTransport, Flow, Sleep


@dataclass(frozen=True)
class PolledJob:
    """A job of the bulk trigger.

    :param progress_id: Its Progress.
    :param lane: What Canvas runs one after the other has the same lane; ``None`` if no lane is known.
    :param position: The job's place in its lane: the order of the POSTs.
    :param began_at: When it was submitted, in seconds since the epoch.
    """

    progress_id: Id
    lane: str | None
    position: int
    began_at: float


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
        self._pool.reader = ProgressReader(caller, self._pool)
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

        def done(job: PolledJob, status: Any, error: BaseException | None) -> None:
            changed.append((job, Status("pending", "unknown", None, str(error)) if error else status))
            wake.set()

        flows = []
        try:
            for job in jobs:
                poll = self._until_over(job, PollSchedule(interval))
                flows.append(self._pool.start(poll, lambda *result, job=job: done(job, *result)))
            left = len(jobs)
            while left:
                try:
                    async with asyncio.timeout(max(0.0, deadline - time.time())):
                        await wake.wait()
                except TimeoutError:
                    return
                wake.clear()
                found, changed[:] = list(changed), []
                left -= len(found)
                yield found
        finally:
            for flow in flows:
                flow.stop()

    def _until_over(self, job: PolledJob, schedule: PollSchedule) -> Flow[Status]:
        while True:
            try:
                status = status_of_progress((yield from self._caller.read_progress(job.progress_id)))
            except CanvasError as error:
                if schedule.failed(error, time.monotonic()):
                    raise
            else:
                schedule.succeeded()
                if status.state != "pending":
                    return status
            yield Sleep(schedule.next_poll(max(0.0, time.time() - job.began_at)))

    async def close(self) -> None:
        """End all polling."""
        await self._pool.close()


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
