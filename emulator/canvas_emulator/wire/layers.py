"""The layers that a request passes before its handler, each a plain ASGI application around the next."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from canvas_emulator.model.bucket import Bucket
from canvas_emulator.model.faults import Action, Body, Rule
from canvas_emulator.model.records import Throttling
from canvas_emulator.model.tables import SeenRequest
from canvas_emulator.model.world import World
from canvas_emulator.wire.auth import token_of
from canvas_emulator.wire.responses import CHALLENGE

Layer = Callable[[ASGIApp, World], ASGIApp]

RULE, COST, HEADERS, OF_WEB_SERVER = "emulator.rule", "emulator.cost", "emulator.headers", "emulator.of_web_server"
ROUTE_NAME, CHARGED, REFUSED = "emulator.route_name", "emulator.charged", "emulator.refused"
SECONDS = "emulator.seconds"
USER, REAL_USER = "emulator.user", "emulator.real_user"
"""Keys of a request's scope that layers share."""

SECRETS = frozenset(
    {
        "access_token",
        "api_key",
        "client_secret",
        "code",
        "refresh_token",
        "token",
        "verifier",
        "sf_verifier",
        "uuid",
        "Policy",
        "X-Amz-Signature",
    }
)
"""Parameters that are secret."""

NOT_MODIFIED = 304
HTML_ERROR = b"<html><head><title>%d</title></head><body><h1>The server is temporarily unavailable</h1></body></html>"


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers of a request, by lower-case name."""
    if HEADERS not in scope:
        scope[HEADERS] = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    headers: dict[str, str] = scope[HEADERS]
    return headers


async def send_bytes(
    send: Send,
    status: int,
    content_type: str,
    body: bytes,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    chunks: Iterable[bytes] = (),
) -> None:
    """Send a complete response. One with the status 304 has no body, and says nothing of it.

    :param chunks: What is sent before the body; the headers tell the length.
    """
    start = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    if status != NOT_MODIFIED:
        start.insert(0, (b"content-type", content_type.encode()))
    if status != NOT_MODIFIED and all(name != b"content-length" for name, _ in start):
        start.insert(1, (b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": start})
    for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": body})


def recorded(app: ASGIApp, world: World) -> ASGIApp:
    """Count all requests, and keep a list of them without their secrets; one is in it before its response leaves."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        arrived, noted, counters = world.clock.now(), False, world.counters
        with world.lock:
            counters.arrive()

        def note(status: int | None) -> None:
            nonlocal noted
            noted = True
            query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            with world.lock:
                counters.leave(
                    scope.get(ROUTE_NAME, f"{scope['method']} storage"),
                    status,
                    refused=REFUSED in scope,
                    cost=scope.get(CHARGED, 0.0),
                )
                world.requests.append(
                    SeenRequest(
                        time=arrived,
                        method=scope["method"],
                        path=scope["raw_path"].decode("latin-1"),
                        query=urlencode([(name, value) for name, value in query if name not in SECRETS]),
                        status=status,
                        user_id=scope.get(USER),
                        has_authorization="authorization" in headers_of(scope),
                    )
                )

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                note(message["status"])
            await send(message)

        try:
            await app(scope, receive, noting)
        finally:
            if not noted:
                note(None)

    return call


def on_a_bad_network(app: ASGIApp, world: World) -> ASGIApp:
    """Apply the rules for faults to requests and responses."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        with world.lock:
            rule = world.faults.pick(scope["method"], scope["path"])
        match rule:
            case None:
                await app(scope, receive, send)
            case Rule(action=Action.RESPOND):
                await _answer_in_its_place(scope, send, rule, world)
            case Rule(action=Action.RESPOND_AFTER):
                await app(scope, receive, _nowhere)
                await _answer_in_its_place(scope, send, rule, world)
            case Rule(action=Action.DROP):
                await _drop(scope, receive)
            case Rule(action=Action.DROP_AFTER):
                await app(scope, receive, _nowhere)
                await _drop(scope, receive)
            case Rule(action=Action.TRUNCATE):
                await app(scope, receive, _half(send))
                await _drop(scope, receive)
            case _:
                scope[RULE] = rule
                await app(scope, receive, send)

    return call


def slowed(app: ASGIApp, _: World) -> ASGIApp:
    """Apply delays within Canvas, during which the request's up-front cost stays in the bucket."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        rule: Rule | None = scope.get(RULE)
        if rule is None:
            await app(scope, receive, send)
        elif rule.action is Action.DELAY:
            await asyncio.sleep(rule.seconds)
            await app(scope, receive, send)
        else:
            held: list[Message] = []

            async def hold(message: Message) -> None:
                held.append(message)

            await app(scope, receive, hold)
            await asyncio.sleep(rule.seconds)
            for message in held:
                await send(message)

    return call


def lasting(app: ASGIApp, world: World) -> ASGIApp:
    """Hold a response back until the request has lasted as long as the settings say: meanwhile it is in flight."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()

        async def delayed(message: Message) -> None:
            if message["type"] == "http.response.start":
                settings = world.settings
                needed = settings.latency + settings.seconds_per_unit * scope.get(COST, 0.0) + scope.get(SECONDS, 0.0)
                if needed and (left := started + needed - time.monotonic()) > 0:
                    await asyncio.sleep(left)
            await send(message)

        await app(scope, receive, delayed)

    return call


def from_a_known_program(app: ASGIApp, world: World) -> ASGIApp:
    """Refuse requests without a User-Agent."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if world.settings.require_user_agent and not headers_of(scope).get("user-agent"):
            body = json.dumps({"errors": [{"message": "A User-Agent header is required."}]}).encode()
            status = int(world.settings.user_agent_status)
            await send_bytes(send, status, "application/json; charset=utf-8", body)
        else:
            await app(scope, receive, send)

    return call


def throttled(app: ASGIApp, world: World) -> ASGIApp:
    """Keep the bucket of each token, refuse requests when it is full, and send its level in headers."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        settings, token = world.settings, _token(scope)
        row = world.tables.tokens.get(token or "")
        throttling = row.throttling if row else Throttling.NORMAL
        if throttling is Throttling.ALLOWED:
            await app(scope, receive, send)
            return
        with world.lock:
            now, present = world.clock.unscaled(), world.clock.now()
            bucket = world.buckets.setdefault(_bucket_key(scope, token), Bucket(now))
            stormy = world.faults.storm_until is not None and present < world.faults.storm_until
            blocked = throttling is Throttling.BLOCKED or stormy
            acquired = not blocked and bucket.acquire(settings, now)
            left = 0.0 if blocked else bucket.remaining(settings)
        if not acquired:
            await _refuse(scope, send, world, left)
            return
        charged = False

        def charge() -> tuple[float, float]:
            nonlocal charged
            charged = True
            cost = scope[CHARGED] = settings.cost + scope.get(COST, 0.0)
            with world.lock:
                bucket.charge(settings, world.clock.unscaled(), cost)
                return cost, bucket.remaining(settings)

        async def with_rates(message: Message) -> None:
            if message["type"] == "http.response.start":
                cost, remaining = charge()
                if not scope.get(OF_WEB_SERVER):
                    message["headers"] += [
                        (b"x-request-cost", b"%.6f" % cost),
                        (b"x-rate-limit-remaining", b"%.6f" % remaining),
                    ]
            await send(message)

        try:
            await app(scope, receive, with_rates)
        finally:
            if not charged:
                charge()

    return call


def settled(app: ASGIApp, world: World) -> ASGIApp:
    """Run all stages that were due before the request. Handlers that only read never change a state."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        world.settle()
        await app(scope, receive, send)

    return call


def _token(scope: Scope) -> str | None:
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return token_of(headers_of(scope), query)


def _bucket_key(scope: Scope, token: str | None) -> str:
    if token:
        return "token:" + sha256(token.encode()).hexdigest()
    return f"ip:{(scope.get('client') or ('unknown',))[0]}"


async def _refuse(scope: Scope, send: Send, world: World, left: float = 0.0) -> None:
    scope[REFUSED] = True
    status, reason = (403, "Forbidden") if world.settings.legacy_throttle_403 else (429, "Too Many Requests")
    body = f"{status} {reason} (Rate Limit Exceeded)\n".encode()
    await send_bytes(send, status, "text/plain; charset=utf-8", body, (("x-rate-limit-remaining", str(left)),))


async def _answer_in_its_place(scope: Scope, send: Send, rule: Rule, world: World) -> None:
    match rule.body:
        case Body.THROTTLE:
            await _refuse(scope, send, world)
        case Body.TOKEN:
            body = json.dumps({"errors": [{"message": "Invalid access token."}]}).encode()
            await send_bytes(send, 401, "application/json; charset=utf-8", body, CHALLENGE)
        case Body.HTML:
            await send_bytes(send, rule.status, "text/html; charset=utf-8", HTML_ERROR % rule.status)
        case Body.JSON:
            error = {"message": "An error occurred.", "error_code": "internal_server_error"}
            body = json.dumps({"errors": [error], "error_report_id": 123}).encode()
            await send_bytes(send, rule.status, "application/json; charset=utf-8", body)


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection as it is. The server puts the means to do so into the state of its connections."""
    close = scope.get("state", {}).get("close_connection")
    if close is None:
        raise ConnectionAbortedError("this request was to be dropped, but only a served emulator has connections")
    close()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nowhere(message: Message) -> None:
    """Lose a response."""


def _half(send: Send) -> Send:
    """Send the head of a response, which announces all of the body, and half of the body."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message["body"]
            message = {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        await send(message)

    return sending
