"""Test course copies: states, Progress, failures, queues, issues and the mapping."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from canvas_emulator.model.content import Announcement, Assignment, File, Page
from canvas_emulator.model.faults import Defect, ImportDefect
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller

PATH = f"courses/{DESTINATION}/content_migrations"
COPY = "course_copy_importer"


@pytest.fixture(autouse=True)
def content(world: World) -> None:
    """A page that links to a file, an assignment and an announcement."""
    file = world.add(File(course_id=SOURCE, title="a.pdf", size=10))
    world.add(Page(course_id=SOURCE, title="P", body=f'<a href="/courses/{SOURCE}/files/{file.id}">a</a>'))
    world.add(Assignment(course_id=SOURCE, title="A", due_at=world.clock.now()))
    world.add(Announcement(course_id=SOURCE, title="N", message="<p>Hear</p>"))


def create(canvas: Caller, **body: Any) -> tuple[int, Any]:
    response = canvas("POST", PATH, json=body)
    return response.status_code, response.json()


class TestCreate:
    """POST of a content migration."""

    def test_response(self, canvas: Caller) -> None:
        """A new copy is running, with a queued Progress at 0 and the source as its only setting."""
        migration = canvas.copy(settings={"source_course_id": "sis_course_id:SIS/Source", "note": "mine"})
        assert migration["workflow_state"] == "running"
        assert migration["migration_type_title"] == "Course Copy"
        assert set(migration["settings"]) == {"source_course_id", "source_course_name", "source_course_html_url"}
        assert migration["settings"]["source_course_id"] == SOURCE
        assert (migration["migration_issues_count"], migration["finished_at"]) == (0, None)
        progress = canvas.progress(migration)
        assert (progress["workflow_state"], progress["completion"], progress["tag"]) == (
            "queued",
            0.0,
            "content_migration",
        )
        assert (progress["context_type"], progress["context_id"]) == ("ContentMigration", migration["id"])

    @pytest.mark.parametrize(
        ("body", "status", "message"),
        [
            ({"migration_type": "nonsense"}, 400, "Invalid migration_type"),
            ({"migration_type": COPY}, 400, "A course copy requires a source course."),
            (
                {"migration_type": "common_cartridge_importer"},
                400,
                "File upload, file_url, or content_export_id is required",
            ),
        ],
    )
    def test_errors(self, canvas: Caller, body: dict[str, Any], status: int, message: str) -> None:
        """Each failed check has its message."""
        assert create(canvas, **body) == (status, {"message": message})

    def test_unknown_source(self, canvas: Caller) -> None:
        """An unknown source course is a 404."""
        status, body = create(canvas, migration_type=COPY, settings={"source_course_id": 999})
        assert (status, body) == (404, {"errors": [{"message": "The specified resource does not exist."}]})

    def test_shift_and_remove_dates(self, canvas: Caller) -> None:
        """Dates cannot be both shifted and removed."""
        dates = {"shift_dates": True, "remove_dates": True}
        settings = {"source_course_id": SOURCE}
        status, body = create(canvas, migration_type=COPY, settings=settings, date_shift_options=dates)
        assert (status, list(body["errors"])) == (400, ["date_shift_options"])

    def test_settings_are_in_the_audit_info(self, canvas: Caller) -> None:
        """All settings that were sent are in ``audit_info``, and nowhere else."""
        migration = canvas.copy(settings={"source_course_id": SOURCE, "note": "mine"})
        audit = canvas.migration(migration["id"], **{"include[]": "audit_info"})["audit_info"]
        assert audit["migration_settings"]["note"] == "mine"

    def test_do_not_run(self, canvas: Caller) -> None:
        """With ``do_not_run`` a migration is ``pre_processing`` without a Progress."""
        migration = canvas.copy(do_not_run=True)
        assert (migration["workflow_state"], "progress_url" in migration) == ("pre_processing", False)


class TestStates:
    """States that a copy reports."""

    def test_states_go_back_and_forth(self, canvas: Caller, world: World) -> None:
        """A copy is ``running``, ``pre_processing``, ``running`` again, and ``completed``."""
        migration = canvas.copy()
        observed: list[Any] = []
        for _ in range(60):
            state = canvas.migration(migration["id"])["workflow_state"]
            if not observed or observed[-1] != state:
                observed.append(state)
            world.clock.advance(0.5)
        assert observed == ["running", "pre_processing", "running", "completed"]

    def test_completion_falls_and_is_a_float(self, canvas: Caller, world: World) -> None:
        """The percentage falls from 10 to 7.5 and from 46.5 to 2.5, and ends at 100."""
        migration = canvas.copy()
        observed: list[Any] = []
        for _ in range(60):
            observed.append(canvas.progress(migration)["completion"])
            world.clock.advance(0.5)
        falls = [(before, after) for before, after in pairwise(observed) if after < before]
        assert (falls, observed[-1]) == ([(10.0, 7.5), (46.5, 2.5)], 100.0)

    def test_completed_before_its_progress(self, canvas: Caller, world: World) -> None:
        """The migration is completed a moment before its Progress."""
        migration = canvas.copy()
        pairs = []
        for _ in range(300):
            world.clock.advance(0.1)
            pair = (canvas.migration(migration["id"])["workflow_state"], canvas.progress(migration)["workflow_state"])
            pairs.append(pair)
        assert ("completed", "running") in pairs
        assert pairs[-1] == ("completed", "completed")

    def test_put_runs_a_migration_again(self, canvas: Caller, world: World) -> None:
        """An empty PUT resets the same Progress, and keeps the first ``finished_at``."""
        migration = canvas.copied()
        migration_after = canvas("PUT", f"{PATH}/{migration['id']}").json()
        assert (migration_after["workflow_state"], migration_after["progress_url"]) == (
            "running",
            migration["progress_url"],
        )
        assert (canvas.progress(migration_after)["workflow_state"], canvas.progress(migration_after)["completion"]) == (
            "queued",
            0.0,
        )
        world.clock.advance(60)
        assert canvas.migration(migration["id"])["finished_at"] == migration["finished_at"]

    def test_selective_import(self, canvas: Caller, world: World) -> None:
        """A copy with ``selective_import`` waits without a Progress until a PUT selects what to copy."""
        migration = canvas.copy(selective_import=True)
        assert (migration["workflow_state"], "progress_url" in migration) == ("waiting_for_select", False)
        body = {"copy": {"all_assignments": "1"}}
        assert "progress_url" in canvas("PUT", f"{PATH}/{migration['id']}", json=body).json()
        world.clock.advance(60)
        mapping = canvas.mapping(migration)
        assert (len(mapping["assignments"]), "pages" in mapping) == (1, False)


class TestFailure:
    """Copies that fail."""

    def test_failed_copy(self, canvas: Caller) -> None:
        """Migration and Progress fail, the percentage stays, and an issue of type ``error`` is left."""
        canvas("POST", "/_emulator/faults", json={"content_migration": "fails", "stage": 8})
        migration = canvas.copied()
        progress = canvas.progress(migration)
        assert (migration["workflow_state"], progress["workflow_state"]) == ("failed", "failed")
        assert (0 < progress["completion"] < 100, progress["message"], "results" in progress) == (True, None, False)
        assert [issue["issue_type"] for issue in canvas.issues(migration)] == ["error"]

    def test_failed_copy_whose_progress_hangs(self, canvas: Caller) -> None:
        """The migration fails, and its Progress stays ``running``."""
        canvas("POST", "/_emulator/faults", json={"content_migration": "hung_progress", "stage": 4})
        migration = canvas.copied()
        assert (migration["workflow_state"], canvas.progress(migration)["workflow_state"]) == ("failed", "running")


class TestWaiting:
    """Two migrations into one course."""

    def test_second_migration_is_queued(self, canvas: Caller, world: World) -> None:
        """The second migration waits until the first has ended, and then starts by itself."""
        first, second = canvas.copy(), canvas.copy()
        assert (second["workflow_state"], canvas.progress(second)["completion"]) == ("queued", 0.0)
        world.clock.advance(26)
        assert canvas.migration(first["id"])["workflow_state"] == "completed"
        assert canvas.migration(second["id"])["workflow_state"] in ("running", "pre_processing")
        world.clock.advance(60)
        assert canvas.migration(second["id"])["workflow_state"] == "completed"

    def test_blocked_migration_fails(self, canvas: Caller, world: World) -> None:
        """A blocked migration checks every hour, and fails after more than five checks."""
        canvas("POST", "/_emulator/faults", json={"content_migration": "stuck", "stage": 5})
        blocker, waiting = canvas.copy(), canvas.copy()
        world.tables.content_migrations[blocker["id"]].started_at = world.clock.now().replace(year=2100)
        world.clock.advance(5 * 3600)
        assert canvas.migration(waiting["id"])["workflow_state"] == "queued"
        world.clock.advance(3600)
        assert canvas.migration(waiting["id"])["workflow_state"] == "failed"
        (issue,) = canvas.issues(waiting)
        assert (issue["description"], issue["error_message"]) == (
            "There was an unexpected error, please contact support.",
            "Blocked by running migration",
        )


class TestIssues:
    """Migration issues."""

    @pytest.fixture
    def migration(self, canvas: Caller, world: World) -> dict[str, Any]:
        """A copy that could not take a file."""
        world.faults.import_defects.append(ImportDefect("files", "a.pdf", Defect.NOT_COPIED))
        return canvas.copied()

    def test_completed_copy_with_issues(self, canvas: Caller, migration: dict[str, Any]) -> None:
        """A completed copy may have warnings: for a missing file, and for the link to it."""
        assert (migration["workflow_state"], migration["migration_issues_count"]) == ("completed", 2)
        issues = canvas.issues(migration)
        assert {issue["issue_type"] for issue in issues} == {"warning"}
        assert any("Missing links found in imported content" in issue["description"] for issue in issues)

    def test_resolved_issues(self, canvas: Caller, migration: dict[str, Any]) -> None:
        """A resolved issue stays in the list, and is counted."""
        issue = canvas.issues(migration)[0]
        path = f"{PATH}/{migration['id']}/migration_issues/{issue['id']}"
        assert canvas("PUT", path, data={"workflow_state": "resolved"}).json()["workflow_state"] == "resolved"
        assert len(canvas.issues(migration)) == 2
        refused = canvas("PUT", path, data={"workflow_state": "done"})
        assert (refused.status_code, refused.json()) == (403, {"message": "Must send a valid workflow state"})

    def test_put_deletes_issues(self, canvas: Caller, migration: dict[str, Any]) -> None:
        """A PUT deletes all issues."""
        canvas("PUT", f"{PATH}/{migration['id']}")
        assert canvas.issues(migration) == []


class TestMapping:
    """The ``asset_id_mapping`` of a migration."""

    def test_no_mapping_while_running(self, canvas: Caller) -> None:
        """A running copy has no mapping."""
        migration = canvas.copy()
        response = canvas("GET", f"{PATH}/{migration['id']}/asset_id_mapping")
        assert (response.status_code, response.json()) == (400, {"message": "Migration is incomplete"})

    def test_format_of_the_mapping(self, canvas: Caller) -> None:
        """Keys and values are ids as strings; pages use numeric ids; a type without rows has no key."""
        mapping = canvas.mapping(canvas.copied())
        assert set(mapping) == {"assignments", "announcements", "files", "pages"}
        ((old, new),) = mapping["pages"].items()
        assert canvas.get(f"courses/{DESTINATION}/pages/{new}")["page_id"] == int(new)
        assert canvas.get(f"courses/{SOURCE}/pages/{old}")["page_id"] == int(old)

    def test_deleted_rows(self, canvas: Caller, world: World) -> None:
        """A value may be the id of a deleted row."""
        migration = canvas.copied()
        (copied,) = world.rows(Page, DESTINATION)
        copied.workflow_state = "deleted"
        ((_, new),) = canvas.mapping(migration)["pages"].items()
        assert canvas("GET", f"courses/{DESTINATION}/pages/{new}").status_code == 404

    def test_second_copy(self, canvas: Caller) -> None:
        """A second copy of the same source updates the same rows."""
        first = canvas.mapping(canvas.copied())
        assert canvas.mapping(canvas.copied()) == first

    def test_version_two(self, canvas: Caller, world: World) -> None:
        """With the flag the mapping also has entries by migration id, whose values are objects."""
        world.settings.asset_map_v2 = True
        pages = canvas.mapping(canvas.copied())["pages"]
        (key,) = (key for key, value in pages.items() if isinstance(value, dict))
        assert re.fullmatch(r"g[0-9a-f]{32}", key)
        assert set(pages[key]) == {"source", "destination"}

    def test_mapping_under_another_course(self, canvas: Caller) -> None:
        """Under another course the migration is a 404."""
        migration = canvas.copied()
        assert canvas("GET", f"courses/{SOURCE}/content_migrations/{migration['id']}").status_code == 404
