"""Concurrent tasks that end together: none continues after the first failure, or after the block that started them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from airflow_provider_canvas.client.protocol.rate_limit import MAX_IN_FLIGHT

T = TypeVar("T")


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """Yield a group for tasks, and wait at the end of the block until all have ended.

    The first failure cancels the other tasks. When they have ended, it is raised itself, not as a group of exceptions.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def concurrently(items: Iterable[T], act: Callable[[T], Awaitable[Any]]) -> None:
    """Do the same for each of many items, for as many at the same time as requests may be in flight.

    The first failure cancels the rest, and is raised.

    :param items: Any number of items.
    :param act: What to do with one.
    """
    remaining = iter(items)

    async def act_on_remaining() -> None:
        for item in remaining:
            await act(item)

    async with task_group() as group:
        for _ in range(MAX_IN_FLIGHT):
            group.create_task(act_on_remaining())
