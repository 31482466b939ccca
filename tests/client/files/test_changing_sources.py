"""A source that changes during its upload is noticed, whatever changes, and nothing is stored."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_canvas.client.errors import CanvasSourceChangedError
from airflow_provider_canvas.client.files.multipart import Form, SendingError
from airflow_provider_canvas.client.files.upload_sources import upload_source
from airflow_provider_canvas.client.protocol.flow import CHUNK
from tests.support.airflow_storage import ObjectStoragePath

SIZE = 2 * CHUNK + 100

Change = Callable[[Path], object]


def _rewrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"other")


def _rewrite_and_set_the_time_back(path: Path) -> None:
    before = path.stat()
    _rewrite(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _replace(path: Path) -> None:
    path.with_name("other").write_bytes(path.read_bytes())
    path.with_name("other").replace(path)


def _shift_the_time(path: Path) -> None:
    os.utime(path, (1, 1))


CHANGES: dict[str, tuple[Change, str]] = {
    "rewritten": (_rewrite, "was changed or replaced"),
    "rewritten, time set back": (_rewrite_and_set_the_time_back, "was changed or replaced"),
    "time": (_shift_the_time, "was changed or replaced"),
    "replaced": (_replace, "was changed or replaced"),
    "deleted": (Path.unlink, "was deleted"),
    "grown": (_append, "grew to more bytes|was changed or replaced"),
    "shrunk": (lambda path: os.truncate(path, SIZE - 50), "shrank to only"),
    "emptied": (lambda path: os.truncate(path, 0), "shrank to only|was changed or replaced"),
}


CASES = [
    *product(("path", "storage"), CHANGES),
    *product(("file",), sorted(CHANGES.keys() - {"replaced", "deleted"})),  # an open file stays the same then
]


def open_of(path: Path, kind: str) -> Any:
    """Return what a user passes as the source."""
    if kind == "path":
        return path
    return ObjectStoragePath(f"file://{path}") if kind == "storage" else path.open("rb")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of a few chunks, which nobody has changed for a while."""
    path = tmp_path / "package.imscc"
    path.write_bytes(bytes(SIZE))
    os.utime(path, (1000, 1000))
    return path


def failure_of(form: Form, change: Callable[[], object] | None = None) -> Exception:
    """Read a form to its end, with a change after the first chunk of the file, and return what it failed with."""

    def read() -> None:
        for number, _ in enumerate(form.chunks()):
            if number == 1 and change is not None:
                change()

    with pytest.raises(SendingError):
        read()
    assert not form.all_sent
    assert form.failure is not None
    return form.failure


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_change_during_the_upload(path: Path, name: str, kind: str) -> None:
    """Every change while the bytes are sent ends the upload before its end is sent."""
    change, message = CHANGES[name]
    source = open_of(path, kind)
    form = Form({}, "file", upload_source(source))
    with pytest.raises(CanvasSourceChangedError, match=f"package.imscc ({message}) .*during its upload"):
        raise failure_of(form, lambda: change(path))
    if kind == "file":
        source.close()


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_change_between_two_attempts(path: Path, name: str, kind: str) -> None:
    """Every change between two attempts, or before the first, ends the upload before a byte of the file is sent."""
    change, _ = CHANGES[name]
    source = open_of(path, kind)
    form = Form({}, "file", upload_source(source))
    assert sum(map(len, form.chunks())) == form.length
    change(path)
    assert isinstance(failure_of(form), CanvasSourceChangedError)
    if kind == "file":
        source.close()


@pytest.mark.parametrize("change", [bytes(SIZE + 1), b"x" * SIZE, None], ids=["grown", "other bytes", "deleted"])
def test_object_in_memory(change: bytes | None) -> None:
    """An object of a storage that changes during its upload is noticed, too."""
    path = ObjectStoragePath("memory://changing/package.imscc")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(SIZE))
    form = Form({}, "file", upload_source(path))
    failure = failure_of(form, lambda: path.unlink() if change is None else path.write_bytes(change))
    assert isinstance(failure, CanvasSourceChangedError)


def test_unchanged_sources(path: Path) -> None:
    """A source that is only read is uploaded, as often as needed; so are files in memory."""
    with path.open("rb") as file:
        for source in (path, ObjectStoragePath(f"file://{path}"), file, io.BytesIO(bytes(SIZE))):
            form = Form({}, "file", upload_source(source, "a"))
            for _ in range(2):
                assert sum(map(len, form.chunks())) == form.length
                assert form.failure is None


def test_read_error_of_an_unchanged_source(path: Path) -> None:
    """An error of reading is raised unchanged if the source is still the same."""

    class Broken:
        name = "package.imscc"
        stat, is_file = path.stat, path.is_file

        def open(self, mode: str = "rb") -> Any:
            opened = io.BytesIO()
            opened.read = lambda *_: (_ for _ in ()).throw(OSError("disk failure"))  # type: ignore[method-assign]
            return opened

    assert str(failure_of(Form({}, "file", upload_source(Broken())))) == "disk failure"
