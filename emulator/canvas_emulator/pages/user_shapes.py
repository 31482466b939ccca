"""The JSON of a User, and of the short form that other records show a user in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from canvas_emulator.model.records import User
from canvas_emulator.model.time_zones import zone_of_users
from canvas_emulator.wire.request import Request

AVATAR = "/images/messages/avatar-50.png"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def user_shape(request: Request, user: User) -> dict[str, Any]:
    """Render a User, with the keys that only administrators see."""
    payload: dict[str, Any] = {
        "id": user.id,
        "name": user.name,
        "created_at": _zoned(request, user.created_at),
        "sortable_name": sortable_name(user),
        "short_name": user.name,
    }
    if request.user.is_admin:
        sis = {"sis_user_id": user.sis_user_id, "integration_id": user.integration_id, "sis_import_id": None}
        payload |= sis | ({} if user.login_id is None else {"login_id": user.login_id})
    return payload


def user_display(request: Request, user: User, course_id: int | None = None) -> dict[str, Any]:
    """Render the short form: a teacher of a course, the author of a page, and so on.

    :param course_id: The course whose page about the user ``html_url`` leads to; the user's own page by default.
    """
    path = f"/users/{user.id}" if course_id is None else f"/courses/{course_id}/users/{user.id}"
    return {
        "id": user.id,
        "anonymous_id": _base36(user.id),
        "display_name": user.name,
        "avatar_image_url": request.url(AVATAR),
        "html_url": request.url(path),
        "pronouns": None,
    }


def sortable_name(user: User) -> str:
    """Return the name with the last part first."""
    first, _, last = user.name.rpartition(" ")
    return f"{last}, {first}" if first else user.name


def _zoned(request: Request, moment: datetime) -> str:
    """Format a time with the offset of the root account's time zone: dates of users end in ``Z`` only in UTC."""
    return moment.astimezone(zone_of_users(request.world)).isoformat(timespec="seconds").replace("+00:00", "Z")


def _base36(number: int) -> str:
    high, low = divmod(number, 36)
    return (_base36(high) if high else "") + DIGITS[low]
