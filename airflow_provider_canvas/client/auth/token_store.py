"""The newest access token of a grant, where all find it that use the grant: the threads and processes of this host.

Each refresh kills the access token before it, and each Airflow task is a process of its own. So whoever refreshed
leaves the new token in a file, and whoever is about to refresh takes a lock first. The file is encrypted with a key
made of the grant's own secrets: it is useless to those who do not hold the grant anyway.
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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from airflow_provider_canvas.client.settings import OAuth

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

log = logging.getLogger(__name__)

DIRECTORY_VARIABLE = "AIRFLOW_PROVIDER_CANVAS_TOKEN_DIR"
"""The environment variable that names another directory than the one below the temporary directory."""


@dataclass(frozen=True)
class AccessToken:
    """An access token that came from a grant.

    :param token: The token.
    :param obtained_at: When it came, in Unix time.
    :param renew_at: From when on another one is due, in Unix time; ``None`` if that is not known.
    """

    token: str = field(repr=False)
    obtained_at: float
    renew_at: float | None = None


class Lock(Protocol):
    """Held by one at a time. It is tried, not waited for, so that whoever waits can do so in a thread or in a loop."""

    def take(self) -> bool:
        """Return whether the lock is held now; try again later if not."""

    def free(self) -> None:
        """Hold it no longer, and forget it."""


class TokenStore:
    """The newest access token of one grant. What it knows is in memory, and in a file if it has one.

    :param path: The file; ``None`` keeps the token to this process.
    :param oauth: The grant, which encrypts the file.
    """

    def __init__(self, path: Path | None, oauth: OAuth) -> None:
        self._path = path
        self._oauth = oauth
        self._known: tuple[_Version | None, AccessToken | None] = (None, None)
        self._lock = threading.Lock()

    def read(self) -> AccessToken | None:
        """Return the newest token, if there is one. A look at a file that did not change costs microseconds."""
        if self._path is not None:
            with suppress(OSError):  # there is no file yet, or none any more: what memory knows counts
                if _version(self._path.stat()) != self._known[0]:
                    self._load(self._path)
        return self._known[1]

    def write(self, token: AccessToken) -> None:
        """Keep a token, in place of the one before."""
        version = self._known[0]
        self._known = (version, token)
        if self._path is not None:
            try:
                version = _replace(self._path, self._fernet.encrypt(json.dumps(asdict(token)).encode()))
            except OSError as error:
                _warn(f"A Canvas access token could not be shared with other processes: {error.strerror}.")
            self._known = (version, token)

    @contextmanager
    def lock(self) -> Iterator[Lock]:
        """Lend the lock that excludes all other users of the grant. It is free again at the end of the block."""
        lock = self._new_lock()
        try:
            yield lock
        finally:
            lock.free()

    def _new_lock(self) -> Lock:
        if self._path is not None:
            try:
                return _FileLock(self._path.with_suffix(".lock"))
            except OSError as error:
                _warn(f"A refresh of a Canvas access token cannot be kept from other processes: {error.strerror}.")
        return _MemoryLock(self._lock)

    def _load(self, path: Path) -> None:
        from cryptography.fernet import InvalidToken

        with path.open("rb") as file:
            version, content = _version(os.fstat(file.fileno())), file.read()
        token = self._known[1]
        with suppress(InvalidToken, ValueError, TypeError):  # of another client secret, or of another version of this
            token = AccessToken(**json.loads(self._fernet.decrypt(content)))
        self._known = (version, token)

    @functools.cached_property
    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet

        secret = json.dumps([self._oauth.client_secret, self._oauth.refresh_token])
        return Fernet(urlsafe_b64encode(hashlib.sha256(f"key {secret}".encode()).digest()))


class _FileLock:
    """A lock of the operating system, which frees it when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def free(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)  # closing is not enough while a forked child has the file open too
        os.close(self._file)


class _MemoryLock:
    """A lock of this process."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._taken = False

    def take(self) -> bool:
        self._taken = self._lock.acquire(blocking=False)
        return self._taken

    def free(self) -> None:
        if self._taken:
            self._lock.release()


_stores: dict[tuple[Path | None, OAuth], TokenStore] = {}
_stores_lock = threading.Lock()


def store_for(base_url: str, oauth: OAuth) -> TokenStore:
    """Return the store of a grant: the same one for all who use it in this process."""
    directory = _private_directory(os.environ.get(DIRECTORY_VARIABLE))
    identity = json.dumps([base_url, oauth.client_id, oauth.refresh_token])
    path = directory and directory / hashlib.sha256(f"name {identity}".encode()).hexdigest()[:32]
    with _stores_lock:
        return _stores.setdefault((path, oauth), TokenStore(path, oauth))


def _private_directory(chosen: str | None) -> Path | None:
    """Return the directory for tokens, made if it was not there; ``None``, with one warning, if it cannot be used."""
    path = Path(chosen or Path(tempfile.gettempdir(), f"airflow-provider-canvas-{os.getuid()}"))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found, wrong = path.lstat(), None
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            wrong = "it must be a directory of this user, closed to all others (chmod 700)"
        else:
            _try_lock(path / ".lock")
    except OSError as error:
        wrong = error.strerror or str(error)
    if wrong:
        _warn(
            f"Canvas access tokens cannot be shared with other processes in {path}: {wrong}. Each process asks for its "
            f"own, and kills those of the others. Name another directory in {DIRECTORY_VARIABLE}."
        )
    return None if wrong else path


def _try_lock(path: Path) -> None:
    """Find out whether files can be written and locked here.

    :raises OSError: When they cannot.
    """
    lock = _FileLock(path)
    lock.take()
    lock.free()


@functools.cache
def _warn(message: str) -> None:
    log.warning("%s", message)


_Version = tuple[int, int, int]
"""What tells one content of a file from another: each is a new file."""


def _version(found: os.stat_result) -> _Version:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _replace(path: Path, content: bytes) -> _Version:
    """Put a file in the place of another, at once: whoever reads finds one of them whole."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".")  # which only its owner may read
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        version = _version(temporary.stat())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return version
