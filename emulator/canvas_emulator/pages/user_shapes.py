"""The JSON of the short form that other records show a user in."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.records import User
from canvas_emulator.wire.request import Request

AVATAR = "/images/messages/avatar-50.png"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


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


def _base36(number: int) -> str:
    high, low = divmod(number, 36)
    return (_base36(high) if high else "") + DIGITS[low]
