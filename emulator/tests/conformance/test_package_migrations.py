"""Migrations that import a package: uploads, addresses and exports; selections; zip files."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content import Page
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller, stored
from tests.support.packaging import (
    CARTRIDGE,
    IMPORT_SECONDS,
    PATH,
    begun,
    cartridge,
    exported,
    post,
    seen,
    settled,
    zipped,
)
from tests.support.uploading import GROUP, add_file, add_group, files_of, finish, folder, send, set_quota

ZIP = "zip_file_importer"


def titles(world: World) -> list[str]:
    """The titles of the pages that are in the destination."""
    world.settle()
    return [page.title for page in world.live(Page, DESTINATION)]


def done(canvas: Caller, migration: dict[str, Any]) -> dict[str, Any]:
    """Let the time of an import pass, and return the migration as it is then."""
    canvas.server.world.clock.advance(IMPORT_SECONDS)
    return canvas.migration(migration["id"])


class TestUpload:
    def test_answers_with_the_first_step(self, canvas: Caller) -> None:
        """The response has the upload target, ``pre_processing``, a started_at and a queued Progress."""
        migration = post(canvas, pre_attachment={"name": "c.imscc", "size": 3})
        assert set(migration["pre_attachment"]) == {"upload_url", "upload_params", "file_param"}
        assert (migration["workflow_state"], migration["started_at"]) == ("pre_processing", "2026-05-04T09:00:00Z")
        progress = canvas.progress(migration)
        assert (progress["workflow_state"], progress["completion"]) == ("queued", 0.0)
        assert "pre_attachment" not in canvas.migration(migration["id"])

    def test_the_file_service_adds_a_progress(self, canvas: Caller, world: World) -> None:
        """The upload target of the file service has a Progress that is null."""
        world.settings.storage = StorageMode.INST_FS
        target = post(canvas, pre_attachment={"name": "c.imscc"})["pre_attachment"]
        assert (set(target), target["progress"]) == (
            {"upload_url", "upload_params", "file_param", "progress"},
            None,
        )

    def test_nothing_runs_before_the_file_is_there(self, canvas: Caller, world: World) -> None:
        """The first step alone starts nothing, however much time passes."""
        migration = post(canvas, pre_attachment={"name": "c.imscc"})
        world.clock.advance(3000)
        assert canvas.migration(migration["id"])["workflow_state"] == "pre_processing"

    @pytest.mark.parametrize("mode", list(StorageMode))
    def test_the_last_step_starts_it(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """In every storage mode, the confirmed file starts the import, and the content arrives."""
        data = cartridge(canvas, world, "One", "Two")
        world.settings.storage = mode
        migration = begun(canvas, data)
        assert canvas.migration(migration["id"])["workflow_state"] == "running"
        finished = done(canvas, migration)
        assert (finished["workflow_state"], titles(world)) == ("completed", ["One", "Two"])
        assert finished["attachment"]["display_name"] == "c.imscc"

    def test_as_it_is_reported_and_counted(self, canvas: Caller, world: World) -> None:
        """An import goes straight through: half for the conversion, half for the import."""
        migration = begun(canvas, cartridge(canvas, world, "One"))
        assert seen(canvas, migration) == [
            ("running", "queued", 0.0),
            ("running", "running", 0.5),
            ("running", "running", 18.0),
            ("running", "running", 50.0),
            ("running", "running", 67.5),
            ("running", "running", 82.5),
            ("running", "running", 99.5),
            ("completed", "running", 99.5),
            ("completed", "completed", 100.0),
        ]

    def test_over_quota_is_a_success_that_failed(self, canvas: Caller, world: World) -> None:
        """No room is a 200 with a failed migration, and the reason in place of the upload target."""
        set_quota(world, 1)
        migration = post(canvas, pre_attachment={"name": "c.imscc", "size": 2 * 1024 * 1024})
        assert migration["workflow_state"] == "failed"
        assert migration["pre_attachment"] == {"error": True, "message": "file size exceeds quota"}
        assert stored(world, migration).workflow_state is Stored.PRE_PROCESS_ERROR

    def test_upload_times_out_when_the_migration_is_read(self, canvas: Caller, world: World) -> None:
        """A read fails a migration whose file has not arrived within an hour, with an issue and its Progress."""
        migration = post(canvas, pre_attachment={"name": "c.imscc"})
        world.clock.advance(3601)
        assert stored(world, migration).workflow_state is Stored.PRE_PROCESSING
        assert canvas.migration(migration["id"])["workflow_state"] == "failed"
        assert canvas.progress(migration)["workflow_state"] == "failed"
        assert [issue["description"] for issue in canvas.issues(migration)] == ["The file upload process timed out."]

    def test_upload_times_out_when_the_list_is_read(self, canvas: Caller, world: World) -> None:
        """A migration whose upload timed out also fails when the list is read."""
        post(canvas, pre_attachment={"name": "c.imscc"})
        world.clock.advance(3601)
        assert canvas.get(PATH)[0]["workflow_state"] == "failed"

    def test_one_that_timed_out_takes_no_file(self, canvas: Caller, world: World) -> None:
        """A file that comes after the end starts nothing."""
        migration = post(canvas, pre_attachment={"name": "c.imscc"})
        target = migration["pre_attachment"]
        location = send(target, b"late").headers["location"]
        world.clock.advance(3601)
        assert canvas.migration(migration["id"])["workflow_state"] == "failed"
        assert canvas("GET", location).status_code == 200
        assert done(canvas, migration)["workflow_state"] == "failed"

    def test_a_put_starts_the_upload_over(self, canvas: Caller, world: World) -> None:
        """A PUT with ``pre_attachment`` starts another upload, and the migration can still succeed."""
        data = cartridge(canvas, world, "One")
        migration = post(canvas, pre_attachment={"name": "c.imscc"})
        world.clock.advance(3601)
        assert canvas.migration(migration["id"])["workflow_state"] == "failed"
        body = {"pre_attachment": {"name": "c.imscc", "size": len(data)}}
        migration_after = canvas("PUT", f"{PATH}/{migration['id']}", json=body).json()
        assert (migration_after["workflow_state"], migration_after["progress_url"]) == (
            "pre_processing",
            migration["progress_url"],
        )
        finish(canvas, migration_after["pre_attachment"], data)
        assert (done(canvas, migration)["workflow_state"], titles(world)) == ("completed", ["One"])

    def test_an_unfinished_upload_blocks(self, canvas: Caller, world: World) -> None:
        """A later copy waits for an upload that nobody finishes, until a user sees that it timed out."""
        post(canvas, pre_attachment={"name": "c.imscc"})
        copy = canvas.copy()
        assert copy["workflow_state"] == "queued"
        world.clock.advance(3601)
        canvas.get(PATH)
        assert canvas.migration(copy["id"])["workflow_state"] == "running"

    def test_the_file_goes_after_thirty_days(self, canvas: Caller, world: World) -> None:
        """The attachment shows for thirty days, the migration for ever."""
        migration = done(canvas, begun(canvas, cartridge(canvas, world, "One")))
        assert migration["attachment"]["size"] > 0
        world.clock.advance(30 * 86400)
        later = canvas.migration(migration["id"])
        assert (later["workflow_state"], "attachment" in later) == ("completed", False)

    def test_a_name_is_needed(self, canvas: Caller, world: World) -> None:
        """``pre_attachment`` without a name starts nothing, neither an upload nor the import."""
        url = canvas.get(f"files/{add_file(world).id}")["url"]
        migration = post(canvas, settings={"file_url": url}, pre_attachment={"size": 3})
        assert ("pre_attachment" in migration, "progress_url" in migration) == (False, False)
        assert stored(world, migration).workflow_state is Stored.CREATED


class TestFailure:
    @pytest.mark.parametrize("data", [b"", b"no zip file", zipped(a=b"no manifest")])
    def test_a_broken_package_fails(self, canvas: Caller, data: bytes) -> None:
        """What cannot be read ends in a failed migration and Progress, with an issue of type ``error``."""
        migration = begun(canvas, data)
        assert done(canvas, migration)["workflow_state"] == "failed"
        assert canvas.progress(migration)["workflow_state"] == "failed"
        assert [issue["issue_type"] for issue in canvas.issues(migration)] == ["error"]

    def test_a_type_without_a_worker(self, canvas: Caller, world: World) -> None:
        """A tool that nobody has leaves the Progress as it was, and the migration failed."""
        migration = begun(canvas, b"x", migration_type="context_external_tool_7")
        assert done(canvas, migration)["workflow_state"] == "failed"
        assert canvas.progress(migration)["workflow_state"] == "queued"
        assert "migration_type_title" not in migration


class TestFileUrl:
    def test_is_fetched_while_the_migration_runs(self, canvas: Caller, world: World) -> None:
        """The request does not wait for the download; the file becomes the migration's attachment."""
        data = cartridge(canvas, world, "One")
        file = add_file(world, "c.imscc", data)
        migration = post(canvas, settings={"file_url": canvas.get(f"files/{file.id}")["url"]})
        assert (migration["workflow_state"], canvas.progress(migration)["workflow_state"]) == ("running", "queued")
        finished = settled(canvas, f"{PATH}/{migration['id']}", "completed", "failed")
        assert (finished["workflow_state"], titles(world)) == ("completed", ["One"])
        assert finished["attachment"]["size"] == len(data)

    def test_that_leads_nowhere(self, canvas: Caller) -> None:
        """What cannot be fetched fails the migration."""
        migration = post(canvas, settings={"file_url": canvas.server.url + "/nothing.imscc"})
        assert settled(canvas, f"{PATH}/{migration['id']}", "completed", "failed")["workflow_state"] == "failed"


class TestContentExport:
    def test_is_imported(self, canvas: Caller, world: World) -> None:
        """An export of this Canvas is a package like any other."""
        world.add(Page(course_id=SOURCE, title="One"))
        export = exported(canvas, world)
        migration = post(canvas, settings={"content_export_id": export["id"]})
        assert migration["workflow_state"] == "running"
        assert (done(canvas, migration)["workflow_state"], titles(world)) == ("completed", ["One"])

    def test_that_is_not_there_leaves_a_row(self, canvas: Caller, world: World) -> None:
        """A 400, and the migration stays behind, failed."""
        body = {"migration_type": CARTRIDGE, "settings": {"content_export_id": 999}}
        response = canvas("POST", PATH, json=body)
        assert (response.status_code, response.json()) == (400, {"message": "invalid content export"})
        assert [row["workflow_state"] for row in canvas.get(PATH)] == ["failed"]
        assert world.migrations_of(DESTINATION)[0].workflow_state is Stored.PRE_PROCESS_ERROR

    def test_that_is_not_finished(self, canvas: Caller) -> None:
        """An export without its file yet is refused likewise."""
        export = canvas("POST", f"courses/{SOURCE}/content_exports", json={"export_type": "common_cartridge"}).json()
        body = {"migration_type": CARTRIDGE, "settings": {"content_export_id": export["id"]}}
        assert canvas("POST", PATH, json=body).json() == {"message": "content export is incomplete"}
        assert len(canvas.get(PATH)) == 1


class TestSelection:
    def test_waits_behind_a_completed_progress(self, canvas: Caller, world: World) -> None:
        """The conversion alone completes the Progress, and nothing has been imported."""
        migration = begun(canvas, cartridge(canvas, world, "One", "Two"), selective_import=True)
        assert seen(canvas, migration)[-2:] == [
            ("running", "running", 99.0),
            ("waiting_for_select", "completed", 100.0),
        ]
        assert titles(world) == []

    def test_goes_on_with_what_is_selected(self, canvas: Caller, world: World) -> None:
        """A PUT with ``copy`` resets the same Progress, and imports on the full scale."""
        migration = begun(canvas, cartridge(canvas, world, "One", "Two"), selective_import=True)
        assert done(canvas, migration)["workflow_state"] == "waiting_for_select"
        pages = canvas.get(f"{PATH}/{migration['id']}/selective_data", type="wiki_pages")
        two = next(node for node in pages if node["title"] == "Two")
        migration_after = canvas("PUT", f"{PATH}/{migration['id']}", data={two["property"]: "1"}).json()
        assert (migration_after["workflow_state"], migration_after["progress_url"]) == (
            "running",
            migration["progress_url"],
        )
        assert [state[1:] for state in seen(canvas, migration)] == [
            ("queued", 0.0),
            ("running", 0.0),
            ("running", 35.0),
            ("running", 65.0),
            ("running", 99.0),
            ("running", 99.0),
            ("completed", 100.0),
        ]
        assert titles(world) == ["Two"]

    def test_an_empty_put_imports_everything(self, canvas: Caller, world: World) -> None:
        """Without ``copy``, everything is selected."""
        migration = begun(canvas, cartridge(canvas, world, "One", "Two"), selective_import=True)
        done(canvas, migration)
        canvas("PUT", f"{PATH}/{migration['id']}")
        assert (done(canvas, migration)["workflow_state"], titles(world)) == ("completed", ["One", "Two"])

    def test_select_is_ignored(self, canvas: Caller, world: World) -> None:
        """``select`` is for course copies only: a package is imported whole."""
        data = cartridge(canvas, world, "One", "Two")
        assert done(canvas, begun(canvas, data, select={"pages": ["1"]}))["workflow_state"] == "completed"
        assert titles(world) == ["One", "Two"]

    def test_copy_alone_halts(self, canvas: Caller, world: World) -> None:
        """``copy`` in the POST without ``selective_import`` waits for a PUT all the same."""
        data = cartridge(canvas, world, "One")
        migration = begun(canvas, data, copy={"everything": "1"})
        assert done(canvas, migration)["workflow_state"] == "waiting_for_select"
        canvas("PUT", f"{PATH}/{migration['id']}", data={"copy[everything]": "1"})
        assert (done(canvas, migration)["workflow_state"], titles(world)) == ("completed", ["One"])

    def test_does_not_block_while_it_waits(self, canvas: Caller, world: World) -> None:
        """One that waits for a selection lets others pass."""
        done(canvas, begun(canvas, cartridge(canvas, world, "One"), selective_import=True))
        assert canvas.copy()["workflow_state"] == "running"


class TestMapping:
    def test_a_cartridge_of_this_canvas_has_one(self, canvas: Caller, world: World) -> None:
        """A package that names a course of this installation maps its rows to the copies."""
        page = world.add(Page(course_id=SOURCE, title="One"))
        migration = done(canvas, begun(canvas, cartridge(canvas, world)))
        assert migration["settings"]["source_course_id"] == SOURCE
        copied = world.live(Page, DESTINATION)[0]
        assert canvas.mapping(migration)["pages"] == {str(page.id): str(copied.id)}

    def test_other_packages_have_none(self, canvas: Caller, world: World) -> None:
        """A zip file came from no course."""
        below = folder(world, "course files/in")
        data = zipped(**{"a.txt": b"a"})
        migration = begun(canvas, data, migration_type=ZIP, settings={"folder_id": below.id})
        done(canvas, migration)
        response = canvas("GET", f"{PATH}/{migration['id']}/asset_id_mapping")
        assert (response.status_code, response.json()) == (
            400,
            {"message": "Migration is not course copy or blueprint"},
        )


class TestZip:
    def test_goes_into_the_folder(self, canvas: Caller, world: World) -> None:
        """The files go below the folder that was named, folders and all, half of the percentage done at once."""
        below = folder(world, "course files/in")
        data = zipped(**{"a.txt": b"a", "deep__b.txt": b"bb"})
        migration = begun(canvas, data, migration_type=ZIP, settings={"folder_id": str(below.id)})
        assert [state[1:] for state in seen(canvas, migration)][:2] == [("queued", 0.0), ("running", 50.0)]
        assert canvas.migration(migration["id"])["workflow_state"] == "completed"
        names = {row["full_name"]: row["files_count"] for row in canvas.get(f"courses/{DESTINATION}/folders")}
        assert names == {"course files": 0, "course files/in": 1, "course files/in/deep": 1}

    def test_selective_import_is_ignored(self, canvas: Caller, world: World) -> None:
        """A zip file is imported as a whole."""
        below = folder(world, "course files/in")
        body = {"migration_type": ZIP, "settings": {"folder_id": below.id}, "selective_import": True}
        assert done(canvas, begun(canvas, zipped(**{"a.txt": b"a"}), **body))["workflow_state"] == "completed"
        assert files_of(world) == ["a.txt"]

    def test_does_not_wait_for_others(self, canvas: Caller, world: World) -> None:
        """Zip files are not held up by a running copy."""
        below = folder(world, "course files/in")
        canvas.copy()
        migration = begun(canvas, zipped(**{"a.txt": b"a"}), migration_type=ZIP, settings={"folder_id": below.id})
        assert canvas.migration(migration["id"])["workflow_state"] == "running"

    def test_replaces_files_of_the_same_name(self, canvas: Caller, world: World) -> None:
        """A second import leaves one file of a name."""
        below = folder(world, "course files/in")
        for _ in range(2):
            done(canvas, begun(canvas, zipped(**{"a.txt": b"a"}), migration_type=ZIP, settings={"folder_id": below.id}))
        assert files_of(world) == ["a.txt"]

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({}, "A .zip upload requires a folder to upload to."),
            ({"folder_id": "999"}, "The specified folder couldn't be found in this course."),
            ({"source_folder_id": "401"}, "A .zip upload requires a folder to upload to."),
        ],
    )
    def test_needs_a_folder(self, canvas: Caller, settings: dict[str, str], message: str) -> None:
        """The folder is ``settings[folder_id]``, whatever the list of migrators says."""
        body = {"migration_type": ZIP, "settings": settings, "pre_attachment": {"name": "a.zip"}}
        response = canvas("POST", PATH, json=body)
        assert (response.status_code, response.json()) == (400, {"message": message})

    def test_into_a_group(self, canvas: Caller, world: World) -> None:
        """Groups take zip files, into their own folders."""
        add_group(world)
        root = canvas.get(f"groups/{GROUP}/folders/root")
        path = f"groups/{GROUP}/content_migrations"
        begun(canvas, zipped(**{"a.txt": b"a"}), path, migration_type=ZIP, settings={"folder_id": root["id"]})
        world.clock.advance(IMPORT_SECONDS)
        assert canvas.get(path)[0]["workflow_state"] == "completed"
        assert files_of(world, GROUP, ContextType.GROUP) == ["a.txt"]
