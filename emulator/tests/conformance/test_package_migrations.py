"""Test migrations that import a package: uploads, URLs, exports, selections and zip files."""

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
    cartridge,
    finished_export,
    observed_states,
    post,
    start_import,
    wait_for_state,
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
    """Packages that the client uploads."""

    def test_new_migration(self, canvas: Caller) -> None:
        """The response has the upload target, ``pre_processing``, a ``started_at`` and a queued Progress."""
        migration = post(canvas, pre_attachment={"name": "c.imscc", "size": 3})
        assert set(migration["pre_attachment"]) == {"upload_url", "upload_params", "file_param"}
        assert (migration["workflow_state"], migration["started_at"]) == ("pre_processing", "2026-05-04T09:00:00Z")
        progress = canvas.progress(migration)
        assert (progress["workflow_state"], progress["completion"]) == ("queued", 0.0)
        assert "pre_attachment" not in canvas.migration(migration["id"])

    def test_upload_target_of_the_file_service(self, canvas: Caller, world: World) -> None:
        """The upload target of the file service has a Progress that is null."""
        world.settings.storage = StorageMode.INST_FS
        target = post(canvas, pre_attachment={"name": "c.imscc"})["pre_attachment"]
        assert (set(target), target["progress"]) == (
            {"upload_url", "upload_params", "file_param", "progress"},
            None,
        )

    def test_nothing_runs_before_the_upload(self, canvas: Caller, world: World) -> None:
        """Without the file the migration does not start, however much time passes."""
        migration = post(canvas, pre_attachment={"name": "c.imscc"})
        world.clock.advance(3000)
        assert canvas.migration(migration["id"])["workflow_state"] == "pre_processing"

    def test_package_that_is_too_large_when_it_is_unpacked(self, canvas: Caller, world: World) -> None:
        """The import of a package fails when it exceeds the setting ``max_unpacked_mib``."""
        data = zipped(**{"zeros.txt": bytes(2 << 20)})
        world.settings.max_unpacked_mib = 1
        settings = {"folder_id": folder(world, "course files/in").id}
        failed = done(canvas, start_import(canvas, data, migration_type=ZIP, settings=settings))
        assert failed["workflow_state"] == "failed"
        world.settings.max_unpacked_mib = 3
        imported = done(canvas, start_import(canvas, data, migration_type=ZIP, settings=settings))
        assert imported["workflow_state"] == "completed"

    @pytest.mark.parametrize("mode", list(StorageMode))
    def test_last_step_starts_the_migration(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """In every storage mode the confirmed file starts the import, and the content arrives."""
        data = cartridge(canvas, world, "One", "Two")
        world.settings.storage = mode
        migration = start_import(canvas, data)
        assert canvas.migration(migration["id"])["workflow_state"] == "running"
        finished = done(canvas, migration)
        assert (finished["workflow_state"], titles(world)) == ("completed", ["One", "Two"])
        assert finished["attachment"]["display_name"] == "c.imscc"

    def test_states(self, canvas: Caller, world: World) -> None:
        """The percentage counts half for the conversion and half for the import, without falling."""
        migration = start_import(canvas, cartridge(canvas, world, "One"))
        assert observed_states(canvas, migration) == [
            ("running", "queued", 0.0),
            ("running", "running", 0.5),
            ("running", "running", 5.0),
            ("running", "running", 36.0),
            ("running", "running", 50.0),
            ("running", "running", 50.5),
            ("running", "running", 59.0),
            ("running", "running", 80.5),
            ("running", "running", 95.0),
            ("completed", "running", 99.5),
            ("completed", "completed", 100.0),
        ]

    def test_over_the_quota(self, canvas: Caller, world: World) -> None:
        """Over the quota the response is a 200 with a failed migration and the reason in place of the upload target."""
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
        world.clock.advance(1)
        assert canvas.progress(migration)["workflow_state"] == "failed"
        assert [issue["description"] for issue in canvas.issues(migration)] == ["The file upload process timed out."]

    def test_upload_times_out_when_the_list_is_read(self, canvas: Caller, world: World) -> None:
        """A migration whose upload timed out also fails when the list is read."""
        post(canvas, pre_attachment={"name": "c.imscc"})
        world.clock.advance(3601)
        assert canvas.get(PATH)[0]["workflow_state"] == "failed"

    def test_file_after_the_timeout(self, canvas: Caller, world: World) -> None:
        """A file that arrives after the timeout starts nothing."""
        migration = post(canvas, pre_attachment={"name": "c.imscc"})
        target = migration["pre_attachment"]
        location = send(target, b"late").headers["location"]
        world.clock.advance(3601)
        assert canvas.migration(migration["id"])["workflow_state"] == "failed"
        assert canvas("GET", location).status_code == 200
        assert done(canvas, migration)["workflow_state"] == "failed"

    def test_put_with_pre_attachment(self, canvas: Caller, world: World) -> None:
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
        """A later copy waits for an unfinished upload until a read shows that the upload timed out."""
        post(canvas, pre_attachment={"name": "c.imscc"})
        copy = canvas.copy()
        assert copy["workflow_state"] == "queued"
        world.clock.advance(3601)
        canvas.get(PATH)
        assert canvas.migration(copy["id"])["workflow_state"] == "running"

    def test_attachment_expires(self, canvas: Caller, world: World) -> None:
        """The attachment is shown for thirty days, the migration for ever."""
        migration = done(canvas, start_import(canvas, cartridge(canvas, world, "One")))
        assert migration["attachment"]["size"] > 0
        world.clock.advance(30 * 86400)
        later = canvas.migration(migration["id"])
        assert (later["workflow_state"], "attachment" in later) == ("completed", False)

    def test_pre_attachment_without_a_name(self, canvas: Caller, world: World) -> None:
        """``pre_attachment`` without a name starts neither an upload nor the import."""
        url = canvas.get(f"files/{add_file(world).id}")["url"]
        migration = post(canvas, settings={"file_url": url}, pre_attachment={"size": 3})
        assert ("pre_attachment" in migration, "progress_url" in migration) == (False, False)
        assert stored(world, migration).workflow_state is Stored.CREATED


class TestFailure:
    """Imports that fail."""

    @pytest.mark.parametrize("data", [b" ", b"no zip file", zipped(a=b"no manifest")])
    def test_damaged_package(self, canvas: Caller, data: bytes) -> None:
        """A damaged package fails the migration and its Progress at 0.5, with an issue."""
        migration = start_import(canvas, data)
        assert done(canvas, migration)["workflow_state"] == "failed"
        progress = canvas.progress(migration)
        assert (progress["workflow_state"], progress["completion"], progress["message"]) == ("failed", 0.5, None)
        assert len(canvas.issues(migration)) == 1

    def test_type_without_a_worker(self, canvas: Caller, world: World) -> None:
        """A type for which no tool is installed fails the migration, and leaves its Progress unchanged."""
        migration = start_import(canvas, b"x", migration_type="context_external_tool_7")
        assert done(canvas, migration)["workflow_state"] == "failed"
        assert canvas.progress(migration)["workflow_state"] == "queued"
        assert "migration_type_title" not in migration


class TestFileUrl:
    """Packages that Canvas fetches from a URL."""

    def test_file_url(self, canvas: Caller, world: World) -> None:
        """The POST does not wait for the download; the file becomes the migration's attachment."""
        data = cartridge(canvas, world, "One")
        file = add_file(world, "c.imscc", data)
        migration = post(canvas, settings={"file_url": canvas.get(f"files/{file.id}")["url"]})
        assert (migration["workflow_state"], canvas.progress(migration)["workflow_state"]) == ("running", "queued")
        finished = wait_for_state(canvas, f"{PATH}/{migration['id']}", "completed", "failed")
        assert (finished["workflow_state"], titles(world)) == ("completed", ["One"])
        assert finished["attachment"]["size"] == len(data)

    def test_file_url_that_fails(self, canvas: Caller) -> None:
        """A URL that cannot be fetched fails the migration."""
        migration = post(canvas, settings={"file_url": canvas.server.url + "/nothing.imscc"})
        assert wait_for_state(canvas, f"{PATH}/{migration['id']}", "completed", "failed")["workflow_state"] == "failed"


class TestContentExport:
    """Packages that are an export of this Canvas."""

    def test_export_is_imported(self, canvas: Caller, world: World) -> None:
        """An export of this Canvas is imported like any other package."""
        world.add(Page(course_id=SOURCE, title="One"))
        export = finished_export(canvas, world)
        migration = post(canvas, settings={"content_export_id": export["id"]})
        assert migration["workflow_state"] == "running"
        assert (done(canvas, migration)["workflow_state"], titles(world)) == ("completed", ["One"])

    def test_unknown_export(self, canvas: Caller, world: World) -> None:
        """An unknown export is a 400, and leaves a failed migration."""
        body = {"migration_type": CARTRIDGE, "settings": {"content_export_id": 999}}
        response = canvas("POST", PATH, json=body)
        assert (response.status_code, response.json()) == (400, {"message": "invalid content export"})
        assert [row["workflow_state"] for row in canvas.get(PATH)] == ["failed"]
        assert world.migrations_of(DESTINATION)[0].workflow_state is Stored.PRE_PROCESS_ERROR

    def test_unfinished_export(self, canvas: Caller) -> None:
        """An export without a file is refused as well."""
        export = canvas("POST", f"courses/{SOURCE}/content_exports", json={"export_type": "common_cartridge"}).json()
        body = {"migration_type": CARTRIDGE, "settings": {"content_export_id": export["id"]}}
        assert canvas("POST", PATH, json=body).json() == {"message": "content export is incomplete"}
        assert len(canvas.get(PATH)) == 1


class TestSelection:
    """Imports with ``selective_import``."""

    def test_waiting_for_a_selection(self, canvas: Caller, world: World) -> None:
        """The conversion completes the Progress, but nothing has been imported yet."""
        migration = start_import(canvas, cartridge(canvas, world, "One", "Two"), selective_import=True)
        assert observed_states(canvas, migration)[-2:] == [
            ("running", "running", 72.0),
            ("waiting_for_select", "completed", 100.0),
        ]
        assert titles(world) == []

    def test_put_with_a_selection(self, canvas: Caller, world: World) -> None:
        """A PUT with ``copy`` resets the same Progress, whose percentage then counts the import alone."""
        migration = start_import(canvas, cartridge(canvas, world, "One", "Two"), selective_import=True)
        assert done(canvas, migration)["workflow_state"] == "waiting_for_select"
        pages = canvas.get(f"{PATH}/{migration['id']}/selective_data", type="wiki_pages")
        two = next(node for node in pages if node["title"] == "Two")
        migration_after = canvas("PUT", f"{PATH}/{migration['id']}", data={two["property"]: "1"}).json()
        assert (migration_after["workflow_state"], migration_after["progress_url"]) == (
            "running",
            migration["progress_url"],
        )
        assert [state[1:] for state in observed_states(canvas, migration)] == [
            ("queued", 0.0),
            ("running", 1.0),
            ("running", 35.0),
            ("running", 65.0),
            ("running", 90.0),
            ("running", 99.0),
            ("completed", 100.0),
        ]
        assert titles(world) == ["Two"]

    def test_an_empty_put_imports_everything(self, canvas: Caller, world: World) -> None:
        """A PUT without ``copy`` imports everything."""
        migration = start_import(canvas, cartridge(canvas, world, "One", "Two"), selective_import=True)
        done(canvas, migration)
        canvas("PUT", f"{PATH}/{migration['id']}")
        assert (done(canvas, migration)["workflow_state"], titles(world)) == ("completed", ["One", "Two"])

    def test_select_is_ignored(self, canvas: Caller, world: World) -> None:
        """``select`` is for course copies only, so a package is imported completely."""
        data = cartridge(canvas, world, "One", "Two")
        assert done(canvas, start_import(canvas, data, select={"pages": ["1"]}))["workflow_state"] == "completed"
        assert titles(world) == ["One", "Two"]

    def test_copy_without_selective_import(self, canvas: Caller, world: World) -> None:
        """``copy`` in the POST without ``selective_import`` waits for a PUT as well."""
        data = cartridge(canvas, world, "One")
        migration = start_import(canvas, data, copy={"everything": "1"})
        assert done(canvas, migration)["workflow_state"] == "waiting_for_select"
        canvas("PUT", f"{PATH}/{migration['id']}", data={"copy[everything]": "1"})
        assert (done(canvas, migration)["workflow_state"], titles(world)) == ("completed", ["One"])

    def test_waiting_migration_does_not_block(self, canvas: Caller, world: World) -> None:
        """A migration that waits for a selection does not block others."""
        done(canvas, start_import(canvas, cartridge(canvas, world, "One"), selective_import=True))
        assert canvas.copy()["workflow_state"] == "running"


class TestMapping:
    """The mapping of imported packages."""

    def test_cartridge_of_this_canvas(self, canvas: Caller, world: World) -> None:
        """A package that names a course of this installation maps its rows to the copies."""
        page = world.add(Page(course_id=SOURCE, title="One"))
        migration = done(canvas, start_import(canvas, cartridge(canvas, world)))
        assert migration["settings"]["source_course_id"] == SOURCE
        copied = world.live(Page, DESTINATION)[0]
        assert canvas.mapping(migration)["pages"] == {str(page.id): str(copied.id)}

    def test_zip_file(self, canvas: Caller, world: World) -> None:
        """A zip file has no mapping, because it has no source course."""
        below = folder(world, "course files/in")
        data = zipped(**{"a.txt": b"a"})
        migration = start_import(canvas, data, migration_type=ZIP, settings={"folder_id": below.id})
        done(canvas, migration)
        response = canvas("GET", f"{PATH}/{migration['id']}/asset_id_mapping")
        assert (response.status_code, response.json()) == (
            400,
            {"message": "Migration is not course copy or blueprint"},
        )


class TestZip:
    """Imports of a zip file."""

    def test_files_and_folders(self, canvas: Caller, world: World) -> None:
        """Files and folders are created below the named folder, and the percentage starts at 0."""
        below = folder(world, "course files/in")
        data = zipped(**{"a.txt": b"a", "deep__b.txt": b"bb"})
        migration = start_import(canvas, data, migration_type=ZIP, settings={"folder_id": str(below.id)})
        assert [state[1:] for state in observed_states(canvas, migration)][:2] == [("queued", 0.0), ("running", 0.0)]
        assert canvas.migration(migration["id"])["workflow_state"] == "completed"
        names = {row["full_name"]: row["files_count"] for row in canvas.get(f"courses/{DESTINATION}/folders")}
        assert names == {"course files": 0, "course files/in": 1, "course files/in/deep": 1}

    def test_selective_import_is_ignored(self, canvas: Caller, world: World) -> None:
        """A zip file is always imported completely."""
        below = folder(world, "course files/in")
        body = {"migration_type": ZIP, "settings": {"folder_id": below.id}, "selective_import": True}
        assert done(canvas, start_import(canvas, zipped(**{"a.txt": b"a"}), **body))["workflow_state"] == "completed"
        assert files_of(world) == ["a.txt"]

    def test_zip_import_does_not_wait(self, canvas: Caller, world: World) -> None:
        """A zip import does not wait for a running copy."""
        below = folder(world, "course files/in")
        canvas.copy()
        migration = start_import(
            canvas, zipped(**{"a.txt": b"a"}), migration_type=ZIP, settings={"folder_id": below.id}
        )
        assert canvas.migration(migration["id"])["workflow_state"] == "running"

    def test_second_import(self, canvas: Caller, world: World) -> None:
        """A second import replaces files of the same name."""
        below = folder(world, "course files/in")
        for _ in range(2):
            done(
                canvas,
                start_import(canvas, zipped(**{"a.txt": b"a"}), migration_type=ZIP, settings={"folder_id": below.id}),
            )
        assert files_of(world) == ["a.txt"]

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({}, "A .zip upload requires a folder to upload to."),
            ({"folder_id": "999"}, "The specified folder couldn't be found in this course."),
            ({"source_folder_id": "401"}, "A .zip upload requires a folder to upload to."),
        ],
    )
    def test_folder_id_is_required(self, canvas: Caller, settings: dict[str, str], message: str) -> None:
        """``settings[folder_id]`` is required, whatever the list of migrators says."""
        body = {"migration_type": ZIP, "settings": settings, "pre_attachment": {"name": "a.zip"}}
        response = canvas("POST", PATH, json=body)
        assert (response.status_code, response.json()) == (400, {"message": message})

    def test_zip_import_into_a_group(self, canvas: Caller, world: World) -> None:
        """Groups accept zip files for their own folders."""
        add_group(world)
        root = canvas.get(f"groups/{GROUP}/folders/root")
        path = f"groups/{GROUP}/content_migrations"
        start_import(canvas, zipped(**{"a.txt": b"a"}), path, migration_type=ZIP, settings={"folder_id": root["id"]})
        world.clock.advance(IMPORT_SECONDS)
        assert canvas.get(path)[0]["workflow_state"] == "completed"
        assert files_of(world, GROUP, ContextType.GROUP) == ["a.txt"]
