"""Fixtures for tests of uploads and downloads: each kind of storage, and hosts that do not belong to Canvas."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from canvas_emulator.model.clock import RealClock
from canvas_emulator.model.content import File
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import small_world

from airflow_provider_canvas.client.protocol.retry import RetryPolicy

QUICK = RetryPolicy(retry_for=5, first_delay=0.01, max_delay=0.05)
"""A policy that outlasts temporary errors with short delays."""


@pytest.fixture
def world() -> World:
    """Return a world with three empty courses and a running clock."""
    world = small_world()
    world.clock = RealClock()
    return world


@pytest.fixture(params=list(StorageMode))
def mode(request: pytest.FixtureRequest, world: World) -> StorageMode:
    """Run the test with each kind of storage."""
    world.settings.storage = request.param
    return request.param


@pytest.fixture
def canvas(world: World, connect: Any) -> Any:
    """Return a client with short retry delays."""
    return connect(QUICK)


@dataclass
class Host:
    """A server of one file, which is not Canvas's. Its responses can be changed, and it records its requests.

    :param data: The file.
    :param headers: The headers of its responses, except the length. An empty one is not sent.
    :param ranges: Whether it supports range requests.
    :param breaks: The number of bytes after which each of the next responses is cut off. Later ones are complete.
    :param pause_at: The number of bytes of each response after which the host pauses for 0.1 s.
    :param responses: The status and headers of each of the next responses. Later ones contain the file.
    :param requests: The headers and path of each request so far.
    :param url: The URL of the file, set by :func:`hosted`.
    """

    data: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"1"', "Content-Type": "application/zip"})
    ranges: bool = True
    breaks: list[int] = field(default_factory=list)
    pause_at: int | None = None
    responses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def respond(self, request: BaseHTTPRequestHandler) -> None:
        """Respond to a GET."""
        headers_of_request = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append({**headers_of_request, "path": request.path})
        if self.responses:
            status, headers = self.responses.pop(0)
            self._send(request, status, headers, headers.pop("body", "").encode())
            return
        start, status, headers = 0, 200, dict(self.headers)
        unchanged = headers_of_request.get("if-range") in (None, self.headers.get("ETag"))
        if self.ranges and unchanged and (match := re.fullmatch(r"bytes=(\d+)-", headers_of_request.get("range", ""))):
            start, status = int(match[1]), 206
            if start >= len(self.data):
                self._send(request, 416, {"Content-Range": f"bytes */{len(self.data)}"}, b"")
                return
            headers["Content-Range"] = f"bytes {start}-{len(self.data) - 1}/{len(self.data)}"
        self._send(request, status, headers, self.data[start:], self.breaks.pop(0) if self.breaks else None)

    def _send(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        headers: dict[str, str],
        body: bytes,
        stop: int | None = None,
    ) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            if value:
                request.send_header(name, value)
        request.end_headers()
        sent = body[:stop]
        if self.pause_at is not None:
            request.wfile.write(sent[: self.pause_at])
            time.sleep(0.1)
            sent = sent[self.pause_at :]
        request.wfile.write(sent)
        if stop is not None and stop < len(body):
            request.close_connection = True


@contextmanager
def hosted(host: Host) -> Iterator[Host]:
    """Serve a host on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host.respond(self)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Ignore clients that disconnect during a response, because tests do so."""

    server = Quiet(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    host.url = f"http://127.0.0.1:{server.server_port}/file"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield host
    server.shutdown()
    server.server_close()
    thread.join()


def stored(world: World, record: Any) -> bytes:
    """Return the bytes of a file in Canvas."""
    file = world.anywhere(File, record["id"])
    assert file is not None
    return b"".join(file.chunks())
