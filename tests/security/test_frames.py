"""No frame of an error holds a secret: error trackers send the local variables of each frame to another server."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType, SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.settings import OAuth, Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.hooks.connection_fields import Fields
from airflow_provider_canvas.hooks.connection_settings import read_settings
from airflow_provider_canvas.security.secret import Secret

TOKEN = "7~" + "k3ptS3cr3t" * 6
CLIENT_SECRET, REFRESH_TOKEN = "the-cl13nt-secret", "the-r3fresh-token"
SECRETS = (TOKEN, CLIENT_SECRET, REFRESH_TOKEN)


class Killed(BaseException):
    """What a signal raises wherever the program is at that moment, as the timeout of an Airflow task does."""


def shown(error: BaseException) -> str:
    """Return an error with the local variables of all frames but those of the tests, as an error tracker shows them."""
    texts, causes = [], [error]
    while causes:
        cause = causes.pop()
        causes += [other for other in (cause.__cause__, cause.__context__) if other is not None]
        stack = traceback.TracebackException.from_exception(cause, capture_locals=True).stack
        texts.append(repr(cause))
        texts += [f"{frame.name} {frame.locals}" for frame in stack if "/tests/" not in frame.filename]
    return "\n".join(texts)


@contextmanager
def server(reply: bytes = b"") -> Iterator[str]:
    """Read each request and send a reply, or never respond."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as accepted:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection = accepted.enter_context(listener.accept()[0])
                    if reply:
                        connection.recv(1 << 16)
                        connection.sendall(reply)
                        connection.shutdown(socket.SHUT_WR)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def settings_of(url: str, *, grant: bool) -> Settings:
    oauth = OAuth("10", CLIENT_SECRET, REFRESH_TOKEN) if grant else None
    return Settings(url, "" if grant else TOKEN, oauth=oauth, retry_for=0, read_timeout=5)


def synchronous(settings: Settings, killed: bool) -> None:
    """Make a call with the synchronous client, which a signal may interrupt."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Killed

    previous = signal.signal(signal.SIGALRM, interrupt)
    if killed:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with CanvasClient(settings) as canvas:
            canvas.users.get(user_id="self")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def asynchronous(settings: Settings, killed: bool) -> None:
    """Make a call with the asynchronous client, whose task may be cancelled."""

    async def run() -> None:
        async with AsyncCanvasClient(settings) as canvas:
            task = asyncio.create_task(canvas.users.get(user_id="self"))
            if killed:
                asyncio.get_running_loop().call_later(0.3, task.cancel)
            await task

    asyncio.run(run())


@pytest.mark.parametrize("grant", [False, True], ids=["token", "grant"])
@pytest.mark.parametrize("call", [synchronous, asynchronous])
class TestCall:
    """A call that fails."""

    def test_killed_while_waiting(self, call: Callable[..., None], grant: bool) -> None:
        """A task that is killed while a request is in flight shows no secret in any frame."""
        with server() as url, pytest.raises((Killed, asyncio.CancelledError)) as failure:
            call(settings_of(url, grant=grant), killed=True)
        assert not [text for text in shown(failure.value).splitlines() if any(secret in text for secret in SECRETS)]

    @pytest.mark.parametrize("status", ["302 Found", "401 Unauthorized", "404 Not Found", "500 Internal Server Error"])
    def test_refused(self, call: Callable[..., None], grant: bool, status: str) -> None:
        """A call that is refused shows no secret in any frame, though the server repeats them."""
        echo = f'{{"errors": [{{"message": "{TOKEN} {quote(TOKEN)} {CLIENT_SECRET}&{REFRESH_TOKEN}"}}]}}'
        reply = f"HTTP/1.1 {status}\r\nContent-Length: {len(echo)}\r\nConnection: close\r\n\r\n{echo}"
        with server(reply.encode()) as url, pytest.raises(CanvasError) as failure:
            call(settings := settings_of(url, grant=grant), killed=False)
        lines = shown(failure.value).splitlines()
        assert not [line for line in lines if any(secret.reveal() in line for secret in settings.secrets)]


@pytest.mark.parametrize(
    ("values", "extra"),
    [
        ({"host": ""}, {}),
        ({"host": "ftp://school.example"}, {}),
        ({}, {"per_pge": 50}),
        ({}, {"per_page": "many"}),
        ({"password": f"Bearer {TOKEN}"}, {}),
        ({"password": ""}, {"client_id": "10", "client_secret": CLIENT_SECRET}),
        ({}, {"client_id": "10", "client_secret": f"{CLIENT_SECRET} ", "refresh_token": f"x {REFRESH_TOKEN}"}),
    ],
)
def test_connection_with_a_wrong_field(values: dict[str, Any], extra: dict[str, Any]) -> None:
    """A connection that is refused shows none of its secrets in any frame."""
    fields = {"host": "https://school.example", "password": TOKEN, "schema": None, "port": None} | values
    with pytest.raises(ValueError, match="Connection 'canvas_x'") as failure:
        read_settings(Fields("canvas_x", SimpleNamespace(**fields), extra))
    assert not any(secret in shown(failure.value) for secret in SECRETS)


def test_secret_is_masked() -> None:
    """A secret shows itself neither in a text nor in the representation of what holds it."""
    secret = Secret(TOKEN)
    assert f"{secret} {secret!s} {secret!r} {[secret]} {Settings('https://x', TOKEN)}".count("***") == 5
    assert TOKEN not in f"{secret} {secret!s} {secret!r} {vars(Settings('https://x', TOKEN))}"
    assert secret.reveal() == TOKEN
    assert (bool(secret), bool(Secret(""))) == (True, False)
    assert secret == Secret(TOKEN) != Secret("another")
