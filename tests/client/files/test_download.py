"""Test download targets: a file appears complete or not at all."""

from __future__ import annotations

import gc
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fsspec import AbstractFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.spec import AbstractBufferedFile

from airflow_provider_canvas.client.errors import CanvasUnexpectedResponseError
from airflow_provider_canvas.client.files.download_targets import download_target
from tests.support.airflow_storage import ObjectStoragePath


@pytest.fixture(params=["disk", "memory", "file"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A path on disk, in a bucket, and on disk by the way of buckets."""
    if request.param == "disk":
        return tmp_path / "a.zip"
    if request.param == "file":
        return ObjectStoragePath(f"file://{tmp_path}/a.zip")
    path = ObjectStoragePath(f"memory://{tmp_path.name}/a.zip")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def content(path: Any) -> bytes | None:
    """What is there."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        data: bytes = file.read()
    return data


def run_in_thread(path: Any) -> list[str]:
    """All names in the folder."""
    return sorted(each.name for each in path.parent.iterdir())


class TestPaths:
    """Downloads to a path."""

    def test_file_appears_on_commit(self, target: Any) -> None:
        """The target appears when it is committed, and no temporary file remains."""
        target_file = download_target(target)
        target_file.write(b"abc")
        assert content(target) is None
        target_file.write(b"def")
        target_file.commit()
        target_file.discard()
        assert (content(target), run_in_thread(target)) == (b"abcdef", ["a.zip"])
        assert target_file.path is not None

    def test_existing_file_is_replaced_on_commit(self, target: Any) -> None:
        """An existing file is replaced at the end, not before."""
        with target.open("wb") as file:
            file.write(b"older")
        target_file = download_target(target)
        target_file.write(b"newer!")
        assert content(target) == b"older"
        target_file.commit()
        assert content(target) == b"newer!"

    def test_discard_leaves_nothing(self, target: Any) -> None:
        """Nothing remains after a download was discarded."""
        target_file = download_target(target)
        target_file.write(b"abc")
        target_file.discard()
        assert run_in_thread(target) == []

    def test_restart(self, target: Any) -> None:
        """After a restart, only the bytes written since are kept."""
        target_file = download_target(target)
        target_file.write(b"abcdef")
        target_file.restart()
        target_file.write(b"xyz")
        target_file.commit()
        target_file.discard()
        assert (content(target), run_in_thread(target)) == (b"xyz", ["a.zip"])


class Upload(AbstractBufferedFile):  # type: ignore[misc]
    """An upload into an object store, as fsspec's libraries write them: closing it stores what was written."""

    def _upload_chunk(self, final: bool = False) -> bool:
        if final:
            self.fs.objects[self.path] = self.buffer.getvalue()
        return False  # which keeps the buffer

    def discard(self) -> None:
        self.fs.discarded += 1
        if self.fs.may_not_abort:
            raise PermissionError("AbortMultipartUpload is denied")


class ObjectStore(AbstractFileSystem):  # type: ignore[misc]
    """An object store that allows nothing but writing objects."""

    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}
        self.discarded = 0
        self.may_not_abort = False

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Upload:
        assert mode == "wb"
        return Upload(self, path, mode, block_size=4)


class TestObjectStores:
    """Downloads into an object store."""

    @pytest.fixture
    def store(self) -> ObjectStore:
        """An empty object store."""
        return ObjectStore()

    @pytest.fixture
    def path(self, store: ObjectStore) -> Any:
        """A path in the store."""
        return SimpleNamespace(protocol="s3", path="bucket/a.zip", fs=store)

    def test_only_the_object_is_written(self, store: ObjectStore, path: Any) -> None:
        """The bytes are written under the object's own name, which appears when they are complete."""
        target = download_target(path)
        target.write(b"abcdef")
        assert store.objects == {}
        target.commit()
        target.discard()
        assert store.objects == {"bucket/a.zip": b"abcdef"}
        assert not store.discarded

    @pytest.mark.parametrize("may_not_abort", [False, True])
    @pytest.mark.parametrize("written", [b"", b"a", b"abcdef"])
    def test_discard_stores_nothing(
        self, *, store: ObjectStore, path: Any, written: bytes, may_not_abort: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A discarded upload is aborted, if that is allowed, and never stored, also not by the garbage collector."""
        store.may_not_abort = may_not_abort
        target = download_target(path)
        target.write(written)
        target.discard()
        target.discard()
        del target
        gc.collect()
        assert (store.objects, store.discarded) == ({}, 1)
        assert ("lifecycle rule" in caplog.text) == may_not_abort

    def test_restart(self, store: ObjectStore, path: Any) -> None:
        """After a restart, only the bytes written since are stored."""
        target = download_target(path)
        target.write(b"abc")
        target.restart()
        target.write(b"xyz")
        target.commit()
        assert store.objects == {"bucket/a.zip": b"xyz"}


def test_storage_that_denies_deleting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a storage that can neither rename nor delete, the target is complete, and the copy beside it is named."""
    target_path = ObjectStoragePath(f"memory://{tmp_path.name}/a.zip")
    target_path.parent.mkdir(parents=True, exist_ok=True)

    def deny(*_: Any) -> None:
        raise PermissionError("deleting is denied")

    monkeypatch.setattr(MemoryFileSystem, "rm_file", deny)
    target = download_target(target_path)
    target.write(b"abc")
    target.commit()
    assert content(target_path) == b"abc"


def test_file_object_cannot_restart() -> None:
    """The error says that the bytes written to the file object cannot be discarded."""
    target_file = download_target(io.BytesIO())
    with pytest.raises(CanvasUnexpectedResponseError, match="download to a path"):
        target_file.restart()
