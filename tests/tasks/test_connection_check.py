"""The test of a connection says who the token's user is and what they may do, or what to write instead."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from canvas_emulator.model.records import AccessToken
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.connection_check import RIGHTS
from tests.support.certificates import certificate, server_tls
from tests.support.proxy import proxying
from tests.support.recording_server import Received, RecordingServer, Reply, recording

__all__ = ["certificate"]

TOKEN = "7~the-token-of-the-test"
JSON = {"Content-Type": "application/json", "X-Request-Context-Id": "1"}
HTML = {"Content-Type": "text/html"}


def check(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> tuple[bool, str]:
    """Test a connection with these fields, and check that no message contains a secret."""
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps({"conn_type": "canvas", "password": TOKEN, **fields}))
    ok, message = CanvasHook().test_connection()
    extra = fields.get("extra", {})
    secrets = (fields.get("password", TOKEN), *(extra.get(name) for name in ("client_secret", "refresh_token")))
    assert not [secret for secret in secrets if secret and secret in message]
    return ok, message


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingServer]:
    """A server in the place of Canvas; each test sets how it responds."""
    with recording() as running:
        yield running


WRONG_FIELDS = [
    ({"host": ""}, "Host is empty: write Canvas's address, such as https://school.instructure.com"),
    ({"host": "school"}, "could not be reached"),
    ({"host": "https://nowhere.invalid"}, "could not be reached"),
    ({"host": "http://canvas.example"}, "is not encrypted, so the token could be read on the network: write https://"),
    ({"host": "htps://canvas.example"}, "is not a URL that can be used"),
    ({"host": "https://"}, "is not a URL that can be used"),
    ({"host": "https://school.example/courses/42"}, "is the URL of a page: write https://school.example"),
    ({"host": "https://school.example/login/canvas"}, "is the URL of a page: write https://school.example"),
    ({"host": "https://school.example/api/v2"}, "is the URL of a page: write https://school.example"),
    ({"host": "https://school.example?token=1"}, "is the URL of a page: write https://school.example"),
    ({"host": "https://ann:pw@school.example"}, "holds a user or password: write https://school.example"),
    ({"host": "https://school.example:99999"}, "is not a URL that can be used"),
    ({"host": "https://school.example", "port": 8443, "schema": "http"}, "leave Schema empty"),
    ({"host": "https://school.example:443", "port": 8443}, "write the port into one of them only"),
    ({"host": "https://school.example", "password": ""}, "Password is empty: put the access token there"),
    ({"host": "https://school.example", "password": "Bearer 7~abc"}, "write the token alone"),
    ({"host": "https://school.example", "password": "7~abc\n7~def"}, "write the token alone"),
    ({"host": "https://school.example", "extra": {"ca_bundle": "/no/such.pem"}}, "write the path of a PEM file"),
    ({"host": "https://school.example", "extra": {"per_page": 500}}, "write a whole number from 1 to 100"),
    ({"host": "https://school.example", "extra": {"client_id": "1"}}, "client_secret and refresh_token must be given"),
    ({"host": "https://school.example", "extra": {"timeout": 5}}, "timeout is not a field of a Canvas connection"),
    ({"host": "https://school.example", "conn_type": "http"}, "write the id of a connection of the type 'canvas'"),
]


@pytest.mark.parametrize(("fields", "advice"), WRONG_FIELDS)
def test_wrong_field(monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], advice: str) -> None:
    """A field that is wrong, or an address that leads nowhere, fails the test with what to write."""
    ok, message = check(monkeypatch, **fields)
    assert not ok
    assert advice in message


WRONG_SERVERS: list[tuple[Reply, str]] = [
    ((200, JSON, b'{"id": 7}'), "it is the address of another service. Write the address of Canvas itself"),
    ((200, JSON, b'{"status": "ok"}'), "check that the connection's host is the address of Canvas itself"),
    ((200, JSON, b'{"id": {}, "name": "x"}'), "check that the connection's host is the address of Canvas itself"),
    ((200, JSON, b"[]"), "check that the connection's host is the address of Canvas itself"),
    ((200, HTML, b"<html>Welcome</html>"), "check that the connection's host is the address of Canvas itself"),
    ((404, HTML, b"<html>nginx</html>"), "firewall or proxy"),
    ((403, HTML, b"<html>Blocked</html>"), "firewall or proxy"),
    ((302, {"Location": "https://login.school.example/sso"}, b""), "login.school.example"),
    ((301, {"Location": "https://canvas.school.example/api/v1/users/self"}, b""), "https://canvas.school.example"),
    ((511, HTML, b"<html>Log in to the network</html>"), "network"),
    ((502, HTML, b"<html>Bad gateway</html>"), "proxy"),
    ((503, JSON, b"{}"), "503"),
    ((407, HTML, b""), "proxy"),
    ((429, JSON, b"{}"), "rate limit"),
]


@pytest.mark.parametrize(("reply", "advice"), WRONG_SERVERS, ids=lambda value: str(value)[:40])
def test_wrong_server(monkeypatch: pytest.MonkeyPatch, server: RecordingServer, reply: Reply, advice: str) -> None:
    """A server that is not Canvas, or stands between, fails the test after one request, with what to do."""
    server.respond = lambda _: reply
    server.requests.clear()
    ok, message = check(monkeypatch, host=f"http://{server.netloc}")
    assert not ok
    assert advice in message
    assert len(server.requests) == 1


def test_names_and_numbers_that_are_none(monkeypatch: pytest.MonkeyPatch, server: RecordingServer) -> None:
    """The message is one line without secrets, whatever the names contain, and asks for no account without a number."""
    user = {"id": 1, "name": "Ann\nhttps://ann:s3cret-pw1@school.example"}
    accounts = [{"id": "1/../2", "name": "x"}, {"id": None}, {"id": 3, "name": "A\tB"}]

    def respond(received: Received) -> Reply:
        if "/users/self" in received.target:
            return 200, {**JSON, "X-Rate-Limit-Remaining": "inf"}, json.dumps(user).encode()
        return 200, JSON, json.dumps({} if "permissions" in received.target else accounts).encode()

    server.respond = respond
    server.requests.clear()
    ok, message = check(monkeypatch, host=f"http://{server.netloc}", extra={"graphql": "off"})
    assert ok
    assert "as Ann https://***@school.example (user 1). In the account 'A B' (3), the user may not" in message
    assert "The responses do not tell the rate limit." in message
    assert "\n" not in message
    assert [each.target.partition("?")[0] for each in server.requests][-1] == "/api/v1/accounts/3/permissions"


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address at which nothing listens fails the test, with the address."""
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        ok, message = check(monkeypatch, host=address)
    assert not ok
    assert "could not be reached" in message


def test_certificate_that_nobody_trusts(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """A certificate of the school's own authority fails the test with ``ca_bundle``, and passes with it."""
    tls: ssl.SSLContext = server_tls(certificate)
    with recording(tls=tls, respond=lambda _: (200, JSON, b'{"id": 1, "name": "Ann"}')) as encrypted:
        ok, message = check(monkeypatch, host=f"https://{encrypted.netloc}")
        assert (ok, "ca_bundle" in message) == (False, True)
        extra = {"ca_bundle": str(certificate)}
        assert check(monkeypatch, host=f"https://{encrypted.netloc}", extra=extra)[0]
        ok, message = check(monkeypatch, host=f"http://{encrypted.netloc}")
        assert (ok, "https://" in message) == (False, True)


def test_https_to_a_port_without_tls(monkeypatch: pytest.MonkeyPatch, server: RecordingServer) -> None:
    """https to a port that speaks http fails the test, with the scheme to write."""
    ok, message = check(monkeypatch, host=f"https://{server.netloc}")
    assert (ok, "http://" in message) == (False, True)


def test_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses the tunnel is named, with the variables to set."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    with proxying() as proxy:
        proxy.refuse = "403 Forbidden"
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        ok, message = check(monkeypatch, host="https://school.example")
    assert not ok
    assert proxy.netloc in message
    assert "NO_PROXY" in message


@pytest.mark.parametrize("status", [400, 401])
def test_refresh_token_that_was_revoked(
    monkeypatch: pytest.MonkeyPatch, server: RecordingServer, status: int, tmp_path: Path
) -> None:
    """A refresh token that Canvas rejects fails the test, with where to get another one."""
    monkeypatch.setenv("AIRFLOW_PROVIDER_CANVAS_TOKEN_DIR", str(tmp_path))
    tmp_path.chmod(0o700)
    server.respond = lambda _: (status, JSON, b'{"error": "invalid_grant", "error_description": "not found"}')
    extra = {"client_id": "10", "client_secret": f"the-secret-{status}", "refresh_token": "the-refresh-token"}
    ok, message = check(monkeypatch, host=f"http://{server.netloc}", password="", extra=extra)
    assert not ok
    assert "refresh token" in message
    assert "authorize" in message


def test_administrator(connection: str, emulator: EmulatorServer, world: World) -> None:
    """The message names user, Canvas, account and rights, and says whether GraphQL is served; with four requests."""
    ok, message = CanvasHook().test_connection()
    assert ok
    assert message.startswith(f"Connected to {emulator.url} as Canvas Service Account (user 4). In the account ")
    assert "the user may list the courses of the account, read the content of its courses, copy and import" in message
    assert "may not" not in message
    newer = world.settings.granular_permissions
    assert f"GraphQL is served, by a Canvas {'that is newer than' if newer else 'of about'} June 2023" in message
    assert "Left in the rate limit: " in message
    assert [request.method for request in world.requests] == ["GET", "GET", "GET", "POST"]


def other_user(world: World, name: str, scopes: frozenset[str] | None = None) -> str:
    """Issue a token to the first user who is no administrator."""
    owner = next(user for user in world.tables.users.values() if not user.is_admin)
    world.tables.tokens[name] = AccessToken(name, owner.id, scopes=scopes)
    return name


def test_user_without_an_account(monkeypatch: pytest.MonkeyPatch, emulator: EmulatorServer, world: World) -> None:
    """For a user who administers no account, the message says so, and whether they teach."""
    ok, message = check(monkeypatch, host=emulator.url, password=other_user(world, "7~of-a-teacher"))
    assert ok
    assert "The user administers no account, so tasks cannot list the courses of an account" in message
    assert "The user teaches " in message


def test_scopes_of_a_developer_key(monkeypatch: pytest.MonkeyPatch, emulator: EmulatorServer, world: World) -> None:
    """For a key that enforces scopes, the message names the scopes that it lacks."""
    scoped = other_user(world, "7~scoped", frozenset({"url:GET|/api/v1/users/:id"}))
    ok, message = check(monkeypatch, host=emulator.url, password=scoped)
    assert ok
    assert "the developer key lacks the scope url:GET|/api/v1/accounts." in message
    assert "GraphQL is not served to this token: the REST API is used." in message
    none = other_user(world, "7~scoped-for-nothing", frozenset())
    ok, message = check(monkeypatch, host=emulator.url, password=none)
    assert not ok
    assert "nsufficient scopes" in message


def test_graphql_off(monkeypatch: pytest.MonkeyPatch, emulator: EmulatorServer, world: World) -> None:
    """If the connection turns GraphQL off, the test does not send it either."""
    ok, message = check(monkeypatch, host=emulator.url, password=emulator.token, extra={"graphql": "off"})
    assert (ok, "GraphQL is off." in message) == (True, True)
    assert not [request for request in world.requests if request.method == "POST"]


@pytest.mark.parametrize("lacking", [right for right, _ in RIGHTS])
def test_right_that_is_missing(monkeypatch: pytest.MonkeyPatch, server: RecordingServer, lacking: str) -> None:
    """A right that the user lacks is named, with the permission that an administrator of Canvas sets."""
    permissions = dict(RIGHTS)[lacking]
    others = {name for right, either in RIGHTS if right != lacking for name in either[:1]} - set(permissions)

    def respond(request: Received) -> Reply:
        path = request.target.partition("?")[0]
        body: Any = {"id": 1, "name": "Ann"}
        if path.endswith("/accounts"):
            body = [{"id": 7, "name": "Biology", "parent_account_id": 1}, {"id": 1, "name": "School"}]
        elif path.endswith("/permissions"):
            assert path == "/api/v1/accounts/1/permissions"
            body = {**dict.fromkeys(others, True), **dict.fromkeys(permissions, False)}
        return 200, JSON, json.dumps(body).encode()

    server.respond = respond
    ok, message = check(monkeypatch, host=f"http://{server.netloc}")
    assert ok
    missing = message.partition("the user may not ")[2]
    assert message.partition("Biology")[1] == ""
    assert f"{lacking} ({permissions[0]})" in missing
    assert "tasks that do so fail." in missing


@pytest.mark.parametrize(("offset", "word"), [(3600, "ahead of"), (-600, "behind"), (5, ""), (-30, "")])
def test_clock(monkeypatch: pytest.MonkeyPatch, server: RecordingServer, offset: float, word: str) -> None:
    """A clock that differs from Canvas's by more than a minute is reported."""
    clock = SimpleNamespace(time=lambda: time.time() + offset)
    monkeypatch.setattr("airflow_provider_canvas.hooks.connection_check.time", clock)
    server.respond = lambda _: (200, JSON, b'{"id": 1, "name": "Ann"}')
    ok, message = check(monkeypatch, host=f"http://{server.netloc}")
    assert ok
    assert ("The clock of this machine is" in message, word in message) == (bool(word), True)


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"{}", b"[null]", b'[{"id": null}]', b'{"data": {"__type": null}}', b"not JSON", b""]
)
def test_strange_responses(monkeypatch: pytest.MonkeyPatch, server: RecordingServer, body: bytes) -> None:
    """Once the user is known, no response to a further request fails the test."""

    def respond(request: Received) -> Reply:
        return (200, JSON, b'{"id": 1, "name": "Ann"}') if "/users/self" in request.target else (200, JSON, body)

    server.respond = respond
    ok, message = check(monkeypatch, host=f"http://{server.netloc}")
    assert ok
    assert message.startswith(f"Connected to http://{server.netloc} as Ann (user 1). ")
