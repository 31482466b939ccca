"""The ASGI application: the layers that a request passes, in order, then the handler of its route."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, reduce
from hashlib import md5
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from canvas_emulator.control.routes import controlled
from canvas_emulator.model.records import User
from canvas_emulator.model.tables import SHARD
from canvas_emulator.model.world import World
from canvas_emulator.pages import ROUTES
from canvas_emulator.wire import layers
from canvas_emulator.wire.auth import authenticate, check_scope, masquerade, token_of
from canvas_emulator.wire.costs import measured_cost
from canvas_emulator.wire.parameters import Params
from canvas_emulator.wire.request import NOBODY, Request, Route, method_of, parameters_of
from canvas_emulator.wire.responses import NO_PAGE, NOT_FOUND, CanvasError, Response, internal_error, with_string_ids

API = "/api/"
FORMAT = re.compile(r"(?:\.|%2[Ee])(?:json|xml)(/|\Z)")
"""What ends a part of a path: the format of the response, which only the last part may have."""
SESSION = "canvas_session="
"""The cookie of a user who is logged in. A request that changes something and has no token needs a second proof."""
CSRF_ERROR = {"errors": [{"message": "An error occurred.", "error_code": "unprocessable_entity"}]}
STRING_IDS = "application/json+canvas-string-ids"


class UnknownRouteError(CanvasError):
    """No page has this path."""


class Router:
    """Finds the handler of a request. Paths are matched as they came, so that an encoded ``/`` does not end a part.

    :param routes: The routes of all pages.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: defaultdict[tuple[str, int], list[tuple[re.Pattern[str], Route]]] = defaultdict(list)
        for route in routes:
            path = route.prefix + route.path
            pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path))
            self._routes[route.method, path.count("/")].append((pattern, route))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Find the route, and the variable parts of the path, decoded. A ``.json`` at the end of the path is ignored.

        :raises UnknownRouteError: When there is no such route.
        """
        if path.startswith(API) and (form := FORMAT.search(path)) is not None:
            if form[1]:
                raise UnknownRouteError(404, NOT_FOUND)
            path = path[: form.start()]
        for pattern, route in self._routes["GET" if method == "HEAD" else method, path.count("/")]:
            if match := pattern.fullmatch(path):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        raise UnknownRouteError(404, NOT_FOUND)


@cache
def _router() -> Router:
    """Return the router of all pages: the same for every world, and slow to build."""
    return Router(ROUTES)


FOUND = "emulator.found"
"""The key of a request's scope for its route, and the variable parts of its path."""
SCOPES = "emulator.scopes"
"""The key of a request's scope for the scopes of its token."""
UNKNOWN_ROUTE = "unknown route"


def routed(app: ASGIApp, _: World) -> ASGIApp:
    """Find the route of each request by its method and path."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        try:
            route, _ids = scope[FOUND] = _router().find(method, _path(scope))
            scope[layers.ROUTE_NAME] = f"{method} {route.prefix}{route.path}"
        except UnknownRouteError:
            scope[layers.ROUTE_NAME] = f"{method} {UNKNOWN_ROUTE}"
        await app(scope, receive, send)

    return call


LIFE: tuple[layers.Layer, ...] = (
    controlled,  # first, so that no fault hits the switch that takes faults back
    routed,  # for the counts of requests by route, among them those that never reach their handler
    layers.recorded,
    layers.on_a_bad_network,  # outside the throttle: what never reached Canvas costs nothing
    layers.from_a_known_program,
    layers.throttled,
    layers.slowed,  # inside the throttle: a slow request holds its up-front cost
    layers.lasting,
    layers.settled,  # last: time that passed in the layers before has passed for the handler
)


def create_app(world: World) -> ASGIApp:
    """Build the ASGI application that serves a world."""
    return reduce(lambda app, layer: layer(app, world), reversed(LIFE), _handling(world, _router()))


def _handling(world: World, router: Router) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        headers = layers.headers_of(scope)
        route: Route | None = None
        try:
            path, http = _path(scope), HttpRequest(scope, receive)
            method = await method_of(http)
            if method != scope["method"] or FOUND not in scope:
                scope[FOUND] = router.find(method, path)
            route, ids = scope[FOUND]
            query, params = await parameters_of(http)
            with world.lock:
                user = _caller(world, route, scope, query, params) if route.needs_token else NOBODY
                base_url = f"{scope['scheme']}://{headers.get('host', 'localhost')}"
                read = world.secondary() if route.secondary else world
                if _has_null(params):
                    raise internal_error()  # the database refuses it
                try:
                    scopes = scope.get(SCOPES)
                    response = route.handler(Request(read, user, path, ids, query, params, base_url, headers, scopes))
                finally:
                    world.written(world.clock.now())
        except UnknownRouteError as error:
            response = NO_PAGE if world.settings.unknown_route_html else error.response
        except CanvasError as error:
            response = error.response
        has_includes = b"include" in scope["query_string"]
        scope[layers.COST] = 0.0 if route is None else measured_cost(route, response, has_includes=has_includes)
        scope[layers.OF_WEB_SERVER] = response.of_web_server
        scope[layers.SECONDS] = response.seconds
        await _send(send, response, scope, world, string_ids=STRING_IDS in headers.get("accept", ""))

    return call


def _caller(world: World, route: Route, scope: Scope, query: list[tuple[str, str]], params: Params) -> User:
    """Return the user of a request, after checking the token, its scopes and ``as_user_id``."""
    token = token_of(layers.headers_of(scope), query) or _text(params.get("access_token"))
    if not token and route.anonymous:
        return NOBODY
    if not token and scope["method"] not in ("GET", "HEAD") and SESSION in layers.headers_of(scope).get("cookie", ""):
        raise CanvasError(422, CSRF_ERROR)
    access_token = authenticate(world, token)
    if access_token.scopes is not None:
        check_scope(access_token.scopes, route.scope)
        scope[SCOPES] = access_token.scopes
    user = masquerade(world, access_token, _text(params.get("as_user_id")))
    scope[layers.USER] = user.id
    if user.id != access_token.user_id:
        scope[layers.REAL_USER] = access_token.user_id
    return user


def _path(scope: Scope) -> str:
    """Return the path as it was sent, without a slash at its end."""
    raw: bytes = scope["raw_path"]
    return raw.partition(b"?")[0].decode("latin-1").rstrip("/")


def _has_null(value: Any) -> bool:
    """Tell whether a parameter has a null character."""
    match value:
        case str():
            return "\0" in value
        case dict():
            return any(map(_has_null, value.values()))
        case list():
            return any(map(_has_null, value))
    return False


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


async def _send(send: Send, response: Response, scope: Scope, world: World, *, string_ids: bool) -> None:
    status, body, headers = response.status, response.body, [*response.headers]
    if body is None:
        payload = with_string_ids(response.payload) if string_ids else response.payload
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
        if status == 200 and scope["method"] in ("GET", "HEAD"):
            etag = f'W/"{md5(body, usedforsecurity=False).hexdigest()}"'
            headers.append(("etag", etag))
            if layers.headers_of(scope).get("if-none-match") == etag:
                status, body = 304, b""
    if all(name != "cache-control" for name, _ in headers):
        headers.append(("cache-control", "max-age=0, private, must-revalidate"))
    headers.append(("x-request-context-id", str(UUID(int=next(world.request_numbers)))))
    for name, key in (("x-canvas-user-id", layers.USER), ("x-canvas-real-user-id", layers.REAL_USER)):
        if (user_id := scope.get(key)) is not None:
            headers.append((name, str(SHARD + user_id)))
    await layers.send_bytes(send, status, response.content_type, body, tuple(headers), chunks=response.chunks)
