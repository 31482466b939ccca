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
    assert world.lanes.waiting("import_content") == 2
    world.clock.advance(35)
    assert progress(canvas, migrations) == ["completed", "completed", "running", "running"]


def test_no_limit_of_lanes(canvas: Caller, world: World) -> None:
    """With ``lanes`` at 0 all copies run at the same time."""
    world.settings.lanes = 0
    migrations = [start(canvas, course_id) for course_id in COPIES]
    world.clock.advance(10)
    assert progress(canvas, migrations) == ["running"] * 6
    assert world.lanes.running("import_content") == 6
