"""Jobs that a test holds before a stage and releases."""

from __future__ import annotations

import threading

import pytest

from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import OTHER, SOURCE
from tests.support.caller import COPY_SECONDS, Caller, stored

IMPORTING = 10
"""The stage of a course copy that makes it ``importing``."""


def test_held_copy_stays_before_the_stage(canvas: Caller, world: World) -> None:
    """A held copy does not enter the stage, however long it takes."""
    world.hold(IMPORTING)
    migration = canvas.copied()
    assert migration["workflow_state"] == "running"
    world.clock.advance(3600)
    assert stored(world, migration).workflow_state is Stored.EXPORTED


def test_release_continues_the_copy(canvas: Caller, world: World) -> None:
    """A released copy enters the stage at once, and takes its usual time for the remaining stages."""
    hold = world.hold(IMPORTING)
    migration = canvas.copied()
    hold.release()
    assert stored(world, migration).workflow_state is Stored.IMPORTING
    world.clock.advance(COPY_SECONDS)
    assert stored(world, migration).workflow_state is Stored.IMPORTED


def test_end_of_a_with_block_releases(canvas: Caller, world: World) -> None:
    """A hold ends with its ``with`` block, and does not apply to later copies."""
    with world.hold():
        held = canvas.copied()
        assert canvas.progress(held)["workflow_state"] == "queued"
    world.clock.advance(COPY_SECONDS)
    assert stored(world, held).workflow_state is Stored.IMPORTED
    assert canvas.copied()["workflow_state"] == "completed"


def test_running_copy_is_held(canvas: Caller, world: World) -> None:
    """A hold applies to a copy that is already running."""
    migration = canvas.copy()
    world.clock.advance(COPY_SECONDS / 2)
    world.settle()
    world.hold(IMPORTING)
    world.clock.advance(COPY_SECONDS)
    assert stored(world, migration).workflow_state is Stored.EXPORTED


def test_copy_past_the_stage_is_held_where_it_is(canvas: Caller, world: World) -> None:
    """A copy that has passed the stage does not enter any further one."""
    migration = canvas.copy()
    world.clock.advance(COPY_SECONDS / 2)
    before = stored(world, migration).workflow_state
    world.hold(0)
    world.clock.advance(COPY_SECONDS)
    assert stored(world, migration).workflow_state is before


def test_shorter_job_is_held_before_its_last_stage(canvas: Caller, world: World) -> None:
    """An export, which has six stages, is held before the sixth."""
    hold = world.hold(IMPORTING)
    export = canvas("POST", f"courses/{SOURCE}/content_exports", json={"export_type": "common_cartridge"}).json()
    world.clock.advance(3600)
    path = f"courses/{SOURCE}/content_exports/{export['id']}"
    assert canvas.get(path)["workflow_state"] == "exporting"
    hold.release()
    assert canvas.get(path)["workflow_state"] == "exported"


def test_stopped_job_is_not_released(canvas: Caller, world: World) -> None:
    """A copy that was cancelled while it was held stays failed."""
    world.settings.cancel_stops_job = True
    hold = world.hold(IMPORTING)
    migration = canvas.copied()
    progress = canvas.progress(migration)
    assert canvas("POST", f"progress/{progress['id']}/cancel").status_code == 200
    hold.release()
    world.clock.advance(COPY_SECONDS)
    assert stored(world, migration).workflow_state is Stored.FAILED


def test_held_copy_keeps_its_lane(canvas: Caller, world: World) -> None:
    """With one lane, a second copy waits as long as the first is held."""
    world.settings.lanes = 1
    hold = world.hold(IMPORTING)
    canvas.copied()
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
    second = canvas("POST", f"courses/{OTHER}/content_migrations", json=body).json()
    world.clock.advance(COPY_SECONDS)
    assert stored(world, second).workflow_state is Stored.EXPORTING
    hold.release()
    world.clock.advance(COPY_SECONDS)
    world.settle()
    world.clock.advance(COPY_SECONDS)
    assert stored(world, second).workflow_state is Stored.IMPORTED


def test_two_holds(canvas: Caller, world: World) -> None:
    """A copy that is released from one hold stops at the next one."""
    first, second = world.hold(3), world.hold(IMPORTING)
    migration = canvas.copied()
    assert stored(world, migration).workflow_state is Stored.PRE_PROCESSING
    first.release()
    world.clock.advance(COPY_SECONDS)
    assert stored(world, migration).workflow_state is Stored.EXPORTED
    second.release()
    world.clock.advance(COPY_SECONDS)
    assert stored(world, migration).workflow_state is Stored.IMPORTED


def test_wait_until_a_job_is_held(canvas: Caller, world: World) -> None:
    """A test can wait until the copy that another thread polls has reached the stage."""
    hold = world.hold(IMPORTING)
    poller = threading.Thread(target=canvas.copied)
    poller.start()
    hold.wait()
    hold.release()
    poller.join()


def test_waiting_for_a_job_times_out(world: World) -> None:
    """Waiting for a job that never reaches the stage ends with an error that names the stage."""
    with pytest.raises(TimeoutError, match="no job reached stage 10"):
        world.hold(IMPORTING).wait(timeout=0)


def test_negative_stage_is_refused(world: World) -> None:
    """A negative stage is refused."""
    with pytest.raises(ValueError, match="0 or more, not -1"):
        world.hold(-1)


def test_hold_and_release_over_http(canvas: Caller, world: World) -> None:
    """Another process holds and releases jobs with the control endpoints."""
    assert canvas("POST", "/_emulator/holds", json={"stage": IMPORTING}).json() == {"stage": IMPORTING}
    migration = canvas.copied()
    assert migration["workflow_state"] == "running"
    assert canvas("DELETE", "/_emulator/holds").status_code == 200
    world.clock.advance(COPY_SECONDS)
    assert canvas.migration(migration["id"])["workflow_state"] == "completed"


@pytest.mark.parametrize("body", [{"stage": "late"}, {"stages": 3}, {"stage": -1}])
def test_invalid_body_is_refused_over_http(canvas: Caller, body: dict[str, object]) -> None:
    """A request for a hold with an invalid body is a 400."""
    assert canvas("POST", "/_emulator/holds", json=body).status_code == 400


def test_reset_releases_all_holds(canvas: Caller, world: World) -> None:
    """A reset removes all holds."""
    world.hold()
    world.reset()
    assert canvas.copied()["workflow_state"] == "completed"
