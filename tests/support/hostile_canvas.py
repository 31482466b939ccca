"""A server in the place of Canvas that sends what no Canvas sends: one attack for each Progress."""

from __future__ import annotations

import functools
import gzip
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

Chunks = Iterator[bytes]
Attack = Callable[[], Chunks]

MEBIBYTE = 1 << 20
DRIPS = 600
"""The number of bytes that are dripped, one in each half second: longer than any test runs."""

RUNNING = {"id": 1, "context_id": 1, "context_type": "Course", "tag": "course_copy", "workflow_state": "running"}


def head(*lines: str, length: int | None) -> bytes:
    """Return the head of a response of status 200."""
    lengths = [] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join(
        ["HTTP/1.1 200 OK", "Connection: close", "Content-Type: application/json", *lengths, *lines, "", ""]
    ).encode()


def whole(body: str | bytes, *lines: str) -> Attack:
    """Return an attack that is one response."""
    sent = body.encode() if isinstance(body, str) else body
    return lambda: iter([head(*lines, length=len(sent)), sent])


def empty(status: str, *lines: str) -> Attack:
    """Return an attack that is a response without a body."""
    return lambda: iter(
        ["\r\n".join([f"HTTP/1.1 {status}", *lines, "Connection: close", "Content-Length: 0", "", ""]).encode()]
    )


def progress(*lines: str, **values: Any) -> Attack:
    """Return an attack that is a Progress with other values, or with other headers."""
    return whole(json.dumps({**RUNNING, "completion": 10, "message": None, **values}), *lines)


def raw(**values: str) -> Attack:
    """Return an attack that is a Progress with JSON of its own for some values."""
    text = {name: json.dumps(value) for name, value in RUNNING.items()} | values
    return whole("{" + ", ".join(f'"{name}": {value}' for name, value in text.items()) + "}")


def ended(**values: str) -> Attack:
    """Return an attack that is a failed Progress with JSON of its own for some values."""
    return raw(workflow_state='"failed"', **values)


def dripped(*, in_headers: bool) -> Chunks:
    """Yield a response byte by byte, which never ends."""
    yield head(length=DRIPS) if not in_headers else b"HTTP/1.1 200 OK\r\nX-Slow: "
    for _ in range(DRIPS):
        time.sleep(0.5)
        yield b" "


def great_text() -> Chunks:
    """Yield 300 MiB of JSON."""
    yield head(length=300 * MEBIBYTE) + b'{"message": "'
    for _ in range(300):
        yield b"x" * MEBIBYTE


def bomb() -> Chunks:
    """Yield half a mebibyte of gzip that unpacks to 500 MiB."""
    packed = _packed()
    yield head("Content-Encoding: gzip", length=len(packed)) + packed


@functools.cache
def _packed() -> bytes:
    """Return the bomb. To pack it takes longer than a request may."""
    return gzip.compress(bytes(500 * MEBIBYTE), 6)


def endless(start: bytes, piece: bytes) -> Attack:
    """Return an attack that repeats a piece without end."""

    def chunks() -> Chunks:
        yield start
        while True:
            yield piece

    return chunks


ATTACKS: dict[str, Attack] = {
    "NaN in completion": ended(completion="NaN", message='"x"'),
    "Infinity in completion": ended(completion="-Infinity"),
    "1e999 in completion": ended(completion="1e999"),
    "400 digits in completion": ended(completion="9" * 400),
    "100,000 digits in completion": ended(completion="9" * 100_000),
    "NUL in the message": ended(message='"a\\u0000b"'),
    "a lone surrogate in the message": ended(message='"a\\ud800b"'),
    "no UTF-8 in the message": whole(b'{"id": 1, "workflow_state": "failed", "message": "\xff\xfe"}'),
    "NUL in a key": ended(results='{"a\\u0000b": {"c": NaN}}'),
    "a message of 5 MiB": ended(message=json.dumps("m" * 5 * MEBIBYTE)),
    "a message that is an object": ended(message='{"a": [null]}'),
    "a state of 5 MiB": progress(workflow_state="s" * 5 * MEBIBYTE),
    "NUL in the state": progress(workflow_state="fail\0ed"),
    "a state that is null": progress(workflow_state=None),
    "a state that is a list": progress(workflow_state=["failed"]),
    "a state that is a number": progress(workflow_state=4),
    "no state": whole('{"id": 1}'),
    "an id that is null": progress(id=None),
    "a list": whole("[]"),
    "null": whole("null"),
    "a text": whole('"failed"'),
    "nothing": whole(""),
    "JSON that is nested 100,000 times": whole("[" * 100_000 + "]" * 100_000),
    "objects that are nested 100,000 times": whole('{"a":' * 100_000 + "1" + "}" * 100_000),
    "300 MiB of JSON": great_text,
    "500 MiB behind 0.5 MiB of gzip": bomb,
    "broken gzip": whole(b"\x1f\x8b\x08no gzip", "Content-Encoding: gzip"),
    "an unknown encoding": whole(b"x", "Content-Encoding: zzz"),
    "headers without end": endless(b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"y" * 4000 + b"\r\n"),
    "a header without end": endless(b"HTTP/1.1 200 OK\r\nX-Header: ", b"y" * 4000),
    "interim responses without end": endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "a body without end": endless(head(length=None), b" " * 4000),
    "a chunk without end": endless(head("Transfer-Encoding: chunked", length=None) + b"ffffffffff\r\n", b" " * 4000),
    "headers that are dripped": lambda: dripped(in_headers=True),
    "a body that is dripped": lambda: dripped(in_headers=False),
    "no HTTP": lambda: iter([b"SSH-2.0-OpenSSH_9.6\r\n"]),
    "NUL in a header": whole("{}", "X-Request-Context-Id: a\0b"),
    "a greater length than the body": lambda: iter([head(length=100), b"{}"]),
    "a negative length": lambda: iter([b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"]),
    "two lengths": lambda: iter([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 99\r\n\r\n{}"]),
    "a cost of 1e300": progress("X-Request-Cost: 1e300", "X-Rate-Limit-Remaining: -1e300"),
    "a cost that is NaN": progress("X-Request-Cost: nan", "X-Rate-Limit-Remaining: inf"),
    "a Retry-After of 10^9": empty("429 Too Many", "Retry-After: 1000000000", "X-Rate-Limit-Remaining: nan"),
    "a redirect to itself": empty("302 Found", "Location: ?"),
    "a redirect to no address": empty("302 Found", "Location: http://[::1\\@x"),
    "two responses at once": lambda: iter([head(length=9) + b'{"id": 1}' + head(length=2) + b"{}"]),
    "a closed connection": lambda: iter([]),
}
"""What is sent for the second and each further request of a Progress, by a name that says it."""


IN_ORDER, FIRST_ATTACK = 1, 2
"""The id of the Progress of a job in order, and of the first attack."""


def prepare() -> None:
    """Prepare the attacks whose first bytes would otherwise come late."""
    _packed()


class HostileCanvas:
    """A server on loopback. One Progress is that of a job in order, which ends after ten polls; others are attacks."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.polls: Counter[int] = Counter()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Accept connections, in a thread."""
        prepare()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(120)
            request = b""
            while b"\r\n\r\n" not in request:
                if not (more := connection.recv(1 << 16)):
                    return
                request += more
            for chunk in self._response(request.split(b" ", 2)[1].decode()):
                connection.sendall(chunk)
            connection.shutdown(socket.SHUT_WR)

    def _response(self, path: str) -> Chunks:
        name = path.partition("?")[0].rpartition("/")[2]
        if not name.isdecimal():  # such as GraphQL, which this Canvas does not have
            return empty("404 Not Found")()
        number = int(name)
        with self._lock:
            self.polls[number] += 1
            polls = self.polls[number]
        if number != IN_ORDER and polls > 1:
            return [*ATTACKS.values()][number - FIRST_ATTACK]()
        state = "completed" if polls > 10 else "running"
        return progress(id=number, workflow_state=state)()
