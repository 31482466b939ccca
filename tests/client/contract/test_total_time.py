"""Test that no server can hold a request for longer than its time, whatever it drips."""

from __future__ import annotations

import gc
import io
import json
import socket
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.rate_limit import MAX_IN_FLIGHT, rate_limiter_for
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.client.transports.time_limit import MIN_BYTES, TimeLimit
from tests.client.contract.raw_server import RawServer, Script, drip, length_of, read_body, response, serving
from tests.client.contract.test_tls import certificate

__all__ = ["certificate"]  # a fixture

Connect = Callable[..., Any]

ONCE = RetryPolicy(retry_for=0)
TIMEOUTS: dict[str, Any] = {"connect_timeout": 10.0, "read_timeout": 8.0, "total_timeout": 1.0}
"""No read waits for as long as its timeout: only the total time can end these requests."""

CHUNKED = response(b"", "Transfer-Encoding: chunked", length=False)
COURSE = json.dumps({"id": 1}).encode()

DRIPPED: dict[str, tuple[bytes, ...]] = {
    "the status line": (b"HTTP/1.1 200 ", b"O"),
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", b"X: y\r\n" * 50, b"y"),
    "a body with a length": (response(b"", "Content-Length: 99999", length=False), b" "),
    "a body until the end": (response(b"", "Connection: close", length=False), b" "),
    "a chunk": (CHUNKED, b"ffff\r\n", b" "),
    "the length of a chunk": (CHUNKED, b"0"),
    "the extension of a chunk": (CHUNKED, b"1;x=", b"y"),
    "a trailer": (CHUNKED, b"2\r\n{}\r\n0\r\nX: ", b"y"),
    "an error's body": (response(b"", "Content-Length: 999", status="404 Not Found", length=False), b" "),
}


def dripping(*parts: bytes) -> Script:
    """Return a script that drips a response: all but its last two parts at once."""

    def script(connection: socket.socket, head: bytes) -> None:
        read_body(connection, head)
        connection.sendall(b"".join(parts[:-1]))
        drip(connection, parts[-1])

    return script


def flood(connection: socket.socket, head: bytes) -> None:
    """Send interim responses without end."""
    read_body(connection, head)
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.005)


@pytest.mark.parametrize("form", DRIPPED)
def test_dripped_response_ends_at_the_total_timeout(connect: Connect, form: str) -> None:
    """A response that is dripped ends at the total timeout, whichever part of it is dripped."""
    with serving(dripping(*DRIPPED[form])) as server:
        canvas = connect(ONCE, base_url=server.url, **TIMEOUTS)
        with pytest.raises(errors.CanvasTimeoutError, match=r"took more than 1 s"):
            canvas.courses.get(course_id=1)


def test_interim_responses_without_end(connect: Connect) -> None:
    """A server that only sends ``100 Continue`` ends the request at the total timeout."""
    with serving(flood) as server, pytest.raises(errors.CanvasTimeoutError, match=r"took more than 1 s"):
        connect(ONCE, base_url=server.url, **TIMEOUTS).courses.get(course_id=1)


@pytest.mark.parametrize("form", ["a header", "a body with a length", "a body until the end"])
def test_dripped_response_over_tls(connect: Connect, certificate: Path, form: str) -> None:
    """The total timeout ends a request over TLS as well."""
    server = RawServer(dripping(*DRIPPED[form]), str(certificate))
    canvas = connect(ONCE, base_url=server.url, ca_bundle=str(certificate), **TIMEOUTS)
    with pytest.raises(errors.CanvasTimeoutError, match=r"took more than 1 s"):
        canvas.courses.get(course_id=1)
    server.close()
    with pytest.raises(errors.CanvasTransportError):  # and the event loop has closed the connection
        canvas.courses.get(course_id=1)


def test_dripped_response_of_a_proxy(connect: Connect, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The total timeout ends a request whose proxy drips the response to ``CONNECT``."""

    with serving(dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x")) as server:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, server.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "")
        canvas = connect(ONCE, base_url="https://canvas.school.example", **TIMEOUTS)
        with pytest.raises(errors.CanvasTransportError):
            canvas.courses.get(course_id=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # urllib3 does not close a TLS socket without a peer
        gc.collect()


def test_dripped_response_to_a_post_may_have_been_executed(connect: Connect) -> None:
    """A POST whose response is dripped may have been executed."""
    with serving(dripping(*DRIPPED["a header"])) as server:
        canvas = connect(base_url=server.url, **TIMEOUTS)
        with pytest.raises(errors.CanvasTimeoutError) as failure:
            canvas.progress.cancel(progress_id=1)
    assert failure.value.maybe_done
    assert len(server.heads) == 1


def test_complete_response_after_slow_ones(connect: Connect) -> None:
    """After a request that ended at its total timeout, the client works as before."""
    slow = [True]

    def script(connection: socket.socket, head: bytes) -> None:
        if slow:
            slow.pop()
            drip(connection, b"HTTP/1.1 200 OK\r\nX: ")
        connection.sendall(response(COURSE))

    with serving(script) as server:
        canvas = connect(RetryPolicy(retry_for=30, first_delay=0.01), base_url=server.url, **TIMEOUTS)
        assert canvas.courses.get(course_id=1) == {"id": 1}


def test_places_in_the_rate_limit_are_freed() -> None:
    """Requests to a server that drips leave the rate limiter at their total timeout, and others are sent."""
    with serving(dripping(*DRIPPED["a header"])) as server:
        settings = Settings(server.url, "7~places", **TIMEOUTS)

        def poll(_: int) -> str:
            with CanvasClient(settings, ONCE) as client, pytest.raises(errors.CanvasTimeoutError) as failure:
                client.courses.get(course_id=1)
            return type(failure.value).__name__

        with ThreadPoolExecutor(12) as threads:
            assert set(threads.map(poll, range(12))) == {"CanvasTimeoutError"}
    assert len(server.heads) == 12 > MAX_IN_FLIGHT
    assert rate_limiter_for(settings).in_flight == 0
    assert rate_limiter_for(settings).waiting == 0


FAST_IDLE: dict[str, Any] = {"connect_timeout": 10.0, "read_timeout": 0.5, "total_timeout": 1.0}


def file_at(server: RawServer) -> dict[str, Any]:
    """Return the record of a file on a server."""
    return {"url": f"{server.url}/file", "display_name": "a.bin", "content-type": "application/zip"}


@pytest.mark.parametrize("form", ["a body with a length", "a body until the end", "a chunk", "a header"])
def test_dripped_download_ends(connect: Connect, form: str, tmp_path: Path) -> None:
    """A download ends when 64 KiB do not arrive within the read timeout."""
    head = b"".join(DRIPPED[form][:-1]).replace(b"application/json", b"application/zip")
    with serving(dripping(head, DRIPPED[form][-1])) as server:
        canvas = connect(ONCE, base_url=server.url, **FAST_IDLE)
        with pytest.raises(errors.CanvasTimeoutError):
            canvas.download(file_at(server), tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []


def test_long_download_does_not_end_at_the_total_timeout(connect: Connect, tmp_path: Path) -> None:
    """A download that takes longer than the total timeout succeeds, as long as enough bytes arrive."""
    blocks = 8

    def script(connection: socket.socket, head: bytes) -> None:
        kind = b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\n"
        connection.sendall(kind + b"Content-Length: %d\r\n\r\n" % (blocks * MIN_BYTES))
        for _ in range(blocks):
            connection.sendall(b"x" * MIN_BYTES)
            time.sleep(0.2)

    with serving(script) as server:
        canvas = connect(ONCE, base_url=server.url, **FAST_IDLE)
        canvas.download(file_at(server), tmp_path / "a.bin")
    assert (tmp_path / "a.bin").stat().st_size == blocks * MIN_BYTES


@dataclass
class Storage:
    """A Canvas that lets files be uploaded to itself.

    :param store: Serves the second step.
    """

    store: Script

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        if b"/files " not in head.partition(b"\r\n")[0]:
            self.store(connection, head)
            return
        read_body(connection, head)
        host = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"host:")).split()[1].decode()
        target = {"upload_url": f"http://{host}/upload", "upload_params": {"a": "b"}, "file_param": "file"}
        connection.sendall(response(json.dumps(target).encode(), "Connection: close"))


def stall(connection: socket.socket, head: bytes) -> None:
    """Read nothing of a body."""
    time.sleep(20)


def read_slowly(connection: socket.socket, head: bytes) -> None:
    """Read a body slower than the least rate."""
    while connection.recv(64):
        time.sleep(0.05)


@pytest.mark.parametrize("store", [stall, read_slowly, dripping(b"HTTP/1.1 201 Created\r\nX: ", b"x")])
def test_upload_that_does_not_proceed_ends(connect: Connect, store: Script) -> None:
    """An upload ends when the storage does not read the file, or drips its response."""
    with serving(Storage(store)) as server:
        canvas = connect(ONCE, base_url=server.url, **{**FAST_IDLE, "connect_timeout": 5.0})
        with pytest.raises(errors.CanvasTransportError):
            canvas.upload(io.BytesIO(b"x" * (16 << 20)), name="a.bin", course_id=1)
        server.close()
        with pytest.raises(errors.CanvasTransportError):  # and the event loop has closed the connection
            canvas.courses.get(course_id=1)


def test_long_upload_does_not_end_at_the_total_timeout(connect: Connect) -> None:
    """An upload that takes longer than the total timeout succeeds, as long as enough bytes are read."""

    def store(connection: socket.socket, head: bytes) -> None:
        left = length_of(head)
        while left > 0:
            began = left
            while left > max(0, began - (2 << 20)):
                left -= len(connection.recv(1 << 16))
            time.sleep(0.1)
        connection.sendall(response(b'{"id": 7, "upload_status": "success"}', status="201 Created"))

    with serving(Storage(store)) as server:
        canvas = connect(ONCE, base_url=server.url, read_timeout=3.0, total_timeout=1.0)
        assert canvas.upload(io.BytesIO(b"x" * (32 << 20)), name="a.bin", course_id=1)["id"] == 7


class TestTimeLimit:
    """The time at which a request ends."""

    @staticmethod
    def limited() -> tuple[TimeLimit, list[float | None], list[float]]:
        """Return a limit, the ends that it set, and its clock."""
        ends: list[float | None] = []
        clock = [100.0]
        settings = Settings("https://school.example", "t", read_timeout=60, total_timeout=300)
        return TimeLimit(settings, ends.append, lambda: clock[0]), ends, clock

    def test_total(self) -> None:
        """A request ends after its total time."""
        limit, ends, _ = self.limited()
        assert ends == [400.0]
        assert limit.reason == "took more than 300 s"

    def test_default(self) -> None:
        """By default the total time is twice the read timeout."""
        assert Settings("https://school.example", "t", read_timeout=7).longest_request == 14

    def test_transfer(self) -> None:
        """Each 64 KiB of a file have the read timeout."""
        limit, ends, clock = self.limited()
        limit.transfer()
        clock[0] = 130.0
        limit.transfer(MIN_BYTES - 1)
        assert ends[-1] == 160.0
        limit.transfer(1)
        assert ends[-1] == 190.0
        assert limit.reason == "transferred less than 64 KiB in 60 s"

    def test_local_work_does_not_count(self) -> None:
        """The time in which a local file is read or written does not count."""
        limit, ends, clock = self.limited()
        limit.transfer()
        clock[0] = 110.0
        with limit.paused():
            assert ends[-1] is None
            clock[0] = 500.0
        assert ends[-1] == 550.0
