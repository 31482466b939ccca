"""OAuth2: codes and refresh tokens become access tokens that last an hour. These paths are not below ``/api``.

There is no page to log in: every request for a code gets one, in the name of the developer key's user.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from canvas_emulator.model.records import AccessToken, DeveloperKey
from canvas_emulator.model.tables import SHARD
from canvas_emulator.model.world import World
from canvas_emulator.wire.auth import authenticate, token_of
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response

LIFETIME = timedelta(hours=1)
CODE_LIFETIME = timedelta(minutes=10)
PATH = "/login/oauth2"
UNKNOWN_TOKEN = b"<!DOCTYPE html><html><body><h1>Unauthorized</h1></body></html>"


def authorize(request: Request) -> Response:
    """GET a code, brought by a redirect to the client."""
    world, params = request.world, request.params
    key = world.tables.developer_keys.get(str(params.get("client_id")))
    if key is None:
        raise _refused(401, "invalid_client", "unknown client")
    if params.get("response_type", "code") != "code":
        raise _refused(400, "unsupported_response_type", "Only response_type=code is permitted")
    redirect_uri = str(params.get("redirect_uri") or key.redirect_uri)
    if redirect_uri != key.redirect_uri:
        raise _refused(400, "invalid_request", "redirect_uri does not match client settings")
    code = _secret(world, "code")
    world.tables.codes[code] = (key.client_id, world.clock.now() + CODE_LIFETIME)
    response = {"code": code} | ({"state": str(params["state"])} if "state" in params else {})
    separator = "&" if "?" in redirect_uri else "?"
    return Response(status=302, headers=(("location", f"{redirect_uri}{separator}{urlencode(response)}"),), body=b"")


def grant(request: Request) -> Response:
    """POST for a token."""
    match str(request.params.get("grant_type") or ""):
        case "authorization_code":
            return _from_code(request, _client(request))
        case "refresh_token":
            return _from_refresh_token(request, _client(request))
        case _:
            raise _refused(400, "unsupported_grant_type", "The grant_type you requested is not currently supported")


def revoke(request: Request) -> Response:
    """DELETE the token of this request. It is no page of the API: an unknown token gets a page of HTML."""
    token = token_of(request.headers, request.query) or str(request.params.get("access_token") or "")
    if not token:
        raise CanvasError(400, {"message": "can't delete OAuth access token when not using an OAuth access token"})
    try:
        authenticate(request.world, token).revoked = True
    except CanvasError:
        raise CanvasError(401, None, body=UNKNOWN_TOKEN, content_type="text/html; charset=utf-8") from None
    return Response({"forward_url": None} if request.parse_bool("expire_sessions") else {})


def _from_code(request: Request, key: DeveloperKey) -> Response:
    world, now = request.world, request.world.clock.now()
    client_id, until = world.tables.codes.pop(str(request.params.get("code")), ("", now))
    if client_id != key.client_id or until <= now:
        raise _refused(400, "invalid_grant", "authorization_code not found")
    if request.parse_bool("replace_tokens"):
        for token in world.tables.tokens.values():
            token.revoked = token.revoked or token.client_id == key.client_id
    row = AccessToken(
        _secret(world, "access"),
        key.user_id,
        expires_at=now + LIFETIME,
        refresh_token=_secret(world, "refresh"),
        client_id=key.client_id,
    )
    world.tables.tokens[row.token] = row
    return _granted(world, row, now, refresh_token=row.refresh_token)


def _from_refresh_token(request: Request, key: DeveloperKey) -> Response:
    """Give the same token a new text. The old text is unknown from now on, and the refresh token stays."""
    world, now = request.world, request.world.clock.now()
    wanted = request.params.get("refresh_token")
    for old, row in world.tables.tokens.items():
        if row.refresh_token and row.refresh_token == wanted and row.client_id == key.client_id and not row.revoked:
            del world.tables.tokens[old]
            new = replace(row, token=_secret(world, "access"), expires_at=now + LIFETIME)
            world.tables.tokens[new.token] = new
            return _granted(world, new, now)
    raise _refused(400, "invalid_grant", "refresh_token not found")


def _client(request: Request) -> DeveloperKey:
    """Return the client, whose id and secret come as parameters or as HTTP Basic."""
    client_id, secret = request.params.get("client_id"), request.params.get("client_secret")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        try:
            client_id, _, secret = b64decode(encoded).decode().partition(":")
        except ValueError:
            client_id = None
    key = request.world.tables.developer_keys.get(str(client_id))
    if key is None:
        raise _refused(401, "invalid_client", "unknown client")
    if secret != key.client_secret:
        raise _refused(401, "invalid_client", "invalid client")
    return key


def _granted(world: World, row: AccessToken, now: datetime, **more: Any) -> Response:
    user = world.tables.users[row.user_id]
    newer = {"fake_student": user.is_test_student} if world.settings.newer_keys else {}
    payload = {
        "access_token": row.token,
        "token_type": "Bearer",
        "user": {
            "id": user.id,
            "name": user.name,
            "global_id": str(SHARD + user.id),
            "effective_locale": "en",
        }
        | newer,
        "canvas_region": "unknown",
        "expires_in": int(((row.expires_at or now) - now).total_seconds()),
    }
    return Response(payload | more, headers=(("x-canvas-user-id", str(SHARD + user.id)),))


def _secret(world: World, kind: str) -> str:
    """Return a new secret, the same in each run of a world."""
    return f"1~{sha256(f'{kind} {next(world.secret_numbers)} of {world.host}'.encode()).hexdigest()}"


def _refused(status: int, error: str, description: str) -> CanvasError:
    headers = (("www-authenticate", "Canvas OAuth 2.0"),) if error == "invalid_client" else ()
    return CanvasError(status, {"error": error, "error_description": description}, headers)


ROUTES = (
    Route("GET", PATH + "/auth", authorize, prefix="", needs_token=False),
    Route("POST", PATH + "/token", grant, prefix="", needs_token=False),
    Route("DELETE", PATH + "/token", revoke, prefix="", needs_token=False),
)
