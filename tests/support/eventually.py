"""Wait in a test for a condition that another thread, task or process fulfils."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.02


def eventually(probe: Callable[[], T], *, within: float = 5.0) -> T:
    """Return the first true value that ``probe`` returns, or its last value after ``within`` seconds."""
    deadline = time.monotonic() + within
    while not (value := probe()) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return value


async def eventually_async(probe: Callable[[], T], *, within: float = 30.0) -> T:
    """Do the same as ``eventually``, without blocking the event loop."""
    deadline = time.monotonic() + within
    while not (value := probe()) and time.monotonic() < deadline:  # noqa: ASYNC110  any probe can be polled
        await asyncio.sleep(PAUSE)
    return value
