from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from canvas_emulator.model.records import AccessToken
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, READER, SOURCE, STRANGER, WRITER
from tests.support.caller import Caller

CallAs = Callable[[str | None], Caller]

CHALLENGE = 'Bearer realm="canvas-lms"'
NOT_PERMITTED = {
    "status": "unauthorized",
    "errors": [{"message": "user not authorized to perform that action"}],
}


def test_request_without_a_token(call_as: CallAs) -> None:
    """A request without a token answers 401 with a ``WWW-Authenticate`` challenge."""
    response = call_as(None)("GET", f"courses/{DESTINATION}")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    assert response.json() == {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}


def test_unknown_token_is_refused(call_as: CallAs) -> None:
    """A token that Canvas does not know is refused as invalid."""
    response = call_as("nonsense")("GET", "users/self")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    assert response.json() == {"errors": [{"message": "Invalid access token."}]}


@pytest.mark.edition("current")
def test_revoked_token_is_refused(call_as: CallAs, world: World) -> None:
    """A revoked token is refused as revoked."""
    world.tables.tokens["old"] = AccessToken("old", 1, revoked=True)
    response = call_as("old")("GET", "users/self")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    assert response.json() == {"errors": [{"message": "Revoked access token."}]}


@pytest.mark.edition("current")
def test_expired_token_is_refused(call_as: CallAs, world: World) -> None:
    """A token works until it expires; the 401 then contains the time of its expiry."""
    end = world.clock.now() + timedelta(hours=1)
    world.tables.tokens["brief"] = AccessToken("brief", 1, expires_at=end)
    caller = call_as("brief")
    assert caller("GET", "users/self").status_code == 200
    world.clock.advance(3600)
    response = caller("GET", "users/self")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    assert response.json() == {
        "errors": [{"message": "Expired access token.", "expired_at": end.strftime("%Y-%m-%dT%H:%M:%SZ")}]
    }


def test_token_as_a_parameter(call_as: CallAs) -> None:
    """A token in the query or in a form is accepted if there is no header; a token in the header wins."""
    nobody = call_as(None)
    assert nobody.get("users/self", access_token=ADMIN)["id"] == 1
    posted = nobody(
        "POST", f"courses/{DESTINATION}/content_migrations", data={"access_token": ADMIN, "migration_type": "none"}
    )
    assert posted.status_code == 400
    assert call_as(READER).get("users/self", access_token=ADMIN)["id"] == 3


def test_authorization_scheme_is_case_sensitive(server: object, canvas: Caller) -> None:
    """The scheme ``bearer`` is refused; it must be ``Bearer``."""
    url = f"{canvas.server.url}/api/v1/courses/{DESTINATION}"
    assert requests.get(url, headers={"Authorization": f"bearer {ADMIN}"}, timeout=10).status_code == 401


@pytest.mark.parametrize("authorization", [None, "Basic dXNlcjpwYXNzd29yZA=="])
def test_user_without_a_token(server: object, canvas: Caller, authorization: str | None) -> None:
    """Without a token, users are not found; with a wrong one, the token is refused."""
    headers = {"Authorization": authorization} if authorization else {}
    for path in ("users/self", "users/1"):
        url = f"{canvas.server.url}/api/v1/{path}"
        assert requests.get(url, headers=headers, timeout=10).status_code == 404
        assert requests.get(url, headers={"Authorization": "Bearer wrong"}, timeout=10).status_code == 401


def test_session_without_a_second_proof(call_as: CallAs) -> None:
    """A request without a token that changes something, with the cookies of a session, is a 422."""
    cookies = {"canvas_session": "x", "_csrf_token": "y"}
    nobody, path = call_as(None), f"courses/{DESTINATION}"
    response = nobody("PUT", path, json={}, cookies=cookies)
    assert (response.status_code, response.json()["errors"][0]["error_code"]) == (422, "unprocessable_entity")
    assert nobody("GET", path, cookies=cookies).status_code == 401


@pytest.mark.edition("current")
@pytest.mark.parametrize(
    ("token", "method", "course_id", "status"),
    [
        (READER, "GET", DESTINATION, 200),
        (READER, "GET", SOURCE, 403),
        (READER, "POST", DESTINATION, 403),
        (WRITER, "GET", SOURCE, 200),
        (WRITER, "POST", SOURCE, 403),
        (WRITER, "POST", DESTINATION, 400),
        (STRANGER, "GET", DESTINATION, 403),
        (STRANGER, "GET", 999, 404),
        (ADMIN, "POST", SOURCE, 400),
    ],
)
def test_course_permissions(call_as: CallAs, token: str, method: str, course_id: int, status: int) -> None:
    """A user without permission for a course gets a 403; with permission, an unknown type gets a 400."""
    body = {"migration_type": "none"} if method == "POST" else None
    response = call_as(token)(method, f"courses/{course_id}/content_migrations", data=body)
    assert response.status_code == status
    if status == 403:
        assert response.json() == NOT_PERMITTED
        assert "WWW-Authenticate" not in response.headers


def test_old_servers_answer_401_for_missing_permissions(call_as: CallAs, world: World) -> None:
    """Servers before 2022 answer 401 for a missing permission, without the challenge for a bad token."""
    world.settings.legacy_permission_401 = True
    response = call_as(READER)("GET", f"courses/{SOURCE}")
    assert (response.status_code, response.json()) == (401, NOT_PERMITTED)
    assert "WWW-Authenticate" not in response.headers


def test_users_self(canvas: Caller) -> None:
    """``users/self`` returns the token's user, and ``X-Canvas-User-Id`` has the global id."""
    response = canvas("GET", "users/self")
    assert (response.json()["id"], response.json()["name"], response.json()["sortable_name"]) == (
        1,
        "Ada Min",
        "Min, Ada",
    )
    assert response.headers["X-Canvas-User-Id"] == "10000000000001"


def test_repr_contains_no_token(world: World) -> None:
    """The ``repr`` of a token record and of the tables contains no token."""
    assert ADMIN not in repr(world.tables.tokens[ADMIN])
    assert ADMIN not in repr(world.tables)


def test_requests_are_not_logged(canvas: Caller, caplog: pytest.LogCaptureFixture) -> None:
    """The URL of a request is not logged, even when uvicorn's loggers are enabled."""
    logging.getLogger("uvicorn.access").propagate = True
    with caplog.at_level(logging.INFO):
        response = requests.get(f"{canvas.server.url}/api/v1/users/self?access_token={ADMIN}", timeout=10)
    assert response.status_code == 200
    assert ADMIN not in caplog.text
