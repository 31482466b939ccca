"""Servers on loopback that record exactly what they receive: the line of each request, its headers and its body."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request as it was received.

    :param method: The method.
    :param target: The target of the request line, byte for byte.
    :param headers: The headers, with lower-case names.
    :param body: The body.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def has_token(self) -> bool:
        """Whether the request contains a token."""
        return "authorization" in self.headers


Reply = tuple[int, dict[str, str], bytes]
"""Status, headers and body of a response."""


@dataclass
class RecordingServer:
    """A server that records requests.

    :param host: Where it listens.
    :param port: The port.
    :param scheme: ``http`` or ``https``.
    :param respond: Returns the response to a request.
    :param requests: The requests so far.
    """

    host: str
    port: int
    scheme: str
    respond: Callable[[Received], Reply]
    requests: list[Received] = field(default_factory=list)

    @property
    def netloc(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL, without a path."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def with_token(self) -> list[Received]:
        """The requests that contain a token."""
        return [request for request in self.requests if request.has_token]


def ok(_request: Received) -> Reply:
    """Respond with a small file."""
    return 200, {"Content-Type": "application/zip"}, b"x"


@contextmanager
def recording(
    respond: Callable[[Received], Reply] = ok, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[RecordingServer]:
    """Run a recording server on a free port.

    :param respond: Returns the response to a request.
    :param host: Where to listen.
    :param tls: The TLS settings; ``None`` for plain HTTP.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline:
                self.close_connection = True
                return
            if not self.parse_request():
                return
            method, target, _ = self.raw_requestline.decode("latin-1").rstrip("\r\n").split(" ", 2)
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(method, target, headers, self.rfile.read(int(headers.get("content-length", 0))))
            server.requests.append(received)
            status, reply_headers, body = server.respond(received)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **reply_headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    class Quiet(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Ignore clients that disconnect, because tests do so."""

        def get_request(self) -> tuple[Any, Any]:
            connection, address = super().get_request()
            if tls is not None:
                connection.settimeout(5)
                connection = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            return connection, address

    listener = Quiet((host, 0), Handler)
    server = RecordingServer(host, listener.server_address[1], "https" if tls else "http", respond)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
