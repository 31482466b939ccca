"""A server on loopback whose connections a test writes itself, to send what no HTTP library would send."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PATIENCE = 30.0
"""Seconds after which the server closes a connection that a client forgot."""

DRIP = 0.02
"""Seconds between two dripped bytes: much less than any timeout of a single read."""

Script = Callable[[socket.socket, bytes], None]
"""Serves one connection: gets it with the head of its first request, whose body it may read."""


@dataclass
class RawServer:
    """A server.

    :param script: Serves each connection.
    :param certificate: A certificate with its key, to serve TLS.
    """

    script: Script
    certificate: str | None = None
    heads: list[bytes] = field(default_factory=list)
    """The heads of the first requests on all connections."""

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        scheme = "https" if self.certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening, and end all connections."""
        for each in (self._listener, *tuple(self._open)):
            with suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)  # below TLS
            if each is not self._listener:
                each.close()

    def _accept(self) -> None:
        with suppress(OSError), self._listener:
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        connection.settimeout(PATIENCE)
        with suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.certificate)
                connection = context.wrap_socket(connection, server_side=True)
                self._open.add(connection)
            with connection:
                head = read_head(connection)
                self.heads.append(head)
                self.script(connection, head)
        self._open.discard(connection)


@contextmanager
def serving(script: Script, certificate: str | None = None) -> Iterator[RawServer]:
    """Run a server."""
    server = RawServer(script, certificate)
    try:
        yield server
    finally:
        server.close()


def read_head(connection: socket.socket) -> bytes:
    """Read the first line and the headers of a request, and no more."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise ConnectionResetError
        head += byte
    return head


def length_of(head: bytes) -> int:
    """Return the ``Content-Length`` of a request."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def read_body(connection: socket.socket, head: bytes) -> None:
    """Read the body of a request."""
    left = length_of(head)
    while left > 0:
        data = connection.recv(min(left, 1 << 16))
        if not data:
            raise ConnectionResetError
        left -= len(data)


def drip(connection: socket.socket, *parts: bytes) -> None:
    """Send bytes one at a time, then the last of them for ever."""
    for byte in b"".join(parts):
        connection.sendall(bytes([byte]))
        time.sleep(DRIP)
    while True:
        connection.sendall(parts[-1][-1:])
        time.sleep(DRIP)


def response(body: bytes, *headers: str, status: str = "200 OK", length: bool = True) -> bytes:
    """Return a response as bytes."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
