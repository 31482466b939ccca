"""Run operations with a fault, and record their requests, results and errors."""

from __future__ import annotations

import functools
import io
import logging
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

from airflow_provider_canvas.client.protocol import rate_limit
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.client.contract.conftest import Bridge, Bridged
from tests.client.contract.fault_operations import FILES, REQUESTS, Operation
from tests.client.contract.fault_rows import NEW_TOKEN, TOKEN, Fault
from tests.client.contract.fault_sockets import Cut
from tests.client.contract.faulty_canvas import FaultyCanvas

TRANSPORTS = ("requests", "aiohttp")


@dataclass(frozen=True)
class Seen:
    """A run of an operation with a fault.

    :param operation: The operation.
    :param canvas: Both hosts, with the requests that they received.
    :param result: The result.
    :param error: The error in place of a result.
    """

    operation: Operation
    canvas: FaultyCanvas
    result: Any
    error: Exception | None

    @property
    def fault(self) -> Fault:
        """The fault."""
        return self.canvas.fault

    @property
    def maybe_done(self) -> bool:
        """Whether the error has ``maybe_done``."""
        return getattr(self.error, "maybe_done", False)

    @property
    def was_done(self) -> bool:
        """Whether Canvas executed it; a read is never counted."""
        return bool(self.canvas.done or self.canvas.confirmed)

    @property
    def messages(self) -> str:
        """The text of the error, as a log shows it."""
        error = self.error
        return "" if error is None else "".join([*traceback.format_exception(error), repr(vars(error))])


@dataclass(frozen=True)
class Cell:
    """Both runs of an operation with a fault.

    :param once: The run in which the fault happened once.
    :param lasting: The run in which the fault happened each time.
    """

    once: Seen
    lasting: Seen


@dataclass(frozen=True)
class Row:
    """A fault in every operation.

    :param cells: By the operation.
    :param log: The log of all runs.
    """

    cells: dict[Operation, Cell]
    log: str

    @property
    def seen(self) -> list[Seen]:
        """All runs."""
        return [seen for cell in self.cells.values() for seen in (cell.once, cell.lasting)]


@functools.cache
def row(fault: Fault, transport: str) -> Row:
    """Run every operation with a fault, all concurrently."""
    operations = (*REQUESTS, *FILES)
    # After a throttled response a client waits until the bucket has leaked: here, not for long.
    with mock.patch.object(rate_limit, "LEAK_PER_SECOND", 5000.0), _logged() as log, ThreadPoolExecutor(12) as threads:
        tried = threads.map(lambda each: _cell(each, fault, transport), operations)
        return Row(dict(zip(operations, tried, strict=True)), log.getvalue())


def _cell(operation: Operation, fault: Fault, transport: str) -> Cell:
    return Cell(*(_try(operation, fault, transport, lasting=lasting) for lasting in (False, True)))


def _try(operation: Operation, fault: Fault, transport: str, *, lasting: bool) -> Seen:
    faulty = FaultyCanvas(fault, operation.spot, lasting=lasting, service=operation.service)
    with faulty as canvas, _client(transport, canvas) as client:
        client.users.get(user_id="self")  # leaves a connection behind
        try:
            return Seen(operation, canvas, operation.run(client), None)
        except Exception as error:  # noqa: BLE001  # a test checks its class
            return Seen(operation, canvas, None, error)


@contextmanager
def _client(transport: str, canvas: FaultyCanvas) -> Iterator[Any]:
    def chance() -> float:
        """Start hosts that are down, before the client sleeps and retries."""
        canvas.pass_by()
        return 0.5

    settings = Settings(canvas.canvas, TOKEN, read_timeout=0.4 if canvas.fault.cut is Cut.SILENCE else 15)
    policy = RetryPolicy(0.1 if canvas.lasting else 60, first_delay=0.01, max_delay=0.05, jitter=chance)
    now = replace(settings, token=NEW_TOKEN) if canvas.fault.new_token else settings

    async def reload_settings() -> Settings:
        return now

    if transport == "requests":
        with CanvasClient(settings, policy, lambda: now) as client:
            yield client
    else:
        bridge = Bridge(AsyncCanvasClient(settings, policy, reload_settings))
        try:
            yield Bridged(bridge)
        finally:
            bridge.close()


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """Record the log of all loggers."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
