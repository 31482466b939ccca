"""Targets of a download: a file on disk, an object in a bucket, a file of a remote file system, or an open file object.

A path holds the complete file, or what it held before: a file system gets a temporary name that is renamed at the end;
an object store does the same by itself.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.errors import CanvasUnexpectedResponseError
from airflow_provider_canvas.client.files.disk_target import DiskTarget
from airflow_provider_canvas.client.files.storage_targets import (
    OBJECT_STORES,
    FileSystemTarget,
    ObjectTarget,
    StoragePath,
)
from airflow_provider_canvas.security.redaction import redact

_LOCAL = frozenset({"", "file", "local"})
"""Protocols of paths on disk."""


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
        return DiskTarget(Path(target))
    if hasattr(target, "protocol"):
        return _target_in_storage(cast("StoragePath", target))
    return _InFile(target)


def _target_in_storage(path: StoragePath) -> DownloadTarget:
    if path.protocol in _LOCAL:
        return DiskTarget(Path(path.path))
    if path.protocol in OBJECT_STORES:
        return ObjectTarget(path)
    return FileSystemTarget(path)


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
