"""A conversation with Canvas about one call, without I/O.

:func:`converse` is a generator. It yields what to do next, :class:`Send` or :class:`Pause`, and is sent back the
outcome of a ``Send`` (``None`` after a ``Pause``); what it returns is the answer. :func:`drive` performs it for a
blocking transport, :func:`adrive` for an awaiting one. So waiting for the budget, retries and errors are written once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from airflow_provider_canvas.api.endpoint import Call
from airflow_provider_canvas.api.parameters import flat
from airflow_provider_canvas.client.answer import Answer, Outcome
from airflow_provider_canvas.client.errors import CanvasUnexpectedAnswerError
from airflow_provider_canvas.client.pacing import Bucket
from airflow_provider_canvas.client.policy import Again, Done, Fail, Policy
from airflow_provider_canvas.client.settings import USER_AGENT, Settings

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Send:
    """A request to make: all that a transport has to understand.

    :param url: Where to; always of the connection's own origin.
    :param query: Pairs for the URL's query.
    :param form: Pairs for the body; ``None`` for no body.
    """

    method: str
    url: str
    query: list[tuple[str, str]]
    form: list[tuple[str, str]] | None
    headers: dict[str, str]


@dataclass(frozen=True)
class Pause:
    """Seconds to wait."""

    seconds: float


Flow = Generator[Send | Pause, Outcome | None, T]
"""A conversation that ends with a ``T``."""


@dataclass(frozen=True)
class Speaker:
    """One side of all conversations with one Canvas.

    :param settings: Where Canvas is.
    :param policy: When to try again.
    :param bucket: The token's budget.
    :param clock: Monotonic seconds.
    """

    settings: Settings
    policy: Policy
    bucket: Bucket
    clock: Callable[[], float] = time.monotonic

    def request(self, call: Call[Any]) -> Send:
        """Return the request that makes the call. The token is not in it: transports add it, to this origin only."""
        pairs = flat(call.params)
        if self.settings.as_user_id:
            pairs.append(("as_user_id", self.settings.as_user_id))
        in_body = call.method in ("POST", "PUT")
        return Send(
            method=call.method,
            url=f"{self.settings.base_url}/api/v1/{call.path}",
            query=[] if in_body else pairs,
            form=pairs if in_body else None,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )

    def converse(self, call: Call[T]) -> Flow[tuple[T, Answer]]:
        """Make one call: wait for the budget, send, and send again as long as the policy says so.

        :raises CanvasError: When the policy gives up.
        """
        request, began, attempt = self.request(call), self.clock(), 0
        while True:
            outcome = yield from self._exchange(request)
            verdict = self.policy.judge(call, outcome, attempt, self.clock() - began, self.settings.token)
            match verdict:
                case Done(body):
                    return cast("T", body), cast("Answer", outcome)
                case Again(after, because):
                    log.info("%s Trying again in %.1f s.", because, after)
                    yield Pause(after)
                    attempt += 1
                case Fail(error):
                    raise error

    def _exchange(self, request: Send) -> Flow[Outcome]:
        again = False
        while (seconds := self.bucket.admit(again=again)) > 0:
            again = True
            try:
                yield Pause(seconds)
            except GeneratorExit:
                self.bucket.leave()
                raise
        outcome = None
        try:
            outcome = yield request
        finally:
            self.bucket.settle(outcome)
        return cast("Outcome", outcome)

    def turn_page(self, call: Call[T]) -> Flow[tuple[list[T], Call[T] | None]]:
        """Get one page of a listing; returns its items and the call for the next page, if there is one.

        :raises CanvasUnexpectedAnswerError: When the next page is the same page.
        """
        page = replace(call, params={"per_page": self.settings.per_page, **call.params}, returns=cast("type[T]", list))
        items, answer = yield from self.converse(page)
        following = answer.next_page
        if following is None:
            return cast("list[T]", items), None
        if following == call.params.get("page"):
            raise CanvasUnexpectedAnswerError(
                f"The next page of {call.route} is the page itself: Canvas's Link header leads nowhere.",
                route=call.route,
                status=answer.status,
            )
        return cast("list[T]", items), replace(call, params={**call.params, "page": following})


def drive(flow: Flow[T], exchange: Callable[[Send], Outcome], sleep: Callable[[float], None]) -> T:
    """Perform a conversation with a transport that blocks."""
    try:
        step = next(flow)
        while True:
            if isinstance(step, Send):
                step = flow.send(exchange(step))
            else:
                sleep(step.seconds)
                step = next(flow)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        flow.close()


async def adrive(
    flow: Flow[T], exchange: Callable[[Send], Awaitable[Outcome]], sleep: Callable[[float], Awaitable[None]]
) -> T:
    """Perform a conversation with a transport that is awaited."""
    try:
        step = next(flow)
        while True:
            if isinstance(step, Send):
                step = flow.send(await exchange(step))
            else:
                await sleep(step.seconds)
                step = next(flow)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        flow.close()
