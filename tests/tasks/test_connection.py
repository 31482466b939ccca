"""A hook reads its settings from an Airflow connection, and reports invalid fields."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import certifi
import pytest

from airflow_provider_canvas.api.errors import CanvasConnectionError
from airflow_provider_canvas.client.settings import OAuth, Settings
from airflow_provider_canvas.hooks.connection_fields import Fields
from airflow_provider_canvas.hooks.connection_settings import read_settings
from airflow_provider_canvas.security.secret import Secret

TOKEN = "7~abcdef"
GRANT = {"client_id": 10000000000012, "client_secret": " the-secret\n", "refresh_token": "the-refresh-token"}


def read(extra: dict[str, Any] | None = None, **fields: Any) -> Settings:
    values = {"host": "https://school.example", "password": TOKEN, "schema": None, "port": None, **fields}
    return read_settings(Fields("canvas_x", SimpleNamespace(**values), extra or {}))


@pytest.mark.parametrize(
    ("fields", "base_url"),
    [
        ({"host": "https://school.instructure.com"}, "https://school.instructure.com"),
        ({"host": "https://School.Instructure.com/"}, "https://school.instructure.com"),
        ({"host": "https://school.instructure.com/api/v1/"}, "https://school.instructure.com"),
        ({"host": " school.instructure.com "}, "https://school.instructure.com"),
        ({"host": "school.instructure.com", "port": 8443}, "https://school.instructure.com:8443"),
        ({"host": "https://school.example:8443"}, "https://school.example:8443"),
        ({"host": "http://127.0.0.1:3000"}, "http://127.0.0.1:3000"),
        ({"host": "http://[::1]:3000"}, "http://[::1]:3000"),
        ({"host": "localhost", "schema": "http", "port": 3000}, "http://localhost:3000"),
        ({"host": "::1", "schema": "http", "port": 3000}, "http://[::1]:3000"),
        ({"host": "[::1]", "schema": "http", "port": 3000}, "http://[::1]:3000"),
        ({"host": "[::1]:3000", "schema": "http"}, "http://[::1]:3000"),
        ({"host": "0:0:0:0:0:0:0:1", "schema": "http"}, "http://[::1]"),
        ({"host": "2001:db8::5", "port": 8443}, "https://[2001:db8::5]:8443"),
        ({"host": "https://school.example", "port": 8443}, "https://school.example:8443"),
        ({"host": "https://school.example/api/v1", "port": 8443}, "https://school.example:8443"),
        ({"host": "https://school.example:8443", "port": 8443}, "https://school.example:8443"),
        ({"host": "https://school.example", "port": 443, "schema": "https"}, "https://school.example"),
        ({"host": "school.example", "schema": "api/v1"}, "https://school.example"),
        ({"host": "https://school.example:443"}, "https://school.example"),
        ({"host": "https://school.example."}, "https://school.example"),
        ({"host": "https://Köln.example"}, "https://xn--kln-sna.example"),
        ({"host": "http://canvas.internal", "extra": {"allow_http": True}}, "http://canvas.internal"),
        ({"host": "http://canvas.internal", "extra": {"allow_http": "true"}}, "http://canvas.internal"),
    ],
)
def test_base_url(fields: dict[str, Any], base_url: str) -> None:
    """A bare host means https. http is accepted for this machine only, or with ``allow_http``."""
    assert read(**fields).base_url == base_url


def test_all_extras() -> None:
    """Each extra is accepted as a number and as text, which a connection URI contains."""
    settings = read(
        extra={
            "per_page": "50",
            "connect_timeout": 5,
            "read_timeout": "90",
            "total_timeout": 300,
            "max_response_mib": "8",
            "retry_for": 0,
            "as_user_id": "sis_user_id:ann",
            "ca_bundle": certifi.where(),
            "graphql": "Off",
        }
    )
    assert settings == Settings(
        "https://school.example",
        TOKEN,
        connect_timeout=5,
        read_timeout=90,
        total_timeout=300,
        max_response_mib=8,
        retry_for=0,
        per_page=50,
        as_user_id="sis_user_id:ann",
        ca_bundle=certifi.where(),
        graphql=False,
    )


@pytest.mark.parametrize("password", ["", None, TOKEN])
def test_grant(password: str | None) -> None:
    """A developer key and a refresh token replace the password, which may hold the first access token."""
    settings = read(extra=GRANT, password=password)
    assert settings.oauth == OAuth("10000000000012", "the-secret", "the-refresh-token")
    assert settings.token.reveal() == (password or "")
    assert not any(secret.reveal() in repr(settings) for secret in settings.secrets)


def test_repr_of_settings() -> None:
    """The ``repr`` of settings contains neither the token nor the secrets of a grant."""
    assert read().secrets == (Secret(TOKEN),)
    assert read(extra=GRANT).secrets == (Secret(TOKEN), Secret("the-secret"), Secret("the-refresh-token"))
    assert read(extra=GRANT, password="").secrets == (Secret("the-secret"), Secret("the-refresh-token"))


def test_rate_limit_of_a_grant() -> None:
    """Personal tokens have separate rate limits; the tokens of a grant share one rate limit."""
    assert read(extra=GRANT).rate_limit_key == read(extra=GRANT, password="7~newer").rate_limit_key
    assert (
        read(extra=GRANT).rate_limit_key
        != read(extra={**GRANT, "refresh_token": "x"}).rate_limit_key
        != read().rate_limit_key
    )
    assert read().rate_limit_key != read(password="7~newer").rate_limit_key


def test_blank_extras() -> None:
    """Empty fields of the form, which are empty text or null, count as not given."""
    assert (
        read(extra=dict.fromkeys(("per_page", "as_user_id", "allow_http", "client_id", "refresh_token"), "")) == read()
    )
    assert read(extra={"extra__canvas__per_page": None}) == read()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"host": ""}, "Host is empty: write Canvas's address"),
        ({"host": None}, "Host is empty"),
        ({"host": "ftp://school.example"}, "is not a URL"),
        ({"host": "https://"}, "is not a URL"),
        ({"host": "https://school.example:port"}, "is not a URL"),
        ({"host": "my school"}, "is not a URL"),
        ({"host": r"https://evil.example\@school.example"}, "it contains a backslash"),
        ({"host": r"https://school.example\evil"}, "is not a URL that can be used .*backslash"),
        ({"host": "https://school.example:0"}, "port is not a number from 1 to 65535"),
        ({"host": "school.example", "port": 0}, "port is not a number from 1 to 65535"),
        ({"host": "school.example", "port": 70000}, "port is not a number from 1 to 65535"),
        ({"host": "https://school.example:8443", "port": 443}, "Port is 443, but Host has port 8443"),
        ({"host": "school.example:8443", "port": 443}, "Port is 443, but Host has port 8443"),
        ({"host": "https://school.example", "schema": "http"}, "Schema is http, but Host begins with https://"),
        ({"host": "school.example", "schema": "ftp"}, "Schema is 'ftp': write http or https"),
        ({"host": "[::1"}, "is not a URL that can be used"),
        ({"host": "fe80::1%eth0"}, "is not a URL that can be used"),
        ({"host": "https://127.1"}, "is not a URL that can be used .*four decimal numbers"),
        ({"host": "http://school.example\t"}, "not encrypted"),
        ({"host": "https://school.example/#x"}, "is the URL of a page"),
        ({"host": "https://school.example/courses/42"}, "is the URL of a page: write https://school.example"),
        ({"host": "https://school.example?x=1"}, "is the URL of a page"),
        ({"host": "http://school.example"}, "not encrypted.*https://school.example.*allow_http"),
        ({"host": "https://u:p@school.example"}, "holds a user or password: write https://school.example"),
        ({"password": ""}, "Password is empty"),
        ({"password": None}, "Password is empty"),
        ({"password": f"Bearer {TOKEN}"}, "write the token alone"),
        ({"password": "two words"}, "write the token alone"),
        ({"extra": {"per_page": 500}}, "per_page is 500: write a whole number from 1 to 100"),
        ({"extra": {"per_page": 2.5}}, "per_page is 2.5: write a whole number"),
        ({"extra": {"per_page": True}}, "per_page is True"),
        ({"extra": {"read_timeout": "soon"}}, "read_timeout is 'soon': write a number from 1 to 3600"),
        ({"extra": {"total_timeout": 0}}, "total_timeout is 0: write a number from 1 to 7200, such as 120"),
        ({"extra": {"max_response_mib": "inf"}}, "max_response_mib is 'inf': write a number from 1 to 1024"),
        ({"extra": {"as_user_id": "ann"}}, "as_user_id is wrong: .*sis_user_id"),
        ({"extra": {"allow_http": "maybe"}}, "allow_http is 'maybe': write true or false"),
        ({"extra": {"graphql": "on"}}, "graphql is 'on': write auto .* or off"),
        ({"extra": {"graphql": True}}, "graphql is 'true': write auto .* or off"),
        ({"extra": {"ca_bundle": "/no/such/file"}}, "ca_bundle '/no/such/file' cannot be read .*PEM file"),
        ({"extra": {"ca_bundle": "a\0.pem"}}, "ca_bundle .* cannot be read .*PEM file"),
        ({"extra": {"ca_bundle": __file__}}, "ca_bundle .* cannot be read as certificates"),
        (
            {"extra": {**GRANT, "refresh_token": ""}},
            "refresh_token must be given too: .* client_id, client_secret, refr",
        ),
        ({"extra": {"client_id": "10"}, "password": ""}, "client_secret and refresh_token must be given too"),
        ({"extra": {**GRANT, "client_secret": "the-secret and more"}}, "client_secret contains a character"),
        ({"extra": {**GRANT, "refresh_token": "r\u00e9fresh"}}, "refresh_token contains a character"),
        ({"extra": {"perpage": 50}}, "perpage is not a field .*Did you mean 'per_page'"),
    ],
)
def test_invalid_fields(fields: dict[str, Any], message: str) -> None:
    """Each error names the connection, the field, and what to write instead. No error contains the token."""
    with pytest.raises(CanvasConnectionError, match=f"Connection 'canvas_x': .*{message}") as refusal:
        read(**fields)
    assert not any(secret in str(refusal.value) for secret in (TOKEN, "the-secret", "the-refresh-token"))
    assert "u:p" not in str(refusal.value)


@pytest.mark.parametrize(
    ("uri", "base_url"),
    [
        (f"canvas://:{TOKEN}@[::1]:3000/http", "http://[::1]:3000"),
        (f"canvas://:{TOKEN}@127.0.0.1:3000/http", "http://127.0.0.1:3000"),
        (f"canvas://:{TOKEN}@school.example", "https://school.example"),
        (f"canvas://:{TOKEN}@school.example:8443/https", "https://school.example:8443"),
        (f"canvas://:{TOKEN}@https%3A%2F%2Fschool.example:8443", "https://school.example:8443"),
        (f"canvas://:{TOKEN}@School.example/api/v1", "https://school.example"),
    ],
)
def test_uri(uri: str, base_url: str) -> None:
    """The address is read from every form of a connection's URI, as Airflow parses it."""
    from airflow.models.connection import Connection

    connection = Connection(conn_id="canvas_x", uri=uri)
    assert read_settings(Fields("canvas_x", connection, connection.extra_dejson)).base_url == base_url


@pytest.mark.parametrize("extra", [[], ["a"], 5, "text", None, True])
def test_extra_that_is_no_object(extra: object) -> None:
    """An extra that is a JSON list, a number or a text is refused as bad input that names the connection."""
    with pytest.raises(CanvasConnectionError, match=r"^Connection 'canvas': Extra is .*: write a JSON object"):
        Fields("canvas", SimpleNamespace(host="school.example", password=TOKEN, schema=None, port=None), extra)


@pytest.mark.parametrize("value", [10**400, "9" * 5000, "1e999", "nan"])
@pytest.mark.parametrize("name", ["per_page", "connect_timeout", "read_timeout", "retry_for"])
def test_numbers_that_are_too_large(name: str, value: object) -> None:
    """A number that no setting can be is refused with the bounds."""
    with pytest.raises(CanvasConnectionError, match=f"{name} is .*: write a"):
        read(extra={name: value})
