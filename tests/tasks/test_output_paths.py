"""Tasks that write files check the path before the first request: its storage, the storage's library, its name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.world import World

from airflow_provider_canvas.operators.api import CanvasApiOperator
from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.migration_issues import CanvasMigrationIssuesOperator
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator
from airflow_provider_canvas.utils.object_storage import replaced_file, write_rows
from tests.support.airflow_storage import ObjectStoragePath
from tests.support.task_attempt import Attempt


def _archive(**paths: str) -> Any:
    return CanvasExportToObjectStorageOperator(
        task_id="t", course_id=1010, deferrable=False, **{"path": "/tmp/{course_id}", **paths}
    )


TASKS: dict[str, Callable[[str], Any]] = {
    "reconcile": lambda path: CanvasReconcileOperator(
        task_id="t", destination_course_id=2002, content_migration_id=7, report_path=path
    ),
    "api": lambda path: CanvasApiOperator(
        task_id="t", endpoint="pages.list", arguments={"course_id": 1010}, output_path=path
    ),
    "migration_issues": lambda path: CanvasMigrationIssuesOperator(
        task_id="t", content_migrations={"course_id": 2002, "content_migration_id": 7}, output_path=path
    ),
    "batch_update": lambda path: CanvasBatchUpdateCoursesOperator(
        task_id="t", account_id=1, course_ids=[1010], event="offer", output_path=path, deferrable=False
    ),
    "archive": lambda path: _archive(path=path),
    "manifest": lambda path: _archive(manifest_path=path),
    "package": lambda path: CanvasImportPackageOperator(
        task_id="t", course_id=2002, package=path, migration_type="common_cartridge_importer", deferrable=False
    ),
}
WRITING = [name for name in TASKS if name not in ("package", "reconcile")]


def error_of(name: str, path: str) -> str:
    """Run a task, and return its error, with which Airflow does not retry it."""
    task = TASKS[name](path)
    with pytest.raises(AirflowFailException) as failure:
        task.execute(Attempt().context(task))
    return str(failure.value)


@pytest.mark.parametrize(
    ("scheme", "advice"),
    [
        ("gs", "install apache-airflow-providers-google, here and on every worker"),
        ("abfs", "install apache-airflow-providers-microsoft-azure, here and on every worker"),
        ("nowhere", "nowhere"),
    ],
)
@pytest.mark.parametrize("name", TASKS)
def test_unknown_storage(connection: str, world: World, name: str, scheme: str, advice: str) -> None:
    """A storage that Airflow does not know fails the task before any request, with what to install."""
    assert advice in error_of(name, f"{scheme}://bucket/folder/file")
    assert not world.requests


@pytest.mark.parametrize("name", TASKS)
def test_missing_library(connection: str, world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A storage whose provider is installed without its library fails the task before any request."""
    monkeypatch.setitem(sys.modules, "s3fs", None)
    message = error_of(name, f"s3://without_s3fs_{name}@bucket/folder/file")
    assert "The library of the storage s3 is missing: install apache-airflow-providers-amazon[s3fs]" in message
    assert not world.requests


@pytest.mark.parametrize("path", ["s3://bucket", "s3://aws_default@bucket", "s3://bucket/folder/", "/tmp/folder/"])
@pytest.mark.parametrize("name", WRITING)
def test_paths_of_folders(connection: str, world: World, name: str, path: str) -> None:
    """The path of a bucket or a folder fails the task before any request."""
    message = error_of(name, path)
    assert "names a folder or a bucket" in message or "does not name an object" in message
    assert not world.requests


@pytest.mark.parametrize("storage", ["file", "memory"])
def test_rows_that_break_off(tmp_path: Path, storage: str) -> None:
    """Rows that break off leave the file of an earlier run unchanged, and nothing beside it."""
    path = f"{storage}://{tmp_path}/out/rows.jsonl"

    def broken() -> Any:
        yield {"id": 1}
        raise ConnectionError("broken off")

    with pytest.raises(ConnectionError):
        write_rows(path, broken())
    assert not ObjectStoragePath(path).exists()
    assert write_rows(path, [{"id": 1, "name": "Grüße \ud800"}]) == 1
    with pytest.raises(ConnectionError):
        write_rows(path, broken())
    assert ObjectStoragePath(path).read_text(encoding="utf-8") == '{"id": 1, "name": "Grüße \\ud800"}\n'
    assert [each.name for each in ObjectStoragePath(path).parent.iterdir()] == ["rows.jsonl"]


def test_permissions_of_a_replaced_file(tmp_path: Path) -> None:
    """A file of a task keeps its permissions when it is replaced."""
    (tmp_path / "rows.jsonl").write_text("old")
    (tmp_path / "rows.jsonl").chmod(0o640)
    with replaced_file(f"{tmp_path}/rows.jsonl") as file:
        file.write(b"new")
    assert (tmp_path / "rows.jsonl").read_bytes() == b"new"
    assert (tmp_path / "rows.jsonl").stat().st_mode & 0o777 == 0o640
