from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.model.course import Course
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from tests.support.caller import Caller

COPIES = range(1001, 1007)


@pytest.fixture(autouse=True)
def shells(world: World) -> None:
    """Six courses to copy into, and room for two copies at once."""
    for course_id in COPIES:
        world.tables.courses[course_id] = Course(course_id, f"Shell {course_id}", "S", 1, 1)
    world.settings.lanes = 2


def start(canvas: Caller, course_id: int) -> dict[str, Any]:
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
    return canvas("POST", f"courses/{course_id}/content_migrations", json=body).json()


def progress(canvas: Caller, migrations: list[dict[str, Any]]) -> list[str]:
    return [canvas.get(migration["progress_url"])["workflow_state"] for migration in migrations]


def test_two_run_and_the_others_wait_in_order(canvas: Caller, world: World) -> None:
    """Two copies execute at once; the others are running with a queued Progress, and follow in pairs, in order."""
    migrations = [start(canvas, course_id) for course_id in COPIES]
    assert [migration["workflow_state"] for migration in migrations] == ["running"] * 6
    world.clock.advance(10)
    assert progress(canvas, migrations) == ["running"] * 2 + ["queued"] * 4
    world.clock.advance(25)
    assert progress(canvas, migrations) == ["completed"] * 2 + ["running"] * 2 + ["queued"] * 2
    world.clock.advance(40)
    assert progress(canvas, migrations) == ["completed"] * 6


def test_one_that_fails_gives_its_place_away(canvas: Caller, world: World) -> None:
    """A failed copy leaves its lane."""
    canvas("POST", "/_emulator/faults", json={"content_migration": "fails", "stage": 1})
    migrations = [start(canvas, course_id) for course_id in list(COPIES)[:3]]
    world.clock.advance(10)
    assert progress(canvas, migrations) == ["failed", "running", "running"]


def test_one_that_is_run_again_waits_again(canvas: Caller, world: World) -> None:
    """A PUT moves a copy to the end of the queue."""
    migrations = [start(canvas, course_id) for course_id in list(COPIES)[:3]]
    world.clock.advance(10)
    canvas("PUT", f"courses/{COPIES[0]}/content_migrations/{migrations[0]['id']}")
    world.clock.advance(10)
    assert progress(canvas, migrations) == ["queued", "running", "running"]
    world.clock.advance(60)
    assert progress(canvas, migrations) == ["completed"] * 3


def test_one_that_waits_can_be_run_again(canvas: Caller, world: World) -> None:
    """A copy that never began leaves the queue when it is queued again, and is in it once."""
    migrations = [start(canvas, course_id) for course_id in list(COPIES)[:4]]
    canvas("PUT", f"courses/{COPIES[2]}/content_migrations/{migrations[2]['id']}")
    assert world.lanes.waiting("import_content") == 2
    world.clock.advance(35)
    assert progress(canvas, migrations) == ["completed", "completed", "running", "running"]


def test_without_a_limit_all_run(canvas: Caller, world: World) -> None:
    """0 is no limit."""
    world.settings.lanes = 0
    migrations = [start(canvas, course_id) for course_id in COPIES]
    world.clock.advance(10)
    assert progress(canvas, migrations) == ["running"] * 6
    assert world.lanes.running("import_content") == 6
