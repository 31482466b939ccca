"""Give both clients the recorded responses of routes that have no endpoint, as a call to any other route has them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.client import errors
from tests.client.contract.replay import ReplayServer, endpoint_of
from tests.client.contract.test_recordings import REFUSED, client, messages, server, without_host
from tests.support.recordings import Exchange, all_exchanges

OTHERS = [each for each in all_exchanges().values() if not endpoint_of(each)]


__all__ = ["client", "server"]  # fixtures


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
