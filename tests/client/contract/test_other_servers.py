"""Test what is said about responses that another server sent in place of Canvas, on both transports."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import OAuth
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.security.secret import Secret
from tests.client.contract.raw_server import serving
from tests.support.recording_server import Received, RecordingServer, Reply, recording

Connect = Callable[..., Any]

ONCE = RetryPolicy(retry_for=0)
HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json; charset=utf-8"}
CANVAS = {"X-Request-Context-Id": "00000000-0000-4000-8000-000000000605"}
PAGE = b"<html><head><title>Blocked by policy</title></head><body>Contact IT</body></html>"
BEARER = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}


@pytest.fixture
def school() -> Iterator[RecordingServer]:
    """A server at the address of Canvas."""
    with recording() as server:
        yield server


@pytest.fixture
def canvas(connect: Connect, school: RecordingServer) -> Any:
    """A client that does not retry."""
    return connect(ONCE, base_url=school.url)


def reply(status: int, headers: dict[str, str], body: bytes | Any = b"") -> Callable[[Received], Reply]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: (status, headers, data)


FIREWALL = r"A server in front of Canvas answered \d+ .*firewall or proxy in front of it probably refused"
OTHERS: list[tuple[str, Callable[[Received], Reply], type[errors.CanvasError], str]] = [
    ("HTML 400", reply(400, HTML, PAGE), errors.CanvasUnexpectedResponseError, FIREWALL),
    ("HTML 401", reply(401, HTML, PAGE), errors.CanvasUnexpectedResponseError, FIREWALL),
    (
        "HTML 401 with a login",
        reply(401, HTML | {"WWW-Authenticate": 'Basic realm="intranet"'}, PAGE),
        errors.CanvasUnexpectedResponseError,
        FIREWALL,
    ),
    (
        "JSON 401 with a login",
        reply(401, JSON | {"WWW-Authenticate": "Negotiate"}, {"errors": []}),
        errors.CanvasUnexpectedResponseError,
        FIREWALL,
    ),
    ("HTML 403", reply(403, HTML, PAGE), errors.CanvasUnexpectedResponseError, FIREWALL + ".*administrators"),
    ("empty 403", reply(403, {}), errors.CanvasUnexpectedResponseError, FIREWALL),
    (
        "text 403",
        reply(403, {"Content-Type": "text/plain"}, b"Forbidden"),
        errors.CanvasUnexpectedResponseError,
        FIREWALL,
    ),
    ("gateway's JSON 403", reply(403, JSON, {"message": "Forbidden"}), errors.CanvasUnexpectedResponseError, FIREWALL),
    ("HTML 404", reply(404, HTML, PAGE), errors.CanvasUnexpectedResponseError, FIREWALL + ".*address of Canvas itself"),
    ("service's JSON 404", reply(404, JSON, {"detail": "Not Found"}), errors.CanvasUnexpectedResponseError, FIREWALL),
    ("JSON 404 that is a list", reply(404, JSON, ["x"]), errors.CanvasUnexpectedResponseError, FIREWALL),
    ("HTML 405", reply(405, HTML, PAGE), errors.CanvasUnexpectedResponseError, FIREWALL),
    ("HTML 413", reply(413, HTML, PAGE), errors.CanvasUnexpectedResponseError, FIREWALL),
    ("HTML 451", reply(451, HTML, PAGE), errors.CanvasUnexpectedResponseError, FIREWALL),
    ("HTML 500", reply(500, HTML, PAGE), errors.CanvasServerError, "in front of Canvas answered 500 .*load balancer"),
    ("HTML 502", reply(502, HTML, PAGE), errors.CanvasServerError, "in front of Canvas answered 502 .*load balancer"),
    ("empty 503", reply(503, {}), errors.CanvasServerError, "in front of Canvas answered 503 .*load balancer"),
    ("text 504", reply(504, {}, b"upstream timed out"), errors.CanvasServerError, "in front of Canvas answered 504"),
    (
        "proxy login",
        reply(407, HTML, PAGE),
        errors.CanvasUnexpectedResponseError,
        "user:password@proxy.*did not pass",
    ),
    ("portal", reply(511, HTML, PAGE), errors.CanvasUnexpectedResponseError, "captive portal.*Nothing reached"),
    (
        "portal's redirect",
        reply(302, {"Location": "http://portal.example:8080/login?token=secret"}),
        errors.CanvasUnexpectedResponseError,
        r"redirects to http://portal\.example:8080, which is not followed.*captive portal",
    ),
    (
        "redirect to https",
        reply(301, {"Location": "https://School.example:443/api/v1/courses/1"}),
        errors.CanvasUnexpectedResponseError,
        r"redirects to https://school\.example, .*write it into the connection's host",
    ),
    (
        "login page",
        reply(302, CANVAS | {"Location": "/login/saml"}),
        errors.CanvasUnexpectedResponseError,
        "redirects to another page, which is not followed.*login page",
    ),
    (
        "odd redirect",
        reply(302, {"Location": r"http://evil.example\@school.example/"}),
        errors.CanvasUnexpectedResponseError,
        "redirects to another page, which is not followed",
    ),
    ("redirect to nowhere", reply(302, {}), errors.CanvasUnexpectedResponseError, "address of Canvas itself"),
    ("portal's page", reply(200, HTML, PAGE), errors.CanvasUnexpectedResponseError, "login page"),
    ("nothing", reply(204, {}), errors.CanvasUnexpectedResponseError, "does not come from Canvas's API"),
    (
        "nginx's TLS port",
        reply(400, HTML, b"<title>400 The plain HTTP request was sent to HTTPS port</title>"),
        errors.CanvasUnexpectedResponseError,
        "expects TLS on this port: write https://.*Nothing reached",
    ),
    (
        "Go's TLS port",
        reply(400, {}, b"Client sent an HTTP request to an HTTPS server.\n"),
        errors.CanvasUnexpectedResponseError,
        "expects TLS on this port",
    ),
    (
        "Apache's TLS port",
        reply(400, HTML, b"Reason: You're speaking plain HTTP to an SSL-enabled server port."),
        errors.CanvasUnexpectedResponseError,
        "expects TLS on this port",
    ),
]


@pytest.mark.parametrize(("respond", "kind", "message"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_other_servers(
    canvas: Any, school: RecordingServer, respond: Any, kind: type[errors.CanvasError], message: str
) -> None:
    """A response of another server has its own error, which names who probably answered and what to do."""
    school.respond = respond
    with pytest.raises(errors.CanvasError, match=message) as failure:
        canvas.courses.get(course_id=1)
    assert type(failure.value) is kind
    assert "secret" not in str(failure.value)
    assert not failure.value.permanent
    assert "lacks the permission" not in str(failure.value)
    with pytest.raises(errors.CanvasError, match=message) as failure:
        canvas.progress.cancel(progress_id=1)
    status = failure.value.status or 0
    assert failure.value.maybe_done == (status < 300 or (status >= 500 and status != 511))
    assert ("usually passes" in str(failure.value)) == (
        not failure.value.maybe_done and status >= 500 and status != 511
    )


@pytest.mark.parametrize(
    ("respond", "kind", "message"),
    [
        (
            reply(401, JSON | BEARER, {"errors": [{"message": "Invalid access token."}]}),
            errors.CanvasAuthenticationError,
            "Invalid access token.*new one",
        ),
        (
            reply(401, JSON, {"status": "unauthorized", "errors": [{"message": "user not authorized"}]}),
            errors.CanvasPermissionError,
            "Canvas answered 401 .*lacks the permission",
        ),
        (
            reply(403, JSON, {"errors": [{"message": "user not authorized"}]}),
            errors.CanvasPermissionError,
            "Canvas answered 403 .*lacks the permission",
        ),
        (
            reply(403, JSON | CANVAS, {"message": "course batch size limit (500) exceeded"}),
            errors.CanvasValidationError,
            "Canvas answered 403 .*batch size",
        ),
        (
            reply(404, JSON, {"errors": [{"message": "The specified resource does not exist."}]}),
            errors.CanvasNotFoundError,
            "Canvas answered 404 .*does not exist",
        ),
        (reply(404, HTML | CANVAS, PAGE), errors.CanvasNotFoundError, "does not have the endpoint"),
        (reply(403, {}, b"403 Forbidden (Rate Limit Exceeded)\n"), errors.CanvasThrottledError, "rate limit"),
        (reply(429, HTML, PAGE), errors.CanvasThrottledError, "rate limit"),
        (
            reply(500, JSON | CANVAS, {"errors": [{"message": "An error occurred."}]}),
            errors.CanvasServerError,
            "An error",
        ),
        (reply(500, {"Content-Type": "text/plain"} | CANVAS, b"x"), errors.CanvasServerError, "Canvas answered 500"),
    ],
)
def test_canvas(
    canvas: Any, school: RecordingServer, respond: Any, kind: type[errors.CanvasError], message: str
) -> None:
    """A response of Canvas itself is not taken for one of another server, even if its request id is removed."""
    school.respond = respond
    with pytest.raises(errors.CanvasError, match=message) as failure:
        canvas.courses.get(course_id=1)
    assert type(failure.value) is kind
    assert "in front of Canvas answered" not in str(failure.value)


TOKEN_ROUTE = "/login/oauth2/token"


@pytest.mark.parametrize(
    ("respond", "kind", "message"),
    [
        (reply(407, HTML, PAGE), errors.CanvasUnexpectedResponseError, "user:password@proxy"),
        (reply(403, HTML, PAGE), errors.CanvasUnexpectedResponseError, "firewall or proxy"),
        (reply(502, HTML, PAGE), errors.CanvasServerError, "load balancer"),
        (
            reply(302, {"Location": "https://portal.example/x"}),
            errors.CanvasUnexpectedResponseError,
            "redirects to https://portal",
        ),
        (
            reply(400, JSON, {"error": "invalid_grant"}),
            errors.CanvasAuthenticationError,
            "authorize the developer key again",
        ),
        (
            reply(401, JSON, {"error": "invalid_client"}),
            errors.CanvasAuthenticationError,
            "client_id and client_secret",
        ),
    ],
)
def test_token_endpoint(
    connect: Connect, school: RecordingServer, respond: Any, kind: type[errors.CanvasError], message: str
) -> None:
    """A response of another server to a refresh of the access token says who probably answered, too."""
    grant = OAuth("10000000000012", Secret("the-secret"), Secret("the-refresh-token"))
    school.respond = respond
    with pytest.raises(errors.CanvasError, match=f"No access token.*{message}") as failure:
        connect(ONCE, base_url=school.url, token=Secret(""), oauth=grant, retry_for=0).courses.get(course_id=1)
    assert type(failure.value) is kind
    assert {request.target for request in school.requests} == {TOKEN_ROUTE}
    assert "the-secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("respond", "message"),
    [
        (reply(407, HTML, PAGE), "user:password@proxy"),
        (reply(403, HTML, PAGE), "403 was the response to the download of a.zip.*web page, which a firewall or proxy"),
        (reply(502, HTML, PAGE), "502 was the response to the download of a.zip.*web page, which a firewall or proxy"),
    ],
)
def test_download(connect: Connect, school: RecordingServer, respond: Any, message: str) -> None:
    """A web page in place of a file says who may have sent it."""
    school.respond = respond
    with pytest.raises(errors.CanvasError, match=message):
        connect(ONCE, base_url="http://127.0.0.1:9").download(
            {"url": f"{school.url}/x", "size": 1, "display_name": "a.zip"}, io.BytesIO()
        )


@pytest.mark.parametrize(
    "body",
    [{}, {"id": 1}, {"name": "x"}, {"status": "ok"}, {"id": None, "name": "x"}, {"id": [], "name": "x"}, {"sub": "x"}],
)
def test_connection_to_another_service(
    school: RecordingServer, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test of a connection fails if the address belongs to another service that answers with JSON."""
    fields = {"conn_type": "canvas", "host": school.url, "password": "7~token"}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    school.respond = reply(200, JSON, body)
    ok, message = CanvasHook().test_connection()
    assert not ok
    assert "address of Canvas itself" in message


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 1000 High\r\nContent-Length: 0\r\n\r\n",
        b"220 mail.example ESMTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_response_that_is_not_http(connect: Connect, sent: bytes) -> None:
    """What is no HTTP is called so, and not a connection that was dropped."""
    with serving(lambda connection, _: connection.sendall(sent)) as server:
        canvas = connect(ONCE, base_url=server.url)
        with pytest.raises(errors.CanvasTransportError, match=r"the response of 127\.0\.0\.1:\d+ is not valid HTTP"):
            canvas.users.get(user_id="self")
