from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from starlette.types import Message, Receive, Scope, Send

from canvas_emulator.model.content import Assignment, Page
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.records import AccessToken, DeveloperKey
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, SOURCE, WRITER
from canvas_emulator.wire.layers import send_bytes, throttled
from tests.support.caller import Caller

COURSE_COPY = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
CallAs = Callable[[str | None], Caller]


def fill(world: World) -> None:
    """Make the next request cost so much that it fills the bucket."""
    world.settings.cost = 700


def test_rate_limit_headers(canvas: Caller) -> None:
    """Each response has its cost, and the remaining units after the refund of its up-front cost."""
    headers = canvas("GET", "users/self").headers
    cost, remaining = float(headers["X-Request-Cost"]), float(headers["X-Rate-Limit-Remaining"])
    assert 0 < cost < 1
    assert remaining == pytest.approx(600 - cost)
    after = canvas("GET", "courses/987654321").headers
    assert float(after["X-Rate-Limit-Remaining"]) == pytest.approx(remaining - float(after["X-Request-Cost"]))


def cost_of(response: requests.Response) -> float:
    return float(response.headers["X-Request-Cost"])


def test_costs_as_measured(canvas: Caller, world: World) -> None:
    """Requests cost what they cost a real Canvas: a poll less than a copy, a copy less than a course."""
    copied = canvas("POST", f"courses/{DESTINATION}/content_migrations", json=COURSE_COPY)
    migration = canvas("GET", f"courses/{DESTINATION}/content_migrations/{copied.json()['id']}")
    progress = canvas("GET", f"progress/{copied.json()['progress_url'].rpartition('/')[2]}")
    created = canvas("POST", "accounts/1/courses", json={"course": {"name": "New"}})
    assert [copied.status_code, migration.status_code, progress.status_code, created.status_code] == [200] * 4
    costs = list(map(cost_of, (progress, migration, copied, created)))
    assert costs == pytest.approx([0.041, 0.072, 0.101, 0.166])
    assert cost_of(canvas("GET", "progress/987654321")) < costs[0]


def test_cost_grows_with_the_rows(canvas: Caller, world: World) -> None:
    """A listing costs more if it returns more rows; assignments cost most."""
    for number in range(31):
        world.add(Page(course_id=SOURCE, title=str(number)))
        world.add(Assignment(course_id=SOURCE, title=str(number)))
    one, all_pages = (cost_of(canvas("GET", f"courses/{SOURCE}/pages", params={"per_page": n})) for n in (1, 50))
    assignments = cost_of(canvas("GET", f"courses/{SOURCE}/assignments", params={"per_page": 50}))
    assert 0.1 < one < 0.15 < all_pages < 0.3
    assert 1 < assignments < 1.7


def test_token_costs_200(canvas: Caller, world: World) -> None:
    """An OAuth2 token costs 200 units, of the bucket of the address that asks for it."""
    world.tables.developer_keys["10"] = DeveloperKey("10", "secret", user_id=4)
    world.tables.tokens["old"] = AccessToken("old", 4, refresh_token="again", client_id="10")
    data = {"grant_type": "refresh_token", "client_id": "10", "client_secret": "secret", "refresh_token": "again"}
    response = requests.post(f"{canvas.server.url}/login/oauth2/token", data=data, timeout=10)
    assert (response.status_code, cost_of(response)) == (200, 200)
    assert float(response.headers["X-Rate-Limit-Remaining"]) == pytest.approx(400)
    assert float(canvas("GET", "users/self").headers["X-Rate-Limit-Remaining"]) > 599


def test_ten_in_flight_are_never_refused(call_as: CallAs, world: World) -> None:
    """Of 400 requests, ten at a time, none is refused, although the bucket does not leak."""

    def statuses(caller: Caller) -> list[int]:
        return [caller("GET", f"courses/{DESTINATION}").status_code for _ in range(40)]

    with ThreadPoolExecutor(10) as pool:
        for each in pool.map(statuses, [call_as(ADMIN) for _ in range(10)]):
            assert each == [200] * 40


async def test_requests_in_flight_are_the_limit(world: World) -> None:
    """Of 30 requests at once, eleven are admitted; once they are over, the next eleven, although nothing leaked."""
    done, statuses = asyncio.Event(), list[int]()

    async def slow(_scope: Scope, _receive: Receive, send: Send) -> None:
        await done.wait()
        await send_bytes(send, 200, "text/plain", b"")

    async def receive() -> Message:
        raise AssertionError("no request has a body")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    def at_once(number: int) -> list[asyncio.Task[None]]:
        scope = {"type": "http", "headers": [(b"authorization", b"Bearer " + ADMIN.encode())], "query_string": b""}
        return [asyncio.ensure_future(app({**scope}, receive, send)) for _ in range(number)]

    app = throttled(slow, world)
    refused = 403 if world.settings.legacy_throttle_403 else 429
    for _ in range(2):
        tasks = at_once(30)
        for _ in range(100):  # a task runs until it waits; none needs more steps
            await asyncio.sleep(0)
        assert statuses == [refused] * 19
        done.set()
        await asyncio.gather(*tasks)
        assert statuses[19:] == [200] * 11
        done.clear()
        statuses.clear()


@pytest.mark.edition("current")
def test_full_bucket_refuses_requests(canvas: Caller, world: World) -> None:
    """A refusal is plain text without a cost, executes nothing, and ends when the bucket has leaked enough."""
    fill(world)
    canvas("GET", "users/self")
    response = canvas("POST", f"courses/{DESTINATION}/content_migrations")
    assert (response.status_code, response.text) == (429, "429 Too Many Requests (Rate Limit Exceeded)\n")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert float(response.headers["X-Rate-Limit-Remaining"]) == pytest.approx(-100, abs=1)
    assert "X-Request-Cost" not in response.headers
    world.clock.advance(16)
    assert canvas("GET", "users/self").status_code == 200


def test_older_servers_throttle_with_403(canvas: Caller, world: World) -> None:
    """Before October 2025 a throttled request got a 403, which only its text identified."""
    world.settings.legacy_throttle_403 = True
    fill(world)
    canvas("GET", "users/self")
    response = canvas("GET", "users/self")
    assert (response.status_code, response.text) == (403, "403 Forbidden (Rate Limit Exceeded)\n")


@pytest.mark.edition("current")
def test_each_token_has_its_own_bucket(call_as: CallAs, world: World) -> None:
    """Each token has its own bucket."""
    fill(world)
    admin, writer = call_as(ADMIN), call_as(WRITER)
    admin("GET", "users/self")
    assert admin("GET", "users/self").status_code == 429
    assert writer("GET", "users/self").status_code == 200


@pytest.mark.edition("current")
def test_concurrent_requests_fill_the_bucket(call_as: CallAs, world: World) -> None:
    """Of fourteen concurrent slow requests, eleven fit below the high-water mark; the bucket then empties."""
    world.faults.rules.append(Rule("/users/self", Action.DELAY, times=None, seconds=0.4))
    callers = [call_as(ADMIN) for _ in range(14)]
    with ThreadPoolExecutor(14) as pool:
        statuses = list(pool.map(lambda caller: caller("GET", "users/self").status_code, callers))
    assert (statuses.count(200), statuses.count(429)) == (11, 3)
    world.faults.clear()
    assert float(callers[0]("GET", "users/self").headers["X-Rate-Limit-Remaining"]) > 595
