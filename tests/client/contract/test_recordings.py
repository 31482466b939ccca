"""Test both clients with every response that a real Canvas was recorded to send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import GenericAlias
from typing import Any

import pytest

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Page
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.client.contract.conftest import Bridge
from tests.client.contract.replay import ReplayServer, call_of, endpoint_of
from tests.client.contract.routes_responses import faults
from tests.support.recordings import Exchange, all_exchanges

EXCEPTIONS = {
    "errors.string_ids": "The request asked for ids as text, which no endpoint does.",
}
"""Exchanges whose response does not fit the declared type, and why that is right."""

RECORDED = [each for each in all_exchanges().values() if endpoint_of(each)]
SUCCESSES = [each for each in RECORDED if each.status == 200]
REFUSALS = [each for each in RECORDED if each.status >= 300]

REFUSED: dict[int, tuple[type[errors.CanvasError], ...]] = {
    302: (errors.CanvasUnexpectedResponseError,),
    304: (errors.CanvasUnexpectedResponseError,),
    400: (errors.CanvasValidationError,),
    401: (errors.CanvasPermissionError, errors.CanvasAuthenticationError),
    403: (errors.CanvasPermissionError, errors.CanvasValidationError, errors.CanvasThrottledError),
    404: (errors.CanvasNotFoundError,),
    409: (errors.CanvasConflictError,),
    422: (errors.CanvasValidationError,),
    500: (errors.CanvasServerError,),
}
"""Status of a refusal -> the classes of the errors that it may be."""


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    """Serve recorded responses."""
    with ReplayServer() as running:
        yield running


@pytest.fixture(scope="module", params=["requests", "aiohttp"])
def client(request: pytest.FixtureRequest, server: ReplayServer) -> Iterator[Any]:
    """Return a client of that server, on each transport, that does not retry."""
    settings, policy = Settings(server.url, "7~a-token"), RetryPolicy(retry_for=0)
    made: Any = (
        CanvasClient(settings, policy) if request.param == "requests" else Bridge(AsyncCanvasClient(settings, policy))
    )
    yield made
    made.close()


def send(client: Any, server: ReplayServer, exchange: Exchange) -> Any:
    """Make the call of an exchange, and return its body; of a listing, its first page."""
    server.exchange = exchange
    endpoint = endpoint_of(exchange)
    assert endpoint is not None
    _, route = endpoint
    call = call_of(exchange, route)
    return next(client.iterate_pages(call)) if route.paginated else client.send(call)


def test_recordings_hold_almost_all_endpoints() -> None:
    """Nearly nine of ten exchanges are of an endpoint, and both successes and refusals of nearly all endpoints."""
    assert len(RECORDED) > 0.9 * len(all_exchanges())
    assert len({endpoint_of(each) for each in SUCCESSES}) > 75


@pytest.mark.parametrize("exchange", SUCCESSES, ids=lambda each: each.name)
def test_response_has_the_declared_type(client: Any, server: ReplayServer, exchange: Exchange) -> None:
    """A successful response has the type that its endpoint declares, and passes through the client unchanged.

    Only ids that are text become numbers.
    """
    endpoint = endpoint_of(exchange)
    assert endpoint is not None
    _, route = endpoint
    if route.find_error and (problem := route.find_error(exchange.response_body)):
        with pytest.raises(errors.CanvasError, match=re.escape(problem[:60])):
            send(client, server, exchange)
        return
    body = send(client, server, exchange)
    ids_as_numbers = {"id": 14, "account_id": 3} if exchange.name == "errors.string_ids" else {}
    expected = without_host(exchange.response_body, server)
    assert body == ({**expected, **ids_as_numbers} if ids_as_numbers else expected)
    problems = list(
        faults(body, GenericAlias(list, (route.returns,)) if route.paginated else route.returns, required=False)
    )
    assert bool(problems) == (exchange.name in EXCEPTIONS), problems


@pytest.mark.parametrize("exchange", REFUSALS, ids=lambda each: each.name)
def test_refusal_is_an_error_with_the_words_of_canvas(client: Any, server: ReplayServer, exchange: Exchange) -> None:
    """A refusal raises an error of the class that its status means, and the error has every word of Canvas."""
    with pytest.raises(errors.CanvasError) as raised:
        send(client, server, exchange)
    error = raised.value
    assert isinstance(error, REFUSED[exchange.status])
    assert error.status == exchange.status
    assert isinstance(error, errors.CanvasAuthenticationError) == (
        exchange.status == 401 and "WWW-Authenticate" in exchange.response_headers
    )
    only_message = list(exchange.response_body or ()) == ["message"]  # which is about a value, and not about a right
    assert isinstance(error, errors.CanvasValidationError) == (
        exchange.status in (400, 422) or (exchange.status == 403 and only_message)
    )
    assert isinstance(error, errors.CanvasThrottledError) == ("Rate Limit" in (exchange.response_text or ""))
    for words in messages(exchange.response_body):
        assert " ".join(words.split())[:400].rstrip(".") in str(error)


LISTINGS = [each for each in SUCCESSES if (found := endpoint_of(each)) and found[1].paginated]


@pytest.mark.parametrize("exchange", LISTINGS, ids=lambda each: each.name)
def test_listing_ends_with_an_empty_page(client: Any, server: ReplayServer, exchange: Exchange) -> None:
    """After the first page of a counted listing, an empty page ends it, whatever its ``next`` link says."""
    server.exchange = exchange
    endpoint = endpoint_of(exchange)
    assert endpoint is not None
    call = call_of(exchange, endpoint[1])
    first = Page([{}], call, last=2, counted=True, empty_pages=0)
    page = client.run(lambda caller: caller.fetch_page(call, first))
    has_next = 'rel="next"' in exchange.response_headers.get("Link", "")
    assert (page.next_call is not None) == (has_next and bool(exchange.response_body))


def without_host(value: Any, server: ReplayServer) -> Any:
    """Return a recorded value with the host of the server in place of the recorded one."""
    match value:
        case str():
            return value.replace("canvas.example", server.host)
        case list():
            return [without_host(each, server) for each in value]
        case dict():
            return {key: without_host(each, server) for key, each in value.items()}
    return value


def messages(body: Any) -> Iterator[str]:
    """Yield every text under a key ``message`` or ``error_description``."""
    match body:
        case {"errors": str(text)}:
            yield text
        case dict():
            for key, value in body.items():
                if key in ("message", "error_description") and isinstance(value, str):
                    yield value
                else:
                    yield from messages(value)
        case list():
            for value in body:
                yield from messages(value)
