"""Sources of an upload: a file on disk, an object in a bucket, or an open file object."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol, runtime_checkable

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.errors import CanvasSourceChangedError
from airflow_provider_canvas.client.files.local_path import check_local_path
from airflow_provider_canvas.security.redaction import redact

OPEN_AS_TEXT = "is open as text: open it with mode 'rb', since bytes are sent."


@runtime_checkable
class SourcePath(Protocol):
    """A readable path: a :class:`pathlib.Path`, or Airflow's ``ObjectStoragePath``."""

    @property
    def name(self) -> str: ...
    def is_file(self) -> bool: ...
    def stat(self) -> Any: ...
    def open(self, mode: str = ..., /) -> Any: ...


Uploadable = str | os.PathLike[str] | SourcePath | BinaryIO
"""A path, an object-storage path, or a file open for reading bytes."""


def _no_version() -> object:
    """Return the version of bytes that nobody can change, or whose changes nobody can see."""
    return None


@dataclass(frozen=True)
class UploadSource:
    """Bytes to upload.

    :param name: The name of the file in Canvas.
    :param size: The number of bytes.
    :param open: Opens the bytes at their beginning, once for each attempt.
    :param version: Returns what changes together with the bytes, such as the time of the last change.
    :param first_version: What ``version`` returned when the size was read.
    """

    name: str
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]] = field(repr=False)
    version: Callable[[], object] = field(default=_no_version, repr=False)
    first_version: object = field(default=None, repr=False)

    def check_unchanged(self) -> None:
        """Check that the bytes are those whose size was read.

        :raises CanvasSourceChangedError: When they may be others.
        """
        try:
            changed = self.version() != self.first_version
        except FileNotFoundError:
            raise self.changed("was deleted") from None
        if changed:
            raise self.changed("was changed or replaced")

    def changed(self, how: str) -> CanvasSourceChangedError:
        """Return the error of a source that changed.

        :param how: What happened to it, as a predicate.
        """
        return CanvasSourceChangedError(
            f"{self.name} {how} during its upload, which began when it had {self.size} bytes. Upload it again, when no "
            "process writes to it any more."
        )


def upload_source(uploadable: Uploadable, name: str | None = None, size: int | None = None) -> UploadSource:
    """Check the source of an upload without reading it.

    :param name: The name in Canvas; by default the name of the source.
    :param size: The number of bytes, for a file object that cannot seek.
    :raises OSError: When the file does not exist.
    :raises CanvasInputError: When it is not a file, has no name, or its size is unknown.
    """
    if isinstance(uploadable, str) and "://" in uploadable:
        text = redact(uploadable)
        raise CanvasInputError(
            f"{text} is not a local path: give it as ObjectStoragePath({text!r}), or use upload_from_url."
        )
    if isinstance(uploadable, str | os.PathLike) and not hasattr(uploadable, "open"):
        uploadable = Path(uploadable)
    if isinstance(uploadable, Path):
        check_local_path(uploadable)
    source = _of_path(uploadable) if isinstance(uploadable, SourcePath) else _of_file(uploadable, size)
    name = source.name if name is None else name
    if not name.strip():
        raise CanvasInputError("name is missing: give the name of the file in Canvas, such as package.imscc.")
    return replace(source, name=name)


def _of_path(path: SourcePath) -> UploadSource:
    status = path.stat()  # raises if the file does not exist
    if not path.is_file():
        raise CanvasInputError(f"{path} is not a file: give the path of a file.")
    return UploadSource(
        path.name,
        int(status.st_size),
        lambda: path.open("rb"),
        version=lambda: _version(path.stat()),
        first_version=_version(status),
    )


def _version(status: Any) -> object:
    """Return what of a file's status changes when its content does, on disk or in a bucket."""
    if isinstance(status, Mapping):  # of a storage, each of which has names of its own
        for names in (("ETag", "etag", "generation", "md5Hash"), ("LastModified", "last_modified", "mtime", "created")):
            if known := [status[name] for name in names if status.get(name) is not None]:
                return status.get("size"), known
        return status.get("size")
    # st_ctime too: a program that changes a file can set st_mtime back, but not that.
    times = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
    return tuple(getattr(status, name, None) for name in times)


def _of_file(file: Any, size: int | None) -> UploadSource:
    if isinstance(file, io.TextIOBase):
        raise CanvasInputError(f"{_name_of(file) or 'The file'} {OPEN_AS_TEXT}")
    if not callable(getattr(file, "read", None)):
        raise CanvasInputError(
            f"A {type(file).__name__} cannot be uploaded: give a path, or a file open for reading bytes."
        )
    if not (hasattr(file, "seekable") and file.seekable()):
        if size is None:
            raise CanvasInputError("This file object cannot seek, so its size is unknown: give size=, or a path.")
        return UploadSource(_name_of(file), size, _once(file))
    start = file.tell()
    length = file.seek(0, io.SEEK_END) - start
    file.seek(start)

    @contextmanager
    def rewound() -> Iterator[BinaryIO]:
        file.seek(start)
        yield file

    if isinstance(file, io.FileIO | io.BufferedReader | io.BufferedRandom):  # others have no status, or one in memory

        def version() -> object:
            return _version(os.fstat(file.fileno()))

        return UploadSource(_name_of(file), length, rewound, version, version())
    return UploadSource(_name_of(file), length, rewound)


def _name_of(file: Any) -> str:
    name = getattr(file, "name", None)
    return PurePosixPath(name).name if isinstance(name, str) else ""


def _once(file: BinaryIO) -> Callable[[], AbstractContextManager[BinaryIO]]:
    """Return a function that opens a file that cannot seek. It works once."""
    used = False

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        nonlocal used
        if used:
            raise CanvasInputError("The upload must start again, and this file object cannot seek: give a path.")
        used = True
        yield file

    return opened
