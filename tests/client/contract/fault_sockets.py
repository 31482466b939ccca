"""A host on loopback, on plain sockets, that controls to the byte what it sends and where the connection breaks off."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

PATIENCE = 20.0
"""Seconds after which a connection that a client forgot is closed."""


class Cut(Enum):
    """Where a connection breaks off."""

    REFUSED = auto()  # nothing listens
    UNREAD = auto()  # the connection is closed, and what was sent on it is not read
    UNANSWERED = auto()  # it is closed when the request is read
    IN_HEADERS = auto()
    IN_BODY = auto()  # before the end of the announced length
    IN_CHUNKS = auto()  # in a chunk that says no length
    SILENCE = auto()  # it stays open, and nothing comes


@dataclass(frozen=True)
class Reply:
    """A response.

    :param status: The HTTP status.
    :param headers: The headers, beside the length.
    :param body: The body.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def sent(self, cut: Cut | None = None) -> bytes:
        """Return the bytes that are sent before the connection breaks off."""
        chunked = cut is Cut.IN_CHUNKS
        length = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(self.body))}
        lines = [
            f"HTTP/1.1 {self.status} Whatever",
            *(f"{name}: {v}" for name, v in {**self.headers, **length}.items()),
        ]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        half = self.body[: len(self.body) // 2]
        match cut:
            case None:
                return head + self.body
            case Cut.IN_HEADERS:
                return head[: len(head) // 2]
            case Cut.IN_BODY:
                return head + half
            case Cut.IN_CHUNKS:
                return head + (b"%x\r\n%b\r\n" % (len(half), half) if half else b"") + b"no length\r\n"
            case _:
                return b""


def headers(**named: str) -> dict[str, str]:
    """Return headers from keywords, in which ``_`` stands for ``-``."""
    return {name.replace("_", "-"): value for name, value in named.items()}


@dataclass(frozen=True)
class Received:
    """A request, as it arrived.

    :param head: Its first line and its headers.
    :param body: Its body.
    """

    head: bytes
    body: bytes = b""

    @property
    def method(self) -> str:
        """The verb."""
        return self.head.split(b" ", 1)[0].decode()

    @property
    def target(self) -> str:
        """Path and query."""
        return self.head.split(b" ", 2)[1].decode()

    @property
    def path(self) -> str:
        """The path."""
        return self.target.partition("?")[0]

    @property
    def length(self) -> int:
        """How many bytes its body has."""
        return int(self.header("Content-Length") or 0)

    def header(self, name: str) -> str | None:
        """Return a header's value."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.decode().lower() == name.lower():
                return value.strip().decode()
        return None


class Responder(Protocol):
    """Decides what a host sends."""

    def leaves_unread(self, head: Received) -> bool:
        """Whether the connection is closed instead of reading a request, of which only the head is known."""

    def respond(self, request: Received) -> tuple[Reply, Cut | None]:
        """Return the response to a request, and where the connection breaks off."""


class Host:
    """A host. Its port is its own from the beginning, whether it listens or not.

    :param responder: Decides what each request gets.
    """

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._keeps_port = _bound(0)
        self._port: int = self._keeps_port.getsockname()[1]
        self.netloc = f"127.0.0.1:{self._port}"
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()

    def come_up(self) -> None:
        """Listen, if it does not."""
        if self._listener is None:
            self._listener = _bound(self._port)
            self._listener.listen()
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def go_down(self) -> None:
        """Refuse new connections."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # ends the waiting for connections
            self._listener.close()
            self._listener = None

    def close(self) -> None:
        """Stop listening, and close all connections."""
        self.go_down()
        self._keeps_port.close()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        with connection, suppress(OSError):
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self._exchange(connection):
                pass
        self._open.discard(connection)

    def _exchange(self, connection: socket.socket) -> bool:
        """Serve one request; return whether the connection is kept."""
        ahead = connection.recv(1 << 16, socket.MSG_PEEK)
        if not ahead:
            return False
        if self._responder.leaves_unread(Received(ahead)):
            _wait_until_all_came(connection)
            return False  # a connection that is closed with unread bytes is reset
        reply, cut = self._responder.respond(_read(connection))
        if cut is Cut.SILENCE:
            connection.recv(1)
        else:
            connection.sendall(reply.sent(cut))
        return cut is None and reply.headers.get("Connection") != "close"


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def _read(connection: socket.socket) -> Received:
    """Read one request; none follows before it is answered."""
    read = b""
    while not _is_whole(read):
        read += _some(connection)
    return Received(*read.split(b"\r\n\r\n", 1))


def _wait_until_all_came(connection: socket.socket) -> None:
    """Wait until the whole request has arrived, so that the client has sent all of it."""
    while not _is_whole(connection.recv(1 << 16, socket.MSG_PEEK)):
        time.sleep(0.001)


def _is_whole(read: bytes) -> bool:
    head, end, body = read.partition(b"\r\n\r\n")
    return bool(end) and len(body) >= Received(head).length


def _some(connection: socket.socket) -> bytes:
    some = connection.recv(1 << 16)
    if not some:
        raise ConnectionResetError
    return some
