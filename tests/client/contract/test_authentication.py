"""Test over HTTP how tokens are refreshed, rejected, replaced, and shared by threads, tasks, processes and hosts."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.records import AccessToken, DeveloperKey
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.auth import oauth
from airflow_provider_canvas.client.auth.token_store import DIRECTORY_VARIABLE, store_for
from airflow_provider_canvas.client.caller import MAX_TOKEN_RENEWALS
from airflow_provider_canvas.client.settings import OAuth, Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook
from tests.support.eventually import eventually

Connect = Callable[..., Any]

FIELDS = {"client_id": "10", "client_secret": "the-client-secret", "refresh_token": "the-refresh-token"}
GRANT = OAuth(**FIELDS)
FIRST = "7~first-access-token"
TOKEN_PATH = "/login/oauth2/token"
SERVICE, DANA = 4, 17  # the user whose grant it is, and another one


@pytest.fixture(autouse=True)
def _grant(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Canvas knows the grant, this host has no token of it yet, nobody is throttled, and an hour passes in no time."""
    world.tables.developer_keys["10"] = DeveloperKey("10", FIELDS["client_secret"], user_id=SERVICE)
    world.tables.tokens[FIRST] = AccessToken(FIRST, SERVICE, refresh_token=FIELDS["refresh_token"], client_id="10")
    world.settings.throttle = False
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "tokens"))
    monkeypatch.setattr(oauth, "SHORT_LIFE", 0.0)


def refreshes(world: World) -> int:
    return sum(request.path == TOKEN_PATH for request in world.requests)


def requests_of(world: World) -> list[tuple[str, str, int | None]]:
    return [(request.method, request.path.removeprefix("/api/v1/"), request.status) for request in world.requests]


def kill_token(world: World) -> None:
    """Make the access token of the grant void, as an hour does, or a refresh by another client."""
    with world.lock:
        (old,) = [token for token, row in world.tables.tokens.items() if row.refresh_token]
        row = world.tables.tokens.pop(old)
        row.token = f"7~another-client-{len(world.requests)}"
        world.tables.tokens[row.token] = row


class TestOneClient:
    """One client with a grant, on both transports."""

    def test_token_is_requested_first(self, connect: Connect, world: World) -> None:
        """The first request gets an access token, itself without one. No URL contains a secret."""
        canvas = connect(token="", oauth=GRANT)
        assert canvas.users.get(user_id="self")["id"] == SERVICE
        assert canvas.users.get(user_id="self")["id"] == SERVICE
        assert requests_of(world) == [("POST", TOKEN_PATH, 200), ("GET", "users/self", 200), ("GET", "users/self", 200)]
        assert [request.has_authorization for request in world.requests] == [False, True, True]
        assert [request.query for request in world.requests] == ["", "", ""]

    def test_connection_token_is_used_first(self, connect: Connect, world: World) -> None:
        """The token in the connection's password is used until Canvas rejects it."""
        canvas = connect(token=FIRST, oauth=GRANT)
        canvas.users.get(user_id="self")
        assert refreshes(world) == 0
        kill_token(world)
        canvas.users.get(user_id="self")
        assert refreshes(world) == 1

    def test_post_is_sent_again_after_a_401(self, connect: Connect, world: World) -> None:
        """A POST that was rejected with 401 was not executed, so it is sent again with a new token."""
        canvas = connect(token="", oauth=GRANT)
        canvas.users.get(user_id="self")
        world.requests.clear()
        kill_token(world)
        settings = {"source_course_id": 1010}
        fresh = {"course_id": "sis_course_id:BIOL-1010-001", "migration_type": "course_copy_importer"}
        canvas.content_migrations.create(**fresh, settings=settings)
        route = "courses/sis_course_id:BIOL-1010-001/content_migrations"
        assert requests_of(world) == [("POST", route, 401), ("POST", TOKEN_PATH, 200), ("POST", route, 200)]

    def test_token_is_replaced_between_pages(self, connect: Connect, world: World) -> None:
        """A listing continues when its token is replaced between two pages.

        A page that is fetched in advance may be in flight for the whole listing and meet every replacement. So there
        are as many as one request survives.
        """
        replaced_after = (0, 9, 18)
        assert len(replaced_after) == MAX_TOKEN_RENEWALS
        canvas = connect(token="", oauth=GRANT, per_page=5)
        names = []
        for number, file in enumerate(canvas.files.list(course_id=1010)):
            names.append(file["display_name"])
            if number in replaced_after:
                kill_token(world)
        assert len(set(names)) == len(names) == 27
        assert 2 <= refreshes(world) <= 1 + len(replaced_after)

    def test_expired_token_is_refreshed(self, connect: Connect, world: World) -> None:
        """A token that has expired is refreshed."""
        canvas = connect(token="", oauth=GRANT)
        canvas.users.get(user_id="self")
        world.clock.advance(3600)
        assert canvas.users.get(user_id="self")["id"] == SERVICE
        assert refreshes(world) == 2

    def test_rejected_grant(
        self, connect: Connect, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """The error says what to do. Neither the message nor any log contains a secret, at any level."""
        caplog.set_level(logging.DEBUG)
        revoked = OAuth("10", GRANT.client_secret, "a-revoked-refresh-token")
        with pytest.raises(errors.CanvasAuthenticationError, match="authorize the developer key again") as failure:
            connect(token="7~stale", oauth=revoked).users.get(user_id="self")
        with pytest.raises(errors.CanvasAuthenticationError, match="client_id and client_secret"):
            connect(token="", oauth=OAuth("10", "a-wrong-secret", GRANT.refresh_token)).users.get(user_id="self")
        shown = str(failure.value) + caplog.text + "".join(capfd.readouterr())
        for secret in (FIELDS["client_secret"], "a-revoked-refresh-token", "7~stale", "a-wrong-secret"):
            assert secret not in shown

    def test_refresh_is_retried(self, connect: Connect, world: World) -> None:
        """A refresh is retried after a 503 and a lost response."""
        world.faults.rules.append(Rule(TOKEN_PATH, Action.RESPOND, status=503))
        world.faults.rules.append(Rule(TOKEN_PATH, Action.DROP_AFTER))
        assert connect(token="", oauth=GRANT).users.get(user_id="self")["id"] == SERVICE
        assert refreshes(world) == 3

    def test_as_user_id(self, connect: Connect, world: World) -> None:
        """``as_user_id`` is sent with every request, but not with the refresh."""
        canvas = connect(token="", oauth=GRANT, as_user_id=str(DANA))
        assert canvas.users.get(user_id="self")["name"] == "Dana Whitfield"
        assert [request.query for request in world.requests] == ["", "as_user_id=17"]

    def test_as_user_id_that_does_not_exist(self, connect: Connect, world: World) -> None:
        """An invalid ``as_user_id`` is a permission error: the token is neither refreshed nor sent again."""
        canvas = connect(token="", oauth=GRANT, as_user_id="999999")
        with pytest.raises(errors.CanvasPermissionError, match="Invalid as_user_id"):
            canvas.users.get(user_id="self")
        assert requests_of(world) == [("POST", TOKEN_PATH, 200), ("GET", "users/self", 401)]

    def test_missing_scope(self, connect: Connect, world: World) -> None:
        """A missing scope is a permission error: the token is not refreshed."""
        world.tables.tokens[FIRST].scopes = frozenset({"url:GET|/api/v1/users/:id"})
        canvas = connect(token="", oauth=GRANT)
        assert canvas.users.get(user_id="self")["id"] == SERVICE
        with pytest.raises(
            errors.CanvasPermissionError, match=r"Insufficient scopes.*add url:GET\|/api/v1/courses/:id to"
        ):
            canvas.courses.get(course_id=1010)
        assert refreshes(world) == 1

    def test_a_personal_token_is_not_refreshed(self, connect: Connect, world: World) -> None:
        """A rejected personal token is sent once."""
        with pytest.raises(errors.CanvasAuthenticationError, match="create a new one"):
            connect(token="7~unknown").users.get(user_id="self")
        assert requests_of(world) == [("GET", "users/self", 401)]


class TestTheConnectionChanges:
    """A user edits the Airflow connection while a task runs."""

    @pytest.fixture
    def connection_says(self, emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        """Change what the connection says."""

        def say(password: str, **extra: str) -> None:
            connection = {"conn_type": "canvas", "host": emulator.url, "password": password, "extra": extra}
            monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(connection))

        return say

    def test_task_continues_with_the_new_connection(self, connection_says: Callable[..., None], world: World) -> None:
        """The hook uses a new personal token, and then a new grant, as soon as the old token is rejected."""
        world.tables.tokens["7~newer"] = AccessToken("7~newer", DANA)
        connection_says(FIRST)
        hook = CanvasHook()
        assert hook.users.get(user_id="self")["id"] == SERVICE
        connection_says("7~newer")
        kill_token(world)
        assert hook.users.get(user_id="self")["id"] == DANA
        connection_says("", **FIELDS)
        world.tables.tokens["7~newer"].revoked = True
        assert hook.users.get(user_id="self")["id"] == SERVICE
        hook.close()

    async def test_trigger_continues_with_the_new_connection(
        self, connection_says: Callable[..., None], world: World
    ) -> None:
        """The async hook uses a new token and a new grant as well."""
        world.tables.tokens["7~newer"] = AccessToken("7~newer", DANA)
        connection_says(FIRST)
        async with CanvasAsyncHook() as hook:
            assert (await hook.users.get(user_id="self"))["id"] == SERVICE
            connection_says("7~newer")
            kill_token(world)
            assert (await hook.users.get(user_id="self"))["id"] == DANA

    def test_connection_test_of_a_grant(self, connection_says: Callable[..., None], emulator: EmulatorServer) -> None:
        """*Test* in Airflow's connection form refreshes the token and reports the user, or what is wrong."""
        extra = FIELDS
        connection_says("", **extra)
        message = f"Connected to {emulator.url} as Canvas Service Account (user {SERVICE})."
        ok, shown = CanvasHook().test_connection()
        assert (ok, shown.startswith(message)) == (True, True)
        connection_says("", **{**extra, "refresh_token": "a-revoked-one"})
        ok, message = CanvasHook().test_connection()
        assert (ok, "authorize the developer key again" in message) == (False, True)
        assert not any(secret in message for secret in (FIELDS["client_secret"], "a-revoked-one"))

    def test_connection_with_the_same_token(self, connection_says: Callable[..., None], world: World) -> None:
        """If the connection still has the rejected token, the error is raised at once."""
        connection_says("7~unknown")
        hook = CanvasHook()
        with pytest.raises(errors.CanvasAuthenticationError):
            hook.users.get(user_id="self")
        assert len(world.requests) == 1
        hook.close()


@contextmanager
def killing(world: World, *, times: int, every: int) -> Iterator[list[int]]:
    """Let the token of the grant die now and then; what is yielded counts how often it did."""
    kills: list[int] = []
    done = threading.Event()

    def kill() -> None:
        while len(kills) < times and not done.wait(0.005):
            served = sum(request.status == 200 for request in world.requests.copy())
            if served > every * (len(kills) + 1):
                kill_token(world)
                kills.append(served)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield kills
    finally:
        done.set()
        killer.join()


PROCESS = """
import asyncio, json, sys
from airflow_provider_canvas.client.auth import oauth
from airflow_provider_canvas.client.settings import OAuth, Settings
oauth.SHORT_LIFE, options = 0.0, json.load(sys.stdin)
settings = Settings(options["url"], "", oauth=OAuth(**options["oauth"]))
if options["awaited"]:
    from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
    async def work():
        async with AsyncCanvasClient(settings) as canvas:
            for _ in range(options["times"] // 5):
                await asyncio.gather(*(canvas.users.get(user_id="self") for _ in range(5)))
    asyncio.run(work())
else:
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient
    with CanvasClient(settings) as canvas:
        for _ in range(options["times"]):
            canvas.users.get(user_id="self")
print("done")
"""


def task(emulator: EmulatorServer, *, times: int, awaited: bool = False) -> subprocess.Popen[str]:
    """Start a process that makes some requests with the grant."""
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen([sys.executable, "-c", PROCESS], text=True, **pipes)
    assert process.stdin is not None
    process.stdin.write(json.dumps({"url": emulator.url, "oauth": FIELDS, "times": times, "awaited": awaited}))
    process.stdin.close()
    process.stdin = None  # communicate() would write to it
    return process


class TestMany:
    """Many users of one grant: its token is invalidated now and then, no request fails, and few refreshes are sent."""

    def test_processes(self, world: World, emulator: EmulatorServer) -> None:
        """Of several processes with sync and async clients, one refreshes for all."""
        with ExitStack() as stack:
            kills = stack.enter_context(killing(world, times=3, every=80))
            started = [stack.enter_context(task(emulator, times=100, awaited=bool(number % 2))) for number in range(5)]
            ended = [process.communicate(timeout=60) for process in started]
        assert ended == [("done\n", "")] * 5
        assert len(kills) == 3
        assert refreshes(world) <= len(kills) + 1
        assert sum(request.path.endswith("/users/self") and request.status == 200 for request in world.requests) == 500

    def test_a_process_that_is_killed(self, world: World, emulator: EmulatorServer) -> None:
        """If a process is killed during a refresh, the others still get a token."""
        world.faults.rules.append(Rule(TOKEN_PATH, Action.DELAY_AFTER, seconds=3.0))
        store = store_for(emulator.url, GRANT)
        with task(emulator, times=1) as process, CanvasClient(Settings(emulator.url, "", oauth=GRANT)) as canvas:
            with store.lock() as lock:
                assert eventually(lambda: FIRST not in world.tables.tokens)
                assert not lock.try_acquire()
            process.kill()
            assert canvas.users.get(user_id="self")["id"] == SERVICE
        assert 1 <= refreshes(world) <= 2  # with that of the process, once Canvas is done with it

    def test_threads(self, world: World, emulator: EmulatorServer) -> None:
        """Threads with a client each share the token."""

        def work(_: int) -> None:
            with CanvasClient(Settings(emulator.url, "", oauth=GRANT)) as canvas:
                for _ in range(25):
                    canvas.users.get(user_id="self")

        with killing(world, times=3, every=40) as kills, ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(8)))
        assert len(kills) == 3
        assert refreshes(world) <= len(kills) + 1

    async def test_tasks_of_a_loop(self, world: World, emulator: EmulatorServer) -> None:
        """While one task waits for the new token, the event loop runs the other tasks."""
        with killing(world, times=3, every=40) as kills:
            async with AsyncCanvasClient(Settings(emulator.url, "", oauth=GRANT)) as canvas:
                for _ in range(10):
                    await asyncio.gather(*(canvas.users.get(user_id="self") for _ in range(20)))
        assert len(kills) == 3
        assert refreshes(world) <= len(kills) + 1

    def test_two_hosts(
        self, world: World, emulator: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two hosts with one grant and no common directory invalidate each other's tokens, and both finish."""
        monkeypatch.setattr(oauth, "SHORT_LIFE", 60.0)
        monkeypatch.setattr(oauth, "BACK_OFF", 0.4)
        hosts = []
        for name in ("one", "other"):
            monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / name))
            hosts.append(CanvasClient(Settings(emulator.url, "", oauth=GRANT)))

        def work(canvas: CanvasClient) -> int:
            return sum(canvas.users.get(user_id="self")["id"] == SERVICE for _ in range(100))

        with ThreadPoolExecutor(2) as threads:
            assert list(threads.map(work, hosts)) == [100, 100]
        assert 2 <= refreshes(world) <= 40
        for canvas in hosts:
            canvas.close()
