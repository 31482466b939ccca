"""Users: the one who asks."""

from __future__ import annotations

from airflow_provider_canvas.emulator.content import EPOCH
from airflow_provider_canvas.emulator.wire.answers import Answer, stamp
from airflow_provider_canvas.emulator.wire.request import Request, Route


def show_self(request: Request) -> Answer:
    """GET the user whose token this is."""
    user = request.user
    first, _, last = user.name.rpartition(" ")
    return Answer(
        {
            "id": user.id,
            "name": user.name,
            "created_at": stamp(EPOCH),
            "sortable_name": f"{last}, {first}" if first else user.name,
            "short_name": user.name,
            "locale": None,
            "effective_locale": "en",
            "permissions": {
                "can_update_name": user.is_admin,
                "can_update_avatar": False,
                "limit_parent_app_web_access": False,
            },
        }
    )


ROUTES = (Route("GET", "/users/self", show_self),)
