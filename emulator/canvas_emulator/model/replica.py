"""The replica of the database: courses and the records of jobs as they were some seconds ago.

A hosted Canvas writes to one database and reads much from copies of it, which get every write a little later. A row
that was just made is not there yet, and one that just changed is as it was before.

Columns lag; what hangs on a row and is kept elsewhere (the issues of a migration, the settings of a course, files) does
not.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from canvas_emulator.model.tables import Tables

TABLES = ("courses", "content_migrations", "content_exports", "progress")
"""The tables that a replica has, by their names in ``Tables``; it reads all others from the database itself."""

ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Version:
    """A row as it was from a certain time on.

    :param since: That time.
    :param row: A copy of the row.
    """

    since: datetime
    row: Any


class Replica:
    """Keeps old versions of the rows of its tables."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, int], list[Version]] = {}

    def follow(self, tables: Tables, at: datetime) -> None:
        """Record the rows as they are at a moment. Rows of the first call count as old."""
        since = at if self._versions else ALWAYS
        for name in TABLES:
            for row_id, row in getattr(tables, name).items():
                versions = self._versions.setdefault((name, row_id), [])
                if not versions or vars(versions[-1].row) != vars(row):
                    versions.append(Version(since, copy(row)))

    def tables(self, tables: Tables, at: datetime) -> Tables:
        """Return all tables, those of the replica as they were at a moment. Older versions are dropped."""
        shown: dict[str, Any] = {name: {} for name in TABLES}
        for (name, row_id), versions in self._versions.items():
            while len(versions) > 1 and versions[1].since <= at:
                del versions[0]
            if versions[0].since <= at:
                shown[name][row_id] = versions[0].row
        return replace(tables, **shown)
