"""Looking at a background job of Canvas: what a look is, and how it is driven.

A :class:`Waiter` is asked to :meth:`~Watch.poll` again and again. A look is a generator: it yields the calls it needs
(GETs only), is sent their answers, and returns a :class:`Status`. The blocking wait, the sensor and the trigger drive
the same watches, of :mod:`~airflow_provider_canvas.client.jobs.waiters`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.client.errors import CanvasError

T = TypeVar("T")


@dataclass(frozen=True)
class Status:
    """How a job stands.

    :param state: Whether it goes on, succeeded or failed.
    :param workflow_state: Canvas's word for it.
    :param completion: 0 to 100, where Canvas says so. It may fall back.
    :param message: Canvas's words, where it has any.
    """

    state: Literal["pending", "succeeded", "failed"]
    workflow_state: str
    completion: float | None = None
    message: str | None = None

    def __str__(self) -> str:
        percentage = "" if self.completion is None else f", {self.completion:g} %"
        return f"{self.workflow_state}{percentage}"


Asking = Generator[Call[Any], Any, T]
"""Yields calls, is sent their answers, and ends with a ``T``."""

Look = Asking[Status]


class Waiter(Protocol):
    """Something to look at until it is over."""

    @property
    def name(self) -> str:
        """What it is, for logs and messages: ``content_export 12``."""

    def poll(self) -> Look:
        """Yield the calls that one look needs, be sent their answers, return how the job stands."""

    def progress_ids(self) -> Asking[list[int | str]]:
        """Return the Progresses by which the job can be cancelled, as far as there are any."""


def ask(asking: Asking[T], send: Callable[[Call[Any]], Any]) -> T:
    """Have the calls made by a client that blocks.

    :raises CanvasError: When a call fails that cannot be done without.
    """
    try:
        call = next(asking)
        while True:
            try:
                answer = send(call)
            except CanvasError as error:
                call = asking.throw(error)
            else:
                call = asking.send(answer)
    except StopIteration as end:
        found: T = end.value
        return found


async def aask(asking: Asking[T], send: Callable[[Call[Any]], Awaitable[Any]]) -> T:
    """Have the calls made by a client that is awaited.

    :raises CanvasError: When a call fails that cannot be done without.
    """
    try:
        call = next(asking)
        while True:
            try:
                answer = await send(call)
            except CanvasError as error:
                call = asking.throw(error)
            else:
                call = asking.send(answer)
    except StopIteration as end:
        found: T = end.value
        return found
