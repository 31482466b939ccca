"""Decisions of the retry policy, as one table of responses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import Decision, Raise, Retry, RetryPolicy, Return

TOKEN = "7~secretsecret"
GET = Call("GET", "courses/{course_id}", "courses/42", {}, dict)
LIST = Call("GET", "courses/{course_id}/pages", "courses/42/pages", {}, list)
POST = Call("POST", "{context}/content_migrations", "courses/42/content_migrations", {}, dict)
REALM = {"www-authenticate": 'Bearer realm="canvas-lms"'}


def response_of(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {"x-request-context-id": "r-1", **(headers or {})}, raw)


def decide(call: Call[Any], response: ResponseOrError, attempt: int = 0, elapsed: float = 0.0) -> Decision:
    return RetryPolicy(retry_for=60, jitter=lambda: 1.0).decide(call, response, attempt, elapsed, TOKEN)


THROTTLE = b"403 Forbidden (Rate Limit Exceeded)\n"


FULL = Call(
    "POST",
    POST.route,
    POST.path,
    {},
    dict,
    find_error=lambda _: "content migration 7 failed at once: file size exceeds quota",
)
OF_A_COURSE = Call("POST", POST.route, "courses/sis_course_id:BIO-1/content_migrations", {}, dict)
OF_A_PERSON = Call("POST", POST.route, "users/sis_login_id:ann%40example.edu/content_migrations", {}, dict)


@pytest.mark.parametrize(
    ("call", "response", "error", "words"),
    [
        (GET, response_of(401, {"errors": [{"message": "Invalid access token."}]}, REALM), "Authentication", "new one"),
        (GET, response_of(401, {"errors": [{"message": "Expired access token."}]}, REALM), "Authentication", "Expired"),
        (
            GET,
            response_of(401, {"status": "unauthorized", "errors": [{"message": "no"}]}),
            "Permission",
            "lacks the permission",
        ),
        (GET, response_of(403, {"errors": [{"message": "user not authorized"}]}), "Permission", "not authorized"),
        (POST, response_of(403, {"message": "course batch size limit (500) exceeded"}), "Validation", "batch size"),
        (
            GET,
            response_of(404, {"errors": [{"message": "The specified resource does not exist."}]}),
            "NotFound",
            "exist",
        ),
        (GET, response_of(404, b"<html><title>Page Not Found</title></html>"), "NotFound", "Page Not Found"),
        (
            GET,
            response_of(404, b"<html><title>Page Not Found</title></html>", {"content-type": "text/html"}),
            "NotFound",
            "this Canvas does not have the endpoint",
        ),
        (
            POST,
            response_of(500, {"errors": [{"message": "An error occurred."}]}),
            "Server",
            "An error occurred. Canvas failed on this request. If the same request fails again",
        ),
        (POST, response_of(500, b""), "Server", "does not understand one of its values"),
        (
            POST,
            response_of(400, {"message": "A course copy requires a source course."}),
            "Validation",
            "requires a source",
        ),
        (POST, response_of(400, {"errors": {"name": [{"message": "too long"}]}}), "Validation", "name: too long"),
        (
            POST,
            response_of(400, b""),
            "Validation",
            "Canvas answered 400 to POST courses/42/content_migrations. Correct",
        ),
        (GET, response_of(422, {"errors": "assignment_ids param is invalid"}), "Validation", "assignment_ids"),
        (POST, response_of(409, {"message": "file already exists"}), "Conflict", "already exists"),
        (GET, response_of(302, b"", {"location": "/login"}), "UnexpectedResponse", "does not come from Canvas's API"),
        (GET, response_of(200, b"<html>Log in</html>"), "UnexpectedResponse", "login page"),
        (GET, response_of(200, []), "UnexpectedResponse", "does not come from Canvas's API"),
        (LIST, response_of(200, {}), "UnexpectedResponse", "does not come from Canvas's API"),
        (POST, response_of(503, b"<html><title>Maintenance</title></html>"), "Server", "Maintenance"),
        (FULL, response_of(200, {}), "Validation", "exceeds quota. Make room: delete files there"),
        (OF_A_COURSE, response_of(502), "Server", "to POST courses/sis_course_id:BIO-1/content_migrations. "),
        (OF_A_PERSON, response_of(502), "Server", "to POST users/sis_login_id:…/content_migrations. "),
        (
            POST,
            TransportError("it dropped the connection", sent=True),
            "Transport",
            "check Canvas before you send it again",
        ),
    ],
)
def test_responses_that_raise_at_once(call: Call[Any], response: ResponseOrError, error: str, words: str) -> None:
    """Each kind of refusal has its error class, Canvas's message and advice. None is retried."""
    decision = decide(call, response)
    assert isinstance(decision, Raise)
    assert type(decision.error).__name__ == f"Canvas{error}Error"
    assert words in str(decision.error)
    assert decision.error.route == f"{call.method} {call.route}"
    if isinstance(response, Response):
        assert (decision.error.status, decision.error.request_id) == (response.status, "r-1")


@pytest.mark.parametrize(
    ("call", "response"),
    [
        (GET, response_of(500, {"errors": [{"message": "An error occurred."}]})),
        (GET, response_of(502, b"<html>Bad Gateway</html>")),
        (GET, response_of(503, b"")),
        (GET, TransportError("it took more than 60 s", sent=True)),
        (GET, TransportError("it could not be reached", sent=False)),
        (POST, TransportError("it could not be reached", sent=False)),
        (GET, response_of(429, b"429 Forbidden (Rate Limit Exceeded)")),
        (POST, response_of(429, b"429 Forbidden (Rate Limit Exceeded)")),
        (POST, response_of(403, THROTTLE)),
    ],
)
def test_responses_that_are_retried_until_the_time_is_up(call: Call[Any], response: ResponseOrError) -> None:
    """A temporary failure is retried if the request was not executed or is a GET; then it raises."""
    assert isinstance(decide(call, response), Retry)
    last = decide(call, response, attempt=9, elapsed=59.9)
    assert isinstance(last, Raise)
    assert "(10 attempts in 60 s)" in str(last.error)
    assert not last.error.permanent


@pytest.mark.parametrize(
    ("response", "maybe"),
    [
        (response_of(503, b""), True),
        (response_of(200, b"<html>"), True),
        (TransportError("dropped", sent=True), True),
        (TransportError("refused", sent=False), False),
        (response_of(400, {"message": "no"}), False),
        (response_of(429, b""), False),
    ],
)
def test_whether_a_post_may_have_been_executed(response: ResponseOrError, maybe: bool) -> None:
    """``maybe_done`` is set unless the POST cannot have been executed."""
    decision = decide(POST, response, attempt=9, elapsed=100)
    assert isinstance(decision, Raise)
    assert decision.error.maybe_done is maybe


def test_success() -> None:
    """A response of the right shape is returned unchanged."""
    assert decide(GET, response_of(200, {"id": 1, "new": "kept"})) == Return({"id": 1, "new": "kept"})
    assert decide(LIST, response_of(200, [])) == Return([])


def test_delays_grow_and_have_jitter() -> None:
    """Each delay is up to twice the one before, at most the maximum, with jitter."""
    waits = [decide(GET, response_of(503), attempt=attempt) for attempt in range(8)]
    assert [wait.after for wait in waits if isinstance(wait, Retry)] == [0.5, 1, 2, 4, 8, 15, 15, 15]
    least = RetryPolicy(jitter=lambda: 0.0).decide(GET, response_of(503), 3, 0)
    assert isinstance(least, Retry)
    assert least.after == 2


def test_canvas_may_ask_for_a_longer_wait() -> None:
    """``Retry-After`` is respected, with jitter added."""
    decision = decide(GET, response_of(429, b"", {"retry-after": "20"}))
    assert isinstance(decision, Retry)
    assert decision.after == 20.25


@pytest.mark.parametrize(
    "message",
    [f"bad token {TOKEN}", f"Bearer {TOKEN}x", "see https://x/files/1?verifier=abc123&a=1", "https://u:pw@host/x"],
)
def test_no_secret_in_a_message(message: str) -> None:
    """The error contains no secret, even if the server echoes it."""
    decision = decide(POST, response_of(400, {"message": message}))
    assert isinstance(decision, Raise)
    for secret in (TOKEN, "abc123", "pw@"):
        assert secret not in str(decision.error) + str(decision.error.canvas_message)


def test_every_error_class_is_in_the_tree() -> None:
    """The tree in the docstring of ``errors`` contains every error class."""
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and name.startswith("Canvas")}
    assert all(name in (errors.__doc__ or "") for name in classes)


NOW = 1_767_225_600.0
"""2026-01-01, 00:00 UTC."""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:09 GMT"}, 9),
        ({"retry-after": "Thursday, 01-Jan-26 00:00:09 GMT"}, 9),
        ({"retry-after": "Thu, 01 Jan 2026 01:00:09 GMT", "date": "Thu, 01 Jan 2026 01:00:00 GMT"}, 9),
        ({"retry-after": "Wed, 31 Dec 2025 23:59:00 GMT"}, None),
        ({"retry-after": "Fri, 01 Jan 2126 00:00:00 GMT"}, None),
        ({"retry-after": "Thu, 99 Jan 2026 00:00:09 GMT"}, None),
        ({"retry-after": "1e8"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9" * 5000}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after_is_a_plausible_number_or_date(headers: dict[str, str], seconds: float | None) -> None:
    """``Retry-After`` is a number of seconds or a date; anything implausible is ignored."""
    assert Response(429, headers, b"").retry_after(NOW) == seconds
    policy = RetryPolicy(retry_for=60, jitter=lambda: 1.0, now=lambda: NOW)
    decision = policy.decide(GET, Response(429, headers, b""), 0, 0.0)
    assert isinstance(decision, Retry)
    assert decision.after == (0.5 if seconds is None else seconds + 0.25)
