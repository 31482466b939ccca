from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content import Assignment, Page
from canvas_emulator.model.records import User
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, OTHER, SOURCE, WRITER
from tests.support.caller import Caller, stored

CallAs = Callable[[str | None], Caller]

PATH = f"courses/{DESTINATION}/content_migrations"
COURSE_COPY: dict[str, Any] = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}


@pytest.fixture
def pages(world: World) -> list[Page]:
    """Add two pages to the source course."""
    return [world.add(Page(course_id=SOURCE, title=title)) for title in ("One", "Two")]


def titles(world: World) -> list[str]:
    """Return the titles of the destination's pages."""
    world.settle()
    return [page.title for page in world.live(Page, DESTINATION)]


class TestCreate:
    def test_new_copy_is_running(self, canvas: Caller) -> None:
        """A new course copy is ``running``, with its source course and a Progress that is ``queued`` at 0."""
        migration = canvas.copy()
        url = f"{canvas.server.url}/api/v1"
        assert migration == {
            "id": migration["id"],
            "user_id": 1,
            "workflow_state": "running",
            "started_at": "2026-05-04T09:00:00Z",
            "finished_at": None,
            "migration_type": "course_copy_importer",
            "created_at": "2026-05-04T09:00:00Z",
            "migration_issues_url": f"{url}/{PATH}/{migration['id']}/migration_issues",
            "migration_issues_count": 0,
            "settings": {
                "source_course_id": SOURCE,
                "source_course_name": "Source",
                "source_course_html_url": f"{canvas.server.url}/courses/{SOURCE}",
            },
            "progress_url": migration["progress_url"],
            "migration_type_title": "Course Copy",
            "audit_info": migration["audit_info"],
        }
        progress = canvas.progress(migration)
        assert progress == {
            "id": progress["id"],
            "context_id": migration["id"],
            "context_type": "ContentMigration",
            "user_id": 1,
            "tag": "content_migration",
            "completion": 0.0,
            "workflow_state": "queued",
            "created_at": "2026-05-04T09:00:00Z",
            "updated_at": "2026-05-04T09:00:00Z",
            "message": None,
            "url": migration["progress_url"],
        }

    @pytest.mark.parametrize(
        "form",
        ["sis_course_id:SIS/Source", pytest.param("1~11", marks=pytest.mark.edition("current")), "11", 11],
    )
    def test_source_by_any_id(self, canvas: Caller, form: str | int) -> None:
        """The source course is accepted by any of its ids, and stored as its number."""
        migration = canvas.copy(settings={"source_course_id": form})
        assert migration["settings"]["source_course_id"] == SOURCE
        settings = canvas.migration(migration["id"], **{"include[]": "audit_info"})["audit_info"]["migration_settings"]
        assert settings["source_course_id"] == SOURCE

    def test_unknown_settings_are_stored(self, canvas: Caller) -> None:
        """Unknown settings are stored unchanged, and shown in ``audit_info`` only."""
        migration = canvas.copy(settings={"source_course_id": SOURCE, "import_quizzes_next": "1", "x": ["y", 1]})
        assert set(migration["settings"]) == {"source_course_id", "source_course_name", "source_course_html_url"}
        info = canvas.migration(migration["id"], **{"include[]": "audit_info"})["audit_info"]
        assert info["migration_settings"]["import_quizzes_next"] == "1"
        assert info["migration_settings"]["x"] == ["y", 1]
        assert (info["source_course_id"], info["context_type"]) == (SOURCE, "Course")

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"migration_type": ""}, "Invalid migration_type"),
            ({"migration_type": "magic"}, "Invalid migration_type"),
            (
                {"migration_type": "canvas_cartridge_importer"},
                "File upload, file_url, or content_export_id is required",
            ),
            (
                {"migration_type": "context_external_tool_7"},
                "File upload, file_url, or content_export_id is required",
            ),
            (
                {"migration_type": "zip_file_importer", "settings": {"file_url": "https://x.test/a.zip"}},
                "A .zip upload requires a folder to upload to.",
            ),
            ({"migration_type": "course_copy_importer"}, "A course copy requires a source course."),
        ],
    )
    def test_invalid_request_is_refused(self, canvas: Caller, world: World, body: dict[str, Any], message: str) -> None:
        """An invalid request is refused with a message and creates no migration."""
        response = canvas("POST", PATH, json=body)
        assert (response.status_code, response.json()) == (400, {"message": message})
        assert world.migrations_of(DESTINATION) == []

    @pytest.mark.parametrize(
        "body",
        [{}, {"migration_type": None}, COURSE_COPY | {"settings": "x"}, COURSE_COPY | {"settings": {"x": {"y": 1}}}],
    )
    def test_unhandled_request_is_an_error(self, canvas: Caller, world: World, body: dict[str, Any]) -> None:
        """No type, settings that are no hash, and a hash among the settings are a 500 that creates no migration."""
        response = canvas("POST", PATH, json=body)
        assert response.status_code == 500
        assert response.json()["errors"][0]["error_code"] == "internal_server_error"
        assert world.migrations_of(DESTINATION) == []

    @pytest.mark.parametrize("source", [999, "", None])
    def test_unknown_source_is_refused(self, canvas: Caller, source: object) -> None:
        """An unknown, null or empty source course is a 404, not a 400."""
        response = canvas("POST", PATH, json=COURSE_COPY | {"settings": {"source_course_id": source}})
        assert (response.status_code, response.json()["errors"][0]["message"]) == (
            404,
            "The specified resource does not exist.",
        )

    def test_source_without_permission_is_refused(self, call_as: CallAs) -> None:
        """A user who may write the destination but not copy the source is refused."""
        response = call_as(WRITER)("POST", PATH, json=COURSE_COPY | {"settings": {"source_course_id": OTHER}})
        assert (response.status_code, response.json()) == (
            400,
            {"message": "You are not allowed to copy the source course."},
        )

    def test_shifting_and_removing_dates_is_refused(self, canvas: Caller) -> None:
        """``shift_dates`` with ``remove_dates`` is a validation error that lists its attributes."""
        dates = {"shift_dates": "1", "remove_dates": "1"}
        response = canvas("POST", PATH, json=COURSE_COPY | {"date_shift_options": dates})
        assert response.status_code == 400
        assert [error["attribute"] for error in response.json()["errors"]["date_shift_options"]] == [
            "date_shift_options"
        ]

    def test_do_not_run(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """``do_not_run`` creates a migration in ``pre_processing`` without a Progress, and copies nothing."""
        migration = canvas.copied(do_not_run=True)
        assert migration["workflow_state"] == "pre_processing"
        assert "progress_url" not in migration
        assert (migration["started_at"], titles(world)) == (None, [])


class TestStates:
    def test_reported_states_and_percentages(self, canvas: Caller) -> None:
        """A copy returns to ``pre_processing``, its percentage falls, and it completes before its Progress does."""
        migration = canvas.copy()
        observed: list[tuple[str, str, float]] = []
        for _ in range(101):
            state = canvas.migration(migration["id"])["workflow_state"]
            progress = canvas.progress(migration)
            now = (state, progress["workflow_state"], progress["completion"])
            if now not in observed[-1:]:
                observed.append(now)
            canvas.server.world.clock.advance(0.25)
        assert observed == [
            ("running", "queued", 0.0),
            ("pre_processing", "running", 0.0),
            ("pre_processing", "running", 10.0),
            ("pre_processing", "running", 7.5),
            ("pre_processing", "running", 20.0),
            ("pre_processing", "running", 46.5),
            ("pre_processing", "running", 2.5),
            ("pre_processing", "running", 10.0),
            ("pre_processing", "running", 36.0),
            ("pre_processing", "running", 45.0),
            ("running", "running", 50.0),
            ("running", "running", 54.5),
            ("running", "running", 74.0),
            ("running", "running", 85.0),
            ("running", "running", 97.5),
            ("completed", "running", 99.5),
            ("completed", "completed", 100.0),
        ]

    def test_polls_change_nothing(self, canvas: Caller) -> None:
        """While the clock stands still, every poll returns the same Progress."""
        migration = canvas.copy()
        canvas.server.world.clock.advance(7)
        assert len({str(canvas.progress(migration)) for _ in range(5)}) == 1

    @pytest.mark.edition("current")
    def test_times_do_not_depend_on_polls(self, canvas: Caller) -> None:
        """A migration that is first polled after an hour has finished at its scheduled time."""
        migration = canvas.copy()
        canvas.server.world.clock.advance(3600)
        assert canvas.migration(migration["id"])["finished_at"] == "2026-05-04T09:00:24Z"
        assert canvas.progress(migration)["updated_at"] == "2026-05-04T09:00:25Z"

    def test_copy_seconds_is_the_duration_of_a_copy(self, canvas: Caller, world: World) -> None:
        """``copy_seconds`` scales the whole plan of a copy."""
        world.settings.copy_seconds = 100
        migration = canvas.copy()
        world.clock.advance(99)
        assert canvas.progress(migration)["workflow_state"] == "running"
        world.clock.advance(1)
        assert canvas.progress(migration)["workflow_state"] == "completed"


class TestRead:
    def test_list_is_newest_first(self, canvas: Caller) -> None:
        """Migrations are listed newest first, across pages."""
        ids = [canvas.copied()["id"] for _ in range(3)]
        assert [row["id"] for row in canvas.get(PATH, per_page=2)] == ids[:0:-1]
        assert [row["id"] for row in canvas.get(PATH, per_page=2, page=2)] == ids[:1]

    def test_migration_of_another_course(self, canvas: Caller) -> None:
        """A migration is a 404 in another course, and so are unknown and invalid ids."""
        migration = canvas.copy()
        assert canvas("GET", f"courses/{SOURCE}/content_migrations/{migration['id']}").status_code == 404
        assert canvas("GET", PATH + "/999").status_code == 404
        assert canvas("GET", PATH + "/x").status_code == 404

    def test_migrators(self, canvas: Caller) -> None:
        """The types of migration are listed with the requirements that Canvas states, even the wrong ones."""
        rows = {row["type"]: row for row in canvas.get(PATH + "/migrators")}
        assert len(rows) == 6
        assert rows["course_copy_importer"] == {
            "type": "course_copy_importer",
            "requires_file_upload": False,
            "name": "Copy a Canvas Course",
            "required_settings": ["source_course_id"],
        }
        assert rows["zip_file_importer"]["required_settings"] == ["source_folder_id"]
        assert rows["moodle_converter"]["requires_file_upload"] is False


class TestSelect:
    def test_only_selected_rows_are_copied(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """``select`` with the migration type in the same request copies only the selected rows."""
        canvas.copied(select={"pages": [pages[1].id]})
        assert titles(world) == ["Two"]

    def test_unknown_ids_and_types_copy_nothing(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """A selection of unknown ids or types completes and copies nothing."""
        assert canvas.copied(select={"pages": ["999"]})["workflow_state"] == "completed"
        assert canvas.copied(select={"pagse": [pages[0].id]})["workflow_state"] == "completed"
        assert titles(world) == []

    def test_select_wins_over_copy(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """If a request has ``select`` and ``copy``, only ``select`` is used."""
        canvas.copied(select={"pages": [pages[0].id]}, copy={"everything": "1"})
        assert titles(world) == ["One"]

    def test_copy_by_migration_id(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """``copy`` selects rows by migration id, and accepts either name of a type."""
        canvas.copied(copy={"wiki_pages": {"id_" + migration_id(Page, pages[0].id): "1"}})
        assert titles(world) == ["One"]


class TestSelectiveImport:
    def test_waits_for_a_selection(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """``selective_import`` waits for a selection without a Progress, and copies nothing."""
        migration = canvas.copied(selective_import=True)
        assert migration["workflow_state"] == "waiting_for_select"
        assert "progress_url" not in migration
        assert titles(world) == []

    def test_selective_import_wins_over_copy(self, canvas: Caller) -> None:
        """``selective_import`` waits even if the same request has a selection."""
        assert canvas.copy(selective_import=True, copy={"everything": "1"})["workflow_state"] == "waiting_for_select"

    def test_put_with_a_selection_starts_the_import(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """A PUT with ``copy`` creates a Progress, and copies only the selected type."""
        world.add(Assignment(course_id=SOURCE, title="Not this"))
        migration = canvas.copy(selective_import=True)
        response = canvas("PUT", f"{PATH}/{migration['id']}", data={"copy[all_wiki_pages]": "1"}).json()
        assert response["workflow_state"] == "running"
        assert canvas.progress(response)["workflow_state"] == "queued"
        world.clock.advance(25)
        assert (titles(world), world.live(Assignment, DESTINATION)) == (["One", "Two"], [])


class TestUpdate:
    def test_put_runs_a_completed_migration_again(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """Even an empty PUT runs a completed migration again, with the same Progress back at 0."""
        migration = canvas.copied(select={"pages": [pages[0].id]})
        finished_at = migration["finished_at"]
        world.clock.advance(60)
        migration_after = canvas("PUT", f"{PATH}/{migration['id']}").json()
        assert (migration_after["workflow_state"], migration_after["progress_url"]) == (
            "running",
            migration["progress_url"],
        )
        progress = canvas.progress(migration_after)
        assert (progress["workflow_state"], progress["completion"]) == ("queued", 0.0)
        world.clock.advance(25)
        assert canvas.migration(migration["id"])["workflow_state"] == "completed"
        assert canvas.migration(migration["id"])["finished_at"] == finished_at
        assert titles(world) == ["One", "Two"]

    def test_select_without_the_type_is_ignored(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """Without ``migration_type`` in the PUT, its ``select`` is ignored and everything is copied."""
        ignored = canvas.copy(selective_import=True)
        canvas("PUT", f"{PATH}/{ignored['id']}", json={"select": {"pages": [pages[0].id]}})
        world.clock.advance(25)
        assert titles(world) == ["One", "Two"]

    def test_select_with_the_type_is_used(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """With ``migration_type`` in the PUT, its ``select`` is used."""
        heeded = canvas.copy(selective_import=True)
        body = {"migration_type": "course_copy_importer", "select": {"pages": [pages[0].id]}}
        canvas("PUT", f"{PATH}/{heeded['id']}", json=body)
        world.clock.advance(25)
        assert titles(world) == ["One"]

    def test_copy_of_unknown_items_imports_nothing(self, canvas: Caller, world: World, pages: list[Page]) -> None:
        """A ``copy`` of unknown items completes and imports nothing."""
        migration = canvas.copy(selective_import=True)
        canvas("PUT", f"{PATH}/{migration['id']}", data={"copy[pages][id_g00]": "1"})
        world.clock.advance(25)
        assert canvas.migration(migration["id"])["workflow_state"] == "completed"
        assert titles(world) == []

    def test_migration_type_cannot_be_changed(self, canvas: Caller) -> None:
        """``migration_type`` in a PUT does not change the type of the migration."""
        migration = canvas.copied()
        response = canvas("PUT", f"{PATH}/{migration['id']}", json={"migration_type": "zip_file_importer"})
        assert response.json()["migration_type"] == "course_copy_importer"

    def test_settings_are_merged(self, canvas: Caller) -> None:
        """The settings of a PUT are merged with the stored ones."""
        migration = canvas.copied(settings={"source_course_id": SOURCE, "a": "1"})
        canvas("PUT", f"{PATH}/{migration['id']}", json={"settings": {"b": "2"}})
        settings = canvas.migration(migration["id"], **{"include[]": "audit_info"})["audit_info"]["migration_settings"]
        assert (settings["a"], settings["b"], settings["source_course_id"]) == ("1", "2", SOURCE)

    def test_put_restarts_a_running_copy(self, canvas: Caller, world: World) -> None:
        """A PUT during a copy restarts it, and leaves one job, not two."""
        migration = canvas.copy()
        world.clock.advance(20)
        canvas("PUT", f"{PATH}/{migration['id']}")
        world.clock.advance(20)
        assert canvas.progress(migration)["workflow_state"] == "running"
        world.clock.advance(5)
        assert canvas.progress(migration)["workflow_state"] == "completed"
        assert stored(world, migration).workflow_state is Stored.IMPORTED

    def test_put_with_do_not_run(self, canvas: Caller, world: World) -> None:
        """A PUT with ``do_not_run`` does not run the migration."""
        migration = canvas.copied()
        response = canvas("PUT", f"{PATH}/{migration['id']}", data={"do_not_run": "1"})
        assert response.json()["workflow_state"] == "completed"

    @pytest.mark.edition("current")
    def test_write_permission_is_required(self, call_as: CallAs, canvas: Caller, world: World) -> None:
        """Users who may only read the course may not run its migrations."""
        world.tables.users[2] = User(2, "Tea Cher", readable=frozenset({DESTINATION}))
        migration = canvas.copied()
        assert call_as(WRITER)("PUT", f"{PATH}/{migration['id']}").status_code == 403
