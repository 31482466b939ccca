"""Test TLS: which certificates are trusted, and the errors of broken connections."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from tests.support.certificates import certificate, server_tls

__all__ = ["certificate"]  # a fixture

Connect = Callable[..., Canvas[SyncIO]]

QUICK = RetryPolicy(retry_for=0.5, first_delay=0.05)


class TlsServer:
    """Reads requests over TLS and answers each with a course, or breaks the TLS stream instead."""

    def __init__(self, certificate: Path) -> None:
        self.context = server_tls(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.breaks = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(raw,), daemon=True).start()

    def _talk(self, raw: socket.socket) -> None:
        try:
            with self.context.wrap_socket(raw, server_side=True) as stream:
                while head := stream.recv(65536):
                    self.requests.append(head)
                    if self.breaks:
                        socket.socket.send(raw if raw.fileno() >= 0 else stream, b"this is no TLS record at all")
                        return
                    body = json.dumps({"id": 1}).encode()
                    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        except OSError:
            return


@pytest.fixture
def server(certificate: Path) -> Iterator[TlsServer]:
    server = TlsServer(certificate)
    yield server
    server.listener.close()


def test_ca_bundle(connect: Connect, server: TlsServer, certificate: Path) -> None:
    """A certificate of the ``ca_bundle`` is trusted."""
    canvas = connect(base_url=server.url, ca_bundle=str(certificate))
    assert canvas.courses.get(course_id=1) == {"id": 1}


def test_untrusted_certificate(connect: Connect, server: TlsServer) -> None:
    """With an untrusted certificate nothing is sent, and the error says why."""
    canvas = connect(QUICK, base_url=server.url)
    with pytest.raises(errors.CanvasTransportError, match="certificate") as failure:
        canvas.progress.cancel(progress_id=1)
    assert not failure.value.maybe_done
    assert server.requests == []


def test_connection_lost_after_a_post(connect: Connect, server: TlsServer, certificate: Path) -> None:
    """A POST whose TLS connection breaks may have been executed, so it is not retried."""
    server.breaks = True
    canvas: Any = connect(QUICK, base_url=server.url, ca_bundle=str(certificate))
    with pytest.raises(errors.CanvasTransportError) as failure:
        canvas.progress.cancel(progress_id=1)
    assert failure.value.maybe_done
    assert len(server.requests) == 1
