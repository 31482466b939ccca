"""The server of a test: it starts, stops and changes its world at once."""

from __future__ import annotations

import asyncio
import threading

import pytest
import requests

from canvas_emulator import http_server
from canvas_emulator.model.clock import ManualClock, RealClock
from canvas_emulator.model.course import Course
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.seeds.small import ADMIN, SOURCE, small_world
from canvas_emulator.server import EmulatorServer, serve


def courses(server: EmulatorServer, token: str = ADMIN, session: requests.Session | None = None) -> list[str]:
    """List the names of an administrator's courses."""
    response = (session or requests).get(
        f"{server.url}/api/v1/accounts/1/courses", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )
    assert response.status_code == 200, response.text
    return [course["name"] for course in response.json()]


class TestStopping:
    """Stopping does not wait for a timer."""

    @pytest.fixture
    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """Record each sleep of the server's event loop, which is not slept."""
        slept: list[float] = []
        sleep = asyncio.sleep

        async def recorded(seconds: float) -> None:
            slept.append(seconds)
            await sleep(0)

        monkeypatch.setattr(asyncio, "sleep", recorded)
        return slept

    def test_no_sleep_while_serving_and_stopping(self, waits: list[float]) -> None:
        """The server sleeps neither while it serves nor when it stops."""
        with serve(small_world()) as server, requests.Session() as session:
            courses(server, session=session)
        assert set(waits) == {0}

    def test_stop_does_not_wait_for_a_timer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A server stops at once although its only timer is not yet due."""
        monkeypatch.setattr(http_server, "DATE_SECONDS", 3600.0)
        with serve(small_world()) as server:
            courses(server)

    def test_idle_connection_is_closed_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An idle keep-alive connection is closed without the grace period."""
        monkeypatch.setattr(http_server, "GRACE_SECONDS", 3600.0)
        with requests.Session() as session, serve(small_world()) as server:
            courses(server, session=session)

    def test_request_of_a_disconnected_client_is_cancelled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A delayed request does not keep the server from stopping after its client has disconnected."""
        monkeypatch.setattr(http_server, "GRACE_SECONDS", 3600.0)
        with serve(small_world()) as server:
            server.world.faults.rules.append(Rule("courses", Action.DELAY, seconds=3600))
            with pytest.raises(requests.ReadTimeout):
                requests.get(f"{server.url}/api/v1/courses", timeout=0.1)

    def test_open_request_is_dropped_after_the_grace_period(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The connection of a client that still waits for a response is closed after the grace period."""
        monkeypatch.setattr(http_server, "GRACE_SECONDS", 0.01)
        errors: list[Exception] = []

        def call() -> None:
            try:
                requests.get(f"{server.url}/api/v1/courses", timeout=60)
            except requests.ConnectionError as error:
                errors.append(error)

        with serve(small_world()) as server:
            rule = Rule("courses", Action.DELAY, seconds=3600)
            server.world.faults.rules.append(rule)
            caller = threading.Thread(target=call)
            caller.start()
            while rule.times:
                pass
        caller.join()
        assert len(errors) == 1

    def test_stop_before_the_start(self) -> None:
        """A server that is stopped before its event loop runs does not start to wait."""
        server = http_server.http_server(http_server.ReplaceableApp(lambda *_: asyncio.sleep(0)))
        server.stop()
        with http_server.listen() as listener:
            asyncio.run(server.serve([listener]))


class TestShow:
    """One server can serve another world for each test."""

    def test_next_request_reads_the_new_world(self) -> None:
        """URL and open connections stay the same, and the courses change."""
        with serve(small_world()) as server, requests.Session() as session:
            url = server.url
            assert courses(server, session=session) == ["Source", "Destination", "Other"]
            server.show(demo_world(clock=ManualClock()))
            assert "Destination" not in courses(server, server.token, session)
            assert server.url == url

    def test_worlds_share_nothing(self) -> None:
        """Requests, faults, settings and the clock of one world do not affect the next one."""
        with serve(small_world()) as server:
            old = server.world
            courses(server)
            old.settings.copy_seconds = 1
            old.faults.rules.append(Rule("courses", times=None))
            server.show(World(small_world()._build, clock=RealClock()))
            courses(server)
            assert server.world.settings.copy_seconds == 25
            assert len(old.requests) == len(server.world.requests) == 1
            assert isinstance(server.world.clock, RealClock)

    def test_storage_hosts_serve_the_new_world(self) -> None:
        """The storage hosts serve the files of the new world at the same URLs."""
        with serve(small_world()) as server:
            urls = dict(server.world.storage_urls)
            server.show(small_world())
            assert server.world.storage_urls == urls
            assert requests.get(f"{urls['s3']}/objects/{SOURCE}", timeout=10).status_code == 403
            assert [request.path for request in server.world.requests] == [f"/objects/{SOURCE}"]

    def test_old_world_gets_no_further_request(self) -> None:
        """The next request reads the new world, and the old world records no further request."""
        before, after = small_world(), small_world()
        after.tables.courses[SOURCE] = Course(SOURCE, "Renamed", "Renamed", 1, 1)
        with serve(before) as server, requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {ADMIN}"
            url = f"{server.url}/api/v1/courses/{SOURCE}"
            assert session.get(url, timeout=10).json()["name"] == "Source"
            server.show(after)
            assert session.get(url, timeout=10).json()["name"] == "Renamed"
        assert server.world is after
        assert after.storage_urls == before.storage_urls
        assert (len(before.requests), len(after.requests)) == (1, 1)
