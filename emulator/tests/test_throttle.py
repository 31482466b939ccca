from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from canvas_emulator.model.content import Assignment, Page
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.records import AccessToken, DeveloperKey
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, SOURCE, WRITER
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


def test_requests_in_flight_are_the_limit(call_as: CallAs, world: World) -> None:
    """Of 400 requests, ten at a time, none is refused although the bucket does not leak; of 30 at once, 19 are."""
    callers = [call_as(ADMIN) for _ in range(30)]

    def statuses(concurrent: int, requests_each: int) -> list[int]:
        def send(caller: Caller) -> list[int]:
            return [caller("GET", f"courses/{DESTINATION}").status_code for _ in range(requests_each)]

        with ThreadPoolExecutor(concurrent) as pool:
            return [status for each in pool.map(send, callers[:concurrent]) for status in each]

    assert statuses(10, 40) == [200] * 400
    world.clock.advance(60)
    world.faults.rules.append(Rule("/courses/", Action.DELAY, times=None, seconds=0.6))
    at_once = statuses(30, 1)
    assert (at_once.count(200), at_once.count(429)) == (11, 19)


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


def test_each_token_has_its_own_bucket(call_as: CallAs, world: World) -> None:
    """Each token has its own bucket."""
    fill(world)
    admin, writer = call_as(ADMIN), call_as(WRITER)
    admin("GET", "users/self")
    assert admin("GET", "users/self").status_code == 429
    assert writer("GET", "users/self").status_code == 200


def test_concurrent_requests_fill_the_bucket(call_as: CallAs, world: World) -> None:
    """Of fourteen concurrent slow requests, eleven fit below the high-water mark; the bucket then empties."""
    world.faults.rules.append(Rule("/users/self", Action.DELAY, times=None, seconds=0.4))
    callers = [call_as(ADMIN) for _ in range(14)]
    with ThreadPoolExecutor(14) as pool:
        statuses = list(pool.map(lambda caller: caller("GET", "users/self").status_code, callers))
    assert (statuses.count(200), statuses.count(429)) == (11, 3)
    world.faults.clear()
    assert float(callers[0]("GET", "users/self").headers["X-Rate-Limit-Remaining"]) > 595
