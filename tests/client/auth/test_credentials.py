"""Test which token is sent, step by step, without HTTP and with a clock that only sleeps advance."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.auth.credentials import Credentials, credentials_for
from airflow_provider_canvas.client.auth.oauth import Grant
from airflow_provider_canvas.client.auth.secret_form import SecretForm
from airflow_provider_canvas.client.auth.token_store import DIRECTORY_VARIABLE, TokenStore, store_for
from airflow_provider_canvas.client.protocol.flow import Send, Sleep, run_sync
from airflow_provider_canvas.client.protocol.rate_limit import QueuedRequest
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.settings import OAuth, Settings
from airflow_provider_canvas.security.secret import Secret

OAUTH = OAuth("10", "the-client-secret", "the-refresh-token")
PERSONAL = Settings("https://school.example", "7~personal")
GRANTED = Settings("https://school.example", "", oauth=OAUTH)
SECRETS = ("7~personal", "the-client-secret", "the-refresh-token", "access-1", "access-2")


@dataclass
class Canvas:
    """Gives tokens, and stands for the transport: what it is asked is kept, and pauses move its clock.

    :param outcomes: What comes back first, before tokens do.
    :param connection: What the connection says by now.
    """

    outcomes: list[ResponseOrError] = field(default_factory=list)
    connection: Settings | None = None
    expires_in: int | None = 3600
    now: float = 1_000_000.0
    sent: list[Send] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    rereads: int = 0

    def send_request(self, request: Send) -> ResponseOrError:
        self.sent.append(request)
        return self.outcomes.pop(0) if self.outcomes else self.token()

    def token(self) -> Response:
        body = {"access_token": f"access-{len(self.sent)}", "token_type": "Bearer", "user": {"id": 4}}
        return response(200, body | ({} if self.expires_in is None else {"expires_in": self.expires_in}))

    def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def reload_settings(self) -> Settings | None:
        self.rereads += 1
        return self.connection

    def clock(self) -> float:
        return self.now

    def current_token(self, credentials: Credentials) -> str:
        token: Secret = run_sync(credentials.current_token(), self)
        return token.reveal()

    def replace_token(self, credentials: Credentials, rejected: str) -> str | None:
        token = run_sync(credentials.replace_token(Secret(rejected)), self)
        return token.reveal() if token else None


def form(request: Send) -> list[tuple[str, str]]:
    """Return the fields of the form that a request sends."""
    assert isinstance(request.body, SecretForm)
    return parse_qsl(b"".join(request.body.chunks()).decode())


def response(status: int, body: Any, **headers: str) -> Response:
    return Response(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture
def canvas() -> Canvas:
    return Canvas()


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are kept below the test's own directory."""
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "tokens"))


@pytest.fixture
def process(canvas: Canvas) -> Callable[..., Credentials]:
    """Make credentials as another process has them: only the file is shared."""

    def make(settings: Settings = GRANTED) -> Credentials:
        assert settings.oauth is not None
        store = TokenStore(store_for(settings.base_url, settings.oauth)._path, settings.oauth)
        return Credentials(settings, Grant(settings, settings.oauth, store, canvas.clock))

    return make


class TestPersonalToken:
    """A token that a person created."""

    def test_personal_token_has_no_replacement(self, canvas: Canvas) -> None:
        """A personal token is sent unchanged. If it is rejected, there is no replacement."""
        credentials = credentials_for(PERSONAL)
        assert canvas.current_token(credentials) == "7~personal"
        assert canvas.replace_token(credentials, "7~personal") is None
        assert (canvas.sent, canvas.pauses, canvas.rereads) == ([], [], 1)

    def test_new_token_in_the_connection(self, canvas: Canvas) -> None:
        """A new token in the Airflow connection replaces a rejected one."""
        credentials = credentials_for(PERSONAL)
        canvas.connection = replace(PERSONAL, token="7~newer")
        assert canvas.replace_token(credentials, "7~personal") == "7~newer"
        assert canvas.current_token(credentials) == "7~newer"
        assert canvas.replace_token(credentials, "7~personal") == "7~newer"  # for one who sent the old one before that
        assert canvas.rereads == 1

    @pytest.mark.parametrize("connection", [PERSONAL, replace(PERSONAL, token="7~x", base_url="https://other.example")])
    def test_no_new_token_in_the_connection(self, canvas: Canvas, connection: Settings) -> None:
        """Neither the same token nor a token for another Canvas replaces a rejected one."""
        credentials = credentials_for(PERSONAL)
        canvas.connection = connection
        assert canvas.replace_token(credentials, "7~personal") is None
        assert canvas.current_token(credentials) == "7~personal"

    def test_personal_token_replaced_by_a_grant(self, canvas: Canvas) -> None:
        """A connection may change from a personal token to a grant, and the task continues."""
        credentials = credentials_for(PERSONAL)
        canvas.connection = GRANTED
        assert canvas.replace_token(credentials, "7~personal") == "access-1"
        assert canvas.current_token(credentials) == "access-1"


class TestGrant:
    """Tokens that Canvas issues for a refresh token."""

    def test_token_is_requested_once_per_lifetime(self, canvas: Canvas, process: Callable[..., Credentials]) -> None:
        """One form without a token requests an access token, which is used for 58 of its 60 minutes."""
        credentials = process()
        assert canvas.current_token(credentials) == canvas.current_token(credentials) == "access-1"
        (request,) = canvas.sent
        assert (request.method, request.address.url) == ("POST", "https://school.example/login/oauth2/token")
        assert form(request) == [
            ("grant_type", "refresh_token"),
            ("client_id", "10"),
            ("client_secret", "the-client-secret"),
            ("refresh_token", "the-refresh-token"),
        ]
        assert (request.token, request.query) == (None, [])
        assert request.headers["User-Agent"].startswith("airflow-provider-canvas/")
        canvas.now += 3479
        assert canvas.current_token(credentials) == "access-1"
        canvas.now += 2
        assert canvas.current_token(credentials) == "access-2"

    @pytest.mark.parametrize("expires_in", [30, None])
    def test_other_lifetimes(self, canvas: Canvas, process: Callable[..., Credentials], expires_in: int | None) -> None:
        """A token that lasts under two minutes is used for half its life; one without an expiry is kept."""
        canvas.expires_in = expires_in
        credentials = process()
        canvas.current_token(credentials)
        canvas.now += 14
        assert canvas.current_token(credentials) == "access-1"
        canvas.now += 100_000
        assert canvas.current_token(credentials) == ("access-1" if expires_in is None else "access-2")

    def test_token_of_the_connection_is_used_first(self, canvas: Canvas, process: Callable[..., Credentials]) -> None:
        """The connection's own token is used first. After it is rejected, it is never sent again."""
        credentials = process(replace(GRANTED, token="7~personal"))
        canvas.connection = credentials.settings
        assert canvas.current_token(credentials) == "7~personal"
        assert canvas.replace_token(credentials, "7~personal") == "access-1"
        assert canvas.replace_token(credentials, "access-1") == "access-2"

    def test_processes_share_a_token(self, canvas: Canvas, process: Callable[..., Credentials]) -> None:
        """One process refreshes; the others read the new token when they start, and after theirs is rejected."""
        first, second = process(), process()
        assert canvas.current_token(first) == canvas.current_token(second) == "access-1"
        assert canvas.replace_token(second, "access-1") == "access-2"
        assert canvas.replace_token(first, "access-1") == "access-2"
        assert canvas.current_token(process()) == "access-2"
        assert len(canvas.sent) == 2

    def test_waits_for_another_process_that_refreshes(
        self, canvas: Canvas, process: Callable[..., Credentials]
    ) -> None:
        """If another process is refreshing, this one waits and takes the token that the other gets."""
        first, second = process().current_token(), process().current_token()
        request = next(first)
        assert isinstance(request, Send)
        assert isinstance(next(second), Sleep)
        assert isinstance(second.send(None), Sleep)
        canvas.sent.append(request)
        with pytest.raises(StopIteration):
            first.send(canvas.token())
        with pytest.raises(StopIteration) as end:
            second.send(None)
        assert end.value.value == Secret("access-1")

    def test_refresh_that_was_abandoned(self, canvas: Canvas, process: Callable[..., Credentials]) -> None:
        """A refresh that was closed halfway releases the lock."""
        abandoned = process().current_token()
        next(abandoned)
        abandoned.close()
        assert canvas.current_token(process()) == "access-1"
        assert canvas.pauses == []

    def test_refresh_that_hangs(
        self, canvas: Canvas, process: Callable[..., Credentials], caplog: pytest.LogCaptureFixture
    ) -> None:
        """After about four minutes a process refreshes without the lock and logs it."""
        hanging = process().current_token()
        next(hanging)
        assert canvas.current_token(process()) == "access-1"
        assert 240 <= sum(canvas.pauses) < 241
        assert "Refreshing it without the lock" in caplog.text
        hanging.close()

    def test_a_newer_token_in_the_connection(self, canvas: Canvas, process: Callable[..., Credentials]) -> None:
        """If the connection has a newer token, all processes use it."""
        first, second = process(), process()
        canvas.current_token(first)
        canvas.connection = replace(GRANTED, token="7~personal")
        assert canvas.replace_token(first, "access-1") == "7~personal"
        assert canvas.current_token(first) == canvas.current_token(second) == "7~personal"
        assert len(canvas.sent) == 1

    def test_another_grant_in_the_connection(self, canvas: Canvas, process: Callable[..., Credentials]) -> None:
        """A new refresh token in the connection is used from the next refresh on."""
        credentials = process()
        canvas.current_token(credentials)
        canvas.connection = replace(GRANTED, oauth=replace(OAUTH, refresh_token="a-newer-one"))
        assert canvas.replace_token(credentials, "access-1") == "access-2"
        assert ("refresh_token", "a-newer-one") in form(canvas.sent[-1])

    def test_a_revoked_grant_that_was_replaced_in_the_connection(
        self, canvas: Canvas, process: Callable[..., Credentials]
    ) -> None:
        """If Canvas rejects the refresh token, the connection is read again and its new grant is used."""
        other = replace(GRANTED, oauth=OAuth("10", "another-secret", "another-refresh-token"))
        canvas.outcomes = [response(400, {"error": "invalid_grant", "error_description": "refresh_token not found"})]
        canvas.connection = other
        credentials = process()
        assert canvas.current_token(credentials) == "access-2"
        assert canvas.rereads == 1
        assert ("refresh_token", "another-refresh-token") in form(canvas.sent[-1])

    def test_a_personal_token_in_the_connection(self, canvas: Canvas, process: Callable[..., Credentials]) -> None:
        """A connection may change from a grant to a personal token, and the task continues."""
        credentials = process()
        canvas.current_token(credentials)
        canvas.connection = PERSONAL
        assert canvas.replace_token(credentials, "access-1") == canvas.current_token(credentials) == "7~personal"

    def test_another_host_refreshes(
        self, canvas: Canvas, process: Callable[..., Credentials], caplog: pytest.LogCaptureFixture
    ) -> None:
        """A token rejected within seconds shows that another host refreshes too, so this one sleeps first."""
        credentials = process()
        canvas.current_token(credentials)
        canvas.now += 600
        canvas.replace_token(credentials, "access-1")
        assert ("uses the same refresh token" in caplog.text, canvas.pauses) == (False, [])
        canvas.now += 5
        canvas.replace_token(credentials, "access-2")
        assert (
            "5 s old: another host, or a process that does not share tokens with this one, uses the same" in caplog.text
        )
        assert 2 <= sum(canvas.pauses) <= 4


class TestErrors:
    """A refresh that fails."""

    @pytest.mark.parametrize(
        ("outcome", "kind", "words"),
        [
            (
                response(400, {"error": "invalid_grant", "error_description": "refresh_token not found"}),
                errors.CanvasAuthenticationError,
                "400 to POST login/oauth2/token: refresh_token not found.*authorize the developer key again",
            ),
            (
                response(401, {"error": "invalid_client", "error_description": "the-client-secret is wrong"}),
                errors.CanvasAuthenticationError,
                r"\*\*\* is wrong.*client_id and client_secret",
            ),
            (
                response(200, b"<title>Log in</title>"),
                errors.CanvasUnexpectedResponseError,
                "host is the address of Canvas",
            ),
            (response(200, {"access-2": 1}), errors.CanvasUnexpectedResponseError, "host is the address of Canvas"),
            (response(302, b"", location="/login"), errors.CanvasUnexpectedResponseError, "answered 302"),
            (response(401, b"<title>Proxy</title>"), errors.CanvasUnexpectedResponseError, "answered 401.*: Proxy"),
        ],
    )
    def test_permanent_errors(
        self,
        canvas: Canvas,
        process: Callable[..., Credentials],
        outcome: ResponseOrError,
        kind: type[errors.CanvasError],
        words: str,
    ) -> None:
        """A permanent error is not retried, and its message says what to change."""
        canvas.outcomes = [outcome]
        with pytest.raises(kind, match=words) as failure:
            canvas.current_token(process())
        assert failure.value.route == "POST login/oauth2/token"
        assert (len(canvas.sent), failure.value.maybe_done) == (1, False)
        assert not any(secret in str(failure.value) for secret in SECRETS)

    PASSING = (
        (response(503, b"<title>Maintenance</title>"), errors.CanvasServerError),
        (response(429, b"429 Too Many Requests"), errors.CanvasThrottledError),
        (TransportError("school.example dropped the connection", sent=True), errors.CanvasTransportError),
        (TransportError("school.example took more than 60 s", sent=True, timed_out=True), errors.CanvasTimeoutError),
    )

    @pytest.mark.parametrize(("outcome", "kind"), PASSING)
    def test_temporary_errors_are_retried(
        self,
        canvas: Canvas,
        process: Callable[..., Credentials],
        outcome: ResponseOrError,
        kind: type[errors.CanvasError],
    ) -> None:
        """A temporary error is retried: a refresh that was lost on the way does no harm."""
        canvas.outcomes = [outcome, outcome]
        assert canvas.current_token(process()) == "access-3"
        assert [0.25 <= canvas.pauses[0] <= 0.5, 0.5 <= canvas.pauses[1] <= 1.0] == [True, True]

    @pytest.mark.parametrize(("outcome", "kind"), PASSING)
    def test_temporary_errors_are_raised_in_the_end(
        self,
        canvas: Canvas,
        process: Callable[..., Credentials],
        outcome: ResponseOrError,
        kind: type[errors.CanvasError],
    ) -> None:
        """After ``retry_for`` seconds a temporary error is raised with its own class, and the lock is free."""
        canvas.outcomes = [outcome] * 1000
        with pytest.raises(kind, match="No access token"):
            canvas.current_token(process())
        assert 100 < sum(canvas.pauses) <= 120
        assert len(canvas.sent) < 25
        canvas.outcomes, pauses = [], len(canvas.pauses)
        assert canvas.current_token(process()).startswith("access-")
        assert len(canvas.pauses) == pauses

    def test_rejected_grant_after_a_rejected_token(self, canvas: Canvas, process: Callable[..., Credentials]) -> None:
        """If the refresh is rejected too, the error is about the grant and not about the token."""
        credentials = process()
        canvas.current_token(credentials)
        canvas.outcomes = [response(400, {"error": "invalid_grant", "error_description": "refresh_token not found"})]
        with pytest.raises(errors.CanvasAuthenticationError, match="authorize"):
            canvas.replace_token(credentials, "access-1")
        assert canvas.rereads == 1


def test_no_log_and_no_repr_has_a_secret(
    canvas: Canvas, process: Callable[..., Credentials], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the log nor any ``repr`` contains a secret."""
    caplog.set_level(logging.DEBUG)
    credentials = process(replace(GRANTED, token="7~personal"))
    canvas.outcomes = [response(503, {"errors": "the-refresh-token the-client-secret"})]
    canvas.replace_token(credentials, "7~personal")
    canvas.replace_token(credentials, "access-2")
    shown = caplog.text + repr(credentials) + repr(canvas.sent) + repr(credentials_for(PERSONAL))
    assert "Retrying" in caplog.text
    assert not any(secret in shown for secret in SECRETS)


@pytest.mark.parametrize(
    "expires_in",
    [
        b"9" * 400,
        b"9" * 5000,
        b"NaN",
        b"1e999",
        b"null",
        b"[]",
        b"{}",
        b"true",
        b"0",
        b"-5",
        b'"soon"',
        b'"' + b"9" * 99 + b'"',
    ],
)
def test_broken_lifetime(canvas: Canvas, process: Callable[..., Credentials], expires_in: bytes) -> None:
    """A lifetime that is no number of seconds is not Canvas's: the token may end at any time."""
    canvas.outcomes = [response(200, b'{"access_token": "access-0", "expires_in": ' + expires_in + b"}")]
    with pytest.raises(errors.CanvasUnexpectedResponseError, match=r"POST login/oauth2/token has an expires_in that"):
        canvas.current_token(process())


@pytest.mark.parametrize("expires_in", [b"3600", b'"3600"', b"3600.0"])
def test_forms_of_a_lifetime(canvas: Canvas, process: Callable[..., Credentials], expires_in: bytes) -> None:
    """A lifetime may be a number or its text."""
    canvas.outcomes = [response(200, b'{"access_token": "access-0", "expires_in": ' + expires_in + b"}")]
    assert canvas.current_token(process()) == "access-0"


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Header: b", "a\0b", "é", "a" * 5000])
def test_token_that_no_header_can_hold(canvas: Canvas, process: Callable[..., Credentials], token: str) -> None:
    """A token that cannot be sent is not Canvas's. The error does not contain it."""
    canvas.outcomes = [response(200, {"access_token": token, "expires_in": 3600})]
    with pytest.raises(errors.CanvasUnexpectedResponseError) as raised:
        canvas.current_token(process())
    assert not token or token not in str(raised.value)
