"""What a conversation asks of a transport, and how transports perform it.

A conversation is a generator without I/O (a :data:`Flow`). It yields one step after the other and is sent back what
came of it: the outcome of a :class:`Send`, the settings of a :class:`ReloadSettings`, ``None`` after a :class:`Sleep`.
So whatever takes several requests (retries, a refreshed token, the three steps of an upload) is written once, and
:func:`run_sync` performs it for a transport that blocks, :func:`run_async` for one that is awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from airflow_provider_canvas.client.protocol.rate_limit import QueuedRequest
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError
from airflow_provider_canvas.client.settings import Settings

T = TypeVar("T")

Pairs = list[tuple[str, str]]
"""Names and values, in order."""

CHUNK = 1 << 20
"""Bytes that are read, sent and written at a time where a body is streamed."""


class Body(Protocol):
    """A body that is sent piece by piece.

    It keeps what went wrong on this side in ``failure``: a transport's library would take it for a broken connection.
    """

    content_type: str
    length: int
    failure: Exception | None

    def chunks(self) -> Iterator[bytes]: ...


Write = Callable[[bytes], None]
"""Takes the next piece of a body."""

Receive = Callable[[Response], Write | None]
"""Is shown an answer without its body, and says where its body goes; ``None``: into the answer itself."""


@dataclass(frozen=True)
class Send:
    """A request to make.

    :param method: The HTTP verb.
    :param url: Where to. It may be signed, so it is in no message.
    :param query: Pairs for the URL's query.
    :param body: Pairs for a form, or a body to stream; ``None`` for none.
    :param headers: Headers, without the token.
    :param token: The token to send along. Only a :class:`~.conversation.Caller` sets it, and only for its own Canvas.
    :param into: Where the answer's body goes.
    """

    method: str
    url: str = field(repr=False)
    query: Pairs = field(default_factory=list, repr=False)
    body: Pairs | Body | None = field(default=None, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    token: str | None = field(default=None, repr=False)
    into: Receive | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Sleep:
    """Seconds to wait; less, if a turn is called before."""

    seconds: float
    queued: QueuedRequest | None = None


@dataclass(frozen=True)
class ReloadSettings:
    """Read the settings again, from where they came from: somebody may have put another token there."""


@dataclass(frozen=True)
class RunInThread:
    """Do what may block (a disk, a bucket), and send back what it returns; where a loop runs, beside it."""

    work: Callable[[], Any]


Step = Send | Sleep | ReloadSettings | RunInThread
Flow = Generator[Step, Any, T]
"""A conversation that ends with a ``T``."""


def run_in_thread(work: Callable[[], T]) -> Flow[T]:
    """Do what may block, and return what it returns."""
    done: T = yield RunInThread(work)
    return done


class SyncTransport(Protocol):
    """A transport that blocks."""

    def exchange(self, request: Send) -> ResponseOrError: ...
    def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None: ...
    def reload_settings(self) -> Settings | None: ...


class AsyncTransport(Protocol):
    """A transport that is awaited."""

    async def exchange(self, request: Send) -> ResponseOrError: ...
    async def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None: ...
    async def reload_settings(self) -> Settings | None: ...


def run_sync(flow: Flow[T], transport: SyncTransport) -> T:
    """Perform a conversation with a transport that blocks."""
    try:
        step = next(flow)
        while True:
            match step:
                case Send():
                    step = flow.send(transport.exchange(step))
                case Sleep(seconds, queued):
                    step = flow.send(transport.sleep(seconds, queued))  # type: ignore[func-returns-value]
                case ReloadSettings():
                    step = flow.send(transport.reload_settings())
                case RunInThread(work):
                    try:
                        done = work()
                    except Exception as error:  # noqa: BLE001  # it is the conversation's
                        step = flow.throw(error)
                    else:
                        step = flow.send(done)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        flow.close()


async def run_async(flow: Flow[T], transport: AsyncTransport) -> T:
    """Perform a conversation with a transport that is awaited."""
    try:
        step = next(flow)
        while True:
            match step:
                case Send():
                    step = flow.send(await transport.exchange(step))
                case Sleep(seconds, queued):
                    step = flow.send(await transport.sleep(seconds, queued))  # type: ignore[func-returns-value]
                case ReloadSettings():
                    step = flow.send(await transport.reload_settings())
                case RunInThread(work):
                    try:
                        done = await asyncio.to_thread(work)
                    except Exception as error:  # noqa: BLE001  # it is the conversation's
                        step = flow.throw(error)
                    else:
                        step = flow.send(done)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        flow.close()
