"""The newest access token of a grant, shared by all threads and processes of this host that use the grant.

Each refresh invalidates the access token before, and each Airflow task is a process of its own. So a process takes a
lock before it refreshes, and writes the new token to a file. The file is encrypted with a key derived from the
grant's own secrets, so it is useless without the grant.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import logging
import os
import stat
import tempfile
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from airflow_provider_canvas.client.settings import OAuth
from airflow_provider_canvas.security.secret import Secret

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

log = logging.getLogger(__name__)

DIRECTORY_VARIABLE = "AIRFLOW_PROVIDER_CANVAS_TOKEN_DIR"
"""The environment variable that names the directory of the files; by default one below the temporary directory."""


@dataclass(frozen=True)
class AccessToken:
    """An access token of a grant.

    :param token: The token.
    :param obtained_at: The Unix time at which it was obtained.
    :param renew_at: The Unix time from which on a refresh is due; ``None`` if that is unknown.
    """

    token: Secret
    obtained_at: float
    renew_at: float | None = None


class Lock(Protocol):
    """An exclusive lock. It never blocks, so that the caller can wait in a thread or in an event loop."""

    def try_acquire(self) -> bool:
        """Try to acquire the lock, and return whether it is held now."""

    def release(self) -> None:
        """Release the lock for good."""


class TokenStore:
    """The newest access token of one grant, in memory and, if possible, in a file.

    :param path: The file; ``None`` to keep the token in this process only.
    :param oauth: The grant; its secrets encrypt the file.
    """

    def __init__(self, path: Path | None, oauth: OAuth) -> None:
        self._path = path
        self._oauth = oauth
        self._known: tuple[_Version | None, AccessToken | None] = (None, None)
        self._lock = threading.Lock()

    def read(self) -> AccessToken | None:
        """Return the newest token; ``None`` if there is none. The file is read only after it changed."""
        if self._path is not None:
            with suppress(OSError):  # the file does not exist: the token in memory counts
                if _version(self._path.stat()) != self._known[0]:
                    self._load(self._path)
        return self._known[1]

    def write(self, token: AccessToken) -> None:
        """Store a token in place of the one before."""
        version = self._known[0]
        self._known = (version, token)
        if self._path is not None:
            try:
                version = _replace(self._path, self._fernet.encrypt(_serialized(token)))
            except OSError as error:
                _warn(f"Could not share a Canvas access token with other processes: {error.strerror}.")
            self._known = (version, token)

    @contextmanager
    def lock(self) -> Iterator[Lock]:
        """Provide the lock that excludes all other users of the grant, and release it at the end of the block."""
        lock = self._new_lock()
        try:
            yield lock
        finally:
            lock.release()

    def _new_lock(self) -> Lock:
        if self._path is not None:
            try:
                return _FileLock(self._path.with_suffix(".lock"))
            except OSError as error:
                _warn(f"Could not lock the refresh of a Canvas access token against other processes: {error.strerror}.")
        return _MemoryLock(self._lock)

    def _load(self, path: Path) -> None:
        from cryptography.fernet import InvalidToken

        with path.open("rb") as file:
            version, content = _version(os.fstat(file.fileno())), file.read()
        token = self._known[1]
        # The file may be encrypted with another client secret, or written by another version of this package.
        with suppress(InvalidToken, ValueError, TypeError, KeyError):
            token = _deserialized(self._fernet.decrypt(content))
        self._known = (version, token)

    @functools.cached_property
    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet

        secret = Secret(json.dumps([self._oauth.client_secret.reveal(), self._oauth.refresh_token.reveal()]))
        return Fernet(urlsafe_b64encode(hashlib.sha256(f"key {secret.reveal()}".encode()).digest()))


def _serialized(token: AccessToken) -> bytes:
    fields = {"token": token.token.reveal(), "obtained_at": token.obtained_at, "renew_at": token.renew_at}
    return json.dumps(fields).encode()


def _deserialized(content: bytes) -> AccessToken:
    """Return the token of a file.

    :raises ValueError: When another version of this package wrote it.
    :raises TypeError: Likewise.
    """
    fields = json.loads(content)
    return AccessToken(**{**fields, "token": Secret(fields["token"])})


class _FileLock:
    """A file lock. The operating system releases it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def try_acquire(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)  # closing does not unlock a file that a forked child has open too
        os.close(self._file)


class _MemoryLock:
    """A lock within this process."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._held = False

    def try_acquire(self) -> bool:
        self._held = self._lock.acquire(blocking=False)
        return self._held

    def release(self) -> None:
        if self._held:
            self._lock.release()


_stores: dict[tuple[Path | None, OAuth], TokenStore] = {}
_stores_lock = threading.Lock()


def store_for(base_url: str, oauth: OAuth) -> TokenStore:
    """Return the store of a grant: the same one for all its users in this process."""
    directory = _private_directory(os.environ.get(DIRECTORY_VARIABLE))
    identity = Secret(json.dumps([base_url, oauth.client_id, oauth.refresh_token.reveal()]))
    path = directory and directory / hashlib.sha256(f"name {identity.reveal()}".encode()).hexdigest()[:32]
    with _stores_lock:
        return _stores.setdefault((path, oauth), TokenStore(path, oauth))


def _private_directory(chosen: str | None) -> Path | None:
    """Create the directory of the files and return its path; ``None``, with one warning, if it cannot be used."""
    path = Path(chosen or Path(tempfile.gettempdir(), f"airflow-provider-canvas-{os.getuid()}"))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status, problem = path.lstat(), None
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
            problem = "it must be a directory of this user, closed to all others (chmod 700)"
        else:
            _try_lock(path / ".lock")
    except OSError as error:
        problem = error.strerror or str(error)
    if problem:
        _warn(
            f"Canvas access tokens cannot be shared with other processes in {path}: {problem}. Each process requests "
            f"its own, which invalidates those of the others. Set {DIRECTORY_VARIABLE} to another directory."
        )
    return None if problem else path


def _try_lock(path: Path) -> None:
    """Check that files can be written and locked here.

    :raises OSError: When they cannot.
    """
    lock = _FileLock(path)
    lock.try_acquire()
    lock.release()


@functools.cache
def _warn(message: str) -> None:
    log.warning("%s", message)


_Version = tuple[int, int, int]
"""Identifies the content of a file: each write creates a new file."""


def _version(status: os.stat_result) -> _Version:
    return status.st_ino, status.st_mtime_ns, status.st_size


def _replace(path: Path, content: bytes) -> _Version:
    """Replace a file atomically: readers see either the old or the new content."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")  # mode 600
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        version = _version(temporary.stat())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return version
