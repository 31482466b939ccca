"""The hook: a connection becomes a client, and says who the token belongs to."""

from __future__ import annotations

import json
import socket
import time

import pytest

from airflow_provider_canvas.emulator.faults import Action, Rule
from airflow_provider_canvas.emulator.server import EmulatorServer
from airflow_provider_canvas.emulator.world import World
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.connection import CanvasConnectionError, async_settings


def test_making_a_hook_reads_nothing() -> None:
    """A hook can be made at parse time, for a connection that is not there."""
    assert CanvasHook("no_such_connection").canvas_conn_id == "no_such_connection"


def test_every_resource_is_on_it(connection: str) -> None:
    """The hook is the client."""
    hook = CanvasHook()
    assert hook.courses.get(course_id=1010)["sis_course_id"] == "TMPL-BIOL1010"
    assert len(list(hook.pages.list(course_id=1010))) == 14
    assert hook.get_conn() is hook.client
    hook.close()


async def test_the_same_settings_in_a_loop(connection: str) -> None:
    """A trigger reads the connection without blocking the loop, and reads the same."""
    assert await async_settings(connection) == CanvasHook(connection).settings


def test_whose_token_it_is(connection: str, emulator: EmulatorServer) -> None:
    """The connection's test says the name and the host, and not the token."""
    ok, said = CanvasHook().test_connection()
    assert ok
    assert said == f"Connected to {emulator.url} as Canvas Service Account (user 4)."
    assert emulator.token not in said


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "7~refused"}, "make a new one"),
        ({"host": "https://nowhere.invalid"}, "could not be reached"),
        ({"host": "http://canvas.example"}, "Host http://canvas.example is not encrypted"),
        ({"extra": {"per_page": "many"}}, "per_page is 'many'"),
    ],
)
def test_what_is_wrong_with_it(
    connection: str,
    emulator: EmulatorServer,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, object],
    words: str,
) -> None:
    """A failed test says what to change."""
    said = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, **fields}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))
    ok, message = CanvasHook().test_connection()
    assert not ok
    assert words in message
    assert emulator.token not in message
    assert "7~refused" not in message


def test_it_takes_seconds_at_most(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Canvas that accepts connections and never answers fails the test in less than ten seconds."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        said = {"conn_type": "canvas", "host": f"http://127.0.0.1:{silent.getsockname()[1]}", "password": "7~x"}
        monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))
        began = time.monotonic()
        ok, message = CanvasHook().test_connection()
    assert (ok, "took more than 5 s" in message) == (False, True)
    assert time.monotonic() - began < 10


def test_a_server_error_is_not_waited_out(connection: str, world: World) -> None:
    """The connection's test makes one attempt."""
    world.faults.rules.append(Rule("/users/self", Action.ANSWER, status=503, times=None))
    ok, message = CanvasHook().test_connection()
    assert not ok
    assert "Canvas answered 503" in message
    assert len(world.requests) == 1


@pytest.mark.parametrize(
    "uri",
    [
        "canvas://:{token}@127.0.0.1:{port}/http?per_page=50",
        "canvas://:{token}@http%3A%2F%2F127.0.0.1%3A{port}?per_page=50",
    ],
)
def test_a_connection_as_a_uri(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    """Airflow takes connections as URIs too."""
    port = emulator.url.rpartition(":")[2]
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", uri.format(token=emulator.token, port=port))
    hook = CanvasHook()
    assert hook.settings.per_page == 50
    assert hook.test_connection()[0]


def test_nonsense_is_a_value_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it can be caught without this package's names."""
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", '{"conn_type": "canvas"}')
    with pytest.raises(ValueError, match="Password is empty") as refusal:
        _ = CanvasHook().settings
    assert isinstance(refusal.value, CanvasConnectionError)
