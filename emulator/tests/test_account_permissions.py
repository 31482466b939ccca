"""``GET /accounts/:id/permissions`` tells what the caller may do in an account."""

from __future__ import annotations

from collections.abc import Callable

from canvas_emulator.model.world import World
from tests.support.caller import Caller


def test_permissions_of_an_administrator(canvas: Caller, world: World) -> None:
    """An administrator has those that the edition knows; a name that Canvas does not know is false."""
    names = ["read_course_list", "manage_courses_add", "manage_content", "no_such_permission"]
    assert canvas.get("accounts/self/permissions", **{"permissions[]": names}) == {
        "read_course_list": True,
        "manage_courses_add": world.settings.granular_permissions,
        "manage_content": True,
        "no_such_permission": False,
    }
    assert {"become_user", "read_sis"} <= set(canvas.get("accounts/1/permissions"))


def test_permissions_of_others(call_as: Callable[[str | None], Caller], canvas: Caller) -> None:
    """An unknown account is 404, and without a token the response is 401."""
    assert canvas("GET", "accounts/987654321/permissions").status_code == 404
    assert call_as(None)("GET", "accounts/1/permissions").status_code == 401
