"""A private PostgreSQL for tests, with its own cluster in a temporary folder and a free loopback port.

A ``conftest.py`` that imports ``postgres_database`` and ``postgres_server`` provides both fixtures. The server starts
once per session, and every test gets an empty database.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50")


@dataclass(frozen=True)
class Database:
    """The address of a database, which needs no password."""

    host: str
    port: int
    user: str
    name: str

    @property
    def url(self) -> str:
        """Return the URL for SQLAlchemy."""
        return f"postgresql+psycopg2://{self.user}@{self.host}:{self.port}/{self.name}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Database]:
    """Start a cluster for the session, or skip the tests if PostgreSQL is not installed."""
    if binaries_of_postgres() is None:
        pytest.skip("PostgreSQL is not installed: no initdb in PATH or /usr/lib/postgresql")
    with running_postgres() as database:
        yield database


@contextmanager
def running_postgres() -> Iterator[Database]:
    """Run a cluster during a ``with`` block.

    :raises FileNotFoundError: If PostgreSQL is not installed.
    """
    if (binaries := binaries_of_postgres()) is None:
        raise FileNotFoundError("PostgreSQL is not installed: no initdb in PATH or /usr/lib/postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = _unprivileged_user()
    if user:
        shutil.chown(folder, user)
    server = None
    try:
        data = folder / "data"
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, env=_environment(),
        )  # fmt: skip
        port = _free_port()
        options = [part for option in _OPTIONS for part in ("-c", option)]
        location: list[str | Path] = ["-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"]
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", *location, *options],
                user=user, cwd=folder, stdout=log, stderr=log, env=_environment(),
            )  # fmt: skip
        database = Database("127.0.0.1", port, "tester", "postgres")
        _wait_until_ready(binaries, database, server, folder / "server.log")
        yield database
    finally:
        if server:
            server.send_signal(signal.SIGINT)  # a shutdown that ends connections that a test left open
            server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_server: Database) -> Database:
    """Create an empty database for the test."""
    return create_database(postgres_server, f"test_{next(_NUMBERS)}")


def create_database(server: Database, name: str) -> Database:
    """Create an empty database.

    :param server: Any database of the server.
    :param name: The name of the new one.
    """
    import psycopg2

    connection = psycopg2.connect(server.url.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return Database(server.host, server.port, server.user, name)


_NUMBERS = count(1)


def binaries_of_postgres() -> Path | None:
    """Return the folder of PostgreSQL's programs, if it is installed."""
    initdb = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if initdb:
        return Path(initdb).resolve().parent
    return versions[-1].parent if versions else None


def _unprivileged_user() -> str | None:
    """Return a user to run PostgreSQL as, which refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _environment() -> dict[str, str]:
    """Return the environment of PostgreSQL's programs."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(binaries: Path, database: Database, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server accepts connections."""
    is_ready: list[str | Path] = [binaries / "pg_isready", "-q", "-h", database.host, "-p", str(database.port)]
    deadline = time.monotonic() + 30
    while subprocess.run(is_ready, check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)
