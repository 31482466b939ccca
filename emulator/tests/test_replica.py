"""Test reads that lag: new and changed rows are returned some seconds later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE, STRANGER, WRITER
from tests.support.caller import COPY_SECONDS, Caller, stored
from tests.support.uploading import send

LAG = 5
MIGRATIONS = f"courses/{DESTINATION}/content_migrations"


@pytest.fixture(autouse=True)
def lagging(world: World) -> None:
    """Delay reads by five seconds."""
    world.settings.replica_lag = LAG


def start_copy(canvas: Caller) -> dict[str, Any]:
    return canvas.copy()


def start_export(canvas: Caller) -> dict[str, Any]:
    return canvas("POST", f"courses/{SOURCE}/content_exports", json={"export_type": "qti"}).json()


def start_deprecated_copy(canvas: Caller) -> dict[str, Any]:
    return canvas("POST", f"courses/{DESTINATION}/course_copy", json={"source_course": SOURCE}).json()


def create_course(canvas: Caller) -> dict[str, Any]:
    course = {"course": {"name": "New", "sis_course_id": "NEW"}, "enroll_me": True}
    return canvas("POST", "accounts/1/courses", json=course).json()


@pytest.mark.parametrize(
    ("write", "listing", "show"),
    [
        (start_copy, MIGRATIONS, MIGRATIONS + "/{id}"),
        (start_export, f"courses/{SOURCE}/content_exports", f"courses/{SOURCE}/content_exports/{{id}}"),
        (start_deprecated_copy, MIGRATIONS, f"courses/{DESTINATION}/course_copy/{{id}}"),
        (create_course, "courses", "courses/{id}"),
        (create_course, "users/self/courses", "accounts/1/courses/{id}"),
        (create_course, "accounts/1/courses?search_term=New", "courses/sis_course_id:NEW"),
    ],
)
def test_new_row_is_returned_after_the_lag(
    canvas: Caller, world: World, write: Callable[[Caller], dict[str, Any]], listing: str, show: str
) -> None:
    """The response to a POST has the new row at once; GETs of the row and of lists have it after the lag."""
    new = write(canvas)
    world.clock.advance(LAG - 0.5)
    assert new["id"] not in [row["id"] for row in canvas.get(listing)]
    assert canvas("GET", show.format(**new)).status_code == 404
    world.clock.advance(0.5)
    assert new["id"] in [row["id"] for row in canvas.get(listing)]
    assert canvas.get(show.format(**new))["id"] == new["id"]


def test_new_progress(canvas: Caller, world: World) -> None:
    """The URL of a new Progress is a 404 until the lag is over."""
    migration = canvas.copy()
    assert canvas("GET", migration["progress_url"]).status_code == 404
    world.clock.advance(LAG)
    assert canvas.progress(migration)["workflow_state"] == "queued"


@pytest.mark.edition("current")
def test_new_state_is_returned_after_the_lag(canvas: Caller, world: World) -> None:
    """The end of a copy is returned five seconds after it, not five seconds after the next poll."""
    migration, began = canvas.copy(), world.clock.now()
    world.clock.advance(COPY_SECONDS)
    ended = stored(world, migration).finished_at
    assert ended is not None
    assert canvas.migration(migration["id"])["workflow_state"] == "running"
    world.clock.advance((ended - began).total_seconds() + LAG - COPY_SECONDS)
    assert canvas.migration(migration["id"])["workflow_state"] == "completed"


def test_changed_course(canvas: Caller, world: World) -> None:
    """A PUT returns the new name, and a GET the old one until the lag is over."""
    changed = canvas("PUT", f"courses/{SOURCE}", json={"course": {"name": "Renamed"}})
    assert changed.json()["name"] == "Renamed"
    assert canvas.get(f"courses/{SOURCE}")["name"] == "Source"
    world.clock.advance(LAG)
    assert canvas.get(f"courses/{SOURCE}")["name"] == "Renamed"


def test_switching_the_lag_hides_no_rows(canvas: Caller, world: World) -> None:
    """Switching the lag on hides no existing row, and switching it off returns all rows."""
    world.settings.replica_lag = 0
    before = canvas.copy()
    world.settings.replica_lag = LAG
    assert canvas.migration(before["id"])["id"] == before["id"]
    after = canvas.copy()
    assert [row["id"] for row in canvas.get(MIGRATIONS)] == [before["id"]]
    world.settings.replica_lag = 0
    assert [row["id"] for row in canvas.get(MIGRATIONS)] == [after["id"], before["id"]]


def test_writes_do_not_lag(canvas: Caller, world: World) -> None:
    """Requests that change a row read it without lag: a PUT, a cancellation, a copy into a new course."""
    migration = canvas.copy()
    assert canvas("PUT", f"{MIGRATIONS}/{migration['id']}").status_code == 200
    assert canvas("POST", migration["progress_url"] + "/cancel").status_code == 200
    new = create_course(canvas)
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": new["id"]}}
    assert canvas("POST", f"courses/{new['id']}/content_migrations", json=body).status_code == 200


def test_put_after_a_read_from_the_replica(canvas: Caller, world: World) -> None:
    """After a GET from the replica, a PUT changes the course itself and not the replica's row."""
    sis = "courses/sis_course_id:SIS%2FSource"
    canvas.get(sis)
    canvas("PUT", sis, json={"course": {"name": "Renamed"}})
    assert world.tables.courses[SOURCE].name == "Renamed"


def test_upload_that_times_out(canvas: Caller, world: World) -> None:
    """A GET that times an upload out writes to the database, and returns the new state after the lag."""
    body = {"migration_type": "common_cartridge_importer", "pre_attachment": {"name": "a.imscc", "size": 3}}
    migration = canvas("POST", MIGRATIONS, json=body).json()
    world.clock.advance(3601)
    assert canvas.migration(migration["id"])["workflow_state"] == "pre_processing"
    assert world.tables.content_migrations[migration["id"]].workflow_state == "failed"
    world.clock.advance(LAG)
    assert canvas.migration(migration["id"])["workflow_state"] == "failed"


@pytest.mark.edition("current")
def test_permissions_do_not_lag(call_as: Callable[[str | None], Caller], world: World) -> None:
    """Reads from a replica still check permissions."""
    migration = call_as(WRITER).copy()
    world.clock.advance(LAG)
    assert call_as(WRITER).migration(migration["id"])["id"] == migration["id"]
    assert call_as(STRANGER)("GET", f"{MIGRATIONS}/{migration['id']}").status_code == 403


def test_upload_to_a_storage_host_starts_the_migration(canvas: Caller, world: World) -> None:
    """A file that is sent to a storage host starts its migration at once, not at the next request to Canvas."""
    world.settings.storage = StorageMode.INST_FS
    body = {"migration_type": "common_cartridge_importer", "pre_attachment": {"name": "a.imscc", "size": 3}}
    migration = canvas("POST", MIGRATIONS, json=body).json()
    assert send(migration["pre_attachment"], b"abc").status_code == 201
    world.clock.advance(LAG)
    assert canvas.migration(migration["id"])["attachment"]["size"] == 3
