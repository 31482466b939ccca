"""Test download targets: a file appears complete or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

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
        assert target_file.path == target

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


class TestBuckets:
    """Downloads into object storage."""

    class RateLimiter:
        """A path whose file takes parts, as those of object stores do, and fails at the last."""

        protocol = "s3"
        name = "a.zip"

        def __init__(self, done: list[str]) -> None:
            self.done = done

        @property
        def parent(self) -> Any:
            return self

        def __truediv__(self, name: str) -> Any:
            assert name.endswith(".part")
            return self

        def open(self, mode: str) -> Any:
            return self

        def write(self, piece: bytes) -> None:
            raise OSError("the bucket is gone")

        def discard(self) -> None:
            self.done.append("aborted")

        def close(self) -> None:
            self.done.append("closed")

        def unlink(self) -> None:
            self.done.append("deleted")
            raise FileNotFoundError

    def test_discard_aborts_the_upload(self) -> None:
        """Discarding aborts the multipart upload or deletes the closed object, and hides no other error."""
        done: list[str] = []
        target_file = download_target(self.RateLimiter(done))
        with pytest.raises(OSError, match="the bucket is gone"):
            target_file.write(b"abc")
        target_file.discard()
        assert done == ["aborted", "closed", "deleted"]


def test_file_object_cannot_restart() -> None:
    """The error says that the bytes written to the file object cannot be discarded."""
    target_file = download_target(io.BytesIO())
    with pytest.raises(CanvasUnexpectedResponseError, match="download to a path"):
        target_file.restart()
