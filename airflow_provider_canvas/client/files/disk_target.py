"""A file on disk as the target of a download: complete under its name, or not there.

The bytes are written to a partial file in the same folder, which is renamed at the end. A process locks its partial
file for as long as it lives. So whoever next writes the same target can tell which partial files processes left that
were killed, and deletes them.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.files.local_path import check_local_path

ABANDONED_AFTER = 24 * 3600.0
"""Seconds without a change after which a partial file counts as abandoned, where the file system has no locks."""


class DiskTarget:
    """A file on disk; see :class:`~.download_targets.DownloadTarget`.

    Symbolic links are followed: the file that they point to is replaced. A file that exists keeps its permissions and,
    where that is allowed, its owner and group; a new file has those of any file that the process creates.

    :param path: The path of the file.
    :raises CanvasInputError: When the path is of a FIFO, a device or a socket: renaming would replace it by a file.
    :raises OSError: When the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        check_local_path(path)
        self.path = path
        self._target = Path(os.path.realpath(path))
        replaced = self._replaced()
        folder = self._target.parent
        if not folder.exists():
            raise FileNotFoundError(errno.ENOENT, "The folder of the file does not exist: create it", str(folder))
        try:
            _delete_abandoned(self._target)
            self._partial, descriptor = _create_partial(self._target, replaced)
        except OSError as error:
            error.filename = str(self._target)  # and not that of a partial file, which nobody knows
            raise
        self._file = os.fdopen(descriptor, "wb")
        self.write = self._file.write

    def _replaced(self) -> os.stat_result | None:
        """Return the status of the file that will be replaced; ``None`` if there is none."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "This is a directory: give the path of a file", str(self.path))
        if not stat.S_ISREG(status.st_mode):
            kind = "a FIFO" if stat.S_ISFIFO(status.st_mode) else "a device or a socket"
            raise CanvasInputError(
                f"{self.path} is {kind}, which a file with this path would replace: open it for writing bytes, and "
                "give the open file object instead of the path."
            )
        return status

    def restart(self) -> None:
        """Discard all bytes so far."""
        self._file.seek(0)
        self._file.truncate()

    def commit(self) -> None:
        """Put the complete file in place of the target."""
        self._replaced()  # it may have become something else in the meantime
        self._file.flush()
        os.fsync(self._file.fileno())
        self._partial.replace(self._target)
        self._file.close()

    def discard(self) -> None:
        """Delete the partial file. Does nothing after :meth:`commit`."""
        if self._file.closed:
            return
        self._partial.unlink(missing_ok=True)  # while it is locked, so that it is still ours
        with suppress(OSError):  # closing flushes, which fails on a full disk
            self._file.close()


def partial_prefix(name: str) -> str:
    """Return the beginning of the names of the partial files of a file. It is short, whatever the name is."""
    return f".{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}."


def _create_partial(target: Path, replaced: os.stat_result | None) -> tuple[Path, int]:
    """Create and lock a partial file, with the permissions of the file that it replaces."""
    while True:
        partial = target.with_name(f"{partial_prefix(target.name)}{secrets.token_hex(4)}.part")
        mode = 0o666 if replaced is None else 0o600
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        if _lock(descriptor) is not False and partial.exists():  # else another process has just deleted it as abandoned
            break
        os.close(descriptor)
    if replaced is not None:
        for owner in ((replaced.st_uid, -1), (-1, replaced.st_gid)):
            with suppress(OSError):  # only root may give files away
                os.fchown(descriptor, *owner)
        with suppress(OSError):  # not every file system has permissions
            os.fchmod(descriptor, replaced.st_mode & 0o777)
    return partial, descriptor


def _delete_abandoned(target: Path) -> None:
    """Delete the partial files of a target whose processes ended without deleting them."""
    for partial in target.parent.glob(f"{partial_prefix(target.name)}*.part"):
        with suppress(OSError):  # it is gone, or another user's
            descriptor = os.open(partial, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                locked = _lock(descriptor)
                if locked or (locked is None and time.time() - os.fstat(descriptor).st_mtime > ABANDONED_AFTER):
                    partial.unlink()
            finally:
                os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Lock a file, and tell whether that succeeded; ``None`` where the file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
