"""An event loop whose clock is moved by its own timers: hours of waiting take milliseconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar
from unittest import mock

T = TypeVar("T")

START = 1_800_000_000.0


def run_in_virtual_time(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a new event loop. All clocks stand still while code runs, and jump when all of it sleeps."""
    now = 0.0
    loop = asyncio.SelectorEventLoop()
    select = loop._selector.select  # type: ignore[attr-defined]

    def jump(timeout: float | None = None) -> Any:
        nonlocal now
        if timeout is None:
            raise AssertionError("Everything waits for ever.")
        now += timeout
        return select(0)

    loop._selector.select = jump  # type: ignore[attr-defined]

    def wall_clock() -> float:  # a mock would take longer than what is tested
        return START + now

    def monotonic_clock() -> float:
        return now

    with mock.patch.object(time, "time", wall_clock), mock.patch.object(time, "monotonic", monotonic_clock):
        try:
            return loop.run_until_complete(main)
        finally:
            loop._selector.select = select  # type: ignore[attr-defined]
            loop.close()
