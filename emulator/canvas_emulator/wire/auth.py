"""Authentication: the access token of a request, masquerading, and Canvas's refusals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from canvas_emulator.model.ids import find_user
from canvas_emulator.model.records import AccessToken, User
from canvas_emulator.model.world import World
from canvas_emulator.wire.responses import CHALLENGE, ERROR_REPORTS, CanvasError, stamp

SCHEME = "Bearer "
NOT_AUTHENTICATED = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}


def token_of(headers: Mapping[str, str], query: Sequence[tuple[str, str]]) -> str | None:
    """Return the token of a request: the parameter counts only where there is no Bearer header."""
    authorization = headers.get("authorization", "")
    if authorization.startswith(SCHEME):
        return authorization.removeprefix(SCHEME).strip()
    return dict(query).get("access_token")


def authenticate(world: World, token: str | None) -> AccessToken:
    """Find the token of a request.

    :raises CanvasError: 401, with a challenge, when there is no token or it does not work.
    """
    if not token:
        raise CanvasError(401, NOT_AUTHENTICATED, CHALLENGE)
    access_token = world.tables.tokens.get(token)
    if access_token is None:
        raise _refused(message="Invalid access token.")
    expires_at, legacy = access_token.expires_at, world.settings.legacy_token_messages
    if access_token.revoked:
        raise _refused(message="Invalid access token." if legacy else "Revoked access token.")
    if expires_at is not None and expires_at <= world.clock.now():
        if legacy or access_token.refresh_token is not None:
            raise _refused(message="Invalid access token.")  # one with a refresh token has not expired for good
        raise _refused(message="Expired access token.", expired_at=stamp(expires_at))
    return access_token


def check_scope(scopes: Collection[str], scope: str) -> None:
    """Refuse a route that a token's scopes do not name.

    :param scope: The route's, ``url:METHOD|path``.
    :raises CanvasError: 401, without a challenge: the token is good, but not for this.
    """
    if scope not in scopes:
        errors = [{"message": "Insufficient scopes on access token."}]
        raise CanvasError(401, {"errors": errors, "error_report_id": next(ERROR_REPORTS)})


def masquerade(world: World, token: AccessToken, wanted: str | None) -> User:
    """Return the user in whose name a request is made: the one that ``as_user_id`` names, or the token's own.

    Only an administrator may become a user else, and another administrator only with all of that one's rights,
    which is so for any two who have all.

    :raises CanvasError: 401, without a challenge, when there is no such user or the right is missing.
    """
    user = world.tables.users[token.user_id]
    if not wanted:
        return user
    if token.real_user_id is not None:
        raise CanvasError(401, {"errors": "Cannot change masquerade"})
    other = find_user(world, wanted, user)
    if other is None or (other.id != user.id and not user.is_admin):
        raise CanvasError(401, {"errors": "Invalid as_user_id"})
    return other


def _refused(**error: str | None) -> CanvasError:
    return CanvasError(401, {"errors": [error]}, CHALLENGE)
