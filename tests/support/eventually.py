"""Waiting in a test for what another thread, task or process is about to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.02


def eventually(probe: Callable[[], T], *, within: float = 5.0) -> T:
    """Return the first true value that ``probe`` returns, or the last false one after ``within`` seconds."""
    deadline = time.monotonic() + within
    while not (value := probe()) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return value


async def eventually_async(probe: Callable[[], T], *, within: float = 30.0) -> T:
    """Do the same as ``eventually``, and let the event loop run meanwhile."""
    deadline = time.monotonic() + within
    while not (value := probe()) and time.monotonic() < deadline:  # noqa: ASYNC110  any probe can be polled
        await asyncio.sleep(PAUSE)
    return value
