"""Every contract test runs on both transports, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

import pytest
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client.operations import Operations
from airflow_provider_canvas.client.protocol import rate_limit
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient

T = TypeVar("T")

Connect = Callable[..., Any]


class Bridge:
    """An async client behind the interface of a sync client."""

    def __init__(self, client: AsyncCanvasClient) -> None:
        self.client, self.runner = client, asyncio.Runner()

    def send(self, call: Call[T]) -> T:
        return self.runner.run(self.client.send(call))

    def iterate(self, call: Call[T]) -> Iterator[T]:
        return self._iterated(self.client.iterate(call))

    def iterate_pages(self, call: Call[T]) -> Iterator[list[T]]:
        return self._iterated(self.client.iterate_pages(call))

    def run(self, make_flow: Any) -> Any:
        return self.runner.run(self.client.run(make_flow))

    def _iterated(self, items: AsyncIterator[T]) -> Iterator[T]:
        async def following() -> T:
            return await anext(items)

        while True:
            try:
                yield self.runner.run(following())
            except StopAsyncIteration:
                return

    def close(self) -> None:
        self.runner.run(self.client.close())
        self.runner.close()


class Bridged(Canvas[SyncIO], Operations[SyncIO]):
    """Every endpoint and procedure, on a bridge."""


@pytest.fixture(params=["requests", "aiohttp"])
def connect(
    request: pytest.FixtureRequest, emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connect]:
    """Make a client on the local Canvas, or on what its keywords say. Refused, it waits less than a second."""
    monkeypatch.setattr(rate_limit, "LEAK_PER_SECOND", 500.0)
    opened: list[Any] = []

    def make(policy: RetryPolicy | None = None, **settings: Any) -> Canvas[SyncIO]:
        client_settings = Settings(**{"base_url": emulator.url, "token": emulator.token, "retry_for": 20, **settings})
        if request.param == "requests":
            opened.append(client := CanvasClient(client_settings, policy))
            return client
        opened.append(bridge := Bridge(AsyncCanvasClient(client_settings, policy)))
        return Bridged(bridge)

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def canvas(connect: Connect) -> Canvas[SyncIO]:
    """A client on the local Canvas."""
    return connect()
