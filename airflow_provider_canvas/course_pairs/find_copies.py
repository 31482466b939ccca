"""Find completed course copies that Canvas has, also of past terms, and put them into the ledger as a batch."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import ContentMigration
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import Timestamp, format_timestamp
from airflow_provider_canvas.client.courses.copy_source import recorded_source_id
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.waiters import progress_id_of
from airflow_provider_canvas.client.protocol.task_group import concurrently
from airflow_provider_canvas.course_pairs.course_errors import is_about_the_course
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.reconciliation.coerce import to_datetime

log = logging.getLogger(__name__)

COPY_TYPES = ("course_copy_importer", "canvas_cartridge_importer")
"""The types of migrations that can be reconciled, and that the listing of a course shows."""

FOUND = "found"
"""The verdict on a row that was found in Canvas, instead of planned."""

COUNTED = ("courses", "new", "updated", "known", "without_copy", "unreadable", "of_other_origin")
"""What is counted: the courses that were listed, and what became of each."""

COURSES_AT_ONCE = 500
"""How many courses are read before their rows are written."""


@dataclass(frozen=True, kw_only=True)
class CopySearch:
    """Which copies are wanted.

    :param account_id: The account whose courses, and those below it, were copied into.
    :param enrollment_term_id: The term of these courses; ``None`` for all terms.
    :param finished_after: Only copies that finished at this time or later.
    :param finished_before: Only copies that finished before this time.
    """

    account_id: Id
    enrollment_term_id: Id | None = None
    finished_after: datetime | None = None
    finished_before: datetime | None = None

    def is_too_young(self, course: Course) -> bool:
        """Return whether a course was created when the wanted time was over, so that it has no wanted copy."""
        created_at = to_datetime(course.get("created_at"))
        return created_at is not None and self.finished_before is not None and created_at >= self.finished_before

    def is_wanted(self, migration: ContentMigration) -> bool:
        """Return whether a migration is a completed copy of the wanted time, and its source is known."""
        if migration.get("workflow_state") != "completed" or migration.get("migration_type") not in COPY_TYPES:
            return False
        at = _finished_at(migration)
        after, before = self.finished_after, self.finished_before
        is_in_time = (after is None or (at is not None and at >= after)) and (
            before is None or (at is not None and at < before)
        )
        return is_in_time and recorded_source_id(migration) is not None


@dataclass
class FoundCopies:
    """The work of finding copies, and what it counted.

    :param canvas: An asynchronous client.
    :param ledger: The ledger of the batch.
    :param search: Which copies are wanted.
    :param run: The task instance, for the ledger.
    :param keep: Called after each part, to renew a lease. What it raises stops the work.
    """

    canvas: Canvas[AsyncIO]
    ledger: BatchLedger
    search: CopySearch
    run: Mapping[str, Any]
    keep: Callable[[], None]
    counts: Counter[str] = field(default_factory=Counter)
    """The number of courses by what became of them."""

    def result(self) -> dict[str, int]:
        """Return the numbers of courses by what became of them."""
        return {name: self.counts[name] for name in COUNTED}

    async def find(self) -> None:
        """Read the courses and their copies, and write the rows that are new.

        :raises CanvasError: When Canvas refuses the listing of courses, or does not respond.
        """
        self._known = {row.dest_course_id: row for row in self.ledger.rows()}
        self._next_number = len(self._known) + 1
        courses: list[Course] = []
        listed: set[int] = set()
        async for course in self._courses():
            if course["id"] in listed:  # pages that shifted while they were read repeat a course
                continue
            listed.add(course["id"])
            self.counts["courses"] += 1
            if self.search.is_too_young(course):
                self.counts["without_copy"] += 1
                continue
            courses.append(course)
            if len(courses) == COURSES_AT_ONCE:
                await self._read_and_write(courses)
                courses = []
        await self._read_and_write(courses)

    def _courses(self) -> AsyncIterator[Course]:
        term_id = self.search.enrollment_term_id
        term = {} if term_id is None else {"enrollment_term_id": term_id}
        return self.canvas.accounts.courses(account_id=self.search.account_id, **term)  # type: ignore[arg-type]

    async def _read_and_write(self, courses: Sequence[Course]) -> None:
        """Read the copies into courses, and write the rows that are new or changed."""
        found: dict[int, ContentMigration] = {}

        async def read(course: Course) -> None:
            try:
                migration = await self._newest_copy(course["id"])
            except CanvasError as error:
                if not is_about_the_course(error):
                    raise
                self.counts["unreadable"] += 1
                log.warning("The content migrations of course %s cannot be read: %s", course["id"], error)
                return
            if migration is None:
                self.counts["without_copy"] += 1
            else:
                found[course["id"]] = migration

        await concurrently(courses, read)
        rows = [self._row(course, found[course["id"]]) for course in courses if course["id"] in found]
        self.ledger.update([row for row in rows if row is not None])
        self.keep()
        if courses:
            log.info(
                "Read the content migrations of %s courses: %s copies are new in the batch %r.",
                f"{self.counts['courses']:,}",
                f"{self.counts['new']:,}",
                self.ledger.batch_name,
            )

    async def _newest_copy(self, course_id: int) -> ContentMigration | None:
        """Return the newest wanted copy into a course. Canvas lists the newest first, mostly on one page."""
        migrations = cast("Any", self.canvas.content_migrations.list(course_id=course_id))
        async with aclosing(migrations):
            async for migration in migrations:
                if self.search.is_wanted(migration):
                    return cast("ContentMigration", migration)
        return None

    def _row(self, course: Course, migration: ContentMigration) -> CopyRow | None:
        """Return the row of a copy; ``None`` if the ledger has it, or a row of a batch that was planned."""
        dest_course_id = str(course["id"])
        known = self._known.get(dest_course_id)
        if known is not None and known.plan_verdict != FOUND:
            self.counts["of_other_origin"] += 1
            return None
        if known is not None and known.content_migration_id == str(migration["id"]):
            self.counts["known"] += 1
            return None
        self.counts["new" if known is None else "updated"] += 1
        number = self._next_number if known is None else known.row_number
        self._next_number += known is None
        settings: Mapping[str, Any] = migration.get("settings") or {}
        progress_id = progress_id_of(migration)
        has_issues = bool(migration.get("migration_issues_count"))
        return CopyRow(
            dest_course_id=dest_course_id,
            source_course_id=str(recorded_source_id(migration)),
            row_number=number,
            source_course_name=settings.get("source_course_name"),
            dest_sis_course_id=course.get("sis_course_id"),
            dest_course_name=course.get("name"),
            plan_verdict=FOUND,
            plan_detail="Canvas has this copy; it was not made by this batch.",
            state=CopyState.COMPLETED_WITH_ISSUES if has_issues else CopyState.COMPLETED,
            content_migration_id=str(migration["id"]),
            progress_id=None if progress_id is None else str(progress_id),
            workflow_state=migration.get("workflow_state"),
            started_by_other=True,
            planned_at=datetime.now(UTC),
            created_at=to_datetime(migration.get("created_at")),
            started_at=to_datetime(migration.get("started_at")),
            finished_at=to_datetime(migration.get("finished_at")),
            state_changed_at=_finished_at(migration),
            run=self.run,
        )


def parse_time(name: str, value: Timestamp | None) -> datetime | None:
    """Return a time with a zone; one without a zone is in UTC.

    :param name: The parameter, for the message.
    :param value: A date, a time, or the text of one.
    :raises CanvasInputError: If it is no time.
    """
    return None if value is None else to_datetime(format_timestamp(name, value))


def _finished_at(migration: ContentMigration) -> datetime | None:
    """Return about when a copy ended: the latest time that the listing has, which is some seconds early.

    Canvas's ``finished_at`` is the end of the export half; in a selective copy it is before ``started_at``.
    """
    times = (to_datetime(migration.get(name)) for name in ("finished_at", "started_at", "created_at"))
    return max((each for each in times if each is not None), default=None)
