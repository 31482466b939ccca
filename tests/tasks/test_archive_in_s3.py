"""Archives, manifests, reports and imports in an S3 bucket, through Airflow's own connection."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.model.content import File, Page
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.errors import CanvasError, CanvasSourceChangedError
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.operators.api import CanvasApiOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator
from airflow_provider_canvas.utils.copies_source import read_copies
from tests.support.airflow_storage import ObjectStoragePath
from tests.support.s3 import BLOCK, BUCKET, CONN_ID, S3
from tests.support.task_attempt import Attempt

COURSE, COPY = 1010, 2001
OBJECT = f"course-{COURSE}.imscc"
MANIFEST = f"{OBJECT}.manifest.json"
ROOT = f"s3://{CONN_ID}@{BUCKET}"


@pytest.fixture
def s3(server: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """An empty bucket, a connection to it, and uploads in the smallest parts that S3 allows."""
    from s3fs import S3FileSystem

    server.reset()
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN_ID.upper()}", server.connection)
    monkeypatch.setattr(S3FileSystem, "default_block_size", BLOCK)
    return server


@pytest.fixture(autouse=True)
def _large_course(world: World) -> None:
    """Let an export be larger than two parts of an upload, and take 0.1 s."""
    data = random.Random(1).randbytes(2 * BLOCK + 1000)  # which a cartridge cannot compress
    world.add(File(course_id=COURSE, title="a.bin", content_type="application/octet-stream", data=data, size=len(data)))
    world.settings.change({"export_seconds": 0.1})


def archive(**arguments: Any) -> CanvasExportToObjectStorageOperator:
    """Return an operator that archives the course in the bucket."""
    defaults = {"course_id": COURSE, "path": f"{ROOT}/course-{{course_id}}.imscc", "poll_interval": 0.05}
    return CanvasExportToObjectStorageOperator(task_id="archive", retries=2, deferrable=False, **defaults | arguments)


def run(task: Any, attempt: Attempt | None = None) -> dict[str, Any]:
    """Run a task that does not defer, and return its result."""
    result: dict[str, Any] = task.execute((attempt or Attempt()).context(task))
    return result


def check_archive(s3: S3, result: dict[str, Any]) -> None:
    """Check that the bucket holds a complete cartridge and its manifest, and nothing else."""
    content = s3.read(OBJECT)
    assert len(content) > 2 * BLOCK
    assert hashlib.sha256(content).hexdigest() == result["sha256"]
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert json.loads(s3.read(MANIFEST))["sha256"] == result["sha256"]
    assert sorted(s3.keys()) == [OBJECT, MANIFEST]
    assert s3.uploads() == []


def test_archive(connection: str, world: World, s3: S3) -> None:
    """The object is uploaded once, in parts, under its own name; nothing is copied, deleted or created beside it."""
    check_archive(s3, run(archive()))
    assert set(s3.requests) <= {
        *("HeadObject", "ListObjects", "GetObject", "PutObject"),
        *("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"),
    }
    assert s3.requests.count("CompleteMultipartUpload") == 1
    assert s3.requests.count("PutObject") == 1  # the manifest


def test_unchanged_course(connection: str, world: World, s3: S3) -> None:
    """The second run finds the manifest in the bucket, and exports and writes nothing."""
    first = run(archive())
    s3.requests.clear()
    assert run(archive(), Attempt(run_id="manual__2")) == {**first, "exported": False}
    assert set(s3.requests) <= {"HeadObject", "GetObject", "ListObjects"}


def test_changed_course(connection: str, world: World, s3: S3) -> None:
    """The object of a changed course is replaced."""
    first = run(archive())
    with world.lock:
        world.live(Page, COURSE)[0].updated_at += timedelta(days=1)
    second = run(archive(), Attempt(run_id="manual__2"))
    assert second["content_export_id"] != first["content_export_id"]
    check_archive(s3, second)


def test_bucket_that_denies_everything_else(connection: str, world: World, s3: S3) -> None:
    """Reading, listing and writing objects are all rights that an archive needs, also to replace an object."""
    s3.denied = {"DeleteObject", "DeleteObjects", "CopyObject", "AbortMultipartUpload", "CreateBucket"}
    check_archive(s3, run(archive()))
    check_archive(s3, run(archive(skip_unchanged=False), Attempt(run_id="manual__2")))


@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "PutObject"])
def test_short_failures(connection: str, world: World, s3: S3, operation: str) -> None:
    """A bucket that throttles for a while, or breaks off a request, is tried again within the same attempt."""

    def throttle(name: str) -> None:
        if name == operation and not throttled:
            throttled.append(name)
            s3.throttled = 1

    throttled: list[str] = []
    s3.on_request = throttle
    s3.broken[operation] = 1
    check_archive(s3, run(archive()))
    assert s3.requests.count(operation) > 2
    assert len(world.tables.content_exports) == 1


@pytest.mark.parametrize("may_abort", [True, False])
@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload", "PutObject"])
def test_failed_upload(
    *,
    connection: str,
    world: World,
    s3: S3,
    operation: str,
    may_abort: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A failed upload leaves no object, and its parts are removed where that is allowed; the retry succeeds."""
    s3.denied = {operation} if may_abort else {operation, "AbortMultipartUpload"}
    attempt = Attempt()
    with pytest.raises(CanvasError, match=r"PermissionError: .*content_export \d+ of course 1010 .* is exported"):
        run(archive(), attempt)
    assert s3.keys() == ([OBJECT] if operation == "PutObject" else [])
    left = operation != "PutObject" and not may_abort
    assert s3.uploads() == ([OBJECT] if left else [])
    assert ("lifecycle rule of the bucket for incomplete multipart uploads" in caplog.text) == left
    s3.denied = {"DeleteObject"}
    result = run(archive(), Attempt(try_number=2, store=attempt.store))
    assert hashlib.sha256(s3.read(OBJECT)).hexdigest() == result["sha256"]
    assert len(world.tables.content_exports) == 1


def test_failed_upload_keeps_the_previous_object(connection: str, world: World, s3: S3) -> None:
    """A failed upload neither changes nor deletes the object that it would replace."""
    s3.client.put_object(Bucket=BUCKET, Key=OBJECT, Body=b"previous")
    s3.denied = {"UploadPart"}
    with pytest.raises(CanvasError, match="PermissionError"):
        run(archive())
    assert s3.read(OBJECT) == b"previous"


def test_download_that_breaks_off(connection: str, world: World, s3: S3) -> None:
    """A download that breaks off continues where it stopped, into the same upload."""
    world.settings.storage = StorageMode.S3  # which delivers parts of files; Canvas's own disk does not
    world.faults.rules.append(Rule("^/objects/", Action.TRUNCATE, times=2))
    check_archive(s3, run(archive()))
    assert s3.requests.count("CreateMultipartUpload") == 1


def test_missing_bucket(connection: str, world: World, s3: S3) -> None:
    """A bucket that does not exist is an error, and is not created."""
    with pytest.raises(CanvasError, match="bucket does not exist"):
        run(archive(path=f"s3://{CONN_ID}@mistyped/course-{{course_id}}.imscc"))
    assert "CreateBucket" not in s3.requests
    assert [bucket["Name"] for bucket in s3.client.list_buckets()["Buckets"]] == [BUCKET]


def test_import_of_an_archive(connection: str, world: World, s3: S3) -> None:
    """A package in the bucket is streamed into Canvas."""
    result = run(archive())
    with world.lock:
        pages = len(world.live(Page, COPY))
    task = CanvasImportPackageOperator(
        task_id="import_package",
        course_id=COPY,
        migration_type="common_cartridge_importer",
        package=result["path"],
        deferrable=False,
        poll_interval=0.05,
    )
    assert run(task)["workflow_state"] == "completed"
    with world.lock:
        assert len(world.live(Page, COPY)) > pages


def test_report(connection: str, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report of a reconciliation is an object of the bucket, also where deleting and copying are denied."""
    database = {"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"}
    monkeypatch.setenv("AIRFLOW_CONN_RECONCILIATION", json.dumps(database))
    s3.denied = {"DeleteObject", "CopyObject"}
    copy = CanvasCourseCopyOperator(
        task_id="copy", source_course_id=COURSE, destination_course_id=COPY, deferrable=False, poll_interval=0.05
    )
    task = CanvasReconcileOperator(
        task_id="reconcile",
        destination_course_id=COPY,
        content_migration_id=run(copy)["content_migration_id"],
        sql_conn_id="reconciliation",
        report_path=f"{ROOT}/reports",
    )
    result = run(task)
    (key,) = s3.keys()
    assert result["report_uri"] == f"{ROOT}/{key}"
    assert b"<html" in s3.read(key)


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_object_that_changes_during_its_import(connection: str, world: World, s3: S3, change: str) -> None:
    """An object that is replaced or deleted while it is uploaded to Canvas is noticed, and nothing is stored."""
    data = random.Random(2).randbytes(4 * BLOCK)
    s3.client.put_object(Bucket=BUCKET, Key="a.bin", Body=data)
    seen: list[str] = []

    def alter(operation: str) -> None:
        if operation == "GetObject" and not seen:
            seen.append(operation)
        elif operation == "GetObject" and change == "replaced":
            s3.client.put_object(Bucket=BUCKET, Key="a.bin", Body=data[::-1])
        elif operation == "GetObject":
            s3.client.delete_object(Bucket=BUCKET, Key="a.bin")

    s3.on_request = alter
    files = len(world.live(File, COURSE))
    with pytest.raises(CanvasSourceChangedError, match=f"a.bin was .*{change} during its upload"):
        CanvasHook(connection).upload(ObjectStoragePath(f"{ROOT}/a.bin"), course_id=COURSE)
    assert len(world.live(File, COURSE)) == files


def test_rows(connection: str, world: World, s3: S3) -> None:
    """A list of Canvas becomes an object of JSON lines; a list that breaks off leaves the previous object."""
    task = CanvasApiOperator(
        task_id="pages", endpoint="pages.list", arguments={"course_id": COURSE}, output_path=f"{ROOT}/pages.jsonl"
    )
    s3.denied = {"DeleteObject", "CopyObject"}
    assert run(task)["rows"] == len(world.live(Page, COURSE))
    before = s3.read("pages.jsonl")
    assert len(before.splitlines()) == len(world.live(Page, COURSE))
    world.faults.rules.append(Rule("/pages$", status=403, times=None))
    with pytest.raises(Exception, match="403"):
        run(task)
    assert s3.read("pages.jsonl") == before
    assert s3.keys() == ["pages.jsonl"]


def test_the_rows_of_a_batch_of_copies(s3: S3) -> None:
    """A CSV file in a bucket is read twice, in one request each, and one that is missing is an error of input."""
    s3.client.put_object(Bucket=BUCKET, Key="fall.csv", Body=b"source;destination;Fach\r\n42;77;\xd6l\r\n")
    (request,) = read_copies(f"{ROOT}/fall.csv")
    assert (request.line, request.destination_course_id, request.labels) == (2, 77, {"Fach": "Öl"})
    assert s3.requests.count("GetObject") == 2
    with pytest.raises(CanvasInputError, match=r"winter\.csv does not exist"):
        read_copies(f"{ROOT}/winter.csv")
