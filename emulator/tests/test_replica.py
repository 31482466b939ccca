"""Reads that lag: a row is there some seconds after it was made, and changes some seconds after it did."""

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
    """Reads are five seconds behind."""
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
def test_a_new_row_appears_after_the_lag(
    canvas: Caller, world: World, write: Callable[[Caller], dict[str, Any]], listing: str, show: str
) -> None:
    """The response to a POST has the new row at once; lists and shows have it after the lag."""
    made = write(canvas)
    world.clock.advance(LAG - 0.5)
    assert made["id"] not in [row["id"] for row in canvas.get(listing)]
    assert canvas("GET", show.format(**made)).status_code == 404
    world.clock.advance(0.5)
    assert made["id"] in [row["id"] for row in canvas.get(listing)]
    assert canvas.get(show.format(**made))["id"] == made["id"]


def test_a_progress_is_not_there_yet(canvas: Caller, world: World) -> None:
    """Its address is in the response to the POST, and leads nowhere for a while."""
    made = canvas.copy()
    assert canvas("GET", made["progress_url"]).status_code == 404
    world.clock.advance(LAG)
    assert canvas.progress(made)["workflow_state"] == "queued"


def test_a_state_shows_the_lag_after_it_was_entered(canvas: Caller, world: World) -> None:
    """The end of a copy is shown five seconds after it, not five seconds after the next poll."""
    made, began = canvas.copy(), world.clock.now()
    world.clock.advance(COPY_SECONDS)
    ended = stored(world, made).finished_at
    assert ended is not None
    assert canvas.migration(made["id"])["workflow_state"] == "running"
    world.clock.advance((ended - began).total_seconds() + LAG - COPY_SECONDS)
    assert canvas.migration(made["id"])["workflow_state"] == "completed"


def test_a_course_changes_later(canvas: Caller, world: World) -> None:
    """A PUT answers with the new name, a GET with the old one."""
    changed = canvas("PUT", f"courses/{SOURCE}", json={"course": {"name": "Renamed"}})
    assert changed.json()["name"] == "Renamed"
    assert canvas.get(f"courses/{SOURCE}")["name"] == "Source"
    world.clock.advance(LAG)
    assert canvas.get(f"courses/{SOURCE}")["name"] == "Renamed"


def test_rows_from_before_the_lag_are_shown(canvas: Caller, world: World) -> None:
    """Switching the lag on hides nothing, and switching it off shows everything."""
    world.settings.replica_lag = 0
    before = canvas.copy()
    world.settings.replica_lag = LAG
    assert canvas.migration(before["id"])["id"] == before["id"]
    after = canvas.copy()
    assert [row["id"] for row in canvas.get(MIGRATIONS)] == [before["id"]]
    world.settings.replica_lag = 0
    assert [row["id"] for row in canvas.get(MIGRATIONS)] == [after["id"], before["id"]]


def test_writes_do_not_lag(canvas: Caller, world: World) -> None:
    """What changes a row finds it at once: a migration is run again, a Progress cancelled, a course copied into."""
    made = canvas.copy()
    assert canvas("PUT", f"{MIGRATIONS}/{made['id']}").status_code == 200
    assert canvas("POST", made["progress_url"] + "/cancel").status_code == 200
    new = create_course(canvas)
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": new["id"]}}
    assert canvas("POST", f"courses/{new['id']}/content_migrations", json=body).status_code == 200


def test_reads_of_a_course_by_its_sis_id_leave_it_as_it_is(canvas: Caller, world: World) -> None:
    """What was found in the replica is not what a PUT changes."""
    sis = "courses/sis_course_id:SIS%2FSource"
    canvas.get(sis)
    canvas("PUT", sis, json={"course": {"name": "Renamed"}})
    assert world.tables.courses[SOURCE].name == "Renamed"


def test_an_upload_that_never_came(canvas: Caller, world: World) -> None:
    """The read that gives it up writes to the database itself, and shows that as late as any other write."""
    body = {"migration_type": "common_cartridge_importer", "pre_attachment": {"name": "a.imscc", "size": 3}}
    made = canvas("POST", MIGRATIONS, json=body).json()
    world.clock.advance(3601)
    assert canvas.migration(made["id"])["workflow_state"] == "pre_processing"
    assert world.tables.content_migrations[made["id"]].workflow_state == "failed"
    world.clock.advance(LAG)
    assert canvas.migration(made["id"])["workflow_state"] == "failed"


def test_rights_do_not_lag(call_as: Callable[[str | None], Caller], world: World) -> None:
    """Reads from a replica still check permissions."""
    made = call_as(WRITER).copy()
    world.clock.advance(LAG)
    assert call_as(WRITER).migration(made["id"])["id"] == made["id"]
    assert call_as(STRANGER)("GET", f"{MIGRATIONS}/{made['id']}").status_code == 403


def test_writes_of_a_storage_host(canvas: Caller, world: World) -> None:
    """A file that is sent to a storage host starts its migration at once, not at the next request to Canvas."""
    world.settings.storage = StorageMode.INST_FS
    body = {"migration_type": "common_cartridge_importer", "pre_attachment": {"name": "a.imscc", "size": 3}}
    made = canvas("POST", MIGRATIONS, json=body).json()
    assert send(made["pre_attachment"], b"abc").status_code == 201
    world.clock.advance(LAG)
    assert canvas.migration(made["id"])["attachment"]["size"] == 3
