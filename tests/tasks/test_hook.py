"""A hook turns an Airflow connection into a client, and its connection test names the token's user."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.api.errors import CanvasConnectionError, CanvasInputError
from airflow_provider_canvas.client.errors import CanvasServerError
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook
from airflow_provider_canvas.hooks.connection_fields import Fields
from airflow_provider_canvas.hooks.connection_settings import read_settings
from airflow_provider_canvas.hooks.find_connection import find_fields_async


def test_hook_reads_no_connection_at_parse_time() -> None:
    """A hook for a missing connection can be created, because the connection is read on first use."""
    assert CanvasHook("no_such_connection").canvas_conn_id == "no_such_connection"


def test_resources(connection: str) -> None:
    """The hook has the resources of the client."""
    hook = CanvasHook()
    assert hook.courses.get(course_id=1010)["sis_course_id"] == "TMPL-BIOL1010"
    assert len(list(hook.pages.list(course_id=1010))) == 14
    assert [len(page) for page in hook.pages.list.pages(course_id=1010, per_page=10)] == [10, 4]
    assert hook.get_conn() is hook.client
    hook.close()


async def test_async_hook(connection: str, emulator: EmulatorServer) -> None:
    """The async hook has the same endpoints and operations; hooks of one loop share a session while one is entered."""
    other = CanvasAsyncHook(connection)
    async with CanvasAsyncHook(connection) as hook, other:
        assert (await hook.courses.get(course_id=1010))["sis_course_id"] == "TMPL-BIOL1010"
        assert len([page async for page in hook.pages.list(course_id=1010)]) == 14
        assert [len(page) async for page in hook.pages.list.pages(course_id=1010, per_page=10)] == [10, 4]
        progresses = await hook.update_courses(account_id=1, course_ids=[2001, 2002], event="offer")
        assert [progress["tag"] for progress in progresses] == ["course_batch_update"]
        assert hook.client is other.client
    with pytest.raises(RuntimeError, match="Enter the hook first"):
        await hook.courses.get(course_id=1010)


async def test_async_settings(connection: str) -> None:
    """The settings that a trigger reads without blocking the loop equal those of the hook."""
    assert read_settings(await find_fields_async(connection)) == CanvasHook(connection).settings


def test_connection_test(connection: str, emulator: EmulatorServer) -> None:
    """The connection test returns the user and the host, and not the token."""
    ok, message = CanvasHook().test_connection()
    assert ok
    assert message.startswith(f"Connected to {emulator.url} as Canvas Service Account (user 4). ")
    assert emulator.token not in message


@pytest.mark.parametrize(
    ("fields", "advice"),
    [
        ({"password": "7~refused"}, "create a new one"),
        ({"host": "https://nowhere.invalid"}, "could not be reached"),
        ({"host": "http://canvas.example"}, "Host http://canvas.example is not encrypted"),
        ({"extra": {"per_page": "many"}}, "per_page is 'many'"),
    ],
)
def test_failed_connection_test(
    connection: str,
    emulator: EmulatorServer,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, object],
    advice: str,
) -> None:
    """A failed connection test says what to change, and does not contain the token."""
    wrong = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, **fields}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(wrong))
    ok, message = CanvasHook().test_connection()
    assert not ok
    assert advice in message
    assert emulator.token not in message
    assert "7~refused" not in message


def test_connection_test_of_a_silent_server(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a server accepts the connection and never responds, the connection test fails within ten seconds."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        unanswered = {"conn_type": "canvas", "host": f"http://127.0.0.1:{silent.getsockname()[1]}", "password": "7~x"}
        monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(unanswered))
        started = time.monotonic()
        ok, message = CanvasHook().test_connection()
    assert (ok, "took more than 5 s" in message) == (False, True)
    assert time.monotonic() - started < 10


def test_connection_test_does_not_retry(connection: str, world: World) -> None:
    """The connection test sends one request, even if it fails with 503."""
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
def test_connection_uri(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    """A connection may be a URI."""
    port = emulator.url.rpartition(":")[2]
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", uri.format(token=emulator.token, port=port))
    hook = CanvasHook()
    assert hook.settings.per_page == 50
    assert hook.test_connection()[0]


@pytest.mark.parametrize("conn_id", ["", " ", "None", "null"])
async def test_a_blank_connection_is_refused(conn_id: str) -> None:
    """A template that renders to nothing is named, with what to write, by both hooks."""
    with pytest.raises(CanvasInputError, match=r"canvas_conn_id is .* write the id of an Airflow connection"):
        _ = CanvasHook(conn_id).settings
    with pytest.raises(CanvasInputError, match=r"canvas_conn_id is .* write the id of an Airflow connection"):
        async with CanvasAsyncHook(conn_id):
            pass


async def entered(conn_id: str) -> None:
    async with CanvasAsyncHook(conn_id):
        pass


@pytest.mark.parametrize("wrong", ["canvas_defualt", "canvas-default", "canvas_defaul", "CANVAS_DEFAULT2", "canvas"])
async def test_a_missing_connection_names_the_near_ones(connection: str, wrong: str) -> None:
    """An id that no connection has is named, with near ids and what to do. Airflow's own error is its class."""
    for reading in (lambda: CanvasHook(wrong).settings, lambda: asyncio.run(entered(wrong))):
        with pytest.raises(AirflowNotFoundException) as missing:
            await asyncio.to_thread(reading)
        assert f"There is no connection '{wrong}'. Did you mean 'canvas_default'?" in str(missing.value)
        assert f"airflow connections add {wrong} --conn-type canvas" in str(missing.value)
        assert f"AIRFLOW_CONN_{wrong.upper()}" in str(missing.value)


@pytest.mark.parametrize("uri", ["aws://key:the-secret@", "http://:the-secret@school.example", "postgres://u:p@db/x"])
async def test_a_connection_of_another_type_is_refused(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    """A connection of another type is refused before its password is sent anywhere, with what to write."""
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", uri)
    expected = r"^Connection 'other' is of the type '\w+': write the id of a connection of the type 'canvas'"
    with pytest.raises(CanvasConnectionError, match=expected) as refusal:
        _ = CanvasHook("other").settings
    assert "the-secret" not in str(refusal.value)
    with pytest.raises(CanvasConnectionError, match=expected):
        await entered("other")


def test_invalid_connection_is_a_value_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of an invalid connection is a ``ValueError``, so it can be caught without importing this package."""
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", '{"conn_type": "canvas"}')
    with pytest.raises(ValueError, match="Password is empty") as refusal:
        _ = CanvasHook().settings
    assert isinstance(refusal.value, CanvasConnectionError)


def test_update_courses_in_chunks(connection: str, world: World) -> None:
    """1,005 distinct courses are updated in chunks of 500, each with its own Progress."""
    hook = CanvasHook()
    ids = [*range(2001, 2006), *range(5000, 6000)]
    progresses = hook.update_courses(account_id=1, course_ids=[*ids, *ids[:3]], event="offer")
    assert len(progresses) == len({progress["id"] for progress in progresses}) == 3
    assert [request.method for request in world.requests] == ["PUT"] * 3


def test_update_courses_fails_after_a_chunk(connection: str, world: World) -> None:
    """If a later chunk fails, the error contains the Progresses of the accepted chunks."""
    world.faults.rules.append(Rule("/courses$", skip=1, status=503, times=None))
    with pytest.raises(CanvasServerError) as failure:
        CanvasHook().update_courses(account_id=1, course_ids=[*range(1, 700)], event="offer")
    assert [progress["tag"] for progress in failure.value.completed] == ["course_batch_update"]
    assert failure.value.maybe_done


@pytest.mark.parametrize("course_ids", ["123", None, [], {"2001": 1}], ids=str)
def test_update_courses_without_a_list(connection: str, world: World, course_ids: Any) -> None:
    """``course_ids`` must be a non-empty list; text is not split into its digits."""
    with pytest.raises(ValueError, match="course_ids"):
        CanvasHook().update_courses(account_id=1, course_ids=course_ids, event="delete")
    assert not world.requests


async def test_hook_entered_twice(connection: str) -> None:
    """Leaving an inner ``async with`` block keeps the session of the outer block open."""
    async with CanvasAsyncHook(connection) as hook:
        async with hook:
            await hook.courses.get(course_id=1010)
        assert (await hook.courses.get(course_id=1010))["id"] == 1010


def test_update_courses_with_an_invalid_id(connection: str, world: World) -> None:
    """All ids are checked before the first chunk is sent."""
    with pytest.raises(ValueError, match="BIO-1"):
        CanvasHook().update_courses(account_id=1, course_ids=[*range(1, 700), "BIO-1"], event="offer")
    assert not world.requests


async def test_hooks_share_a_read_of_the_connection(connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks that are entered within seconds read their connection once; one that could not be read is read again."""
    reads: list[str] = []

    async def read(conn_id: str) -> Fields:
        reads.append(conn_id)
        return await find_fields_async(conn_id)

    monkeypatch.setattr("airflow_provider_canvas.hooks.canvas_async.find_fields_async", read)

    async def enter(conn_id: str) -> None:
        async with CanvasAsyncHook(conn_id) as hook:
            assert hook.client

    await asyncio.gather(*(enter(connection) for _ in range(20)))
    await enter(connection)
    assert reads == [connection]
    monkeypatch.setattr("airflow_provider_canvas.hooks.recent_settings.MAX_AGE", -1.0)
    await enter(connection)
    assert reads == [connection] * 2
    for _ in range(2):
        with pytest.raises(AirflowNotFoundException):
            await enter("no_such_connection")
    assert reads[2:] == ["no_such_connection"] * 2
