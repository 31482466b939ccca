from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from canvas_emulator.model.content import Page
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, SOURCE, WRITER
from tests.support.caller import Caller

CallAs = Callable[[str | None], Caller]


def fill(world: World) -> None:
    """Make the next request cost so much that it fills the bucket."""
    world.settings.cost = 700


def test_rate_limit_headers(canvas: Caller) -> None:
    """Each response has its cost, and the remaining units after the refund of its up-front cost."""
    headers = canvas("GET", "users/self").headers
    assert (float(headers["X-Request-Cost"]), float(headers["X-Rate-Limit-Remaining"])) == (0.3, 599.7)
    assert float(canvas("GET", "courses/987654321").headers["X-Rate-Limit-Remaining"]) == pytest.approx(599.4)


def test_cost_grows_with_the_rows(canvas: Caller, world: World) -> None:
    """A listing costs more if it returns more rows."""
    for number in range(50):
        world.add(Page(course_id=SOURCE, title=str(number)))
    response = canvas("GET", f"courses/{SOURCE}/pages", params={"per_page": 50})
    assert float(response.headers["X-Request-Cost"]) == pytest.approx(0.4)


def test_full_bucket_refuses_requests(canvas: Caller, world: World) -> None:
    """A refusal is plain text without a cost, executes nothing, and ends when the bucket has leaked enough."""
    fill(world)
    canvas("GET", "users/self")
    response = canvas("POST", f"courses/{DESTINATION}/content_migrations")
    assert (response.status_code, response.text) == (429, "429 Too Many Requests (Rate Limit Exceeded)\n")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["X-Rate-Limit-Remaining"] == "0.0"
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
