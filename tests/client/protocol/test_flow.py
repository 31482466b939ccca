"""Test that blocking work of a flow runs in a thread."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from airflow_provider_canvas.client.protocol.flow import run_in_thread
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient


def work() -> threading.Thread:
    """Take a while, and tell which thread did it."""
    time.sleep(0.2)
    return threading.current_thread()


async def test_thread_in_an_event_loop() -> None:
    """The event loop keeps running, and the flow gets the result of the work."""
    steps = 0

    async def count() -> None:
        nonlocal steps
        while True:
            steps += 1
            await asyncio.sleep(0.01)

    counting = asyncio.create_task(count())
    async with AsyncCanvasClient(Settings("http://127.0.0.1:1", "token")) as client:
        thread = await client.run(lambda _: run_in_thread(work))
    counting.cancel()
    assert thread is not threading.current_thread()
    assert steps >= 5


async def test_error_of_the_work() -> None:
    """An error of the work is raised in the flow."""

    def fail() -> None:
        raise FileNotFoundError("no such file")

    async with AsyncCanvasClient(Settings("http://127.0.0.1:1", "token")) as client:
        with pytest.raises(FileNotFoundError, match="no such file"):
            await client.run(lambda _: run_in_thread(fail))


def test_without_an_event_loop() -> None:
    """Without an event loop the work runs at once, in the same thread."""
    with CanvasClient(Settings("http://127.0.0.1:1", "token")) as client:
        assert client.run(lambda _: run_in_thread(work)) is threading.current_thread()
