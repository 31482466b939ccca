"""``CanvasExportToObjectStorageOperator`` writes an export with a manifest, and exports again only after a change."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import File, Module, ModuleItem, Page
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.courses.course_listings import fetch_course_content
from airflow_provider_canvas.client.errors import CanvasJobError, CanvasPermissionError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
from airflow_provider_canvas.transfers.content_hash import content_hash
from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator
from tests.support.airflow_storage import ObjectStoragePath
from tests.support.task_attempt import Attempt, deferred, fired, rendered, resumed

COURSE = 1010


@pytest.fixture(autouse=True)
def _short_exports(world: World) -> None:
    """Let each export take 0.2 s."""
    world.settings.change({"export_seconds": 0.2})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the directory of the archive."""
    return tmp_path / "archive"


@pytest.fixture
def settings(emulator: EmulatorServer) -> Settings:
    """Return the settings of a client of the emulator."""
    return Settings(emulator.url, emulator.token)


def current_hash(settings: Settings) -> str:
    """Return the hash of the course's current content."""
    return content_hash(run_with_client(settings, lambda canvas: fetch_course_content(canvas, COURSE)))


def archive(folder: Any, **arguments: Any) -> CanvasExportToObjectStorageOperator:
    """Return an operator that archives the course; keyword arguments replace its own."""
    return CanvasExportToObjectStorageOperator(
        **{
            "task_id": "archive",
            "retries": 2,
            "course_id": "sis_course_id:TMPL-BIOL1010",
            "path": f"{folder}/course-{{course_id}}.imscc",
            "deferrable": False,
            "poll_interval": 0.05,
            **arguments,
        }
    )


def run(task: CanvasExportToObjectStorageOperator, attempt: Attempt | None = None) -> dict[str, Any]:
    """Run a task that does not defer, and return its result."""
    attempt = attempt or Attempt()
    result: dict[str, Any] = task.execute(attempt.context(task))
    return result


def exports(world: World) -> int:
    """Count the exports of the emulator."""
    return len(world.tables.content_exports)


def test_object_and_manifest(connection: str, emulator: EmulatorServer, world: World, folder: Path) -> None:
    """The task writes a cartridge and a manifest without signed URLs, and nothing else."""
    result = run(archive(folder))
    object_path, manifest_path = folder / "course-1010.imscc", folder / "course-1010.imscc.manifest.json"
    assert sorted(folder.iterdir()) == [object_path, manifest_path]
    assert "imsmanifest.xml" in zipfile.ZipFile(object_path).namelist()
    manifest = json.loads(manifest_path.read_text())
    (made,) = world.tables.content_exports.values()
    assert manifest == {
        "version": 1,
        "canvas_instance": emulator.url.removeprefix("http://"),
        "course_id": COURSE,
        "course_name": "BIOL 1010 Intro Biology — Master",
        "sis_course_id": "TMPL-BIOL1010",
        "content_export_id": made.id,
        "export_type": "common_cartridge",
        "select": None,
        "exported_at": result["exported_at"],
        "path": str(object_path),
        "size": object_path.stat().st_size,
        "sha256": hashlib.sha256(object_path.read_bytes()).hexdigest(),
        "content_hash": result["content_hash"],
    }
    shared = {name: value for name, value in manifest.items() if name in result}
    assert result == {**shared, "exported": True, "manifest_path": str(manifest_path)}


def test_deferred(connection: str, world: World) -> None:
    """The hash is computed before the export; another instance of the task writes the object after the deferral."""
    arguments = {"deferrable": True, "path": "memory://archive/{sis_course_id}.imscc"}
    world.settings.change({"export_seconds": 1.0})
    attempt = Attempt()
    deferral = deferred(archive("", **arguments), attempt)
    assert "token" not in json.dumps(deferral.trigger.serialize())
    result = resumed(archive("", **arguments), deferral, asyncio.run(fired(deferral)), attempt)
    target = ObjectStoragePath("memory://archive/TMPL-BIOL1010.imscc")
    assert (result["path"], result["size"]) == ("memory://archive/TMPL-BIOL1010.imscc", target.stat().st_size)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == result["sha256"]
    assert result["content_hash"]
    assert not run(archive("", **arguments, task_id="again"))["exported"]


def test_unchanged_course(connection: str, world: World, folder: Path) -> None:
    """The second run sends only GETs, exports nothing, and returns the existing object."""
    first = run(archive(folder))
    world.requests.clear()
    assert run(archive(folder), Attempt(run_id="manual__2")) == {**first, "exported": False}
    assert {request.method for request in world.requests} == {"GET"}
    assert exports(world) == 1


def test_a_stable_manifest_of_dated_objects(connection: str, world: World, folder: Path) -> None:
    """With a manifest that all runs share, an unchanged course keeps the object of the earlier run."""
    arguments = {"manifest_path": f"{folder}/last-{{course_id}}.json"}
    first = run(archive(folder, path=f"{folder}/2026-01/{{course_id}}.imscc", **arguments))
    second = run(
        archive(folder, path=f"{folder}/2026-02/{{course_id}}.imscc", **arguments), Attempt(run_id="manual__2")
    )
    assert second == {**first, "exported": False}
    assert not (folder / "2026-02").exists()


def _edit_a_page(world: World) -> None:
    world.live(Page, COURSE)[0].updated_at += timedelta(days=1)


def _publish_a_page(world: World) -> None:
    page = world.live(Page, COURSE)[0]
    page.workflow_state = "unpublished" if page.workflow_state != "unpublished" else "active"


def _add_a_file(world: World) -> None:
    world.add(File(course_id=COURSE, title="new.txt", content_type="text/plain", data=b"new", size=3))


def _delete_a_module(world: World) -> None:
    world.live(Module, COURSE)[0].workflow_state = "deleted"


def _indent_an_item(world: World) -> None:
    world.live(ModuleItem, COURSE)[0].indent += 1


def _rename_the_course(world: World) -> None:
    world.tables.courses[COURSE].name = "Biology for Everybody"


CHANGES = (_edit_a_page, _publish_a_page, _add_a_file, _indent_an_item, _delete_a_module, _rename_the_course)


def test_changes_of_the_hash(settings: Settings, world: World) -> None:
    """The hash of a course's content differs after each change, and is equal without a change."""
    hashes = [current_hash(settings)]
    for change in CHANGES:
        with world.lock:
            change(world)
        hashes += [current_hash(settings)]
    assert len(set(hashes)) == 1 + len(CHANGES)
    assert current_hash(settings) == hashes[-1]


def test_new_student(settings: Settings, world: World) -> None:
    """A new enrollment does not change the hash."""
    before = current_hash(settings)
    world.enroll(1, COURSE, EnrollmentType.STUDENT)
    assert current_hash(settings) == before


def test_disabled_tabs(settings: Settings, world: World) -> None:
    """A listing that answers 404 (its tab is disabled) counts as empty."""
    for kind in ("quizzes", "files", "discussion_topics", "settings"):
        world.faults.rules.append(Rule(f"/courses/1010/{kind}$", status=404, times=None))
    assert current_hash(settings)


def test_modules_of_many_items(settings: Settings, world: World) -> None:
    """Items that Canvas leaves out of the list of modules are requested, and do not change the hash."""
    before = current_hash(settings)
    world.settings.change({"max_per_page": 2})  # a module with more items than a page has none in the list
    assert current_hash(settings) == before
    assert any(request.path.endswith("/items") for request in world.requests)


def test_changed_course(connection: str, world: World, folder: Path) -> None:
    """The object and the manifest of a changed course are replaced."""
    first = run(archive(folder))
    with world.lock:
        _edit_a_page(world)
    second = run(archive(folder), Attempt(run_id="manual__2"))
    assert second["exported"]
    assert second["content_hash"] != first["content_hash"]
    assert json.loads(Path(second["manifest_path"]).read_text())["content_hash"] == second["content_hash"]


def test_other_reasons_to_export(connection: str, world: World, folder: Path) -> None:
    """An export is made if the object is missing or truncated, the manifest invalid, or the parameters differ."""
    first = run(archive(folder))
    path, manifest_path = Path(first["path"]), Path(first["manifest_path"])
    path.unlink()
    assert run(archive(folder), Attempt(run_id="2"))["exported"]
    path.write_bytes(path.read_bytes()[:-1])
    assert run(archive(folder), Attempt(run_id="3"))["exported"]
    manifest_path.write_text('{"version": 0}')
    assert run(archive(folder), Attempt(run_id="4"))["exported"]
    assert run(archive(folder, export_type="qti"), Attempt(run_id="5"))["export_type"] == "qti"
    assert run(archive(folder, export_type="qti", select={"quizzes": [7001]}), Attempt(run_id="6"))["exported"]
    assert not run(archive(folder, export_type="qti", select="{'quizzes': (7001,)}"), Attempt(run_id="7"))["exported"]
    assert run(archive(folder, export_type="qti", skip_unchanged="False"), Attempt(run_id="8"))["exported"]


def test_a_dropped_connection(connection: str, world: World, folder: Path) -> None:
    """After a dropped connection the download is resumed, and the object is complete."""
    world.faults.rules.append(Rule("/download$", Action.DROP))
    world.faults.rules.append(Rule("^/objects/", Action.TRUNCATE))
    result = run(archive(folder))
    assert hashlib.sha256(Path(result["path"]).read_bytes()).hexdigest() == result["sha256"]
    assert exports(world) == 1


def test_failed_download(connection: str, world: World, folder: Path) -> None:
    """Nothing is written; the retry uses the same export, and its manifest has no content hash."""
    world.faults.rules.append(rule := Rule("/download", status=403, times=None))
    attempt = Attempt()
    with pytest.raises(CanvasPermissionError, match="403 was the response to the download of"):
        run(archive(folder), attempt)
    assert list(folder.iterdir()) == []
    world.faults.rules.remove(rule)
    result = run(archive(folder), Attempt(try_number=2, store=attempt.store))
    assert exports(world) == 1
    assert result["content_hash"] is None
    assert run(archive(folder), Attempt(run_id="manual__2"))["exported"]


def test_worker_dies_after_writing(connection: str, world: World, folder: Path) -> None:
    """If object and manifest exist, but no result was returned, the retry downloads nothing and returns the result."""
    attempt = Attempt()
    first = run(archive(folder), attempt)
    world.requests.clear()
    assert run(archive(folder), Attempt(try_number=2, store=attempt.store)) == first
    assert not [request.path for request in world.requests if "download" in request.path]


def test_unsupported_storage(connection: str, world: World) -> None:
    """An unsupported storage fails the task before an export is created."""
    with pytest.raises(AirflowFailException, match="nowhere"):
        run(archive("nowhere://bucket"))
    assert exports(world) == 0


def test_path_that_cannot_be_written(connection: str, world: World, tmp_path: Path) -> None:
    """If the object or the manifest cannot be written, the task fails before it creates an export."""
    (tmp_path / "file").write_text("no folder")
    for name in ("path", "manifest_path"):
        with pytest.raises(OSError, match="file"):
            run(archive(tmp_path, **{name: f"{tmp_path}/file/{{course_id}}"}))
    assert exports(world) == 0


@pytest.mark.parametrize("manifest_path", [None, "{folder}/last.json"])
def test_one_path_for_two_courses(connection: str, world: World, folder: Path, manifest_path: str | None) -> None:
    """The second course fails before it is exported, and the object of the first is kept."""
    manifest_path = manifest_path and manifest_path.format(folder=folder)
    arguments = {"path": f"{folder}/course.imscc", "manifest_path": manifest_path}
    first = run(archive(folder, course_id=COURSE, **arguments))
    with pytest.raises(AirflowFailException, match=r"manifest of course 1010 .*not of 2001: write \{course_id\} into"):
        run(archive(folder, course_id=2001, **arguments), Attempt(run_id="manual__2"))
    assert exports(world) == 1
    assert hashlib.sha256((folder / "course.imscc").read_bytes()).hexdigest() == first["sha256"]


def test_one_path_for_two_courses_at_the_same_time(connection: str, world: World, folder: Path) -> None:
    """If both exports run before either is written, the second task fails and writes nothing."""
    world.settings.change({"export_seconds": 1.0})
    arguments = {"path": f"{folder}/course.imscc", "deferrable": True}
    attempts = {course_id: Attempt(run_id=f"of_{course_id}") for course_id in (COURSE, 2001)}
    halves = {
        course_id: deferred(archive(folder, course_id=course_id, **arguments), attempt)
        for course_id, attempt in attempts.items()
    }
    events = {course_id: asyncio.run(fired(half)) for course_id, half in halves.items()}
    first = resumed(archive(folder, course_id=COURSE, **arguments), halves[COURSE], events[COURSE], attempts[COURSE])
    with pytest.raises(AirflowFailException, match="is the manifest of course 1010"):
        resumed(archive(folder, course_id=2001, **arguments), halves[2001], events[2001], attempts[2001])
    assert hashlib.sha256((folder / "course.imscc").read_bytes()).hexdigest() == first["sha256"]


def test_one_path_for_objects_of_many_manifests(connection: str, world: World, folder: Path) -> None:
    """A manifest per course with one object for all is refused; a course's number in the path is accepted."""
    arguments = {"manifest_path": f"{folder}/{{course_id}}.json"}
    with pytest.raises(AirflowFailException, match=r"each course would replace the previous one. Write \{course_id\}"):
        run(archive(folder, path=f"{folder}/course.imscc", **arguments))
    assert exports(world) == 0
    assert run(archive(folder, path=f"{folder}/1010.imscc", **arguments))["exported"]


def test_expired_file(connection: str, world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the attachment has expired, the task fails, and its retry exports again."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.1,))
    monkeypatch.setattr("airflow_provider_canvas.client.jobs.waiters.EXPORT_FILE_GRACE", timedelta(seconds=-1))
    world.settings.change({"export_seconds": 1.0})
    attempt = Attempt()
    deferral = deferred(archive(folder, deferrable=True), attempt)
    event = asyncio.run(fired(deferral))
    world.settings.change({"attachment_days": 0})
    with pytest.raises(CanvasJobError, match=r"no attachment any more.* A retry of this task exports again"):
        resumed(archive(folder), deferral, event, attempt)
    retry = Attempt(try_number=2, store=attempt.store)
    deferral = deferred(archive(folder, deferrable=True), retry)
    world.settings.change({"attachment_days": 30})
    assert resumed(archive(folder), deferral, asyncio.run(fired(deferral)), retry)["exported"]
    assert exports(world) == 2


def test_being_killed(connection: str, world: World, folder: Path) -> None:
    """When the deferred task is killed, the export's Progress is cancelled, and nothing is written."""
    world.settings.change({"export_seconds": 5.0})
    task = archive(folder, deferrable=True)
    deferral = deferred(task, Attempt())
    asyncio.run(deferral.trigger.on_kill())
    assert world.requests[-1].path.endswith("/cancel")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"course_id": ""}, "sis_course_id:"),
        ({"path": ""}, "does not name an object: write it as s3://"),
        ({"path": "None"}, "does not name an object"),
        ({"path": "{course_id}.imscc"}, r"is relative to .* or /archive/\{course_id\}"),
        ({"manifest_path": "last.json"}, "manifest_path 'last.json' is relative to"),
        ({"path": "s3://bucket/folder/"}, "does not name an object"),
        ({"path": "abfs://bucket/course"}, "No filesystem .* abfs: install apache-airflow-providers-microsoft-azure"),
        ({"path": "gs://bucket/course"}, "install apache-airflow-providers-google"),
        ({"select": "None"}, "select is 'None', which names nothing"),
        ({"select": {}}, "select names no asset"),
        ({"path": "/tmp/{ds}.imscc"}, r"contains \{ds\}: .*course_id or sis_course_id.*\{\{ ds \}\}"),
        ({"path": "/tmp/a", "manifest_path": "/tmp/a"}, "are both '/tmp/a'"),
        ({"manifest_path": "/tmp/{nothing}"}, "manifest_path"),
        ({"skip_unchanged": "perhaps"}, "skip_unchanged is 'perhaps': write True or False"),
        ({"export_type": "moodle"}, "is not one of"),
    ],
)
def test_invalid_parameters(
    connection: str, world: World, folder: Path, arguments: dict[str, Any], message: str
) -> None:
    """An invalid parameter fails before any request, and the error says what to write instead."""
    with pytest.raises(AirflowFailException, match=message):
        run(rendered(partial(archive, folder), **arguments))
    assert not world.requests


def test_a_course_without_an_sis_id(connection: str, world: World, folder: Path) -> None:
    """A path with the SIS id of a course that has none is refused."""
    world.tables.courses[COURSE].sis_course_id = None
    with pytest.raises(AirflowFailException, match="course 1010 has none"):
        run(archive(folder, course_id=COURSE, path=f"{folder}/{{sis_course_id}}"))
    assert exports(world) == 0
