"""Test the counts of requests, and the account of content migrations."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from canvas_emulator.model.counters import RequestCounters
from canvas_emulator.model.course import Course
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller

PROGRESS = "GET /api/v1/progress/{id}"
POST = "POST /api/v1/courses/{course_id}/content_migrations"


def test_requests_are_counted_by_route_and_status(canvas: Caller, world: World) -> None:
    """Ids in a path do not matter; a route has its statuses, and a path without a route is counted, too."""
    migration = canvas.copy()
    for _ in range(3):
        canvas.progress(migration)
    canvas("GET", "progress/987654321")
    canvas("GET", "nothing/here")

    counts = canvas.get("/_emulator/counters")

    assert counts["routes"][PROGRESS]["statuses"] == {"200": 3, "404": 1}
    assert counts["routes"][POST]["requests"] == 1
    assert counts["routes"]["GET unknown route"]["statuses"] == {"404": 1}
    assert counts["methods"] == {"GET": 5, "POST": 1}
    assert (counts["requests"], counts["refused"], counts["in_flight"]) == (6, 0, 0)
    assert world.counters.requests("POST") == 1


def test_counts_do_not_depend_on_how_many_requests_are_kept(canvas: Caller, world: World) -> None:
    """Clearing the list of requests does not change the counts."""
    for _ in range(5):
        canvas("GET", f"courses/{SOURCE}")
    world.requests.clear()
    assert world.counters.requests() == 5


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (Rule("/courses/", Action.DROP), "no response"),
        (Rule("/courses/", Action.DROP_AFTER), "no response"),
        (Rule("/courses/", status=502), "502"),
    ],
)
def test_a_request_that_a_fault_hit_is_counted_for_its_route(
    canvas: Caller, world: World, rule: Rule, status: str
) -> None:
    """A lost response and one in Canvas's place are counted with the requests of the route."""
    world.faults.rules.append(rule)
    with suppress(OSError):
        canvas("GET", f"courses/{SOURCE}")
    assert canvas.get("/_emulator/counters")["routes"]["GET /api/v1/courses/{id}"]["statuses"] == {status: 1}


@pytest.mark.parametrize("edition", ["2023-06", "current"])
def test_refused_requests_are_counted_whatever_their_status(canvas: Caller, edition: str) -> None:
    """A refusal of the rate limit is told apart from a missing right, which has the same status in one edition."""
    canvas("POST", "/_emulator/settings", json={"edition": edition})
    canvas("POST", "/_emulator/throttle", json={"call": 2})
    for _ in range(3):
        canvas("GET", f"courses/{SOURCE}")
    counts = canvas.get("/_emulator/counters")
    assert (counts["requests"], counts["refused"]) == (3, 1)


def test_costs_are_added_up(canvas: Caller) -> None:
    """The cost of a route is the sum of the costs in the headers of its responses."""
    responses = [canvas("GET", f"courses/{SOURCE}") for _ in range(4)]
    wanted = sum(float(response.headers["X-Request-Cost"]) for response in responses)
    assert canvas.get("/_emulator/counters")["cost"] == pytest.approx(wanted)


def test_requests_in_flight_at_the_same_time_are_counted(canvas: Caller, call_as: Callable[[str], Caller]) -> None:
    """Requests that last are in flight together."""
    rule = {"path": "/courses/", "action": "delay", "seconds": 0.3, "times": None}
    canvas("POST", "/_emulator/faults", json=rule)
    callers = [call_as("admin-token") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda caller: caller("GET", f"courses/{SOURCE}"), callers))
    counts = canvas.get("/_emulator/counters")
    assert (counts["max_in_flight"], counts["in_flight"]) == (4, 0)


def test_counts_can_be_reset(canvas: Caller) -> None:
    """After a reset all counts are 0, and the rest of the world is as it was."""
    canvas.copy()
    assert canvas("DELETE", "/_emulator/counters").status_code == 200
    counts = canvas.get("/_emulator/counters")
    assert (counts["requests"], counts["routes"], counts["max_in_flight"]) == (0, {}, 0)
    assert len(canvas.get("/_emulator/content_migrations")["content_migrations"]) == 1


def test_counters_need_no_more_memory_over_time() -> None:
    """A hundred thousand requests of one route are one entry."""
    counters = RequestCounters()
    for _ in range(100_000):
        counters.arrive()
        counters.leave(PROGRESS, 200, refused=False, cost=0.041)
    assert list(counters.routes) == [PROGRESS]
    assert counters.requests("GET") == 100_000


def test_the_account_of_content_migrations_names_every_copy(canvas: Caller, world: World) -> None:
    """Each copy is there with its destination and its state, and a destination with two copies is pointed out."""
    for course_id in range(1001, 1031):
        world.tables.courses[course_id] = Course(course_id, "Shell", "S", 1, 1, sis_course_id=f"S{course_id}")
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
    for course_id in (*range(1001, 1031), DESTINATION, DESTINATION):
        canvas("POST", f"courses/{course_id}/content_migrations", json=body)
    world.clock.advance(26)

    account = canvas.get("/_emulator/content_migrations")

    rows = account["content_migrations"]
    assert [(row["context_id"], row["sis_course_id"]) for row in rows[:30]] == [(n, f"S{n}") for n in range(1001, 1031)]
    assert account["states"] == {"completed": 31, "running": 1}
    assert account["contexts_with_several"] == [
        {"context_type": "Course", "context_id": DESTINATION, "content_migrations": 2}
    ]
    assert {row["source_course_id"] for row in rows} == {SOURCE}
    assert account["contexts"] == 31
