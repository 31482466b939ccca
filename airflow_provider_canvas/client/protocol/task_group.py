"""Concurrent tasks that end together: none continues after the first failure, or after the block that started them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


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
