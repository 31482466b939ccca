"""Retries of a database that is away: it restarts, fails over, or another process has locked its file."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 120.0
"""How many seconds a database that is away is retried."""
FIRST_PAUSE, MAX_PAUSE = 0.1, 5.0
"""The pauses between attempts in seconds: each is twice as long as the one before, up to the second number."""

_SQLITE_AWAY = re.compile(
    r"database (?:table |schema )?is locked|unable to open database file|disk i/o error", re.IGNORECASE
)
_PERMANENT = re.compile(
    r"authentication failed|no pg_hba\.conf entry|no password supplied"
    r'|(?:role|database) ".*" does not exist|permission denied',
    re.IGNORECASE,
)


def is_away(error: BaseException) -> bool:
    """Tell whether a database failed in a way that may pass: no connection, a lost connection, a lock.

    :param error: The error.
    """
    if isinstance(error, sa.exc.TimeoutError):  # no connection of the pool became free
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    message = str(error.orig)
    if type(error.orig).__module__.startswith("sqlite3"):
        return isinstance(error, sa.exc.OperationalError) and _SQLITE_AWAY.search(message) is not None
    if error.connection_invalidated:
        return True
    return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) and not _PERMANENT.search(message)


class Patience:
    """Runs work on a database, and runs it again while the database is away.

    :param seconds: For how long it is retried.
    :param sleep: The function that waits.
    :param clock: The function that returns the time in seconds.
    """

    def __init__(
        self,
        seconds: float = PATIENCE,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds, self.sleep, self.clock = seconds, sleep, clock

    def run(self, work: Callable[[], T], *, since: float | None = None) -> T:
        """Return the result of the work, which may run several times: each time it is one whole transaction.

        :param work: The work.
        :param since: When the wait began, by ``clock``; now without it.
        """
        deadline = (self.clock() if since is None else since) + self.seconds
        pause = FIRST_PAUSE
        while True:
            try:
                return work()
            except sa.exc.SQLAlchemyError as error:
                left = deadline - self.clock()
                if left <= 0 or not is_away(error):
                    raise
                log.warning(
                    "The database of the ledger is away; retrying for up to %.0f s: %s", left, first_line(error)
                )
            self.sleep(min(pause * random.uniform(0.8, 1.2), left))  # noqa: S311  # no secret depends on it
            pause = min(pause * 2, MAX_PAUSE)


def first_line(error: BaseException) -> str:
    """Return what the database says of an error, without the statement.

    :param error: The error.
    """
    from airflow_provider_canvas.security.redaction import redact

    return redact(str(getattr(error, "orig", None) or error)).partition("\n")[0]
