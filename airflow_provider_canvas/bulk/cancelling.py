"""Cancel the copies of a batch, because a user ended the task. Canvas usually carries them out all the same."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from airflow_provider_canvas.bulk.settings import MAX_THREADS
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.waiters import ProgressWaiter
from airflow_provider_canvas.client.protocol.flow import Flow
from airflow_provider_canvas.client.protocol.rate_limit import MAX_IN_FLIGHT

T = TypeVar("T")

MESSAGE = "Cancelled from Airflow by a user"

_quiet = logging.getLogger(f"{__name__}.each")
_quiet.setLevel(logging.ERROR)
"""One line about all copies says enough."""


class SyncRunner(Protocol):
    """A synchronous client."""

    def run(self, make_flow: Callable[[Caller], Flow[T]]) -> T: ...


class AsyncRunner(Protocol):
    """An asynchronous client."""

    def run(self, make_flow: Callable[[Caller], Flow[T]]) -> Coroutine[Any, Any, T]: ...


def cancel_in_threads(client: SyncRunner, progress_ids: Sequence[int], seconds: float) -> int:
    """Ask Canvas to cancel Progresses that are not over, and return how many it cancelled.

    :param client: A client of its own: a signal may have interrupted the task's in the middle of a request.
    :param progress_ids: The Progresses.
    :param seconds: For how long to continue. The rest is left as it is.
    """
    end = time.monotonic() + seconds

    def cancel(progress_id: int) -> int:
        if time.monotonic() > end:
            return 0
        try:
            return len(client.run(_flow(progress_id)))
        except CanvasError:
            return 0

    pool = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="canvas-cancel")
    try:
        futures = [pool.submit(cancel, progress_id) for progress_id in progress_ids]
        return sum(future.result() for future in futures)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


async def cancel_in_loop(client: AsyncRunner, progress_ids: Sequence[int]) -> int:
    """Ask Canvas to cancel Progresses that are not over, and return how many it cancelled."""
    places = asyncio.Semaphore(MAX_IN_FLIGHT)

    async def cancel(progress_id: int) -> int:
        async with places:
            try:
                return len(await client.run(_flow(progress_id)))
            except CanvasError:
                return 0

    return sum(await asyncio.gather(*(cancel(progress_id) for progress_id in progress_ids)))


def _flow(progress_id: int) -> Callable[[Caller], Flow[Any]]:
    return lambda caller: ProgressWaiter(progress_id=progress_id).cancel(caller, MESSAGE, _quiet)


def cancelled_in_words(batch: str, cancelled: int, outstanding: int) -> str:
    """Return what becomes of the copies of a batch whose task a user ended.

    :param batch: The name of the batch.
    :param cancelled: How many Progresses Canvas cancelled.
    :param outstanding: How many copies are outstanding.
    """
    return (
        f"A user ended the task: nothing more of the batch {batch!r} is submitted. {outstanding} copies are "
        f"outstanding, and Canvas was asked to cancel {cancelled} of them; it usually carries them out all the same. "
        "The ledger keeps them as running: the next run of the batch waits for them, and submits no others in their "
        "place."
    )
