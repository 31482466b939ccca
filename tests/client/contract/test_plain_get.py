"""A plain GET on a connection that is known has the same result as the first request, which aiohttp sends itself."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from tests.client.contract.raw_server import RawServer, read_body, response
from tests.support.hostile_canvas import ATTACKS, prepare

FINE = response(b'{"id": 1, "workflow_state": "running", "completion": 5}')


class Attacker:
    """A server that serves ``/progress/1`` well, and attacks every other request.

    :param name: The attack.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.heads: list[bytes] = []

    def serve(self, connection: socket.socket, head: bytes) -> None:
        """Respond to the requests of one connection."""
        read_body(connection, head)
        self.heads.append(head)
        while b"/progress/1 " in head or b"/progress/1?" in head:
            connection.sendall(FINE)
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            self.heads.append(head)
        for chunk in ATTACKS[self.name]():
            connection.sendall(chunk)
        connection.shutdown(socket.SHUT_WR)


async def outcome(name: str, *, first: bool) -> tuple[str, Any, list[bytes]]:
    """Return the result of a request that is attacked: the first one of a client, or a later one."""
    attacker = Attacker(name)
    server = RawServer(attacker.serve)
    token = f"7~plain-{name}-{first}"
    settings = Settings(server.url, token, read_timeout=2, total_timeout=3, retry_for=0, max_response_mib=4)
    try:
        async with AsyncCanvasClient(settings) as client:
            if not first:
                for _ in range(3):
                    await client.progress.get(progress_id=1)
            try:
                record = await client.progress.get(progress_id=2)
            except CanvasError as error:
                return type(error).__name__, error.status, attacker.heads
            else:
                return "result", record, attacker.heads
    finally:
        server.close()


@pytest.mark.parametrize("name", ATTACKS)
async def test_attacks(name: str) -> None:
    """A hostile response to a later request has the same result as one to the first request."""
    prepare()
    kind, detail, _ = await outcome(name, first=True)
    later_kind, later_detail, _ = await outcome(name, first=False)
    assert (later_kind, later_detail) == (kind, detail)


async def test_headers_are_those_of_the_first_request() -> None:
    """A later request has the headers of the first one, whatever their order is."""
    _, _, heads = await outcome(next(iter(ATTACKS)), first=False)

    def headers(head: bytes) -> set[str]:
        return {line.lower() for line in head.decode().split("\r\n")[1:] if line}

    assert headers(heads[0]) == headers(heads[1])
    assert heads[1].startswith(b"GET /api/v1/progress/1 HTTP/1.1\r\n")
