"""A conversation with Canvas about one call, without I/O.

What is said here, whatever the transport: wait for the token's budget, send the token to its own host only, take
another token if Canvas refuses it, send again as long as the policy says so, turn pages.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.parameters import flatten
from airflow_provider_canvas.client.auth.credentials import Credentials
from airflow_provider_canvas.client.errors import CanvasUnexpectedAnswerError
from airflow_provider_canvas.client.protocol.flow import Flow, Send, Sleep
from airflow_provider_canvas.client.protocol.rate_limit import QueuedRequest, RateLimiter
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError
from airflow_provider_canvas.client.protocol.retry import Raise, Retry, RetryPolicy, Return, refuses_token
from airflow_provider_canvas.client.settings import USER_AGENT, Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_TOKEN_RENEWALS = 3
"""How many other tokens one call tries: another process may renew the token of all at any moment."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a listing.

    :param items: What it holds.
    :param following: The call for the next page; ``None`` on the last.
    :param last: The number of the last page, where Canvas counts them.
    """

    items: list[T]
    following: Call[T] | None
    last: int | None


@dataclass(frozen=True)
class Caller:
    """One side of all conversations with one Canvas.

    :param settings: Where Canvas is.
    :param policy: When to try again.
    :param rate_limiter: The token's budget.
    :param credentials: Where the token comes from.
    :param clock: Monotonic seconds.
    """

    settings: Settings
    policy: RetryPolicy
    rate_limiter: RateLimiter
    credentials: Credentials
    clock: Callable[[], float] = time.monotonic

    def request(self, call: Call[Any]) -> Send:
        """Return the request that makes the call, still without a token."""
        pairs = flatten(call.params)
        if self.settings.as_user_id:
            pairs.append(("as_user_id", self.settings.as_user_id))
        in_body = call.method in ("POST", "PUT")
        return Send(
            method=call.method,
            url=f"{self.settings.base_url}/api/v1/{call.path}",
            query=[] if in_body else pairs,
            body=pairs if in_body else None,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )

    def call_flow(self, call: Call[T]) -> Flow[tuple[T, Response]]:
        """Make one call, and make it again as long as the policy says so.

        :raises CanvasError: When the policy gives up.
        """
        request, began, attempt = self.request(call), self.clock(), 0
        while True:
            outcome, token = yield from self.signed(request)
            secrets = (token, *self.settings.secrets)
            match self.policy.decide(call, outcome, attempt, self.clock() - began, *secrets):
                case Return(body):
                    return cast("T", body), cast("Response", outcome)
                case Retry(after, because):
                    log.info("%s Trying again in %.1f s.", because, after)
                    yield Sleep(after)
                    attempt += 1
                case Raise(error):
                    raise error

    def signed(self, request: Send) -> Flow[tuple[ResponseOrError, str]]:
        """Send a request with a token that Canvas takes, if there is one; returns the token too."""
        for renewals in range(MAX_TOKEN_RENEWALS + 1):
            token: str = yield from self.credentials.present()
            outcome = yield from self.exchange(replace(request, token=token))
            if not refuses_token(outcome) or renewals == MAX_TOKEN_RENEWALS:
                break
            if (yield from self.credentials.replace(token)) is None:
                break
        return outcome, token

    def exchange(self, request: Send) -> Flow[ResponseOrError]:
        """Send a request: within the token's budget to our own Canvas, without the token to anybody else."""
        if not self.settings.owns(request.url):
            foreign: ResponseOrError = yield replace(request, token=None)
            return foreign
        queued = QueuedRequest()
        while (seconds := self.rate_limiter.acquire(queued)) > 0:
            try:
                yield Sleep(seconds, queued)
            except GeneratorExit:
                self.rate_limiter.leave(queued)
                raise
        outcome: ResponseOrError | None = None
        try:
            outcome = yield request
        finally:
            self.rate_limiter.release(outcome)
        return cast("ResponseOrError", outcome)

    def fetch_page(self, call: Call[T]) -> Flow[Page[T]]:
        """Get one page of a listing.

        :raises CanvasUnexpectedAnswerError: When the next page is the same page.
        """
        page = replace(call, params={"per_page": self.settings.per_page, **call.params}, returns=cast("type[T]", list))
        items, answer = yield from self.call_flow(page)
        following = answer.linked_page("next")
        if following is not None and following in ("", call.params.get("page")):
            raise CanvasUnexpectedAnswerError(
                f"The next page of {call.route} is the page itself: Canvas's Link header leads nowhere.",
                route=call.route,
                status=answer.status,
            )
        last = answer.linked_page("last") or ""
        return Page(
            items=cast("list[T]", items),
            following=None if following is None else call.with_params(page=following),
            last=int(last) if last.isdecimal() else None,
        )
