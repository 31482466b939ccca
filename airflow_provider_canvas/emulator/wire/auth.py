"""Who is calling: the access token of a request, and what Canvas says to one that it does not accept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airflow_provider_canvas.emulator.records import User
from airflow_provider_canvas.emulator.wire.answers import CHALLENGE, CanvasError, stamp
from airflow_provider_canvas.emulator.world import World

SCHEME = "Bearer "


def token_of(headers: Mapping[str, str], query: Sequence[tuple[str, str]]) -> str | None:
    """Return the token of a request: the parameter counts only where there is no Bearer header."""
    authorization = headers.get("authorization", "")
    if authorization.startswith(SCHEME):
        return authorization.removeprefix(SCHEME).strip()
    return dict(query).get("access_token")


def authenticate(world: World, token: str | None) -> User:
    """Find the user whose token this is.

    :raises CanvasError: 401, with a challenge, when there is no token or it does not work.
    """
    if not token:
        payload = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
        raise CanvasError(401, payload, CHALLENGE)
    access_token = world.tables.tokens.get(token)
    if access_token is None:
        raise _refused(message="Invalid access token.")
    if access_token.revoked:
        raise _refused(message="Revoked access token.")
    if access_token.expires_at is not None and access_token.expires_at <= world.clock.now():
        raise _refused(message="Expired access token.", expired_at=stamp(access_token.expires_at))
    return world.tables.users[access_token.user_id]


def _refused(**error: str | None) -> CanvasError:
    return CanvasError(401, {"errors": [error]}, CHALLENGE)
