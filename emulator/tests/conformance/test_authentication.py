"""Test tokens, OAuth2, acting as another user, and the forms of ids."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from canvas_emulator.model.editions import Edition
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import AccessToken, Account, DeveloperKey, Term, User
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, SOURCE, WRITER
from tests.support.caller import Caller

CallAs = Callable[[str | None], Caller]
CLIENT = {"client_id": "10", "client_secret": "the-secret"}
TOKEN = "/login/oauth2/token"
CHALLENGE = 'Bearer realm="canvas-lms"'


@pytest.fixture(autouse=True)
def rows(world: World) -> None:
    """A developer key, and rows with ids of other systems."""
    tables = world.tables
    tables.developer_keys["10"] = DeveloperKey("10", "the-secret", user_id=2)
    tables.accounts[2] = Account(2, "Biology", 1, sis_account_id="BIO", integration_id="bio-1", uuid="account-uuid")
    tables.users[50] = User(50, "Sis Ter", sis_user_id="S/50", login_id="sister", integration_id="i50", uuid="u" * 36)
    tables.courses[SOURCE].integration_id = "course-i"
    tables.terms[2] = Term(2, "Spring", "2026SP")


def post(canvas: Caller, **data: Any) -> requests.Response:
    return requests.post(canvas.server.url + TOKEN, data=data, timeout=10)


def granted(canvas: Caller) -> dict[str, Any]:
    """Get tokens as a client does: a code first."""
    query = {"client_id": "10", "response_type": "code", "redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "state": "s"}
    response = requests.get(canvas.server.url + "/login/oauth2/auth", params=query, timeout=10, allow_redirects=False)
    assert response.status_code == 302
    sent = parse_qs(urlsplit(response.headers["Location"]).query)
    assert sent["state"] == ["s"]
    tokens = post(canvas, grant_type="authorization_code", code=sent["code"][0], **CLIENT)
    assert tokens.status_code == 200, tokens.text
    assert post(canvas, grant_type="authorization_code", code=sent["code"][0], **CLIENT).status_code == 400
    return tokens.json()


class TestOAuth:
    """Routes of ``/login/oauth2``, which is not below ``/api``."""

    def test_code_is_exchanged_for_tokens(self, canvas: Caller, call_as: CallAs) -> None:
        """A code works once, and gives an access token for an hour, its user and a refresh token."""
        tokens = granted(canvas)
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
        assert (tokens["user"]["id"], tokens["user"]["global_id"]) == (2, "10000000000002")
        assert tokens["refresh_token"] != tokens["access_token"]
        assert call_as(tokens["access_token"]).get("users/self")["id"] == 2

    def test_refresh_invalidates_the_old_token(self, canvas: Caller, call_as: CallAs) -> None:
        """After a refresh the new access token works and the old one is invalid. No refresh token is returned."""
        tokens = granted(canvas)
        response = post(canvas, grant_type="refresh_token", refresh_token=tokens["refresh_token"], **CLIENT)
        new = response.json()
        assert (response.status_code, new["expires_in"], "refresh_token" in new) == (200, 3600, False)
        assert call_as(new["access_token"])("GET", "users/self").status_code == 200
        old = call_as(tokens["access_token"])("GET", "users/self")
        assert (old.status_code, old.json()) == (401, {"errors": [{"message": "Invalid access token."}]})
        second = post(canvas, grant_type="refresh_token", refresh_token=tokens["refresh_token"], **CLIENT)
        assert second.status_code == 200

    def test_token_expires_after_an_hour(self, canvas: Caller, call_as: CallAs, world: World) -> None:
        """After an hour a token is invalid, with a challenge, until it is refreshed."""
        tokens = granted(canvas)
        world.clock.advance(3600)
        response = call_as(tokens["access_token"])("GET", "users/self")
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, CHALLENGE)
        assert response.json() == {"errors": [{"message": "Invalid access token."}]}

    def test_basic_authentication(self, canvas: Caller) -> None:
        """The client may send its id and secret in an ``Authorization`` header."""
        tokens = granted(canvas)
        header = {"Authorization": "Basic " + b64encode(b"10:the-secret").decode()}
        data = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        assert requests.post(canvas.server.url + TOKEN, data=data, headers=header, timeout=10).status_code == 200

    @pytest.mark.parametrize(
        ("data", "status", "error"),
        [
            ({"grant_type": "refresh_token", "refresh_token": "x", **CLIENT}, 400, "invalid_grant"),
            ({"grant_type": "authorization_code", "code": "x", **CLIENT}, 400, "invalid_grant"),
            ({"grant_type": "refresh_token", **CLIENT, "client_id": "11"}, 401, "invalid_client"),
            ({"grant_type": "refresh_token", **CLIENT, "client_secret": "x"}, 401, "invalid_client"),
            ({"grant_type": "password", **CLIENT}, 400, "unsupported_grant_type"),
            ({}, 400, "unsupported_grant_type"),
        ],
    )
    def test_errors(self, canvas: Caller, data: dict[str, str], status: int, error: str) -> None:
        """Errors have OAuth2's format, and the error of an unknown client has its own challenge."""
        response = post(canvas, **data)
        assert (response.status_code, response.json()["error"]) == (status, error)
        assert response.json()["error_description"]
        assert response.headers.get("WWW-Authenticate") == ("Canvas OAuth 2.0" if error == "invalid_client" else None)

    @pytest.mark.edition("current")
    def test_delete_revokes_the_token(self, canvas: Caller, call_as: CallAs) -> None:
        """A DELETE revokes the token of the request."""
        caller = call_as(granted(canvas)["access_token"])
        assert caller("DELETE", TOKEN).status_code == 200
        assert caller("GET", "users/self").json() == {"errors": [{"message": "Revoked access token."}]}

    def test_delete_without_a_token_that_works(self, canvas: Caller, call_as: CallAs) -> None:
        """A DELETE without a token is a 400 with a message; with an unknown one it is a 401 with a page of HTML."""
        without, unknown = call_as(None)("DELETE", TOKEN), call_as("unknown")("DELETE", TOKEN)
        assert (without.status_code, list(without.json())) == (400, ["message"])
        assert (unknown.status_code, unknown.headers["Content-Type"]) == (401, "text/html; charset=utf-8")

    def test_user_of_a_token_in_june_2023(self, canvas: Caller, world: World) -> None:
        """In June 2023 a token did not tell whether its user is a test student."""
        world.settings.edition = Edition.JUNE_2023
        assert "fake_student" not in granted(canvas)["user"]


def test_scopes(call_as: CallAs, world: World) -> None:
    """A token with scopes works for their routes only, and the error has no challenge."""
    scopes = frozenset({"url:GET|/api/v1/courses/:id"})
    world.tables.tokens["scoped"] = AccessToken("scoped", 1, scopes=scopes)
    caller = call_as("scoped")
    assert caller("GET", f"courses/{SOURCE}").status_code == 200
    assert caller("HEAD", f"courses/{SOURCE}").status_code == 200
    response = caller("GET", "courses")
    error = {"message": "Insufficient scopes on access token."}
    assert (response.status_code, response.json()["errors"]) == (401, [error])
    assert isinstance(response.json()["error_report_id"], int)
    assert "WWW-Authenticate" not in response.headers


class TestMasquerading:
    """Requests with ``as_user_id``."""

    @pytest.mark.edition("current")
    @pytest.mark.parametrize("form", ["2", "1~2", "10000000000002"])
    def test_as_another_user(self, canvas: Caller, form: str) -> None:
        """The request has the rights of the other user, and the headers name both users."""
        response = canvas("GET", "users/self", params={"as_user_id": form})
        assert response.json()["id"] == 2
        assert response.headers["X-Canvas-User-Id"] == "10000000000002"
        assert response.headers["X-Canvas-Real-User-Id"] == "10000000000001"
        assert canvas("POST", f"courses/{SOURCE}/content_migrations", data={"as_user_id": form}).status_code == 403

    def test_as_user_id_in_a_form(self, canvas: Caller, world: World) -> None:
        """``as_user_id`` may be sent in a form, and may be an SIS id."""
        world.enroll(50, DESTINATION, EnrollmentType.TEACHER)
        data = {"as_user_id": "sis_user_id:S/50", "course[name]": "By her"}
        assert canvas("PUT", f"courses/{DESTINATION}", data=data).json()["name"] == "By her"

    @pytest.mark.parametrize(("token", "wanted"), [(WRITER, "1"), (WRITER, "3"), (ADMIN, "999"), (ADMIN, "x")])
    def test_errors(self, call_as: CallAs, token: str, wanted: str) -> None:
        """Without the right, and for an unknown user, the error is a string without a challenge."""
        response = call_as(token)("GET", "users/self", params={"as_user_id": wanted})
        assert (response.status_code, response.json()) == (401, {"errors": "Invalid as_user_id"})
        assert "WWW-Authenticate" not in response.headers

    def test_as_oneself(self, call_as: CallAs) -> None:
        """All users may act as themselves."""
        response = call_as(WRITER)("GET", "users/self", params={"as_user_id": "self"})
        assert (response.status_code, "X-Canvas-Real-User-Id" in response.headers) == (200, False)

    def test_token_of_a_masquerade(self, call_as: CallAs, world: World) -> None:
        """A token that was issued in a user's name cannot act as a third user."""
        world.tables.tokens["hers"] = AccessToken("hers", 2, real_user_id=1)
        response = call_as("hers")("GET", "users/self", params={"as_user_id": "3"})
        assert (response.status_code, response.json()) == (401, {"errors": "Cannot change masquerade"})

    def test_links_keep_as_user_id(self, canvas: Caller) -> None:
        """The links of a list keep ``as_user_id``."""
        response = canvas("GET", "users/self/courses", params={"as_user_id": "2"})
        assert "as_user_id=2&page=1" in response.headers["Link"]


class TestIds:
    """Forms of ids."""

    @pytest.mark.parametrize(
        "form",
        [
            "sis_course_id:SIS/Source",
            "sis_integration_id:course-i",
            "lti_context_id:Source-uuid",
            "uuid:Source-uuid",
            f"hex:sis_course_id:{b'SIS/Source'.hex()}",
            pytest.param("1~11", marks=pytest.mark.edition("current")),
        ],
    )
    def test_courses(self, canvas: Caller, form: str) -> None:
        """All these forms identify one course."""
        assert canvas.get(f"courses/{quote(form, safe='')}")["id"] == SOURCE

    @pytest.mark.parametrize(
        ("form", "account_id"),
        [
            ("self", 1),
            ("default", 1),
            ("sis_account_id:BIO", 2),
            ("sis_integration_id:bio-1", 2),
            ("lti_context_id:account-uuid", 2),
            ("10000000000002", 2),
        ],
    )
    def test_accounts(self, canvas: Caller, form: str, account_id: int) -> None:
        """All these forms identify one account."""
        assert canvas.get(f"accounts/{form}")["id"] == account_id

    @pytest.mark.parametrize(
        "form", ["sis_user_id:S/50", "sis_login_id:sister", "sis_integration_id:i50", "lti_user_id:" + "u" * 36, "50"]
    )
    def test_users(self, canvas: Caller, form: str) -> None:
        """All these forms identify one user."""
        assert canvas.get(f"users/{quote(form, safe='')}")["id"] == 50

    def test_sections(self, canvas: Caller, world: World) -> None:
        """A section is found by its SIS id as well."""
        section = world.enrollments.add_section(SOURCE, "Evening", "S/EVE")
        assert canvas.get("sections/sis_section_id:S%2FEVE")["id"] == section.id
        assert [row["name"] for row in canvas.get(f"courses/{SOURCE}/sections")] == ["Evening"]

    def test_changed_sis_id(self, canvas: Caller) -> None:
        """After an SIS id was changed, the new one is found and the old one is not."""
        canvas("PUT", f"courses/{SOURCE}", data={"course[sis_course_id]": "NEW"})
        assert canvas.get("courses/sis_course_id:NEW")["id"] == SOURCE
        assert canvas("GET", "courses/sis_course_id:SIS%2FSource").status_code == 404

    def test_ids_as_strings(self, canvas: Caller) -> None:
        """With the ``Accept`` header for string ids every id is a string, in lists too, and other numbers are not."""
        response = canvas(
            "GET",
            f"courses/{SOURCE}",
            headers={"Accept": "application/json+canvas-string-ids, application/json"},
        )
        course = response.json()
        assert (course["id"], course["account_id"], course["storage_quota_mb"]) == ("11", "1", 500)
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"


def test_no_secret_of_oauth_is_recorded(canvas: Caller, world: World) -> None:
    """The list of requests has no client secret, even when it was sent in the URL."""
    canvas("POST", TOKEN + "?client_secret=the-secret&refresh_token=mine&grant_type=refresh_token")
    assert world.requests[-1].query == "grant_type=refresh_token"
