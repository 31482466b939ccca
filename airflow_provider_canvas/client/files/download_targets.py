"""Targets of a download: a file on disk, an object in a bucket, or an open file object.

The first two are written under a temporary name beside the target, so the target is complete or does not exist.
"""

from __future__ import annotations

import io
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.errors import CanvasUnexpectedResponseError
from airflow_provider_canvas.security.redaction import redact


class StoragePath(Protocol):
    """A path in a bucket: Airflow's ``ObjectStoragePath``, or any path of ``universal_pathlib``."""

    @property
    def protocol(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def parent(self) -> Any: ...
    def open(self, mode: str = ..., /) -> Any: ...
    def move(self, target: Any, /) -> Any: ...
    def unlink(self) -> None: ...


Target = str | os.PathLike[str] | StoragePath | BinaryIO
"""A path, an object-storage path, or a file open for writing bytes."""


class DownloadTarget(Protocol):
    """Writes the bytes of a download."""

    @property
    def path(self) -> Any:
        """The target, if it is a path."""

    def write(self, chunk: bytes, /) -> object:
        """Write the next bytes."""

    def restart(self) -> None:
        """Discard all bytes so far."""

    def commit(self) -> None:
        """Put the complete file in place of the target."""

    def discard(self) -> None:
        """Delete the temporary file. Does nothing after :meth:`commit`."""


def download_target(target: Target) -> DownloadTarget:
    """Open the target of a download.

    :raises OSError: When it cannot be written.
    :raises CanvasInputError: When it is not a target.
    """
    if isinstance(target, str) and "://" in target:
        raise CanvasInputError(
            f"{redact(target)} is not a local path: give it as ObjectStoragePath({redact(target)!r})."
        )
    if isinstance(target, str) or (isinstance(target, os.PathLike) and not hasattr(target, "protocol")):
        return _OnDisk(Path(target))
    if hasattr(target, "protocol"):
        return _InBucket(cast("StoragePath", target))
    return _InFile(target)


def _temporary_name() -> str:
    return f".{secrets.token_hex(8)}.part"


class _OnDisk:
    """A file on disk. Symbolic links are followed: the file they point to is replaced."""

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a directory: give the path of the file to write.")
        self.path = path
        self._target = path.resolve()
        self._temporary = self._target.with_name(_temporary_name())
        self._file = self._temporary.open("xb")
        self.write = self._file.write

    def restart(self) -> None:
        self._file.seek(0)
        self._file.truncate()

    def commit(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._target)

    def discard(self) -> None:
        with suppress(OSError):  # closing flushes, which fails on a full disk
            self._file.close()
        self._temporary.unlink(missing_ok=True)


class _InBucket:
    """An object in a bucket."""

    def __init__(self, path: StoragePath) -> None:
        self.path = path
        self._open()

    def _open(self) -> None:
        self._temporary = self.path.parent / _temporary_name()
        self._file = self._temporary.open("wb")
        self._committed = False

    def write(self, chunk: bytes, /) -> object:
        return self._file.write(chunk)

    def restart(self) -> None:
        self.discard()
        self._open()

    def commit(self) -> None:
        self._file.close()
        self._temporary.move(self.path)
        self._committed = True

    def discard(self) -> None:
        if self._committed:
            return
        with suppress(Exception):  # the caller must see the error before this one
            if hasattr(self._file, "discard"):  # uploaded parts of an object cost money until they are aborted
                self._file.discard()
        with suppress(Exception):
            self._file.close()
        with suppress(Exception):
            self._temporary.unlink()


class _InFile:
    """A file object of the caller. It stays open, and written bytes cannot be discarded."""

    path = None

    def __init__(self, file: Any) -> None:
        if isinstance(file, io.TextIOBase):
            raise CanvasInputError("The file is open as text: open it with mode 'wb', since bytes are written.")
        if not callable(getattr(file, "write", None)):
            raise CanvasInputError(
                f"Cannot download to a {type(file).__name__}: give a path, or a file open for writing bytes."
            )
        self.write = file.write

    def restart(self) -> None:
        raise CanvasUnexpectedResponseError(
            "The download must start again, and the bytes written to the file object cannot be discarded: "
            "download to a path."
        )

    def commit(self) -> None:
        return

    def discard(self) -> None:
        return
