"""Flows: sequences of requests as generators without I/O, and how they are run.

A flow yields one step after the other and is sent the result of each: the response to a :class:`Send`, the settings
for a :class:`ReloadSettings`, the result of a :class:`RunInThread`, ``None`` after a :class:`Sleep`. So everything
that takes several requests (retries, a refreshed token, the three steps of an upload) is written once.
:func:`run_sync` runs it with a synchronous transport, :func:`run_async` with an asynchronous one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from airflow_provider_canvas.client.protocol.rate_limit import QueuedRequest
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.security.address import Address
from airflow_provider_canvas.security.secret import Secret

T = TypeVar("T")

Pairs = list[tuple[str, str]]
"""Names and values, in order."""

CHUNK = 1 << 20
"""Bytes that are read, sent and written at a time where a body is streamed."""


class Body(Protocol):
    """A request body that is sent in chunks.

    A local error while it is read is kept in ``failure``: the transport's library would report a broken connection.
    """

    content_type: str
    length: int
    failure: Exception | None

    def chunks(self) -> Iterator[bytes]: ...


Write = Callable[[bytes], None]
"""Takes the next chunk of a response body."""

Receive = Callable[[Response], Write | None]
"""Gets a response without its body, and returns where to write the body.

It is ``None`` to keep the body in the response, :func:`discard` if nobody needs it.
"""


def discard(chunk: bytes) -> None:
    """Stand for a body that nobody needs: the transport does not read it."""


@dataclass(frozen=True)
class Send:
    """Step: send a request.

    :param method: The HTTP verb.
    :param address: The address. It may be signed, so no message contains its path and query.
    :param query: Pairs for the query, in addition to that of the address.
    :param body: Pairs for a form, or a body to stream; ``None`` for none.
    :param headers: Headers, without the token.
    :param token: The token. Only a :class:`~airflow_provider_canvas.client.caller.Caller` sets it, and only for its
        own Canvas.
    :param into: Decides where the response body is written.
    :param max_bytes: The largest response body that is kept in memory; ``None`` for that of the settings.
    """

    method: str
    address: Address
    query: Pairs = field(default_factory=list, repr=False)
    body: Pairs | Body | None = field(default=None, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    token: Secret | None = None
    into: Receive | None = field(default=None, repr=False)
    max_bytes: int | None = field(default=None, repr=False)

    def with_token(self, token: Secret | None) -> Send:
        """Return the request with a token; faster than ``dataclasses.replace``."""
        request = object.__new__(Send)
        request.__dict__.update(self.__dict__, token=token)
        return request


@dataclass(frozen=True)
class Sleep:
    """Step: sleep.

    :param seconds: How long.
    :param queued: A queued request; the sleep ends early when it is called.
    """

    seconds: float
    queued: QueuedRequest | None = None


@dataclass(frozen=True)
class ReloadSettings:
    """Step: read the settings from their source again, which may hold another token now."""


@dataclass(frozen=True)
class RunInThread:
    """Step: run a function that may block (a disk, a bucket). An asynchronous transport runs it in a thread.

    :param work: The function. Its result is sent to the flow.
    """

    work: Callable[[], Any]


@dataclass(frozen=True)
class ReadProgresses:
    """Step: read Progresses, together with those that other flows wait for.

    Only the shared poller performs it; see :mod:`~airflow_provider_canvas.client.jobs.poller`. Its result is a list of
    pairs: for each Progress the record and ``None``, or ``None`` and the error.

    :param progress_ids: The Progresses.
    """

    progress_ids: Sequence[int | str]


Step = Send | Sleep | ReloadSettings | RunInThread | ReadProgresses
Flow = Generator[Step, Any, T]
"""A sequence of steps that ends with a ``T``."""


def run_in_thread(work: Callable[[], T]) -> Flow[T]:
    """Run a function that may block, and return its result."""
    result: T = yield RunInThread(work)
    return result


class SyncTransport(Protocol):
    """A synchronous transport."""

    def send_request(self, request: Send) -> ResponseOrError: ...
    def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None: ...
    def reload_settings(self) -> Settings | None: ...


class AsyncTransport(Protocol):
    """An asynchronous transport."""

    async def send_request(self, request: Send) -> ResponseOrError: ...
    async def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None: ...
    async def reload_settings(self) -> Settings | None: ...


def run_sync(flow: Flow[T], transport: SyncTransport) -> T:
    """Run a flow with a synchronous transport."""
    try:
        step = next(flow)
        while True:
            match step:
                case Send():
                    step = flow.send(transport.send_request(step))
                case Sleep(seconds, queued):
                    step = flow.send(transport.sleep(seconds, queued))  # type: ignore[func-returns-value]
                case ReloadSettings():
                    step = flow.send(transport.reload_settings())
                case RunInThread(work):
                    try:
                        result = work()
                    except Exception as error:  # noqa: BLE001  # the flow handles it
                        step = flow.throw(error)
                    else:
                        step = flow.send(result)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        flow.close()


async def run_async(flow: Flow[T], transport: AsyncTransport) -> T:
    """Run a flow with an asynchronous transport."""
    try:
        step = next(flow)
        while True:
            try:
                result = await perform_async(step, transport)
            except Exception as error:  # noqa: BLE001  # the flow handles it
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        flow.close()


async def perform_async(step: Step, transport: AsyncTransport) -> Any:
    """Perform one step of a flow with an asynchronous transport, and return its result."""
    match step:
        case Send():
            return await transport.send_request(step)
        case Sleep(seconds, queued):
            return await transport.sleep(seconds, queued)
        case ReloadSettings():
            return await transport.reload_settings()
        case RunInThread(work):
            return await asyncio.to_thread(work)
        case ReadProgresses():
            raise TypeError("Only the shared poller reads Progresses together.")
