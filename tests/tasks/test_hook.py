"""The hook: a connection becomes a client, and says who the token belongs to."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasServerError
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook
from airflow_provider_canvas.hooks.connection_settings import CanvasConnectionError, async_settings


def test_making_a_hook_reads_nothing() -> None:
    """A hook can be made at parse time, for a connection that is not there."""
    assert CanvasHook("no_such_connection").canvas_conn_id == "no_such_connection"


def test_every_resource_is_on_it(connection: str) -> None:
    """The hook is the client."""
    hook = CanvasHook()
    assert hook.courses.get(course_id=1010)["sis_course_id"] == "TMPL-BIOL1010"
    assert len(list(hook.pages.list(course_id=1010))) == 14
    assert [len(page) for page in hook.pages.list.pages(course_id=1010, per_page=10)] == [10, 4]
    assert hook.get_conn() is hook.client
    hook.close()


async def test_its_asynchronous_twin(connection: str, emulator: EmulatorServer) -> None:
    """The same endpoints and procedures, awaited; hooks of one loop share a session while any of them is entered."""
    twin = CanvasAsyncHook(connection)
    async with CanvasAsyncHook(connection) as hook, twin:
        assert (await hook.courses.get(course_id=1010))["sis_course_id"] == "TMPL-BIOL1010"
        assert len([page async for page in hook.pages.list(course_id=1010)]) == 14
        assert [len(page) async for page in hook.pages.list.pages(course_id=1010, per_page=10)] == [10, 4]
        progresses = await hook.update_courses(account_id=1, course_ids=[2001, 2002], event="offer")
        assert [progress["tag"] for progress in progresses] == ["course_batch_update"]
        assert hook.client is twin.client
    with pytest.raises(RuntimeError, match="Enter the hook first"):
        await hook.courses.get(course_id=1010)


async def test_the_same_settings_in_a_loop(connection: str) -> None:
    """A trigger reads the connection without blocking the loop, and reads the same."""
    assert await async_settings(connection) == CanvasHook(connection).settings


def test_whose_token_it_is(connection: str, emulator: EmulatorServer) -> None:
    """The connection's test says the name and the host, and not the token."""
    ok, message = CanvasHook().test_connection()
    assert ok
    assert message == f"Connected to {emulator.url} as Canvas Service Account (user 4)."
    assert emulator.token not in message


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "7~refused"}, "create a new one"),
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
    wrong = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, **fields}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(wrong))
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
        unanswered = {"conn_type": "canvas", "host": f"http://127.0.0.1:{silent.getsockname()[1]}", "password": "7~x"}
        monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(unanswered))
        began = time.monotonic()
        ok, message = CanvasHook().test_connection()
    assert (ok, "took more than 5 s" in message) == (False, True)
    assert time.monotonic() - began < 10


def test_a_server_error_is_not_waited_out(connection: str, world: World) -> None:
    """The connection's test makes one attempt."""
    world.faults.rules.append(Rule("/users/self", Action.RESPOND, status=503, times=None))
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


def test_many_courses_are_changed_in_chunks(connection: str, world: World) -> None:
    """Canvas takes 500 at a time, and makes a Progress of each request."""
    hook = CanvasHook()
    ids = [*range(2001, 2006), *range(5000, 6000)]
    progresses = hook.update_courses(account_id=1, course_ids=[*ids, *ids[:3]], event="offer")
    assert len(progresses) == len({progress["id"] for progress in progresses}) == 3
    assert [request.method for request in world.requests] == ["PUT"] * 3


def test_chunks_before_an_error_are_not_lost(connection: str, world: World) -> None:
    """Canvas carries out what it took: the error says of which Progress."""
    world.faults.rules.append(Rule("/courses$", skip=1, status=503, times=None))
    with pytest.raises(CanvasServerError) as failure:
        CanvasHook().update_courses(account_id=1, course_ids=[*range(1, 700)], event="offer")
    assert [progress["tag"] for progress in failure.value.completed] == ["course_batch_update"]
    assert failure.value.maybe_done


@pytest.mark.parametrize("course_ids", ["123", None, [], {"2001": 1}], ids=str)
def test_what_is_no_list_of_courses(connection: str, world: World, course_ids: Any) -> None:
    """A text is not taken for its digits."""
    with pytest.raises(ValueError, match="course_ids"):
        CanvasHook().update_courses(account_id=1, course_ids=course_ids, event="delete")
    assert not world.requests


async def test_entered_twice(connection: str) -> None:
    """The inner block does not take the session from the outer one."""
    async with CanvasAsyncHook(connection) as hook:
        async with hook:
            await hook.courses.get(course_id=1010)
        assert (await hook.courses.get(course_id=1010))["id"] == 1010


def test_nothing_is_sent_of_a_batch_with_a_wrong_id(connection: str, world: World) -> None:
    """All ids are looked at before the first chunk is sent."""
    with pytest.raises(ValueError, match="BIO-1"):
        CanvasHook().update_courses(account_id=1, course_ids=[*range(1, 700), "BIO-1"], event="offer")
    assert not world.requests
