"""Archiving a course: a whole object and its manifest, once, and again only where something changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import File, Module, ModuleItem, Page
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.roster import EnrollmentType
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasJobError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.transfers.content_hash import content_hash
from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator
from tests.support.airflow_storage import ObjectStoragePath
from tests.support.task_attempt import Attempt, deferred, fired, resumed

COURSE = 1010


@pytest.fixture(autouse=True)
def _short(world: World) -> None:
    world.settings.change({"export_seconds": 0.2})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the archive is."""
    return tmp_path / "archive"


@pytest.fixture
def canvas(emulator: EmulatorServer) -> Iterator[CanvasClient]:
    """A client on the local Canvas."""
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        yield client


def archive(folder: Any, **said: Any) -> CanvasExportToObjectStorageOperator:
    return CanvasExportToObjectStorageOperator(
        **{
            "task_id": "archive",
            "retries": 2,
            "course_id": "sis_course_id:TMPL-BIOL1010",
            "path": f"{folder}/course-{{course_id}}.imscc",
            "deferrable": False,
            "poll_interval": 0.05,
            **said,
        }
    )


def run(task: CanvasExportToObjectStorageOperator, attempt: Attempt | None = None) -> dict[str, Any]:
    attempt = attempt or Attempt()
    result: dict[str, Any] = task.execute(attempt.context(task))
    return result


def exports(world: World) -> int:
    return len(world.tables.content_exports)


def test_what_is_there_at_the_end(connection: str, emulator: EmulatorServer, world: World, folder: Path) -> None:
    """A cartridge, and beside it a manifest that says what it is; nothing else, and nothing signed."""
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


def test_deferred_into_a_bucket(connection: str, world: World) -> None:
    """The hash is made before the export, the object written after the deferral, by another copy of the task."""
    said = {"deferrable": True, "path": "memory://archive/{sis_course_id}.imscc"}
    world.settings.change({"export_seconds": 1.0})
    attempt = Attempt()
    deferral = deferred(archive("", **said), attempt)
    assert "token" not in json.dumps(deferral.trigger.serialize())
    result = resumed(archive("", **said), deferral, asyncio.run(fired(deferral)), attempt)
    target = ObjectStoragePath("memory://archive/TMPL-BIOL1010.imscc")
    assert (result["path"], result["size"]) == ("memory://archive/TMPL-BIOL1010.imscc", target.stat().st_size)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == result["sha256"]
    assert result["content_hash"]
    assert not run(archive("", **said, task_id="again"))["exported"]


def test_an_unchanged_course_stays(connection: str, world: World, folder: Path) -> None:
    """The second run exports nothing, sends nothing but GETs, and says what is there."""
    first = run(archive(folder))
    world.requests.clear()
    assert run(archive(folder), Attempt(run_id="manual__2")) == {**first, "exported": False}
    assert {request.method for request in world.requests} == {"GET"}
    assert exports(world) == 1


def test_a_stable_manifest_of_dated_objects(connection: str, world: World, folder: Path) -> None:
    """With a manifest that all runs share, an unchanged course's object stays where the earlier run put it."""
    said = {"manifest_path": f"{folder}/last-{{course_id}}.json"}
    first = run(archive(folder, path=f"{folder}/2026-01/{{course_id}}.imscc", **said))
    second = run(archive(folder, path=f"{folder}/2026-02/{{course_id}}.imscc", **said), Attempt(run_id="manual__2"))
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


def test_what_is_seen_of_a_change(canvas: CanvasClient, world: World) -> None:
    """The hash of a course's content is another after each change, and the same where nothing changed."""
    hashes = [content_hash(canvas, COURSE)]
    for change in CHANGES:
        with world.lock:
            change(world)
        hashes += [content_hash(canvas, COURSE)]
    assert len(set(hashes)) == 1 + len(CHANGES)
    assert content_hash(canvas, COURSE) == hashes[-1]


def test_what_students_do_is_no_change(canvas: CanvasClient, world: World) -> None:
    """Somebody joins the course: nothing of its content is another."""
    before = content_hash(canvas, COURSE)
    world.enroll(1, COURSE, EnrollmentType.STUDENT)
    assert content_hash(canvas, COURSE) == before


def test_pages_that_are_switched_off(canvas: CanvasClient, world: World) -> None:
    """A listing that the course does not show counts as empty; it is no reason not to archive."""
    for kind in ("quizzes", "files", "discussion_topics", "settings"):
        world.faults.rules.append(Rule(f"/courses/1010/{kind}$", status=404, times=None))
    assert content_hash(canvas, COURSE)


def test_modules_of_many_items(canvas: CanvasClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Items that Canvas leaves out of the list of modules are asked for, and count as the others do."""
    before = content_hash(canvas, COURSE)
    monkeypatch.setattr("canvas_emulator.pages.modules.MOST_ITEMS_INCLUDED", 0)
    assert content_hash(canvas, COURSE) == before
    assert any(request.path.endswith("/items") for request in world.requests)


def test_a_changed_course_is_exported_again(connection: str, world: World, folder: Path) -> None:
    """Its object and its manifest are replaced."""
    first = run(archive(folder))
    with world.lock:
        _edit_a_page(world)
    second = run(archive(folder), Attempt(run_id="manual__2"))
    assert second["exported"]
    assert second["content_hash"] != first["content_hash"]
    assert json.loads(Path(second["manifest_path"]).read_text())["content_hash"] == second["content_hash"]


def test_other_reasons_to_export(connection: str, world: World, folder: Path) -> None:
    """The object is gone or cut short, the manifest cannot be read, something else is wanted, or the user says so."""
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
    """The download goes on where it broke off, and the object is whole."""
    world.faults.rules.append(Rule("/download$", Action.DROP))
    world.faults.rules.append(Rule("^/objects/", Action.TRUNCATE))
    result = run(archive(folder))
    assert hashlib.sha256(Path(result["path"]).read_bytes()).hexdigest() == result["sha256"]
    assert exports(world) == 1


def test_a_download_that_fails_for_good(connection: str, world: World, folder: Path) -> None:
    """Nothing is left behind; the retry takes the same export, and does not vouch for content that it has not seen."""
    world.faults.rules.append(rule := Rule("/download", status=403, times=None))
    attempt = Attempt()
    with pytest.raises(AirflowFailException, match="403 was the response to the download of"):
        run(archive(folder), attempt)
    assert list(folder.iterdir()) == []
    world.faults.rules.remove(rule)
    result = run(archive(folder), Attempt(try_number=2, store=attempt.store))
    assert exports(world) == 1
    assert result["content_hash"] is None
    assert run(archive(folder), Attempt(run_id="manual__2"))["exported"]


def test_a_worker_that_dies_at_the_very_end(connection: str, world: World, folder: Path) -> None:
    """Object and manifest are there, and nobody heard of it: the retry looks, downloads nothing, and says so."""
    attempt = Attempt()
    first = run(archive(folder), attempt)
    world.requests.clear()
    assert run(archive(folder), Attempt(try_number=2, store=attempt.store)) == first
    assert not [request.path for request in world.requests if "download" in request.path]


def test_a_storage_that_is_not_known(connection: str, world: World) -> None:
    """No export is made that could go nowhere."""
    with pytest.raises(AirflowFailException, match="nowhere"):
        run(archive("nowhere://bucket"))
    assert exports(world) == 0


def test_a_place_that_cannot_be_written(connection: str, world: World, tmp_path: Path) -> None:
    """What the storage says is said before an export is made that could go nowhere; also of the manifest's place."""
    (tmp_path / "file").write_text("no folder")
    for name in ("path", "manifest_path"):
        with pytest.raises(OSError, match="file"):
            run(archive(tmp_path, **{name: f"{tmp_path}/file/{{course_id}}"}))
    assert exports(world) == 0


@pytest.mark.parametrize("manifest_path", [None, "{folder}/last.json"])
def test_one_place_for_two_courses(connection: str, world: World, folder: Path, manifest_path: str | None) -> None:
    """The second fails before it exports anything, and what there is of the first stays."""
    manifest_path = manifest_path and manifest_path.format(folder=folder)
    said = {"path": f"{folder}/course.imscc", "manifest_path": manifest_path}
    first = run(archive(folder, course_id=COURSE, **said))
    with pytest.raises(AirflowFailException, match=r"manifest of course 1010 .*not of 2001: write \{course_id\} into"):
        run(archive(folder, course_id=2001, **said), Attempt(run_id="manual__2"))
    assert exports(world) == 1
    assert hashlib.sha256((folder / "course.imscc").read_bytes()).hexdigest() == first["sha256"]


def test_one_place_for_two_courses_at_the_same_time(connection: str, world: World, folder: Path) -> None:
    """When both are under way before either is written, the second fails and writes nothing."""
    world.settings.change({"export_seconds": 1.0})
    said = {"path": f"{folder}/course.imscc", "deferrable": True}
    attempts = {course_id: Attempt(run_id=f"of_{course_id}") for course_id in (COURSE, 2001)}
    halves = {
        course_id: deferred(archive(folder, course_id=course_id, **said), attempt)
        for course_id, attempt in attempts.items()
    }
    events = {course_id: asyncio.run(fired(half)) for course_id, half in halves.items()}
    first = resumed(archive(folder, course_id=COURSE, **said), halves[COURSE], events[COURSE], attempts[COURSE])
    with pytest.raises(AirflowFailException, match="is the manifest of course 1010"):
        resumed(archive(folder, course_id=2001, **said), halves[2001], events[2001], attempts[2001])
    assert hashlib.sha256((folder / "course.imscc").read_bytes()).hexdigest() == first["sha256"]


def test_one_place_for_objects_of_many_manifests(connection: str, world: World, folder: Path) -> None:
    """A manifest for each course beside an object for all of them is refused; a number in the path is a name, too."""
    said = {"manifest_path": f"{folder}/{{course_id}}.json"}
    with pytest.raises(AirflowFailException, match=r"each course would replace the one before. Write \{course_id\}"):
        run(archive(folder, path=f"{folder}/course.imscc", **said))
    assert exports(world) == 0
    assert run(archive(folder, path=f"{folder}/1010.imscc", **said))["exported"]


def test_the_file_is_gone(connection: str, world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the attachment has expired the task may be retried, and the retry exports again."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.1,))
    monkeypatch.setattr("airflow_provider_canvas.client.jobs.waiters.EXPORT_FILE_GRACE", timedelta(seconds=-1))
    world.settings.change({"export_seconds": 1.0})
    attempt = Attempt()
    deferral = deferred(archive(folder, deferrable=True), attempt)
    event = asyncio.run(fired(deferral))
    world.settings.change({"attachment_days": 0})
    with pytest.raises(CanvasJobError, match=r"no attachment any more.* A retry of this task does"):
        resumed(archive(folder), deferral, event, attempt)
    again = Attempt(try_number=2, store=attempt.store)
    deferral = deferred(archive(folder, deferrable=True), again)
    world.settings.change({"attachment_days": 30})
    assert resumed(archive(folder), deferral, asyncio.run(fired(deferral)), again)["exported"]
    assert exports(world) == 2


def test_being_killed(connection: str, world: World, folder: Path) -> None:
    """The export's Progress is cancelled, and nothing is written."""
    world.settings.change({"export_seconds": 5.0})
    task = archive(folder, deferrable=True)
    deferral = deferred(task, Attempt())
    asyncio.run(deferral.trigger.on_kill())
    assert world.requests[-1].path.endswith("/cancel")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"course_id": ""}, "sis_course_id:"),
        ({"path": ""}, "names no object: write it as s3://"),
        ({"path": "None"}, "names no object"),
        ({"path": "{course_id}.imscc"}, r"would lie wherever .* or /archive/\{course_id\}"),
        ({"manifest_path": "last.json"}, "manifest_path 'last.json' would lie wherever"),
        ({"path": "s3://bucket/folder/"}, "names no object"),
        ({"path": "s3://bucket/course"}, r"No filesystem .* s3: install apache-airflow-providers-amazon\[s3fs\]"),
        ({"path": "gs://bucket/course"}, "install apache-airflow-providers-google"),
        ({"select": "None"}, "select is 'None', which names nothing"),
        ({"select": {}}, "select names no asset"),
        ({"path": "/tmp/{ds}.imscc"}, r"holds \{ds\}: .*course_id or sis_course_id.*\{\{ ds \}\}"),
        ({"path": "/tmp/a", "manifest_path": "/tmp/a"}, "are the same"),
        ({"manifest_path": "/tmp/{nothing}"}, "manifest_path"),
        ({"skip_unchanged": "perhaps"}, "skip_unchanged is 'perhaps': write True or False"),
        ({"export_type": "moodle"}, "is not one of"),
    ],
)
def test_nonsense_is_refused_before_anything_is_sent(
    connection: str, world: World, folder: Path, said: dict[str, Any], words: str
) -> None:
    """With what to write instead."""
    with pytest.raises(AirflowFailException, match=words):
        run(archive(folder, **said))
    assert not world.requests


def test_a_course_without_an_sis_id(connection: str, world: World, folder: Path) -> None:
    """Nothing is exported under half a name."""
    world.tables.courses[COURSE].sis_course_id = None
    with pytest.raises(AirflowFailException, match="course 1010 has none"):
        run(archive(folder, course_id=COURSE, path=f"{folder}/{{sis_course_id}}"))
    assert exports(world) == 0
