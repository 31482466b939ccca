"""Everything that this Canvas knows: tables of rows, counters of ids, the agenda of its jobs, its switches and faults.

The world knows neither HTTP nor JSON. Whoever reads or changes it from another thread than the server's holds `lock`.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TypeVar

from airflow_provider_canvas.emulator.bucket import Bucket
from airflow_provider_canvas.emulator.clock import Clock, RealClock
from airflow_provider_canvas.emulator.content import EPOCH, Content, Course, Page, slug
from airflow_provider_canvas.emulator.faults import Faults
from airflow_provider_canvas.emulator.machines.interpreter import Agenda
from airflow_provider_canvas.emulator.records import (
    AccessToken,
    Account,
    ContentMigration,
    MigrationIssue,
    Progress,
    Term,
    User,
)
from airflow_provider_canvas.emulator.settings import Settings

C = TypeVar("C", bound=Content)

SHARD = 10_000_000_000_000
"""A global id is the shard's number, 1 here, times this, plus the local id."""

FIRST_IDS = {
    "folder": 401,
    "attachment": 9001,
    "wiki_page": 301,
    "assignment": 5001,
    "quizzes:quiz": 701,
    "discussion_topic": 1201,
    "context_module": 601,
    "content_tag": 20001,
    "content_migration": 77,
    "migration_issue": 31,
    "progress": 901,
}
"""Where the counters start: apart, so that an id of one table is no id of another by accident."""

REQUESTS_KEPT = 100_000


@dataclass(frozen=True)
class SeenRequest:
    """A request that arrived. Of a token it says only whether there was one.

    :param query: without an access token.
    :param status: None when the connection was closed without an answer.
    """

    time: datetime
    method: str
    path: str
    query: str
    status: int | None
    user_id: int | None
    has_authorization: bool


@dataclass
class Tables:
    """The rows of a world that are not course content, by id (tokens by their text)."""

    accounts: dict[int, Account] = field(default_factory=dict)
    terms: dict[int, Term] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    tokens: dict[str, AccessToken] = field(default_factory=dict, repr=False)
    courses: dict[int, Course] = field(default_factory=dict)
    content_migrations: dict[int, ContentMigration] = field(default_factory=dict)
    progress: dict[int, Progress] = field(default_factory=dict)


def empty(world: World) -> None:
    """Build nothing: a world for tests that add their own rows."""


class World:
    """A Canvas in memory.

    :param build: puts the first rows in; `reset` calls it again.
    :param clock: where the world gets its time from.
    :param settings: the switches; a reset goes back to these.
    :param seed: for draws of faults.
    :param host: the name of this Canvas in absolute links within content.
    """

    def __init__(
        self,
        build: Callable[[World], None] = empty,
        *,
        clock: Clock | None = None,
        settings: Settings | None = None,
        seed: int = 1,
        host: str = "canvas.northfield.example",
    ) -> None:
        self.lock = threading.RLock()
        self.clock: Clock = clock or RealClock()
        self.host = host
        self._build = build
        self._seed = seed
        self._first_settings = settings or Settings()
        self.reset()

    def reset(self) -> None:
        """Go back to the first rows, switches and no faults. The clock goes on."""
        with self.lock:
            self.settings = copy(self._first_settings)
            self.faults = Faults(self._seed)
            self.agenda = Agenda()
            self.tables = Tables()
            self.buckets: dict[str, Bucket] = {}
            self.requests: deque[SeenRequest] = deque(maxlen=REQUESTS_KEPT)
            self.request_numbers = count(1)
            self._ids = {asset: count(first) for asset, first in FIRST_IDS.items()}
            self._rows: defaultdict[tuple[type[Content], int], dict[int, Content]] = defaultdict(dict)
            self._migrations: defaultdict[int, list[ContentMigration]] = defaultdict(list)
            self._issues: defaultdict[int, dict[int, MigrationIssue]] = defaultdict(dict)
            self._build(self)

    def settle(self) -> None:
        """Let everything happen that was due until now."""
        with self.lock:
            self.agenda.settle(self.clock.now())

    def next_id(self, asset: str) -> int:
        """Return the next id of a table, which is named as in asset strings."""
        return next(self._ids[asset])

    def add(self, row: C) -> C:
        """Put a row into its course, with an id and times if it has none yet, and a free slug if it is a page."""
        row.id = row.id or self.next_id(row.ASSET)
        if row.created_at is EPOCH:
            row.created_at = row.updated_at = self.clock.now()
        elif row.updated_at is EPOCH:
            row.updated_at = row.created_at
        if isinstance(row, Page) and not row.url:
            row.url = self._free_slug(row)
        self._rows[type(row), row.course_id][row.id] = row
        return row

    def rows(self, kind: type[C], course_id: int) -> Iterator[C]:
        """All rows of one kind in one course, by id, deleted ones among them."""
        yield from self._rows[kind, course_id].values()  # type: ignore[misc]  # the key's half is the row's type

    def live(self, kind: type[C], course_id: int) -> list[C]:
        """Return the rows of one kind in one course that are not deleted, by id."""
        return [row for row in self.rows(kind, course_id) if not row.deleted]

    def find(self, kind: type[C], course_id: int, row_id: int) -> C | None:
        """One row, deleted or not."""
        return self._rows[kind, course_id].get(row_id)  # type: ignore[return-value]  # see `rows`

    def add_migration(self, migration: ContentMigration) -> None:
        """Put a migration into its course."""
        self.tables.content_migrations[migration.id] = migration
        self._migrations[migration.course_id].append(migration)

    def migrations_of(self, course_id: int) -> list[ContentMigration]:
        """Return the migrations into a course, oldest first."""
        return list(self._migrations[course_id])

    def add_issue(self, issue: MigrationIssue) -> None:
        """Put an issue to its migration."""
        self._issues[issue.content_migration_id][issue.id] = issue

    def issues_of(self, migration: ContentMigration) -> dict[int, MigrationIssue]:
        """Return the issues of a migration by id, oldest first; to clear them is to delete them."""
        return self._issues[migration.id]

    def _free_slug(self, page: Page) -> str:
        base = slug(page.title)
        taken = {other.url for other in self.rows(Page, page.course_id)}
        candidates = (base if number == 1 else f"{base}-{number}" for number in count(1))
        return next(candidate for candidate in candidates if candidate not in taken)
