"""Test migrations that wait for others of the same course."""

from __future__ import annotations

import pytest

from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import MigrationFault
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, OTHER, SOURCE
from tests.support.caller import Caller


def state(canvas: Caller, migration: dict[str, object]) -> str:
    return str(canvas.migration(int(str(migration["id"])))["workflow_state"])


def test_second_migration_waits_for_the_first(canvas: Caller, world: World) -> None:
    """A younger migration of a course is ``queued`` at 0, and runs when the source of the older one is exported."""
    first, second = canvas.copy(), canvas.copy()
    assert (second["workflow_state"], second["started_at"]) == ("queued", None)
    assert canvas.progress(second)["workflow_state"] == "queued"
    world.clock.advance(12.4)
    assert (state(canvas, first), state(canvas, second)) == ("pre_processing", "queued")
    world.clock.advance(0.2)
    assert (state(canvas, first), state(canvas, second)) == ("running", "running")
    world.clock.advance(25)
    assert state(canvas, second) == "completed"


def test_waiting_migrations_run_in_order(canvas: Caller, world: World) -> None:
    """The oldest waiting migration runs next, after the export of the one before it."""
    migrations = [canvas.copy() for _ in range(3)]
    world.clock.advance(24)
    assert [state(canvas, migration) for migration in migrations][0::2] == ["completed", "queued"]
    world.clock.advance(50)
    assert {state(canvas, migration) for migration in migrations} == {"completed"}


def test_other_courses_do_not_wait(canvas: Caller) -> None:
    """Migrations into different courses run at the same time."""
    canvas.copy()
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
    other = canvas("POST", f"courses/{OTHER}/content_migrations", json=body).json()
    assert other["workflow_state"] == "running"


@pytest.mark.parametrize("kind", [Fault.FAILS, Fault.HUNG_PROGRESS])
def test_failure_starts_the_next_migration(canvas: Caller, world: World, kind: Fault) -> None:
    """A failed migration lets the next one run."""
    world.faults.migrations.append(MigrationFault(kind, stage=3))
    canvas.copy()
    second = canvas.copy()
    world.clock.advance(25)
    assert state(canvas, second) != "queued"


def test_blocked_migration_checks_every_hour(canvas: Caller, world: World) -> None:
    """A hung migration blocks for four hours: after that, the next hourly check starts the other one."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=3))
    canvas.copy()
    second = canvas.copy()
    world.clock.advance(3 * 3600 + 60)
    assert state(canvas, second) == "queued"
    world.clock.advance(3600)
    assert state(canvas, second) == "completed"


def test_blocked_migration_fails_after_five_checks(canvas: Caller, world: World) -> None:
    """A migration that is blocked at the sixth check fails with its Progress and an issue."""
    second = permanently_blocked_migration(canvas, world)
    world.clock.advance(5 * 3600)
    assert state(canvas, second) == "queued"
    world.clock.advance(3600)
    assert state(canvas, second) == "failed"
    world.clock.advance(1)
    assert canvas.progress(second)["workflow_state"] == "failed"
    assert [(issue["issue_type"], issue["error_message"]) for issue in canvas.issues(second)] == [
        ("error", "Blocked by running migration")
    ]


def test_put_restarts_the_wait(canvas: Caller, world: World) -> None:
    """A PUT makes a migration that was blocked for too long wait again, and deletes its issue."""
    second = permanently_blocked_migration(canvas, world)
    world.clock.advance(6 * 3600)
    assert state(canvas, second) == "failed"
    canvas("PUT", f"courses/{DESTINATION}/content_migrations/{second['id']}")
    assert (state(canvas, second), canvas.issues(second)) == ("queued", [])
    assert canvas.progress(second)["workflow_state"] == "queued"


def permanently_blocked_migration(canvas: Caller, world: World) -> dict[str, object]:
    """Return a migration that a hung one blocks without end."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=3))
    first = canvas.copy()
    second = canvas.copy()
    world.tables.content_migrations[first["id"]].started_at = world.clock.now().replace(year=2100)
    return second
