"""Real outages of a database: PostgreSQL accepts no connections, or another process has locked the file of SQLite."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import sqlalchemy as sa

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
"""


@dataclass
class Outage:
    """An outage of the database of an engine.

    :param engine: The engine.
    """

    engine: sa.engine.Engine
    process: subprocess.Popen[str] | None = field(default=None, init=False)

    def begin(self) -> None:
        """Let the database fail from now on, for connections that are open too."""
        if self.engine.dialect.name == "postgresql":
            self._administer("ALTER DATABASE {0} ALLOW_CONNECTIONS false")
            self._administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{0}'")
            return
        arguments = [sys.executable, "-c", LOCK, str(self.engine.url.database)]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "locked\n"

    def end(self) -> None:
        """Let the database work again."""
        if self.engine.dialect.name == "postgresql":
            self._administer("ALTER DATABASE {0} ALLOW_CONNECTIONS true")
        elif self.process:
            self.process.communicate("\n", timeout=60)
            self.process = None

    def _administer(self, statement: str) -> None:
        url = self.engine.url
        connection = psycopg2.connect(host=url.host, port=url.port, user=url.username, dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement.format(url.database))
        connection.close()


@dataclass
class FakeTime:
    """A clock that only sleeping moves; it calls a function at a time.

    :param at: The time in seconds at which the function is called.
    :param call: The function.
    """

    at: float = float("inf")
    call: Any = None
    now: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def clock(self) -> float:
        """Return the time in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.pauses.append(seconds)
        self.now += seconds
        if self.now >= self.at:
            self.at = float("inf")
            self.call()
