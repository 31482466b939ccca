from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from canvas_emulator.jobs import content_migration as job
from canvas_emulator.jobs.automatic_copies import copy_template
from canvas_emulator.jobs.blueprint import associate
from canvas_emulator.machines.agenda import Agenda
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.machines.lanes import LOW, SIS_PRIORITY, SIS_TEMPLATES, Lanes
from canvas_emulator.machines.plans import Stage
from canvas_emulator.machines.progress import ProgressState
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import Account, ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller

COPIES = range(1001, 1007)


@pytest.fixture(autouse=True)
def shells(world: World) -> None:
    """Add six courses to copy into, and allow two copies at a time."""
    for course_id in COPIES:
        world.tables.courses[course_id] = Course(course_id, f"Shell {course_id}", "S", 1, 1)
    world.settings.lanes = 2


def start(canvas: Caller, course_id: int) -> dict[str, Any]:
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
    return canvas("POST", f"courses/{course_id}/content_migrations", json=body).json()


def progress(canvas: Caller, migrations: list[dict[str, Any]]) -> list[str]:
    return [canvas.get(migration["progress_url"])["workflow_state"] for migration in migrations]


def test_two_copies_run_and_the_others_wait(canvas: Caller, world: World) -> None:
    """Two copies run at a time; the others have a queued Progress, and start in pairs and in order."""
    migrations = [start(canvas, course_id) for course_id in COPIES]
    assert [migration["workflow_state"] for migration in migrations] == ["running"] * 6
    world.clock.advance(10)
    assert progress(canvas, migrations) == ["running"] * 2 + ["queued"] * 4
    world.clock.advance(25)
    assert progress(canvas, migrations) == ["completed"] * 2 + ["running"] * 2 + ["queued"] * 2
    world.clock.advance(40)
    assert progress(canvas, migrations) == ["completed"] * 6


def test_failed_copy_leaves_its_lane(canvas: Caller, world: World) -> None:
    """A failed copy leaves its lane, and a waiting copy starts."""
    canvas("POST", "/_emulator/faults", json={"content_migration": "fails", "stage": 1})
    migrations = [start(canvas, course_id) for course_id in list(COPIES)[:3]]
    world.clock.advance(10)
    assert progress(canvas, migrations) == ["failed", "running", "running"]


def test_copy_that_is_run_again_waits_again(canvas: Caller, world: World) -> None:
    """A PUT moves a running copy to the end of the queue."""
    migrations = [start(canvas, course_id) for course_id in list(COPIES)[:3]]
    world.clock.advance(10)
    canvas("PUT", f"courses/{COPIES[0]}/content_migrations/{migrations[0]['id']}")
    world.clock.advance(10)
    assert progress(canvas, migrations) == ["queued", "running", "running"]
    world.clock.advance(60)
    assert progress(canvas, migrations) == ["completed"] * 3


def test_waiting_copy_can_be_run_again(canvas: Caller, world: World) -> None:
    """A PUT of a waiting copy does not put it into the queue twice."""
    migrations = [start(canvas, course_id) for course_id in list(COPIES)[:4]]
    canvas("PUT", f"courses/{COPIES[2]}/content_migrations/{migrations[2]['id']}")
    assert world.lanes.waiting() == 2
    world.clock.advance(35)
    assert progress(canvas, migrations) == ["completed", "completed", "running", "running"]


def test_no_limit_of_lanes(canvas: Caller, world: World) -> None:
    """With ``lanes`` at 0 all copies run at the same time."""
    world.settings.lanes = 0
    migrations = [start(canvas, course_id) for course_id in COPIES]
    world.clock.advance(10)
    assert progress(canvas, migrations) == ["running"] * 6
    assert world.lanes.running() == 6


def test_copies_that_were_started_in_different_ways_do_not_wait_for_each_other(canvas: Caller, world: World) -> None:
    """A copy that a page of Canvas started, and the copy of a course template, have lanes of their own."""
    world.settings.lanes = 1
    start(canvas, COPIES[0])
    start(canvas, COPIES[1])
    for course_id, source in ((COPIES[2], "api_in_app"), (COPIES[3], None)):
        by_page(world, course_id, source)
    template = template_copy(world, COPIES[4])
    world.clock.advance(10)
    world.settle()
    lanes = canvas.get("/_emulator/content_migrations")["lanes"]
    assert {name: (lane["running"], lane["waiting"]) for name, lane in lanes.items()} == {
        "api/1": (1, 1),
        "api_in_app/1": (1, 0),
        "course_template/1": (1, 0),
        "manual/1": (1, 0),
    }
    assert template.user_id is None


def test_each_root_account_has_its_own_lanes(canvas: Caller, world: World) -> None:
    """A copy into a course of a sub-account waits for its root account's others, but not for another root account's."""
    world.settings.lanes = 1
    world.tables.accounts |= {5: Account(5, "Sub", 1), 6: Account(6, "Other root"), 7: Account(7, "Sub of that", 6)}
    for course_id, account_id in zip(COPIES, (1, 5, 6, 7), strict=False):
        world.tables.courses[course_id].account_id = account_id
    for course_id in list(COPIES)[:4]:
        start(canvas, course_id)
    assert [(world.lanes.running(name), world.lanes.waiting(name)) for name in ("api/1", "api/6")] == [(1, 1), (1, 1)]


def test_a_kind_of_lanes_can_have_its_own_width(canvas: Caller, world: World) -> None:
    """``lane_widths`` wins over ``lanes``."""
    response = canvas("POST", "/_emulator/settings", json={"lanes": 1, "lane_widths": {"api": 4}})
    assert response.status_code == 200, response.text
    for course_id in COPIES:
        start(canvas, course_id)
    assert (world.lanes.running("api/1"), world.lanes.waiting("api/1")) == (4, 2)


@pytest.mark.parametrize("widths", [{"nothing": 1}, {"api": -1}, {"api": "1"}, {"api": True}, [], 3, None, "api"])
def test_widths_of_no_lane_are_refused(canvas: Caller, world: World, widths: object) -> None:
    """The error names the kinds of lanes, and nothing is changed."""
    response = canvas("POST", "/_emulator/settings", json={"lane_widths": widths})
    assert response.status_code == 400
    assert "master_course_exports" in response.json()["message"]
    assert world.settings.lane_widths == {}


def test_a_new_width_counts_for_later_copies_only(canvas: Caller, world: World) -> None:
    """A job keeps the width that its lane had when the job was queued."""
    world.settings.lanes = 1
    earlier = [start(canvas, course_id) for course_id in list(COPIES)[:3]]
    world.settings.lanes = 3
    world.clock.advance(10)
    assert progress(canvas, earlier) == ["running", "queued", "queued"]
    later = start(canvas, COPIES[3])
    world.clock.advance(20)
    assert progress(canvas, [*earlier, later]) == ["completed", "running", "queued", "queued"]
    world.clock.advance(30)
    assert progress(canvas, [*earlier, later]) == ["completed", "completed", "running", "running"]


def test_a_reset_takes_the_widths_back(canvas: Caller, world: World) -> None:
    """Widths that a test set do not outlive it."""
    world.settings.lane_widths["api"] = 7
    world.reset()
    assert world.settings.lane_widths == {}


def test_a_lane_completes_in_the_order_of_the_posts(canvas: Caller, world: World) -> None:
    """Forty copies in a lane of width 1 end one after the other, in the order of the POSTs."""
    world.settings.lanes, world.settings.copy_seconds = 1, 1.4
    courses = range(2001, 2041)
    for course_id in courses:
        world.tables.courses[course_id] = Course(course_id, f"Shell {course_id}", "S", 1, 1)
    ids = [start(canvas, course_id)["id"] for course_id in courses]
    ended: list[int] = []
    for _ in range(600):
        world.clock.advance(0.1)
        rows = canvas.get("/_emulator/content_migrations")["content_migrations"]
        ended += [row["id"] for row in rows if row["workflow_state"] == "completed" and row["id"] not in ended]
    assert ended == ids


def test_a_waiting_copy_is_running_with_a_queued_progress(canvas: Caller, world: World) -> None:
    """A copy that waits for its lane is ``running`` in its record, and turns ``pre_processing`` at work."""
    world.settings.lanes = 1
    start(canvas, COPIES[0])
    waiting = start(canvas, COPIES[1])
    assert (waiting["workflow_state"], waiting["started_at"] is not None) == ("running", True)
    row = canvas.get(waiting["progress_url"])
    assert (row["workflow_state"], row["completion"]) == ("queued", 0)
    world.clock.advance(27)
    path = f"courses/{COPIES[1]}/content_migrations/{waiting['id']}"
    assert canvas.get(path)["workflow_state"] == "pre_processing"


@pytest.mark.parametrize(("hours", "state"), [(47.9, "completed"), (48.1, "failed")])
def test_a_copy_whose_turn_comes_after_48_hours_fails(canvas: Caller, world: World, hours: float, state: str) -> None:
    """The job expires: the copy fails with an issue, its Progress fails, and the next copy has its turn."""
    world.settings.lanes = 1
    world.settings.copy_seconds = hours * 3600
    start(canvas, COPIES[0])
    world.settings.copy_seconds = 25
    second = start(canvas, COPIES[1])
    world.clock.advance(3600)
    third = start(canvas, COPIES[2])
    world.clock.advance((hours - 1) * 3600 + 120)
    row = canvas.get(f"courses/{COPIES[1]}/content_migrations/{second['id']}")
    assert row["workflow_state"] == state
    assert row["migration_issues_count"] == (state == "failed")
    assert progress(canvas, [second, third]) == [state, "completed"]


def test_an_import_of_a_blueprint_expires_a_day_after_its_sync_began(canvas: Caller, world: World) -> None:
    """The import of a blueprint that waits longer than a day for its lane fails, although it was queued later."""
    world.settings.lanes = 1
    associate(world, SOURCE, COPIES[0])
    associate(world, SOURCE, COPIES[1])
    world.settings.copy_seconds = 40 * 3600
    sync = canvas("POST", f"courses/{SOURCE}/blueprint_templates/default/migrations").json()
    world.clock.advance(49 * 3600)
    world.settle()
    first, second = (row for row in world.tables.content_migrations.values())
    assert first.workflow_state is Stored.IMPORTED
    assert second.workflow_state is Stored.FAILED
    migrations = canvas.get(f"courses/{SOURCE}/blueprint_templates/default/migrations")
    assert [(row["id"], row["workflow_state"]) for row in migrations] == [(sync["id"], "imports_failed")]


def test_exports_of_blueprints_have_a_lane_of_their_own(canvas: Caller, world: World) -> None:
    """Syncs of two blueprints are exported one after the other, and their imports have the lane of blueprints."""
    world.settings.lanes = 1
    associate(world, SOURCE, COPIES[0])
    associate(world, DESTINATION, COPIES[1])
    for blueprint in (SOURCE, DESTINATION):
        canvas("POST", f"courses/{blueprint}/blueprint_templates/default/migrations")
    assert world.lanes.waiting("master_course_exports/1") == 1
    world.clock.advance(100)
    world.settle()
    lanes = {row["lane"] for row in canvas.get("/_emulator/content_migrations")["content_migrations"]}
    assert lanes == {"master_course/1"}
    assert world.lanes.peak("master_course_exports/1") == 1


def test_template_copies_of_a_sis_import_wait_for_each_other(canvas: Caller, world: World) -> None:
    """They have one lane in all accounts, of width 1 whatever the settings say."""
    world.settings.lanes = 0
    world.tables.accounts[6] = Account(6, "Other root", course_template_id=SOURCE)
    world.tables.courses[COPIES[1]].account_id = 6
    copies = [template_copy(world, course_id, by_sis=True) for course_id in COPIES]
    assert (world.lanes.running(SIS_TEMPLATES), world.lanes.waiting(SIS_TEMPLATES)) == (1, 5)
    world.clock.advance(26)
    world.settle()
    assert [copy.workflow_state is Stored.IMPORTED for copy in copies] == [True] + [False] * 5


def test_a_lower_priority_has_its_turn_first() -> None:
    """Of the runs that wait in a lane, those with a lower priority come first, then those that came first."""
    agenda, now = Agenda(), datetime(2026, 1, 1, tzinfo=UTC)
    lanes, order = Lanes(agenda, lambda _: 1), list[str]()
    for name, priority in (("first", LOW), ("sis", SIS_PRIORITY), ("second", LOW), ("high", 0), ("third", LOW)):
        run = agenda.begin((Stage(1, ProgressState.COMPLETED),), partial(_append, order, name), now)
        lanes.enter("lane", run, now, priority=priority)
    agenda.settle(now + timedelta(seconds=10))
    assert order == ["first", "high", "second", "third", "sis"]


def test_thousands_of_expired_jobs_make_way_at_once() -> None:
    """Expired jobs do not take a turn, however many there are."""
    agenda, now = Agenda(), datetime(2026, 1, 1, tzinfo=UTC)
    lanes, expired = Lanes(agenda, lambda _: 1), list[int]()
    plan = (Stage(3600, ProgressState.COMPLETED),)
    lanes.enter("lane", agenda.begin(plan, lambda *_: None, now), now)
    for number in range(3000):
        run = agenda.begin(plan, lambda *_: None, now)

        def expire(_: datetime, number: int = number) -> None:
            expired.append(number)

        lanes.enter("lane", run, now, expires_at=now + timedelta(seconds=60), expire=expire)
    agenda.settle(now + timedelta(seconds=3601))
    assert expired == list(range(3000))
    assert (lanes.running("lane"), lanes.waiting("lane")) == (0, 0)


def _append(order: list[str], name: str, *_: object) -> None:
    order.append(name)


def by_page(world: World, course_id: int, source: str | None) -> None:
    """Start a copy as a page of Canvas does."""
    now = world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=course_id,
        user_id=1,
        migration_type="course_copy_importer",
        source_course_id=SOURCE,
        migration_settings={"initiated_source": source, "import_immediately": True, "copy_options": {"everything": 1}},
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    job.queue(world, migration, now)


def template_copy(world: World, course_id: int, *, by_sis: bool = False) -> ContentMigration:
    """Start the copy of a course template, as if the course had been created."""
    root = world.tables.accounts[1]
    world.tables.accounts[1] = replace(root, course_template_id=SOURCE)
    copy_template(world, world.tables.courses[course_id], by_sis=by_sis)
    return list(world.tables.content_migrations.values())[-1]
