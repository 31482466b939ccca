"""Transport-independent request handling for one Canvas: rate limit, token, retries and paging, without I/O."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import GenericAlias
from typing import Any, Generic, TypeVar, cast

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import flatten
from airflow_provider_canvas.api.progress import Progress, ProgressRecord
from airflow_provider_canvas.api.unsupported_parameters import parameters_without_effect
from airflow_provider_canvas.client.auth.credentials import Credentials, credentials_for
from airflow_provider_canvas.client.errors import CanvasUnexpectedResponseError
from airflow_provider_canvas.client.protocol.flow import Flow, ReadProgresses, Send, Sleep
from airflow_provider_canvas.client.protocol.rate_limit import QueuedRequest, RateLimiter, rate_limiter_for
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, page_number
from airflow_provider_canvas.client.protocol.retry import Raise, Retry, RetryPolicy, Return
from airflow_provider_canvas.client.protocol.status_errors import is_token_rejected
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.security.secret import Secret

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_EMPTY_PAGES = 10
"""How many numbered pages without items a listing may have in a row: then it ends."""

MAX_TOKEN_RENEWALS = 3
"""How many replacement tokens one call tries: another process may renew the shared token at any moment."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a listing.

    :param items: The items of this page.
    :param next_call: The call for the next page; ``None`` on the last page.
    :param last: The number of the last page, if Canvas numbers the pages.
    :param counted: Whether Canvas counts the listing: this page or one before it has the number of the last page.
    :param empty_pages: How many pages without items end with this page.
    """

    items: list[T]
    next_call: Call[T] | None
    last: int | None
    counted: bool
    empty_pages: int

    @property
    def next_page(self) -> Any:
        """The number or bookmark of the next page; ``None`` on the last page."""
        return None if self.next_call is None else self.next_call.params["page"]


@dataclass(frozen=True)
class Caller:
    """Makes API calls to one Canvas with one token, as flows.

    :param settings: The address of Canvas and the limits.
    :param policy: Decides about retries.
    :param rate_limiter: The rate limit of the token.
    :param credentials: The source of the token.
    :param clock: Monotonic seconds.
    :param max_bytes: The largest response body; ``None`` for that of the settings.
    :param is_pooled: Whether the shared poller runs the flows: it reads Progresses for all of them together.
    """

    settings: Settings
    policy: RetryPolicy
    rate_limiter: RateLimiter
    credentials: Credentials
    clock: Callable[[], float] = time.monotonic
    max_bytes: int | None = None
    is_pooled: bool = False

    def build_request(self, call: Call[Any]) -> Send:
        """Return the request for a call, without a token."""
        pairs = flatten(call.params)
        if self.settings.as_user_id:
            pairs.append(("as_user_id", self.settings.as_user_id))
        in_body = call.method in ("POST", "PUT")
        return Send(
            method=call.method,
            address=self.settings.address.resolve(f"{call.base}/{call.path}"),
            query=[] if in_body else pairs,
            body=pairs if in_body else None,
            headers={"User-Agent": self.settings.user_agent, "Accept": "application/json"},
            max_bytes=self.max_bytes,
        )

    def call_json(self, call: Call[T]) -> Flow[T]:
        """Make a call, with retries; return the JSON.

        :raises CanvasError: When the retry policy gives up.
        """
        body, _ = yield from self.call(call)
        return body

    def read_progress(self, progress_id: Id) -> Flow[ProgressRecord]:
        """Read a Progress, with retries. The record of the shared poller may lack keys that no status needs.

        :raises CanvasError: When the retry policy gives up.
        """
        if self.is_pooled:
            (record, error), *_ = yield ReadProgresses((progress_id,))
            if error is not None:
                raise error
            return cast("ProgressRecord", record)
        return (yield from self.call_json(Progress.get.call(progress_id=progress_id)))

    def call(self, call: Call[T], request: Send | None = None) -> Flow[tuple[T, Response]]:
        """Make a call, with retries; return the JSON and the response.

        :param call: The call.
        :param request: Its request, if it was built before.
        :raises CanvasError: When the retry policy gives up.
        """
        request, started, attempt = request or self.build_request(call), self.clock(), 0
        while True:
            response, token = yield from self.send_with_token(request)
            secrets = (token, *self.settings.secrets)
            match self.policy.decide(call, response, attempt, self.clock() - started, *secrets):
                case Return(body):
                    if call.params and "page" not in call.params:  # once per listing
                        for message in parameters_without_effect(call, body):
                            log.warning("%s", message)
                    return cast("T", body), cast("Response", response)
                case Retry(after, reason):
                    log.info("%s Retrying in %.1f s.", reason, after)
                    yield Sleep(after)
                    attempt += 1
                case Raise(error):
                    raise error

    def send_with_token(self, request: Send) -> Flow[tuple[ResponseOrError, Secret]]:
        """Send a request with a token, and with replacements while Canvas rejects it; return the token too."""
        for renewals in range(MAX_TOKEN_RENEWALS + 1):
            token: Secret = yield from self.credentials.current_token()
            response = yield from self.send(request.with_token(token))
            if not is_token_rejected(response) or renewals == MAX_TOKEN_RENEWALS:
                break
            if (yield from self.credentials.replace_token(token)) is None:
                break
        return response, token

    def send(self, request: Send) -> Flow[ResponseOrError]:
        """Send a request: to our Canvas within the rate limit, to any other host without the token."""
        if not self.settings.owns(request.address):
            response: ResponseOrError = yield request.with_token(None)
            return response
        queued = QueuedRequest()
        while (seconds := self.rate_limiter.acquire(queued)) > 0:
            try:
                yield Sleep(seconds, queued)
            except GeneratorExit:
                self.rate_limiter.leave(queued)
                raise
        own_response: ResponseOrError | None = None
        try:
            own_response = yield request
        finally:
            self.rate_limiter.release(own_response)
        return cast("ResponseOrError", own_response)

    def fetch_page(self, call: Call[T], previous: Page[T] | None = None) -> Flow[Page[T]]:
        """Fetch one page of a listing.

        Canvas has a page of a counted listing for every number: those after the last are empty, without the number of
        the last page, and each has a link to the next one. A client that follows it never ends. It gets there when
        items vanish while the listing is read. A page of a listing that is not counted may be empty because Canvas
        filters its items; the next page may have some.

        :param call: The call for the page.
        :param previous: A page before it; ``None`` for the first page.
        :raises CanvasUnexpectedResponseError: When the link to the next page points to the same page, or the header
            ``Link`` is broken.
        """
        page = replace(call, params={"per_page": self.settings.per_page, **call.params}, returns=_list_of(call.returns))
        items, response = yield from self.call(page)
        try:
            next_page, last_page = response.linked_page("next"), response.linked_page("last") or ""
        except ValueError as error:
            raise CanvasUnexpectedResponseError(
                f"The Link header of the response to {call} is broken: {error}. So the rest of the listing cannot be "
                "read: check for a proxy between Airflow and Canvas that changes responses.",
                route=call.route,
                status=response.status,
            ) from None
        if next_page is not None and next_page in ("", call.params.get("page")):
            raise CanvasUnexpectedResponseError(
                f"The next page of {call.route} is the same page: the Link header of Canvas's response is wrong.",
                route=call.route,
                status=response.status,
            )
        last = page_number(last_page)
        counted = last is not None or (previous is not None and previous.counted)
        empty_pages = 0 if items else 1 + (previous.empty_pages if previous else 0)
        after_the_last = not items and last is None and (counted or empty_pages == MAX_EMPTY_PAGES)
        if page_number(next_page) is not None and after_the_last:
            next_page = None
        return Page(
            items=cast("list[T]", items),
            next_call=None if next_page is None else call.with_params(page=next_page),
            last=last,
            counted=counted,
            empty_pages=empty_pages,
        )


def _list_of(item: type[T]) -> type[T]:
    """Return the type of a page of a listing; as the type of one item, which is what the call declares."""
    return cast("type[T]", GenericAlias(list, (item,)))


def caller_for(settings: Settings, policy: RetryPolicy | None = None) -> Caller:
    """Return the caller of a client: it shares rate limit and tokens with all other clients of the process."""
    return Caller(
        settings, policy or RetryPolicy(settings.retry_for), rate_limiter_for(settings), credentials_for(settings)
    )
