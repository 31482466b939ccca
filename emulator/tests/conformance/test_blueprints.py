"""Test blueprint courses: subscriptions, templates and syncs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.content import Page
from canvas_emulator.model.faults import MigrationFault
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import DESTINATION, OTHER, SOURCE, STRANGER
from tests.support.caller import Caller

MASTER = f"courses/{SOURCE}/blueprint_templates/default"
CHILD = f"courses/{DESTINATION}/blueprint_subscriptions"


@pytest.fixture(autouse=True)
def source(world: World) -> dict[str, Any]:
    """The rows of a blueprint that has everything."""
    world.tables.courses[SOURCE].settings.blueprint = True
    return fill(world, SOURCE)


def follow(canvas: Caller, *course_ids: int) -> None:
    """Let courses follow the blueprint."""
    response = canvas("PUT", f"{MASTER}/update_associations", json={"course_ids_to_add": course_ids})
    assert (response.status_code, response.json()) == (200, {"success": True})


def synced(canvas: Caller) -> dict[str, Any]:
    """Sync the blueprint into the one course that follows it, and show how that ended there."""
    assert canvas("POST", f"{MASTER}/migrations", json={"comment": "Weekly"}).status_code == 200
    canvas.server.world.clock.advance(25)
    return canvas.get(f"{CHILD}/default/migrations")[0]


def test_subscription_of_a_course(canvas: Caller) -> None:
    """The list of subscriptions has one entry with the blueprint, or none."""
    assert canvas.get(CHILD) == []
    follow(canvas, DESTINATION)
    follow(canvas, DESTINATION)
    (subscription,) = canvas.get(CHILD)
    assert subscription["blueprint_course"]["id"] == SOURCE
    assert [course["id"] for course in canvas.get(f"{MASTER}/associated_courses")] == [DESTINATION]


def test_sync_is_an_unlisted_migration(canvas: Caller) -> None:
    """A sync is a content migration that is in no list, but has a mapping."""
    follow(canvas, DESTINATION)
    row = synced(canvas)
    assert (row["workflow_state"], row["comment"]) == ("completed", "Weekly")
    assert canvas.get(f"courses/{DESTINATION}/content_migrations") == []
    migration = canvas.migration(row["id"])
    assert (migration["workflow_state"], migration["migration_type"]) == ("completed", "master_course_import")
    assert len(canvas.mapping(migration)["assignments"]) == 4


def test_sync_has_keys_of_its_own(canvas: Caller, world: World) -> None:
    """A sync leads links to its own rows; a copy of the blueprint into the same course makes second rows."""
    follow(canvas, DESTINATION)
    migration = canvas.migration(synced(canvas)["id"])
    (page,) = world.live(Page, DESTINATION)
    assert (page.migration_id or "").startswith(f"mastercourse_1_{SOURCE}_")
    assert "REFERENCE$" not in page.body
    synced(canvas)
    copy = canvas.copied()
    first, second = world.live(Page, DESTINATION)
    assert (first, second.title) == (page, f"{page.title}-2")
    mappings = [canvas.mapping(each)["pages"] for each in (migration, copy)]
    assert [list(mapping.values()) for mapping in mappings] == [[str(first.id)], [str(second.id)]]


def test_row_that_was_deleted_in_the_course_stays_deleted(canvas: Caller, world: World) -> None:
    """A sync leaves alone what was deleted in the course that follows the blueprint."""
    follow(canvas, DESTINATION)
    synced(canvas)
    (page,) = world.live(Page, DESTINATION)
    page.workflow_state = "deleted"
    synced(canvas)
    assert world.live(Page, DESTINATION) == []


def test_details_of_a_sync(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """The details of a first sync are empty, those of the next one list what it changed."""
    follow(canvas, DESTINATION)
    first = synced(canvas)
    assert canvas.get(f"{CHILD}/default/migrations/{first['id']}/details") == []
    source["intro"].todo_date = None
    second = synced(canvas)
    changes = canvas.get(f"{CHILD}/default/migrations/{second['id']}/details")
    (page,) = world.live(Page, DESTINATION)
    assert [(each["asset_type"], each["asset_id"], each["change_type"]) for each in changes] == [
        ("wiki_page", page.id, "updated")
    ]
    (row, _) = canvas.get(f"{MASTER}/migrations")
    (change,) = canvas.get(f"{MASTER}/migrations/{row['id']}/details")
    assert (change["asset_id"], change["exceptions"]) == (source["intro"].id, [])


def test_sync_seen_from_the_blueprint(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """The blueprint's migration has its own id, and the user who started it."""
    follow(canvas, DESTINATION)
    synced(canvas)
    (row,) = canvas.get(f"{MASTER}/migrations")
    assert canvas.get(f"{MASTER}/migrations/{row['id']}") == row
    assert (row["template_id"], row["workflow_state"]) == (canvas.get(MASTER)["id"], "completed")
    assert (row["user"]["id"], row["user"]["display_name"]) == (1, "Ada Min")
    assert canvas("GET", f"{MASTER}/migrations/1").status_code == 404


def test_template(canvas: Caller) -> None:
    """A template has the number of its subscriptions and its latest migration."""
    shown = canvas.get(MASTER)
    assert (shown["course_id"], shown["id"] == SOURCE, "latest_migration" in shown) == (SOURCE, False, False)
    follow(canvas, DESTINATION)
    synced(canvas)
    shown = canvas.get(MASTER)
    assert shown["associated_course_count"] == 1
    assert shown["latest_migration"]["comment"] == "Weekly"
    assert shown["last_export_completed_at"] is not None
    assert canvas("GET", f"courses/{SOURCE}/blueprint_templates/1").status_code == 404


def test_unsynced_changes(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """Before the first sync the unsynced change is the whole course, afterwards what changed since."""
    (first,) = canvas.get(f"{MASTER}/unsynced_changes")
    assert first == {"asset_name": "Source", "change_type": "initial_sync"}
    follow(canvas, DESTINATION)
    synced(canvas)
    assert canvas.get(f"{MASTER}/unsynced_changes") == []
    source["intro"].updated_at = world.clock.now()
    new = world.add(Page(course_id=SOURCE, title="New", body=""))
    assert [(each["asset_id"], each["change_type"]) for each in canvas.get(f"{MASTER}/unsynced_changes")] == [
        (source["intro"].id, "updated"),
        (new.id, "created"),
    ]


def test_states_of_a_sync(canvas: Caller, world: World) -> None:
    """A sync is queued, exporting, imports_queued and completed; the course that follows sees it when imports begin."""
    follow(canvas, DESTINATION, OTHER)
    row = canvas("POST", f"{MASTER}/migrations").json()
    observed: list[tuple[str, int]] = []
    for _ in range(110):
        state = canvas.get(f"{MASTER}/migrations/{row['id']}")["workflow_state"]
        now = (state, len(canvas.get(f"{CHILD}/default/migrations")))
        if now not in observed[-1:]:
            observed.append(now)
        world.clock.advance(0.25)
    assert observed == [("queued", 0), ("exporting", 0), ("imports_queued", 1), ("completed", 1)]


def test_second_sync_is_refused_while_one_runs(canvas: Caller, world: World) -> None:
    """A second sync is a 400 until the first has ended, and so is the removal of a course."""
    follow(canvas, DESTINATION)
    assert canvas("POST", f"{MASTER}/migrations").status_code == 200
    second = canvas("POST", f"{MASTER}/migrations")
    assert (second.status_code, second.json()) == (
        400,
        {"message": "Cannot queue a migration while one is currently running"},
    )
    removal = canvas("PUT", f"{MASTER}/update_associations", json={"course_ids_to_remove": [DESTINATION]})
    assert removal.status_code == 400
    world.clock.advance(30)
    assert canvas("POST", f"{MASTER}/migrations").status_code == 200


def test_one_failed_import_fails_the_sync(canvas: Caller, world: World) -> None:
    """A sync fails if the import into one course fails, although the other course gets everything."""
    follow(canvas, DESTINATION, OTHER)
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=1))
    canvas("POST", f"{MASTER}/migrations")
    world.clock.advance(30)
    assert canvas.get(f"{MASTER}/migrations")[0]["workflow_state"] == "imports_failed"
    assert world.live(Page, OTHER)


def test_sync_that_hangs_is_reported_as_failed_after_a_day(canvas: Caller, world: World) -> None:
    """A sync whose import hangs has failed after a day, and no longer prevents another one."""
    follow(canvas, DESTINATION)
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=1))
    canvas("POST", f"{MASTER}/migrations")
    world.clock.advance(23 * 3600)
    assert canvas.get(f"{MASTER}/migrations")[0]["workflow_state"] == "imports_queued"
    world.clock.advance(3601)
    assert canvas.get(f"{MASTER}/migrations")[0]["workflow_state"] == "imports_failed"
    assert canvas("POST", f"{MASTER}/migrations").status_code == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"course_ids_to_add": [OTHER], "course_ids_to_remove": [OTHER]},
            "cannot add and remove a course at the same time",
        ),
        ({"course_ids_to_add": [SOURCE]}, f"invalid courses to add ({SOURCE})"),
        (
            {"course_ids_to_add": [DESTINATION]},
            f"cannot add courses already associated with other templates ({DESTINATION})",
        ),
    ],
)
def test_refused_associations(canvas: Caller, world: World, body: dict[str, Any], message: str) -> None:
    """Courses that cannot follow are refused with a message that names them; unknown ones are left out."""
    world.tables.courses[OTHER].settings.blueprint = True
    path = f"courses/{OTHER}/blueprint_templates/default/update_associations"
    assert canvas("PUT", path, json={"course_ids_to_add": [DESTINATION, 999]}).json() == {"success": True}
    world.tables.courses[OTHER].settings.blueprint = False
    response = canvas("PUT", f"{MASTER}/update_associations", json=body)
    assert (response.status_code, response.json()) == (400, {"message": message})


def test_course_that_is_no_blueprint_has_no_template(canvas: Caller) -> None:
    """All routes of the template of a course that is no blueprint are 404."""
    path = f"courses/{DESTINATION}/blueprint_templates/default"
    for below in ("", "/migrations", "/associated_courses", "/unsynced_changes"):
        assert canvas("GET", path + below).status_code == 404


def test_associations_can_be_removed(canvas: Caller) -> None:
    """A removed course has no subscription, and a blueprint without courses cannot be synced."""
    follow(canvas, DESTINATION, OTHER)
    canvas("PUT", f"{MASTER}/update_associations", json={"course_ids_to_remove": [DESTINATION, OTHER]})
    assert canvas.get(CHILD) == []
    assert canvas("POST", f"{MASTER}/migrations").status_code == 400


@pytest.mark.edition("current")
def test_errors(canvas: Caller, call_as: Callable[[str], Caller]) -> None:
    """Unknown records are 404, a user without rights gets 403, and a blueprint cannot follow itself (400)."""
    assert canvas("GET", f"{CHILD}/default/migrations").status_code == 404
    follow(canvas, DESTINATION)
    assert canvas("GET", f"{CHILD}/1/migrations").status_code == 404
    assert canvas("GET", f"{CHILD}/default/migrations/1").status_code == 404
    assert canvas("GET", f"courses/{SOURCE}/blueprint_templates/1/migrations").status_code == 404
    assert call_as(STRANGER)("GET", CHILD).status_code == 403
    response = canvas("PUT", f"{MASTER}/update_associations", json={"course_ids_to_add": [SOURCE]})
    assert response.status_code == 400


def test_lists_of_an_account_tell_who_follows_a_blueprint(canvas: Caller) -> None:
    """The list of an account's courses can be restricted to blueprints, or to those that follow one."""

    def listed(**query: str) -> set[int]:
        return {course["id"] for course in canvas.get("accounts/1/courses", per_page=50, **query)}

    follow(canvas, DESTINATION)
    everything = listed()
    assert listed(blueprint="true") == {SOURCE}
    assert listed(blueprint_associated="true") == {DESTINATION}
    assert listed(blueprint_associated="false") == everything - {DESTINATION}
    assert listed(blueprint="false") == everything - {SOURCE}
    assert listed(blueprint_associated="") == everything
