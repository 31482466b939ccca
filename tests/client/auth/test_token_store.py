"""Test the file that holds the newest access token of a grant for all processes of one user on a host."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_canvas.client.auth import token_store
from airflow_provider_canvas.client.auth.token_store import DIRECTORY_VARIABLE, AccessToken, TokenStore, store_for
from airflow_provider_canvas.client.settings import OAuth
from airflow_provider_canvas.security.secret import Secret

OAUTH = OAuth("10", "the-client-secret", "the-refresh-token")
TOKEN = AccessToken(Secret("7~the-access-token"), obtained_at=1000.0, renew_at=4480.0)
CANVAS = "https://school.example"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tokens are kept below the test's own directory, and nobody was warned yet."""
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "tokens"))
    token_store._warn.cache_clear()
    return tmp_path / "tokens"


def another(store: TokenStore, oauth: OAuth = OAUTH) -> TokenStore:
    """Return the store as another process sees it."""
    return TokenStore(store._path, oauth)


def token_file(directory: Path) -> Path:
    (file,) = [path for path in directory.iterdir() if not path.suffix and not path.name.startswith(".")]
    return file


def test_written_token_is_read_by_others() -> None:
    """Each write is visible to the next read of any store, and before the first write there is no token."""
    store = store_for(CANVAS, OAUTH)
    other = another(store)
    assert other.read() is None
    store.write(TOKEN)
    assert other.read() == store.read() == TOKEN
    newer = AccessToken(Secret("7~newer"), obtained_at=2000.0)
    other.write(newer)
    assert store.read() == other.read() == newer


def test_one_store_per_grant() -> None:
    """All threads of a process share one store per grant. Another Canvas or another grant has its own file."""
    store = store_for(CANVAS, OAUTH)
    assert store_for(CANVAS, OAuth("10", "the-client-secret", "the-refresh-token")) is store
    store.write(TOKEN)
    assert store_for("https://other.example", OAUTH).read() is None
    assert store_for(CANVAS, OAuth("10", "the-client-secret", "another-refresh-token")).read() is None


def test_file_is_private(directory: Path) -> None:
    """Only its owner may open the file, and neither its name nor its content contains a secret."""
    store_for(CANVAS, OAUTH).write(TOKEN)
    file = token_file(directory)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    written = file.read_bytes() + file.name.encode()
    for secret in (TOKEN.token, OAUTH.client_secret, OAUTH.refresh_token):
        assert secret.reveal().encode() not in written


def test_file_needs_the_client_secret() -> None:
    """A store with another client secret cannot decrypt the token."""
    store = store_for(CANVAS, OAUTH)
    store.write(TOKEN)
    stranger = another(store, OAuth("10", "guessed", "the-refresh-token"))
    assert stranger.read() is None


@pytest.mark.parametrize("content", [b"", b"no such thing", "the first half"])
def test_broken_file(directory: Path, content: bytes | str) -> None:
    """A file that cannot be decrypted counts as empty, and the next write replaces it."""
    store = store_for(CANVAS, OAUTH)
    store.write(TOKEN)
    file = token_file(directory)
    file.write_bytes(content if isinstance(content, bytes) else file.read_bytes()[:40])
    other = another(store)
    assert other.read() is None
    other.write(TOKEN)
    assert another(store).read() == TOKEN


def test_deleted_file(directory: Path) -> None:
    """If the file is deleted, the token in memory is still used."""
    store = store_for(CANVAS, OAUTH)
    store.write(TOKEN)
    token_file(directory).unlink()
    assert store.read() == TOKEN


def open_to_all(directory: Path) -> None:
    directory.mkdir()
    directory.chmod(0o755)


def link(directory: Path) -> None:
    target = directory.with_name("elsewhere")
    target.mkdir(mode=0o700)
    directory.symlink_to(target)


@pytest.mark.parametrize("prepare", [open_to_all, link, Path.touch])
def test_unsafe_directory(directory: Path, prepare: object, caplog: pytest.LogCaptureFixture) -> None:
    """If the directory is not private, the token stays in memory, and one warning says what to set."""
    assert callable(prepare)
    prepare(directory)
    store = store_for(CANVAS, OAUTH)
    store.write(TOKEN)
    assert store_for(CANVAS, OAUTH).read() == TOKEN
    with store.lock() as first, store_for(CANVAS, OAUTH).lock() as second:
        assert first.try_acquire()
        assert not second.try_acquire()
    (warning,) = caplog.records
    assert str(directory) in warning.getMessage()
    assert DIRECTORY_VARIABLE in warning.getMessage()


def test_failed_write(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A failed write logs a warning without the token, and this process keeps the token in memory."""
    store = store_for(CANVAS, OAUTH)
    store.write(AccessToken(Secret("7~older"), obtained_at=1.0))
    for file in directory.iterdir():
        file.unlink()
    directory.rmdir()
    store.write(TOKEN)
    with store.lock() as lock:
        assert lock.try_acquire()
    assert store.read() == TOKEN
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert TOKEN.token.reveal() not in caplog.text


def test_lock_is_held_once() -> None:
    """While the lock is held, no other thread and no other process acquires it."""
    store = store_for(CANVAS, OAUTH)
    with store.lock() as first, another(store).lock() as second, store.lock() as third:
        assert first.try_acquire()
        assert not second.try_acquire()
        assert not third.try_acquire()
    with another(store).lock() as lock:
        assert lock.try_acquire()


def test_lock_of_a_killed_process() -> None:
    """The operating system releases the lock of a process that was killed."""
    store = store_for(CANVAS, OAUTH)
    holder = (
        "import sys; from airflow_provider_canvas.client import settings\n"
        "from airflow_provider_canvas.client.auth import token_store\n"
        f"store = token_store.store_for({CANVAS!r}, settings.OAuth('10', *sys.argv[1:]))\n"
        "with store.lock() as lock:\n"
        "    print(lock.try_acquire(), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, OAUTH.client_secret.reveal(), OAUTH.refresh_token.reveal()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        with store.lock() as lock:
            assert not lock.try_acquire()
            process.kill()
            process.wait()
            assert lock.try_acquire()


def test_lock_is_not_inherited_by_a_fork() -> None:
    """A forked child has the file open too, but does not hold the lock."""
    store = store_for(CANVAS, OAUTH)
    inside, outside = os.pipe()
    with store.lock() as lock:
        assert lock.try_acquire()
        if not (child := os.fork()):
            os.close(outside)
            os.read(inside, 1)
            os._exit(0)
    try:
        with another(store).lock() as lock:
            assert lock.try_acquire()
    finally:
        os.close(outside)
        os.waitpid(child, 0)
        os.close(inside)


def test_no_repr_shows_a_secret() -> None:
    """The ``repr`` of a store, and of what it holds, contains no secret."""
    shown = f"{TOKEN!r} {OAUTH!r} {store_for(CANVAS, OAUTH)!r}"
    for secret in (TOKEN.token, OAUTH.client_secret, OAUTH.refresh_token):
        assert secret.reveal() not in shown
