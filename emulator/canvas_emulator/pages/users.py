"""Users."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import EPOCH
from canvas_emulator.model.records import User
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, stamp


def show(request: Request) -> Response:
    """GET a user: oneself, or any user for an administrator."""
    user = request.user_of_path("id")
    request.permit(user.id == request.user.id or request.user.is_admin)
    return Response(
        shape(request, user)
        | {
            "locale": None,
            "effective_locale": "en",
            "permissions": {
                "can_update_name": request.user.is_admin,
                "can_update_avatar": False,
                "limit_parent_app_web_access": False,
            },
        }
    )


def shape(request: Request, user: User) -> dict[str, Any]:
    """Render a User, with what administrators see besides."""
    first, _, last = user.name.rpartition(" ")
    payload: dict[str, Any] = {
        "id": user.id,
        "name": user.name,
        "created_at": stamp(EPOCH),
        "sortable_name": f"{last}, {first}" if first else user.name,
        "short_name": user.name,
    }
    if request.user.is_admin:
        sis = {"sis_user_id": user.sis_user_id, "integration_id": user.integration_id, "sis_import_id": None}
        payload |= sis | ({} if user.login_id is None else {"login_id": user.login_id})
    return payload


ROUTES = (Route("GET", "/users/{id}", show),)
