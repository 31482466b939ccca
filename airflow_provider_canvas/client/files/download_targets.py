"""Where a download lands: a file on disk, an object in a bucket, or a file that somebody has open.

The first two are written under a temporary name beside the target, which appears whole or not at all.
"""

from __future__ import annotations

import io
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from airflow_provider_canvas.client.errors import CanvasUnexpectedAnswerError
from airflow_provider_canvas.security.redaction import redact


class StoragePath(Protocol):
    """A path in a bucket: Airflow's ``ObjectStoragePath``, or any of ``universal_pathlib``."""

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
"""A path, an object-storage path, or a file that is open for writing bytes."""


class DownloadTarget(Protocol):
    """Takes the bytes of a download."""

    @property
    def path(self) -> Any:
        """The target, if it is a path."""

    def write(self, piece: bytes, /) -> object:
        """Take the next bytes."""

    def restart(self) -> None:
        """Forget all bytes so far."""

    def keep(self) -> None:
        """Make them the target: they are whole."""

    def discard(self) -> None:
        """Leave nothing behind. After :meth:`keep` it does nothing."""


def download_target(target: Target) -> DownloadTarget:
    """Return where a download lands, ready to be written.

    :raises OSError: When nothing can be written there.
    :raises ValueError: When it is nothing to write to.
    """
    if isinstance(target, str) and "://" in target:
        raise ValueError(f"{redact(target)} is no local path: give it as ObjectStoragePath({redact(target)!r}).")
    if isinstance(target, str) or (isinstance(target, os.PathLike) and not hasattr(target, "protocol")):
        return _OnDisk(Path(target))
    if hasattr(target, "protocol"):
        return _InBucket(cast("StoragePath", target))
    return _InFile(target)


def _temporary_name() -> str:
    return f".{secrets.token_hex(8)}.part"


class _OnDisk:
    """A file on disk. A link is followed: its target is what is replaced."""

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

    def keep(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._target)

    def discard(self) -> None:
        with suppress(OSError):  # closing may write what a full disk did not take
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
        self._kept = False

    def write(self, piece: bytes, /) -> object:
        return self._file.write(piece)

    def restart(self) -> None:
        self.discard()
        self._open()

    def keep(self) -> None:
        self._file.close()
        self._temporary.move(self.path)
        self._kept = True

    def discard(self) -> None:
        if self._kept:
            return
        with suppress(Exception):  # what went wrong before is what is told
            if hasattr(self._file, "discard"):  # parts of an object that were uploaded cost money until then
                self._file.discard()
        with suppress(Exception):
            self._file.close()
        with suppress(Exception):
            self._temporary.unlink()


class _InFile:
    """A file that somebody has open, and keeps open. What was written stays written."""

    path = None

    def __init__(self, file: Any) -> None:
        if isinstance(file, io.TextIOBase):
            raise ValueError("The file is open as text: open it with mode 'wb', what comes is bytes.")
        if not callable(getattr(file, "write", None)):
            raise ValueError(
                f"Nothing can be downloaded to a {type(file).__name__}: give a path, or a file open for writing bytes."
            )
        self.write = file.write

    def restart(self) -> None:
        raise CanvasUnexpectedAnswerError(
            "The download must begin anew, and what was written to the file object cannot be taken back: "
            "download to a path."
        )

    def keep(self) -> None:
        return

    def discard(self) -> None:
        return
