"""Waiting in a test for what another thread or process is about to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], *, within: float = 5.0) -> T:
    """Return the first true thing that ``probe`` returns, or the last false one after ``within`` seconds."""
    deadline = time.monotonic() + within
    while not (found := probe()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
