"""Give both clients the recorded responses of routes that have no endpoint, as a call to any other route has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.client.contract.conftest import Bridge
from tests.client.contract.replay import ReplayServer, endpoint_of
from tests.client.contract.test_recordings import REFUSED, messages, without_host
from tests.support.recordings import Exchange, all_exchanges

OTHERS = [each for each in all_exchanges().values() if not endpoint_of(each)]


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


@pytest.mark.parametrize("exchange", OTHERS, ids=lambda each: each.name)
def test_response_of_another_route(client: Any, server: ReplayServer, exchange: Exchange) -> None:
    """A JSON object or list is returned unchanged, a refusal has its error and Canvas's words, the rest is refused."""
    server.exchange = exchange
    body, path = exchange.response_body, exchange.path.removeprefix("/api/v1/").lstrip("/")
    method = "GET" if exchange.method == "HEAD" else exchange.method  # no call has the method HEAD
    call: Call[Any] = Call(method, path, path, {}, list if isinstance(body, list) else dict)
    if exchange.status < 300 and isinstance(body, dict | list):
        assert client.send(call) == without_host(body, server)
        return
    with pytest.raises(errors.CanvasError) as raised:
        client.send(call)
    expected = REFUSED.get(exchange.status, (errors.CanvasUnexpectedResponseError,))
    assert isinstance(raised.value, expected)
    assert raised.value.status == exchange.status
    for words in messages(body):
        assert " ".join(words.split())[:400].rstrip(".") in str(raised.value)
