"""The life of a request: the layers that it passes, in order, then the handler of its route."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from airflow_provider_canvas.emulator.control import controlled
from airflow_provider_canvas.emulator.pages import ROUTES
from airflow_provider_canvas.emulator.wire import layers
from airflow_provider_canvas.emulator.wire.answers import Answer, CanvasError, not_found, with_string_ids
from airflow_provider_canvas.emulator.wire.auth import authenticate, token_of
from airflow_provider_canvas.emulator.wire.request import Handler, Request, Route, parameters_of
from airflow_provider_canvas.emulator.world import SHARD, World

LIFE: tuple[layers.Layer, ...] = (
    controlled,  # first, so that no fault hits the switch that takes faults back
    layers.recorded,
    layers.on_a_bad_network,  # outside the throttle: what never reached Canvas costs nothing
    layers.from_a_known_program,
    layers.throttled,
    layers.slowed,  # inside the throttle: a slow request holds its up-front cost
    layers.settled,  # last: time that passed in the layers before has passed for the handler
)

PREFIX = "/api/v1"
STRING_IDS = "application/json+canvas-string-ids"


def create_app(world: World) -> ASGIApp:
    """Build the ASGI application that serves a world."""
    return reduce(lambda app, layer: layer(app, world), reversed(LIFE), _handling(world, Router(ROUTES)))


class Router:
    """Finds the handler of a request. Paths are matched as they came, so that an encoded `/` does not end a part."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: defaultdict[tuple[str, int], list[tuple[re.Pattern[str], Handler]]] = defaultdict(list)
        for route in routes:
            path = PREFIX + route.path
            pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path))
            self._routes[route.method, path.count("/")].append((pattern, route.handler))

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        """Find the handler, and the variable parts of the path, decoded.

        :raises CanvasError: 404, when there is no such route.
        """
        for pattern, handler in self._routes["GET" if method == "HEAD" else method, path.count("/")]:
            if match := pattern.fullmatch(path):
                return handler, {name: unquote(value) for name, value in match.groupdict().items()}
        raise not_found()


def _handling(world: World, router: Router) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        headers = layers.headers_of(scope)
        try:
            path = _path(scope)
            handler, ids = router.find(scope["method"], path)
            query, params = await parameters_of(HttpRequest(scope, receive))
            with world.lock:
                token = token_of(headers, query) or _text(params.get("access_token"))
                user = authenticate(world, token)
                scope[layers.USER] = user.id
                base_url = f"{scope['scheme']}://{headers.get('host', 'localhost')}"
                answer = handler(Request(world, user, path, ids, query, params, base_url))
        except CanvasError as error:
            answer = error.answer
        scope[layers.ROWS] = answer.rows
        await _send(send, answer, scope, world, string_ids=STRING_IDS in headers.get("accept", ""))

    return call


def _path(scope: Scope) -> str:
    """Return the path as it came; a slash at its end means nothing."""
    raw: bytes = scope["raw_path"]
    return raw.partition(b"?")[0].decode("latin-1").rstrip("/")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


async def _send(send: Send, answer: Answer, scope: Scope, world: World, *, string_ids: bool) -> None:
    payload = with_string_ids(answer.payload) if string_ids else answer.payload
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    headers = [
        *answer.headers,
        ("cache-control", "max-age=0, private, must-revalidate"),
        ("x-request-context-id", str(UUID(int=next(world.request_numbers)))),
    ]
    if (user_id := scope.get(layers.USER)) is not None:
        headers.append(("x-canvas-user-id", str(SHARD + user_id)))
    await layers.send_bytes(send, answer.status, "application/json; charset=utf-8", body, tuple(headers))
