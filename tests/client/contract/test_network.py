"""Test proxies and certificates with real servers: both transports follow the same rule, which is that of requests."""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from requests.utils import get_environ_proxies, select_proxy

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.network import Network, NetworkSettingsError
from airflow_provider_canvas.security.address import parse_address
from airflow_provider_canvas.security.secret import Secret
from tests.support.certificates import certificate, server_tls
from tests.support.proxy import Proxy, proxying
from tests.support.recording_server import Received, RecordingServer, Reply, recording

Connect = Callable[..., Any]

__all__ = ["certificate"]  # a fixture

ONCE = RetryPolicy(retry_for=0)
PATIENT = RetryPolicy(retry_for=30, first_delay=0.01, max_delay=0.02)

RECORD = {"id": 1, "workflow_state": "completed"}
"""A record that can be a course or a Progress."""

VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
)


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the proxies and certificates of the environment, and what tests of other modules exclude from proxies."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def record(_request: Received) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(RECORD).encode()


@pytest.fixture
def plain() -> Iterator[RecordingServer]:
    """A Canvas without TLS."""
    with recording(record) as server:
        yield server


@pytest.fixture
def tls(certificate: Path) -> Iterator[RecordingServer]:
    """A Canvas with a certificate that nobody trusts."""
    with recording(record, tls=server_tls(certificate)) as server:
        yield server


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy."""
    with proxying() as server:
        yield server


class TestCertificates:
    """Which certificates are trusted."""

    @pytest.mark.parametrize(
        ("variables", "field", "trusted"),
        [
            ({}, None, False),
            ({"REQUESTS_CA_BUNDLE": "own"}, None, True),
            ({"CURL_CA_BUNDLE": "own"}, None, True),
            ({"REQUESTS_CA_BUNDLE": "public", "CURL_CA_BUNDLE": "own"}, None, False),
            ({"REQUESTS_CA_BUNDLE": "own", "CURL_CA_BUNDLE": "public"}, None, True),
            ({"REQUESTS_CA_BUNDLE": ""}, None, False),
            ({"SSL_CERT_FILE": "own"}, None, False),
            ({}, "own", True),
            ({"REQUESTS_CA_BUNDLE": "public"}, "own", True),
            ({"REQUESTS_CA_BUNDLE": "own"}, "public", False),
        ],
    )
    def test_order(
        self,
        *,
        connect: Connect,
        tls: RecordingServer,
        certificate: Path,
        monkeypatch: pytest.MonkeyPatch,
        variables: dict[str, str],
        field: str | None,
        trusted: bool,
    ) -> None:
        """The connection's own field comes first, then the variables that requests reads, in its order."""
        import certifi

        paths = {"own": str(certificate), "public": certifi.where(), "": ""}
        for name, value in variables.items():
            monkeypatch.setenv(name, paths[value])
        canvas = connect(ONCE, base_url=tls.url, ca_bundle=paths[field] if field else None)
        if trusted:
            assert canvas.courses.get(course_id=1) == RECORD
            return
        with pytest.raises(errors.CanvasTransportError, match=r"certificate .* is not trusted .*ca_bundle") as failure:
            canvas.progress.cancel(progress_id=1)
        assert not failure.value.maybe_done
        assert not tls.requests

    def test_directory(
        self, connect: Connect, tls: RecordingServer, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The certificates may be a directory, whose files OpenSSL finds by their hash."""
        import subprocess

        digest = subprocess.run(
            ["openssl", "x509", "-hash", "-noout", "-in", certificate], capture_output=True, text=True, check=True
        ).stdout.strip()
        (tmp_path / f"{digest}.0").write_text(certificate.read_text())
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
        assert connect(ONCE, base_url=tls.url).courses.get(course_id=1) == RECORD

    @pytest.mark.parametrize("content", [None, "no certificates"])
    def test_unusable_file(
        self,
        connect: Connect,
        tls: RecordingServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        content: str | None,
    ) -> None:
        """A file of certificates that cannot be used is named, at once and without a retry."""
        path = tmp_path / "missing.pem"
        if content is not None:
            path.write_text(content)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
        with pytest.raises(
            errors.CanvasTransportError, match=r"missing\.pem .* Correct ca_bundle .*REQUESTS_CA"
        ) as failure:
            connect(PATIENT, base_url=tls.url).progress.cancel(progress_id=1)
        assert not failure.value.maybe_done
        assert "attempts" not in str(failure.value)


class TestProxies:
    """Which requests go through a proxy."""

    @pytest.mark.parametrize(
        ("variables", "scheme", "used"),
        [
            ({}, "http", False),
            ({"HTTP_PROXY": "{}"}, "http", True),
            ({"http_proxy": "{}"}, "http", True),
            ({"HTTPS_PROXY": "{}"}, "http", False),
            ({"HTTPS_PROXY": "{}"}, "https", True),
            ({"https_proxy": "{}"}, "https", True),
            ({"HTTP_PROXY": "{}"}, "https", False),
            ({"ALL_PROXY": "{}"}, "http", True),
            ({"all_proxy": "{}"}, "https", True),
            ({"ALL_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "{}"}, "https", True),
            ({"HTTPS_PROXY": "{}", "NO_PROXY": "127.0.0.1"}, "https", False),
            ({"HTTPS_PROXY": "{}", "no_proxy": "127.0.0.0/8"}, "https", False),
            ({"HTTPS_PROXY": "{}", "NO_PROXY": "127.0.0.1:{port}"}, "https", True),
            ({"HTTPS_PROXY": "{}", "NO_PROXY": "127.0.0.1:1"}, "https", True),
            ({"HTTPS_PROXY": "{}", "NO_PROXY": "*"}, "https", False),
            ({"HTTPS_PROXY": "{}", "NO_PROXY": "10.0.0.0/8, other.example"}, "https", True),
            ({"HTTPS_PROXY": "{netloc}"}, "https", True),
        ],
    )
    def test_variables(
        self,
        *,
        connect: Connect,
        plain: RecordingServer,
        tls: RecordingServer,
        certificate: Path,
        proxy: Proxy,
        monkeypatch: pytest.MonkeyPatch,
        variables: dict[str, str],
        scheme: str,
        used: bool,
    ) -> None:
        """Proxies and exceptions come from the environment, in upper and lower case."""
        server = tls if scheme == "https" else plain
        for name, value in variables.items():
            monkeypatch.setenv(name, value.format(proxy.url, netloc=proxy.netloc, port=server.port))
        oracle = select_proxy(server.url, get_environ_proxies(server.url, None))
        canvas = connect(ONCE, base_url=server.url, ca_bundle=str(certificate))
        assert canvas.courses.get(course_id=1) == RECORD
        assert bool(proxy.lines) == used == bool(oracle and "127.0.0.1" in oracle)
        assert [request.target for request in server.requests] == ["/api/v1/courses/1"]
        if used:
            line = f"CONNECT {server.netloc}" if scheme == "https" else f"GET {server.url}/api/v1/courses/1"
            assert proxy.lines[0].startswith(line)
            assert scheme == "http" or "7~" not in "".join(proxy.heads)

    @pytest.mark.parametrize(
        ("no_proxy", "url"),
        [
            (no_proxy, url)
            for no_proxy in (
                "",
                "school.example",
                ".school.example",
                "example",
                "canvas.school.example:8443",
                "school.example:443",
                "10.0.0.0/8",
                "10.1.2.3",
                "localhost",
                "*",
                " other , school.example ",
                "[::1]",
                "::1",
                "SCHOOL.example",
            )
            for url in (
                "https://school.example",
                "https://canvas.school.example",
                "https://canvas.school.example:8443",
                "https://otherschool.example",
                "http://10.1.2.3",
                "https://10.1.2.3:8443",
                "http://localhost:3000",
                "http://[::1]:3000",
                "https://School.Example.",
                "https://school.example:443",
            )
        ],
    )
    def test_exceptions(self, monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str) -> None:
        """``NO_PROXY`` means what requests reads in it."""
        monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
        monkeypatch.setenv("NO_PROXY", no_proxy)
        address = parse_address(url)
        found = Network(Settings("https://school.example", Secret("7~t"))).proxy(address)
        expected = select_proxy(address.url, get_environ_proxies(address.url, None))
        assert (found.url if found else None) == expected

    def test_login(
        self,
        connect: Connect,
        plain: RecordingServer,
        tls: RecordingServer,
        certificate: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The user and password of a proxy are sent to the proxy only, and no message contains them."""
        with proxying(login="user:p w@d") as proxy:
            for name in ("HTTP_PROXY", "HTTPS_PROXY"):
                monkeypatch.setenv(name, f"http://user:p%20w%40d@{proxy.netloc}")
            for server in (plain, tls):
                canvas = connect(ONCE, base_url=server.url, ca_bundle=str(certificate))
                assert canvas.courses.get(course_id=1) == RECORD
                assert "proxy-authorization" not in server.requests[0].headers
            proxy.login = "user:other"
            for server in (plain, tls):
                with pytest.raises(errors.CanvasError, match=r"user and password|user:password") as failure:
                    connect(ONCE, base_url=server.url, ca_bundle=str(certificate)).courses.get(course_id=1)
                assert "p%20w" not in str(failure.value)
                assert "p w@d" not in str(failure.value)

    def test_signed_urls_through_a_proxy(
        self, connect: Connect, plain: RecordingServer, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A signed URL is sent byte for byte through a proxy as well, and a storage host gets no token there."""
        import io

        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        canvas = connect(ONCE, base_url="http://127.0.0.1:9")
        plain.respond = lambda _: (200, {}, b"x")
        target = "/b//c/../a.zip?X=ab%2fcd%7e~&y='("
        canvas.download({"url": f"{plain.url}{target}", "size": 1}, io.BytesIO())
        assert proxy.lines == [f"GET {plain.url}{target} HTTP/1.1"]
        assert [(request.target, request.has_token) for request in plain.requests] == [(target, False)]

    @pytest.mark.parametrize(
        ("proxy_url", "message"),
        [
            ("socks5://127.0.0.1:9", "a SOCKS proxy, which is not supported"),
            ("socks5h://u:secret@127.0.0.1:9", "a SOCKS proxy, which is not supported"),
            ("http://u:secret@", "a proxy whose URL is not valid"),
            ("http://u:secret@proxy:x", "a proxy whose URL is not valid"),
            ("ftp://u:secret@proxy", "a proxy whose URL is not valid"),
            (r"http://u:secret@proxy\x", "a proxy whose URL is not valid"),
        ],
    )
    def test_unusable_proxy(
        self, connect: Connect, plain: RecordingServer, monkeypatch: pytest.MonkeyPatch, proxy_url: str, message: str
    ) -> None:
        """A proxy that cannot be used is an error at once; nothing is sent without it."""
        monkeypatch.setenv("ALL_PROXY", proxy_url)
        with pytest.raises(errors.CanvasTransportError, match=message) as failure:
            connect(PATIENT, base_url=plain.url).progress.cancel(progress_id=1)
        assert not plain.requests
        assert not failure.value.maybe_done
        assert "secret" not in str(failure.value)

    def test_netrc(
        self, connect: Connect, plain: RecordingServer, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """``~/.netrc`` replaces neither the token nor the login of a proxy."""
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login someone password something\n")
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        connect(ONCE, base_url=plain.url, token=Secret("7~own")).courses.get(course_id=1)
        assert plain.requests[0].headers["authorization"] == "Bearer 7~own"
        assert "Proxy-Authorization" not in proxy.heads[0]


REFUSALS = [
    ("407 Proxy Authentication Required", r"the proxy .* refused to connect .*407.*user:password@proxy", False),
    ("403 Forbidden", r"the proxy .* refused to connect .*403.*NO_PROXY", False),
    ("405 Method Not Allowed", r"the proxy .* refused to connect .*405", False),
    ("502 Bad Gateway", r"the proxy .* refused to connect .*502.*does not reach", True),
    ("503 Service Unavailable", r"the proxy .* refused to connect .*503", True),
    ("504 Gateway Timeout", r"the proxy .* refused to connect .*504", True),
]


@pytest.mark.parametrize(("status", "message", "retried"), REFUSALS)
def test_proxy_that_refuses_the_tunnel(
    *,
    connect: Connect,
    tls: RecordingServer,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    message: str,
    retried: bool,
) -> None:
    """Nothing reached Canvas if a proxy refuses the tunnel; a POST is retried if the refusal may pass by itself."""
    with proxying(refuse=status) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        canvas = connect(ONCE, base_url=tls.url, ca_bundle=str(certificate))
        with pytest.raises(errors.CanvasTransportError, match=message) as failure:
            canvas.progress.cancel(progress_id=1)
        assert not failure.value.maybe_done
        assert not tls.requests
        patient = connect(PATIENT, base_url=tls.url, ca_bundle=str(certificate))
        asked = len(proxy.lines)

        def allow_third(client: socket.socket, serve: Any = proxy.serve) -> None:
            proxy.refuse = status if len(proxy.lines) < asked + 2 else None
            serve(client)

        proxy.serve = allow_third  # type: ignore[method-assign]
        if retried:
            assert patient.progress.cancel(progress_id=1) == RECORD
            assert len(tls.requests) == 1
        else:
            with pytest.raises(errors.CanvasTransportError):
                patient.progress.cancel(progress_id=1)
            assert len(proxy.lines) == asked + 1


def test_proxy_that_drops_the_connection(
    connect: Connect, tls: RecordingServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that ends the connection instead of a tunnel leaves nothing in Canvas."""
    with proxying(drops=True) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(errors.CanvasTransportError, match=r"through the proxy .*was dropped") as failure:
            connect(ONCE, base_url=tls.url, ca_bundle=str(certificate)).progress.cancel(progress_id=1)
    assert not failure.value.maybe_done


def test_proxy_that_is_down(connect: Connect, plain: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message about a proxy that does not listen names the proxy and the variables."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(errors.CanvasTransportError, match=r"through the proxy .*:9 \(connection refused\)") as failure:
        connect(ONCE, base_url=plain.url).progress.cancel(progress_id=1)
    assert not failure.value.maybe_done


def test_tls_on_a_plain_port(connect: Connect, plain: RecordingServer) -> None:
    """A server that does not speak TLS is told from one that is down, and the request is not retried."""
    with pytest.raises(errors.CanvasTransportError, match=r"does not speak TLS on this port.*http://") as failure:
        connect(PATIENT, base_url=plain.url.replace("http:", "https:")).progress.cancel(progress_id=1)
    assert not failure.value.maybe_done
    assert not plain.requests


def test_plain_request_to_a_tls_port(connect: Connect, tls: RecordingServer) -> None:
    """A server that drops a plain request may expect TLS, and the message says so."""
    with pytest.raises(errors.CanvasTransportError, match="expect an address with https://"):
        connect(ONCE, base_url=tls.url.replace("https:", "http:")).courses.get(course_id=1)
    assert not tls.requests


def test_tls_alert(connect: Connect) -> None:
    """A server that sends a TLS alert in response to a plain request expects TLS, and nothing was executed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        client.recv(65536)
                        client.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(errors.CanvasTransportError, match=r"expects TLS on this port\. Write https://") as failure:
            connect(PATIENT, base_url=url).progress.cancel(progress_id=1)
        listener.shutdown(socket.SHUT_RDWR)
    assert not failure.value.maybe_done


def test_network_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is read once per server."""
    network = Network(Settings("https://school.example", Secret("7~t")))
    assert network.proxy(parse_address("https://school.example/x")) is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert network.proxy(parse_address("https://school.example/y")) is None
    proxy = network.proxy(parse_address("https://other.example/"))
    assert proxy is not None
    assert proxy.name == "the proxy proxy.example:3128"


def test_tls_settings_are_those_of_urllib3(certificate: Path) -> None:
    """The asynchronous client checks certificates and host names."""
    context = Network(Settings("https://school.example", Secret("7~t"), ca_bundle=str(certificate))).tls_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    with pytest.raises(NetworkSettingsError, match="cannot be read"):
        Network(Settings("https://school.example", Secret("7~t"), ca_bundle="/no/such/file")).tls_context()
    assert "SSL_CERT_FILE" not in os.environ
