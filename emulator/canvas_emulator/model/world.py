"""The world: the tables of a Canvas, its counters of ids, the agenda of its jobs, settings and faults.

The world knows neither HTTP nor JSON. Whoever reads or changes it from another thread than the server's holds ``lock``.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.machines.agenda import Agenda, Hold
from canvas_emulator.machines.lanes import Lanes
from canvas_emulator.model.bucket import Bucket
from canvas_emulator.model.clock import Clock, RealClock
from canvas_emulator.model.content import EPOCH, Content, Page, slug
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.counters import RequestCounters
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.enrollments import STAFF, Enrollment, Enrollments, EnrollmentState, EnrollmentType
from canvas_emulator.model.faults import Faults
from canvas_emulator.model.notices import Notices
from canvas_emulator.model.records import ContentMigration, MigrationIssue
from canvas_emulator.model.replica import Replica
from canvas_emulator.model.settings import Settings, StorageMode
from canvas_emulator.model.still_clock import StillClock
from canvas_emulator.model.tables import FIRST_IDS, Index, SeenRequest, Tables

C = TypeVar("C", bound=Content)

REQUESTS_KEPT = 100_000
"""How many of the last requests are kept; ``World.counters`` counts all."""


def empty(world: World) -> None:
    """Add no rows: for tests that add their own."""


class World:
    """A Canvas in memory.

    :param build: Puts the first rows in; ``reset`` calls it again.
    :param clock: Where the world gets its time from.
    :param settings: The switches; a reset goes back to these.
    :param seed: For draws of faults.
    :param host: The name of this Canvas in absolute links within content.
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
        self.storage_urls: dict[StorageMode, str] = {}
        """Where the storage hosts are, once they are served."""
        self.storage_key = f"storage {seed}".encode()
        """What addresses of storage hosts are signed with."""
        self._build = build
        self._seed = seed
        self._first_settings = settings or Settings()
        self.primary = self
        """This world; of a replica's, the one that is written to."""
        self.reset()

    def reset(self) -> None:
        """Restore the first rows and settings, without faults and holds. The clock keeps its time."""
        with self.lock:
            self.settings = copy(self._first_settings)
            self.settings.lane_widths = dict(self._first_settings.lane_widths)
            self.faults = Faults(self._seed)
            self.agenda = Agenda()
            self.lanes = Lanes(self.agenda, lambda name: self.settings.width_of(name))  # noqa: PLW0108  settings can be replaced
            self.show(Tables())
            self.replica = Replica()
            self.enrollments = Enrollments()
            self.buckets: dict[str, Bucket] = {}
            self.requests: deque[SeenRequest] = deque(maxlen=REQUESTS_KEPT)
            self.counters = RequestCounters()
            self.notices = Notices()
            self.still_clock = StillClock()
            self.request_numbers = count(1)
            self.secret_numbers = count(1)
            self._ids = {asset: count(first) for asset, first in FIRST_IDS.items()}
            self._rows: defaultdict[tuple[type[Content], ContextType, int], dict[int, Content]] = defaultdict(dict)
            self._anywhere: dict[tuple[type[Content], int], Content] = {}
            self._issues: defaultdict[int, dict[int, MigrationIssue]] = defaultdict(dict)
            self._build(self)

    def change_edition(self, edition: Edition) -> None:
        """Imitate another edition of Canvas, also after a reset."""
        with self.lock:
            self._first_settings = copy(self._first_settings)
            self._first_settings.edition = self.settings.edition = edition

    @property
    def root_account_uuid(self) -> str:
        """The id of this installation of Canvas in packages."""
        return uuid5(NAMESPACE_URL, f"https://{self.host}").hex

    def settle(self) -> None:
        """Run all stages of jobs that were due until now."""
        with self.lock:
            now = self.clock.now()
            self.agenda.settle(now, self.written)
            self.written(now)

    def hold(self, stage: int = 0) -> Hold:
        """Hold all jobs before a stage, whether they have begun or not, until the hold is released.

        :param stage: The stage that no job enters, counted from 0 as in a ``MigrationFault``. 0, the default, holds
            a job where it is queued. A job with fewer stages is held before its last one.
        """
        hold = Hold(stage, self._release)
        with self.lock:
            self.agenda.hold(hold)
        return hold

    def release_all(self) -> None:
        """Release all holds."""
        with self.lock:
            self.agenda.release_all(self.clock.now())
            self.settle()

    def _release(self, hold: Hold) -> None:
        with self.lock:
            self.agenda.release(hold, self.clock.now())
            self.settle()

    def written(self, at: datetime) -> None:
        """Record in the replica, if there is one, that rows may have changed."""
        if self.settings.replica_lag:
            self.replica.follow(self.tables, at)
        else:
            self.replica = Replica()

    def secondary(self) -> World:
        """Return this world as its replica shows it; the world itself if there is no replica."""
        if not self.settings.replica_lag:
            return self
        world = copy(self)
        world.show(self.replica.tables(self.tables, self.clock.now() - timedelta(seconds=self.settings.replica_lag)))
        return world

    def show(self, tables: Tables) -> None:
        """Replace the tables."""
        self.tables = tables
        self.indexes: dict[tuple[str, str], Index[Any]] = {}
        self._migrations: defaultdict[tuple[ContextType, int], list[ContentMigration]] = defaultdict(list)
        for migration in tables.content_migrations.values():
            self._migrations[migration.context_type, migration.course_id].append(migration)

    def enroll(
        self,
        user_id: int,
        course_id: int,
        type: EnrollmentType,  # noqa: A002  Canvas's word
        state: EnrollmentState = EnrollmentState.ACTIVE,
        **options: Any,
    ) -> Enrollment:
        """Enroll a user in a course; staff may also change its content.

        :param options: Of ``Enrollments.enroll``.
        """
        if type in STAFF and state is EnrollmentState.ACTIVE:
            user = self.tables.users[user_id]
            self.tables.users[user_id] = replace(user, writable=user.writable | {course_id})
        options.setdefault("created_at", self.clock.now())
        return self.enrollments.enroll(user_id, course_id, type, state, **options)

    def move_rights(self, from_course_id: int, to_course_id: int) -> None:
        """Move the rights of users in a course to the course that replaces it."""
        for user in self.tables.users.values():
            moved = {
                name: (courses - {from_course_id}) | {to_course_id}
                for name in ("readable", "writable")
                if from_course_id in (courses := getattr(user, name))
            }
            if moved:
                self.tables.users[user.id] = replace(user, **moved)

    def next_id(self, asset: str) -> int:
        """Return the next id of a table, which is named as in asset strings."""
        return next(self._ids[asset])

    def add(self, row: C) -> C:
        """Add a row to its course, with an id and times if it has none yet, and an unused title and slug if a page."""
        row.id = row.id or self.next_id(row.ASSET)
        if row.created_at is EPOCH:
            row.created_at = row.updated_at = self.clock.now()
        elif row.updated_at is EPOCH:
            row.updated_at = row.created_at
        if isinstance(row, Page) and not row.url:
            row.title = self.free_title(row, row.title)
            row.url = self.free_slug(row)
        self._rows[type(row), row.context_type, row.course_id][row.id] = row
        self._anywhere[type(row), row.id] = row
        return row

    def rows(self, kind: type[C], course_id: int, context_type: ContextType = ContextType.COURSE) -> Iterator[C]:
        """Yield the rows of one kind in one course or other context, by id, deleted ones among them."""
        rows = self._rows.get((kind, context_type, course_id), {})
        yield from rows.values()  # type: ignore[misc]  # a part of the key is the row's type

    def live(self, kind: type[C], course_id: int, context_type: ContextType = ContextType.COURSE) -> list[C]:
        """Return the rows of one kind in one course or other context that are not deleted, by id."""
        if (kind, context_type, course_id) not in self._rows:
            return []
        return [row for row in self.rows(kind, course_id, context_type) if not row.deleted]

    def find(
        self, kind: type[C], course_id: int, row_id: int, context_type: ContextType = ContextType.COURSE
    ) -> C | None:
        """Return a row, deleted or not."""
        rows = self._rows.get((kind, context_type, course_id), {})
        return rows.get(row_id)  # type: ignore[return-value]  # see ``rows``

    def anywhere(self, kind: type[C], row_id: int) -> C | None:
        """Return a row of any context, deleted or not."""
        return self._anywhere.get((kind, row_id))  # type: ignore[return-value]  # see ``rows``

    def add_migration(self, migration: ContentMigration) -> None:
        """Add a migration to its context."""
        self.tables.content_migrations[migration.id] = migration
        self._migrations[migration.context_type, migration.course_id].append(migration)

    def migrations_of(self, course_id: int, context_type: ContextType = ContextType.COURSE) -> list[ContentMigration]:
        """Return the migrations into a course or other context, oldest first."""
        return list(self._migrations.get((context_type, course_id), ()))

    def add_issue(self, issue: MigrationIssue) -> None:
        """Add an issue to its migration."""
        self._issues[issue.content_migration_id][issue.id] = issue

    def issues_of(self, migration: ContentMigration) -> dict[int, MigrationIssue]:
        """Return the issues of a migration by id, oldest first; clearing the dictionary deletes them."""
        return self._issues[migration.id]

    def free_title(self, page: Page, title: str) -> str:
        """Return a title for a page that no other page of its course has: ``Home``, ``Home-2``, ``Home-3``."""
        taken = {other.title for other in self.live(Page, page.course_id) if other is not page}
        candidates = (title if number == 1 else f"{title}-{number}" for number in count(1))
        return next(candidate for candidate in candidates if candidate not in taken)

    def free_slug(self, page: Page) -> str:
        """Return the slug of a page's title, with a number if another page of its course has that slug."""
        base = slug(page.title)
        taken = {other.url for other in self.rows(Page, page.course_id) if other is not page}
        candidates = (base if number == 1 else f"{base}-{number}" for number in count(1))
        return next(candidate for candidate in candidates if candidate not in taken)
