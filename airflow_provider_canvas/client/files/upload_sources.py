"""What is uploaded: a file on disk, an object in a bucket, or a file that somebody has open."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol, runtime_checkable

from airflow_provider_canvas.security.redaction import redact

READ_TEXT = "is open as text: open it with mode 'rb', a file is sent as bytes."


@runtime_checkable
class SourcePath(Protocol):
    """A path that can be read: a :class:`pathlib.Path`, or Airflow's ``ObjectStoragePath``."""

    @property
    def name(self) -> str: ...
    def is_file(self) -> bool: ...
    def stat(self) -> Any: ...
    def open(self, mode: str = ..., /) -> Any: ...


Uploadable = str | os.PathLike[str] | SourcePath | BinaryIO
"""A path, an object-storage path, or a file that is open for reading bytes."""


@dataclass(frozen=True)
class UploadSource:
    """Bytes to upload.

    :param name: What the file is called in Canvas.
    :param size: How many bytes there are.
    :param opened: Gives the bytes from their beginning, as often as they are sent.
    """

    name: str
    size: int
    opened: Callable[[], AbstractContextManager[BinaryIO]] = field(repr=False)


def upload_source(uploadable: Uploadable, name: str | None = None, size: int | None = None) -> UploadSource:
    """Return what is to be uploaded, looked at but not read.

    :param name: What to call it; by default what it is called where it is.
    :param size: How many bytes there are, for a file object that cannot be asked.
    :raises OSError: When there is no such file.
    :raises ValueError: When it is no file, has no name, or does not tell its size.
    """
    if isinstance(uploadable, str) and "://" in uploadable:
        text = redact(uploadable)
        raise ValueError(f"{text} is no local path: give it as ObjectStoragePath({text!r}), or use upload_from_url.")
    if isinstance(uploadable, str | os.PathLike) and not hasattr(uploadable, "open"):
        uploadable = Path(uploadable)
    found = _of_path(uploadable) if isinstance(uploadable, SourcePath) else _of_file(uploadable, size)
    named = found.name if name is None else name
    if not named.strip():
        raise ValueError("name is missing: say what the file is called in Canvas, such as package.imscc.")
    return UploadSource(named, found.size, found.opened)


def _of_path(path: SourcePath) -> UploadSource:
    size = int(path.stat().st_size)  # says that there is no such file
    if not path.is_file():
        raise ValueError(f"{path} is no file: give the path of a file.")
    return UploadSource(path.name, size, lambda: path.open("rb"))


def _of_file(file: Any, size: int | None) -> UploadSource:
    if isinstance(file, io.TextIOBase):
        raise ValueError(f"{_name_of(file) or 'The file'} {READ_TEXT}")
    if not callable(getattr(file, "read", None)):
        raise ValueError(f"A {type(file).__name__} cannot be uploaded: give a path, or a file open for reading bytes.")
    if not (hasattr(file, "seekable") and file.seekable()):
        if size is None:
            raise ValueError("This file object cannot seek, so its size is unknown: give size=, or a path.")
        return UploadSource(_name_of(file), size, _once(file))
    start = file.tell()
    found = file.seek(0, io.SEEK_END) - start
    file.seek(start)

    @contextmanager
    def rewound() -> Iterator[BinaryIO]:
        file.seek(start)
        yield file

    return UploadSource(_name_of(file), found, rewound)


def _name_of(file: Any) -> str:
    name = getattr(file, "name", None)
    return PurePosixPath(name).name if isinstance(name, str) else ""


def _once(file: BinaryIO) -> Callable[[], AbstractContextManager[BinaryIO]]:
    """Open a file that cannot seek, which can be sent once."""
    used = False

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        nonlocal used
        if used:
            raise ValueError("The upload must begin again, and this file object cannot seek: give a path.")
        used = True
        yield file

    return opened
