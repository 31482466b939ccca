"""Test faults at a rate, requests that last, and the bucket on a fast clock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import pytest
import requests

from canvas_emulator.machines.content_migration import COURSE_COPY, Fault
from canvas_emulator.model.bucket import Bucket
from canvas_emulator.model.clock import ManualClock, RealClock
from canvas_emulator.model.content import Page
from canvas_emulator.model.course import Course
from canvas_emulator.model.faults import Action, Faults, MigrationFault, RandomFaults
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller


def hits(faults: RandomFaults, requests_sent: int) -> list[Action | None]:
    picked = (faults.pick("GET", f"/api/v1/progress/{number}") for number in range(requests_sent))
    return [rule.action if rule else None for rule in picked]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.3, 1.0])
def test_a_rate_is_kept_and_repeatable(rate: float, seed: int) -> None:
    """Of 20,000 requests the wanted share is hit, in four ways, and the same seed hits the same ones."""
    actions = hits(RandomFaults(rate, seed=seed), 20_000)
    assert actions == hits(RandomFaults(rate, seed=seed), 20_000)
    counts = Counter(actions)
    assert 20_000 - counts[None] == pytest.approx(20_000 * rate, rel=0.2, abs=1)
    if rate:
        wanted = {Action.RESPOND, Action.RESPOND_AFTER, Action.DROP, Action.DROP_AFTER}
        assert set(counts) - {None} == wanted
        assert max(counts[each] for each in wanted) < 2 * min(counts[each] for each in wanted)


def test_different_seeds_hit_different_requests() -> None:
    """The seed decides which requests are hit."""
    assert hits(RandomFaults(0.1, seed=1), 500) != hits(RandomFaults(0.1, seed=2), 500)


def test_faults_at_a_rate_execute_requests_or_not(canvas: Caller, world: World) -> None:
    """With every POST hit, some are executed and others not; all end without a success."""
    canvas("POST", "/_emulator/faults", json={"rate": 1, "seed": 3, "method": "POST"})
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
    ends = Counter[str]()
    for _ in range(40):
        try:
            response = canvas("POST", f"courses/{DESTINATION}/content_migrations", json=body)
            ends[str(response.status_code)] += 1
        except requests.ConnectionError:
            ends["dropped"] += 1
    executed = len(world.tables.content_migrations)
    assert set(ends) == {"500", "dropped"}
    assert 0 < executed < 40
    assert canvas("GET", f"courses/{SOURCE}").status_code == 200
    assert canvas("DELETE", "/_emulator/faults").status_code == 200
    assert canvas("POST", f"courses/{DESTINATION}/content_migrations", json=body).status_code == 200


@pytest.mark.parametrize("document", [{"rate": 2}, {"rate": -0.1}, {"rate": "0.1"}, {"rate": 0.1, "path": "("}])
def test_rates_that_make_no_sense_are_refused(canvas: Caller, document: dict[str, object]) -> None:
    """A rate is a number from 0 to 1."""
    assert canvas("POST", "/_emulator/faults", json=document).status_code == 400
    assert canvas("POST", "/_emulator/faults", json={"content_migration": "fails", **document}).status_code == 400


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_copies_that_fail_depend_on_their_courses_only(seed: int) -> None:
    """The same one percent of courses is hit in any order, and a further copy into a course is drawn for itself."""
    courses = list(range(6001, 11_001))

    def hit(order: list[int]) -> set[int]:
        faults = Faults()
        faults.migrations.append(MigrationFault(Fault.STUCK, stage=0, rate=0.01, seed=seed))
        return {course_id for course_id in order if faults.next_copy(COURSE_COPY, course_id) == ()}

    assert hit(courses) == hit(courses[::-1])
    assert 25 <= len(hit(courses)) <= 80
    fault = MigrationFault(Fault.FAILS, rate=0.01, seed=seed)
    repeated = sum(fault.hits(course_id, 1) for course_id in hit(courses))
    assert repeated <= 5


def test_one_of_a_hundred_copies_fails(canvas: Caller, world: World) -> None:
    """Of the copies that a fault at a rate hits, the emulator's account says that they failed, and of no others."""
    document = {"content_migration": "fails", "stage": 9, "rate": 0.3, "seed": 7}
    canvas("POST", "/_emulator/faults", json=document)
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
    courses = range(1001, 1041)
    for course_id in courses:
        world.tables.courses[course_id] = Course(course_id, "Shell", "S", 1, 1)
        canvas("POST", f"courses/{course_id}/content_migrations", json=body)
    world.clock.advance(60)
    rows = canvas.get("/_emulator/content_migrations")["content_migrations"]
    failed = {row["context_id"] for row in rows if row["workflow_state"] == "failed"}
    fault = MigrationFault(Fault.FAILS, rate=0.3, seed=7)
    assert failed == {course_id for course_id in courses if fault.hits(course_id, 0)}
    assert 0 < len(failed) < 40


@pytest.mark.parametrize(
    ("settings", "least"), [({"latency": 0.2}, 0.2), ({"seconds_per_unit": 10}, 0.6), ({"latency": 0.0}, 0.0)]
)
def test_a_request_lasts_as_long_as_the_settings_say(canvas: Caller, settings: dict[str, float], least: float) -> None:
    """A request takes the latency, and more the more it costs."""
    canvas("POST", "/_emulator/settings", json=settings)
    started = time.monotonic()
    assert canvas("GET", f"courses/{SOURCE}").status_code == 200
    assert time.monotonic() - started >= least


def test_the_bucket_leaks_in_real_time_on_a_fast_clock() -> None:
    """A clock that is a million times as fast does not empty the bucket sooner."""
    settings, clock = Settings(), RealClock(speed=1e6)
    bucket = Bucket(clock.unscaled())
    assert not all(bucket.acquire(settings, clock.unscaled()) for _ in range(100))


@pytest.mark.parametrize("clock", [ManualClock, RealClock])
def test_a_jump_of_the_clock_empties_the_bucket(clock: Callable[[], ManualClock | RealClock]) -> None:
    """What a test waits by a jump has passed for the bucket, too."""
    settings, jumping = Settings(), clock()
    bucket = Bucket(jumping.unscaled())
    while bucket.acquire(settings, jumping.unscaled()):
        pass
    jumping.advance(60)
    assert bucket.acquire(settings, jumping.unscaled())


def test_a_copy_of_a_larger_course_takes_longer(canvas: Caller, world: World) -> None:
    """With ``copy_seconds_per_asset`` the duration depends on the source."""
    for number in range(10):
        world.add(Page(course_id=SOURCE, title=f"Page {number}"))
    canvas("POST", "/_emulator/settings", json={"copy_seconds": 5, "copy_seconds_per_asset": 2})
    migration = canvas.copy()
    world.clock.advance(24.9)
    assert canvas.progress(migration)["workflow_state"] == "running"
    world.clock.advance(0.2)
    assert canvas.progress(migration)["workflow_state"] == "completed"
