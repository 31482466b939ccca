"""The recipe for proxies and certificates, with a real proxy and TLS server: what *Test* says of each mistake."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_canvas.hooks.canvas import CanvasHook
from tests.support.certificates import certificate, server_tls
from tests.support.proxy import Proxy, proxying
from tests.support.recording_server import Received, RecordingServer, Reply, recording

__all__ = ["certificate"]

PAGE = Path(__file__).parents[2] / "docs" / "recipes" / "proxies.md"
USER = {"id": 4, "name": "Canvas Service Account", "short_name": "Service", "sortable_name": "Account"}


def respond(_request: Received) -> Reply:
    """Respond as Canvas does to ``users/self``."""
    headers = {"Content-Type": "application/json", "X-Request-Context-Id": "1", "Server": "Canvas"}
    return 200, headers, json.dumps(USER).encode()


@pytest.fixture
def canvas(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingServer]:
    """A Canvas with a certificate of the school's own authority, in an environment without proxies."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with recording(respond, tls=server_tls(certificate)) as server:
        yield server


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy."""
    with proxying() as server:
        yield server


def message_of(url: str, monkeypatch: pytest.MonkeyPatch, **extra: Any) -> tuple[bool, str]:
    """Return what *Test* says of a connection."""
    fields = {"conn_type": "canvas", "host": url, "password": "7~token", "extra": {"retry_for": 0, **extra}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    return CanvasHook("canvas_default").test_connection()


def test_through_a_proxy_with_a_certificate(
    canvas: RecordingServer, proxy: Proxy, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request passes through the proxy, with its login, and the certificate is trusted."""
    proxy.login = "user:password"
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:password@{proxy.netloc}")
    works, message = message_of(canvas.url, monkeypatch, ca_bundle=str(certificate))
    assert works, message
    tunnels = [line.rpartition(" ")[0] for line in proxy.lines]
    assert set(tunnels) == {f"CONNECT {canvas.netloc}"}
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    works, message = message_of(canvas.url, monkeypatch, ca_bundle=str(certificate))
    assert (works, len(proxy.lines)) == (True, len(tunnels)), message


def test_certificate_of_the_environment(
    canvas: RecordingServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``REQUESTS_CA_BUNDLE`` does as well as the connection's extra."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert message_of(canvas.url, monkeypatch)[0]


def test_each_mistake(
    canvas: RecordingServer, proxy: Proxy, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each row of the page's table there is a mistake whose message contains the row's words."""
    quoted = re.findall(r"^\| `([^`|]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    messages = [message_of(canvas.url, monkeypatch), message_of(canvas.url.replace("https", "http"), monkeypatch)]
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    for proxy.refuse, proxy.login in (("403 Forbidden", None), (None, "user:password")):
        messages.append(message_of(canvas.url, monkeypatch, ca_bundle=str(certificate)))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    messages.append(message_of(canvas.url, monkeypatch, ca_bundle=str(certificate)))
    assert not any(works for works, _ in messages)
    assert len(quoted) == len(messages)
    assert [words for words in quoted if not any(words in message for _, message in messages)] == []
    assert not any(
        "password" in message and "user:password@" in message and "7~token" in message for _, message in messages
    )
