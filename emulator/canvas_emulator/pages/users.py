"""Users."""

from __future__ import annotations

from canvas_emulator.pages.user_shapes import user_shape
from canvas_emulator.wire.request import NOBODY, Request, Route
from canvas_emulator.wire.responses import Response, not_found


def show(request: Request) -> Response:
    """GET a user: oneself, or any user for an administrator.

    :raises CanvasError: 404 when there is none, when the caller may not see it, and without a token.
    """
    user = request.user_of_path("id")
    if request.user is NOBODY:
        raise not_found()
    is_self = user.id == request.user.id
    if not is_self and not request.user.is_admin:
        raise not_found()
    payload = user_shape(request, user)
    if request.user.is_admin:
        payload["email"] = user.email
    payload["locale"] = None
    if is_self:
        payload["effective_locale"] = "en"
    payload["permissions"] = {
        "can_update_name": True,
        "can_update_avatar": False,
        "limit_parent_app_web_access": False,
    }
    if request.includes("uuid"):
        payload["uuid"] = user.uuid
    return Response(payload)


ROUTES = (Route("GET", "/users/{id}", show, anonymous=True),)
