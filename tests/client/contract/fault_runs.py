"""What is seen of an operation that meets a fault: on the wire, and by whoever asked."""

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
    """What was seen.

    :param operation: What was done.
    :param canvas: Both hosts, with what arrived there.
    :param result: What came back.
    :param error: What came in place of a result.
    """

    operation: Operation
    canvas: FaultyCanvas
    result: Any
    error: Exception | None

    @property
    def fault(self) -> Fault:
        """What went wrong."""
        return self.canvas.fault

    @property
    def maybe_done(self) -> bool:
        """Whether the error says that it may have been carried out."""
        return getattr(self.error, "maybe_done", False)

    @property
    def was_done(self) -> bool:
        """Whether Canvas executed it; a read is never counted."""
        return bool(self.canvas.done or self.canvas.confirmed)

    @property
    def messages(self) -> str:
        """All words of the error, as a log shows it."""
        error = self.error
        return "" if error is None else "".join([*traceback.format_exception(error), repr(vars(error))])


@dataclass(frozen=True)
class Cell:
    """An operation that met a fault.

    :param once: What was seen when it went wrong once.
    :param lasting: What was seen when it went wrong each time.
    """

    once: Seen
    lasting: Seen


@dataclass(frozen=True)
class Row:
    """A fault in every operation.

    :param cells: By the operation.
    :param log: What was logged meanwhile.
    """

    cells: dict[Operation, Cell]
    log: str

    @property
    def seen(self) -> list[Seen]:
        """All that was seen."""
        return [seen for cell in self.cells.values() for seen in (cell.once, cell.lasting)]


@functools.cache
def row(fault: Fault, transport: str) -> Row:
    """Try a fault in every operation, all at the same time."""
    operations = (*REQUESTS, *FILES)
    # Who was refused waits until the token's budget has leaked: here, not for long.
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
        except Exception as error:  # noqa: BLE001  # a test looks what it is
            return Seen(operation, canvas, None, error)


@contextmanager
def _client(transport: str, canvas: FaultyCanvas) -> Iterator[Any]:
    def chance() -> float:
        """Is called when the client is about to wait before it tries again: then a host may be up again."""
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
    """Keep all that is logged, by whomever."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
