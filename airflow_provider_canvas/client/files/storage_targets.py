"""Paths in storages as targets of a download: objects of object stores, and files of remote file systems."""

from __future__ import annotations

import logging
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

from airflow_provider_canvas.client.files.disk_target import ABANDONED_AFTER, partial_prefix
from airflow_provider_canvas.security.redaction import redact

log = logging.getLogger(__name__)

OBJECT_STORES = frozenset({"abfs", "abfss", "adl", "az", "gcs", "gs", "oci", "oss", "s3", "s3a", "s3n"})
"""Protocols of storages in which an object appears, or is replaced, at once when its last byte is there."""


class StoragePath(Protocol):
    """A path in a storage: Airflow's ``ObjectStoragePath``, or any path of ``universal_pathlib``."""

    @property
    def protocol(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def fs(self) -> Any: ...


class ObjectTarget:
    """An object in a bucket. It is written under its own name, since nobody sees it before it is complete.

    So a bucket that allows neither deleting nor copying is enough, and a killed worker leaves no object: only parts of
    an upload, which the bucket's lifecycle rules remove.

    :param path: The path of the object.
    """

    def __init__(self, path: StoragePath) -> None:
        self.path = path
        self._file: Any = None
        self._open()

    def _open(self) -> None:
        self._file = self.path.fs.open(self.path.path, "wb")

    def write(self, chunk: bytes, /) -> object:
        """Write the next bytes."""
        return self._file.write(chunk)

    def restart(self) -> None:
        """Discard all bytes so far."""
        self.discard()
        self._open()

    def commit(self) -> None:
        """Complete the upload.

        :raises OSError: When the storage does not confirm it.
        """
        self._file.close()
        self._file = None

    def discard(self) -> None:
        """Abort the upload. Does nothing after :meth:`commit`."""
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            file.discard()
        except Exception as error:  # noqa: BLE001  # the caller must see the error before this one
            log.warning(
                "The parts of the unfinished upload of %s could not be removed (%s). They take space until a lifecycle "
                "rule of the bucket for incomplete multipart uploads removes them.",
                redact(str(self.path)),
                type(error).__name__,
            )
        with suppress(AttributeError):
            file.closed = True  # closing it, also when it is garbage collected, would store what was written so far


class FileSystemTarget:
    """A file of a remote file system, such as SFTP. It is written under a temporary name, and renamed at the end.

    :param path: The path of the file.
    """

    def __init__(self, path: StoragePath) -> None:
        self.path = path
        self._fs, self._path = path.fs, path.path
        self._delete_abandoned()
        self._open()

    def _open(self) -> None:
        folder, _, name = self._path.rpartition("/")
        self._temporary = f"{folder}/{partial_prefix(name)}{secrets.token_hex(4)}.part"
        self._file: Any = self._fs.open(self._temporary, "wb")

    def _delete_abandoned(self) -> None:
        """Delete the temporary files of the same target that no process has changed for a day."""
        folder, _, name = self._path.rpartition("/")
        with suppress(Exception):  # the storage does not tell when a file was changed, or does not let us list files
            for file in self._fs.ls(folder, detail=False):
                if file.rpartition("/")[2].startswith(partial_prefix(name)) and file.endswith(".part"):
                    age = datetime.now(UTC) - self._fs.modified(file)
                    if age.total_seconds() > ABANDONED_AFTER:
                        self._fs.rm_file(file)

    def write(self, chunk: bytes, /) -> object:
        """Write the next bytes."""
        return self._file.write(chunk)

    def restart(self) -> None:
        """Discard all bytes so far."""
        self.discard()
        self._open()

    def commit(self) -> None:
        """Put the temporary file in place of the target: rename it, or copy it where the storage cannot rename.

        :raises OSError: When the storage refuses it.
        """
        from fsspec import AbstractFileSystem

        self._file.close()
        if type(self._fs).mv is AbstractFileSystem.mv:  # which copies and deletes
            self._fs.cp_file(self._temporary, self._path)
            try:
                self._fs.rm_file(self._temporary)
            except Exception as error:  # noqa: BLE001  # the target is complete
                log.warning("Could not delete the temporary file %s (%s): delete it.", self._temporary, error)
        else:
            self._fs.mv(self._temporary, self._path)
        self._file = None

    def discard(self) -> None:
        """Delete the temporary file. Does nothing after :meth:`commit`."""
        if self._file is None:
            return
        with suppress(Exception):  # the caller must see the error before this one
            self._file.close()
        with suppress(Exception):
            self._fs.rm_file(self._temporary)
        self._file = None
