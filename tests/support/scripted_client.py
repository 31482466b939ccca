"""A client without HTTP, whose real caller gets its responses from a function of the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from airflow_provider_canvas.client.auth.credentials import credentials_for
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.protocol import flow
from airflow_provider_canvas.client.protocol.flow import Flow, Send
from airflow_provider_canvas.client.protocol.rate_limit import QueuedRequest, rate_limiter_for
from airflow_provider_canvas.client.protocol.response import Response
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings

T = TypeVar("T")

BASE_URL = "https://school.example"


class ScriptedClient:
    """A client that performs flows with the responses of a function.

    :param respond: Returns the JSON of a response for a path below ``/api/v1/`` and its query; an HTTP status for an
        error.
    """

    def __init__(self, respond: Callable[[str], Any]) -> None:
        settings = Settings(BASE_URL, "7~token")
        self.respond = respond
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        self.slept: list[float] = []
        self.caller = Caller(settings, RetryPolicy(0), rate_limiter_for(settings), credentials_for(settings))

    def run(self, flow_of: Callable[[Caller], Flow[T]]) -> T:
        """Run a flow, as the sync client does."""
        return flow.run_sync(flow_of(self.caller), self)

    async def run_async(self, flow_of: Callable[[Caller], Flow[T]]) -> T:
        """Run a flow, as the async client does."""
        return await flow.run_async(flow_of(self.caller), _Awaited(self))

    def send_request(self, request: Send) -> Response:
        path = request.address.url.removeprefix(f"{BASE_URL}/api/v1/")
        if request.query:
            path += "?" + "&".join(f"{name}={value}" for name, value in request.query)
        self.requests.append(f"{request.method} {path}")
        self.bodies.append(request.body)
        response = self.respond(path)
        if isinstance(response, int):
            return Response(response, {"content-type": "application/json"}, b'{"errors": [{"message": "no"}]}')
        return Response(200, {"content-type": "application/json"}, json.dumps(response).encode())

    def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None:
        self.slept.append(seconds)

    def reload_settings(self) -> None:
        return None


class _Awaited:
    def __init__(self, client: ScriptedClient) -> None:
        self.client = client

    async def send_request(self, request: Send) -> Response:
        return self.client.send_request(request)

    async def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None:
        self.client.sleep(seconds, queued)

    async def reload_settings(self) -> None:
        return None
