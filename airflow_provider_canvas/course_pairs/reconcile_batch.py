"""Reconcile many copies: read them concurrently, compare and write them in slices. No Airflow."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import canvas_id
from airflow_provider_canvas.api.selection import select_params
from airflow_provider_canvas.client.courses.copy_source import fetch_source
from airflow_provider_canvas.client.errors import CanvasAuthenticationError, CanvasError, CanvasNotFoundError
from airflow_provider_canvas.client.jobs.poll_schedule import format_duration
from airflow_provider_canvas.client.protocol.task_group import task_group
from airflow_provider_canvas.course_pairs.batch_rows import UNREADABLE, BatchCopy, BatchRows, UnreadableCopy
from airflow_provider_canvas.course_pairs.compare import Comparison, compare
from airflow_provider_canvas.course_pairs.course_content import CourseContent
from airflow_provider_canvas.course_pairs.course_errors import is_about_the_course
from airflow_provider_canvas.course_pairs.read_copy import ReadCopy, read_copy, read_selected_pages, read_source
from airflow_provider_canvas.course_pairs.sources import Sources
from airflow_provider_canvas.ledger.patience import first_line
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.selection import Selected

log = logging.getLogger(__name__)

COPIES_AT_ONCE = 4
"""How many copies are read at the same time. Each needs at least fifteen requests; ten may be in flight in all."""

WAITING_COPIES = 4
"""How many copies may wait, read, until they are written."""

RECORDS_PER_SLICE = 20_000
"""How many of Canvas's records a slice has at most, unless one copy alone has more. A slice is one transaction."""

REFUSED_BY_DATABASE = (sa.exc.DataError, sa.exc.IntegrityError, OverflowError, UnicodeError)
"""The errors about the rows of one copy, so that those of the others may be written all the same."""

KEEP_INTERVAL = 60.0
"""Seconds between two calls of ``keep``."""

LOG_INTERVAL = 10.0
"""Seconds between two lines about the progress."""

MAX_FAILURES = 3
"""How many courses in a row may fail because Canvas does not respond: then the batch fails, and can be retried."""


@dataclass(frozen=True)
class _CopyAndCourses:
    """A copy with everything that was read of it."""

    copy: BatchCopy
    selected: Selected | None
    source: CourseContent
    read: ReadCopy
    read_at: datetime

    @property
    def size(self) -> int:
        return self.read.destination.size


_Item = _CopyAndCourses | UnreadableCopy


@dataclass
class BatchReconciliation:
    """Reconciles copies of a batch.

    What is written stays: another process continues with the copies that the ledger does not have yet.

    :param canvas: An asynchronous client.
    :param rows: The rows of the batch.
    :param how: What all comparisons have in common.
    :param report_uri: Returns where the report of a course will be, from the ids of the course and of the migration.
    :param write_report: Writes the report of a course.
    :param keep: Called every minute, to renew a lease. What it raises stops the work.
    """

    canvas: Canvas[AsyncIO]
    rows: BatchRows
    how: Comparison
    report_uri: Callable[[str, str], str | None]
    write_report: Callable[[Reconciliation], None]
    keep: Callable[[], None]
    verdicts: Counter[str] = field(default_factory=Counter)
    """The number of copies that this process wrote, by verdict."""
    written: Counter[str] = field(default_factory=Counter)
    """The number of rows of tables that this process wrote, by what was done with them."""

    async def run(self, copies: Sequence[BatchCopy]) -> None:
        """Reconcile copies. An error ends the reading; what was read until then is written.

        :param copies: The copies, those of the same source together.
        :raises CanvasError: If Canvas rejects the token, or does not respond for several courses in a row.
        """
        self._began_at, self._total = time.monotonic(), len(copies)
        self._logged_at = self._began_at
        self._failing: dict[str, CanvasError] = {}
        self._fatal: CanvasError | None = None
        if not copies:
            return
        async with task_group() as group:
            keeper = group.create_task(self._keep())
            sources = Sources((copy.source_course_id for copy in copies), self._read_source, group)
            items: asyncio.Queue[_Item | None] = asyncio.Queue(WAITING_COPIES)
            group.create_task(self._read_all(copies, sources, items))
            await self._write_all(items)
            keeper.cancel()
        if self._fatal is not None:
            raise self._fatal
        if self._failing and not self.rows.any_reconciled():
            raise next(iter(self._failing.values()))

    async def _read_all(
        self, copies: Sequence[BatchCopy], sources: Sources, items: asyncio.Queue[_Item | None]
    ) -> None:
        """Read copies, several at the same time, and put ``None`` at the end."""
        remaining = iter(copies)

        async def read_remaining() -> None:
            for copy in remaining:
                try:
                    item = await self._read(copy, sources)
                except CanvasError as error:
                    self._fatal = self._fatal or error
                if self._fatal is not None:
                    return
                await items.put(item)

        async with task_group() as group:
            for _ in range(COPIES_AT_ONCE):
                group.create_task(read_remaining())
        await items.put(None)

    async def _read(self, copy: BatchCopy, sources: Sources) -> _Item:
        """Read both courses of a copy, or return why that is not possible."""
        reading = copy.source_course_id
        try:
            source = await sources.take(copy.source_course_id)
            reading = copy.dest_course_id
            selected = None if copy.select is None else select_params(copy.select, allow_all=True)
            course_id = canvas_id("the destination of the copy", copy.dest_course_id, kind="course_id")
            read = await read_copy(
                self.canvas, course_id, copy.content_migration_id, source.course["id"], self.how.checks
            )
            await read_selected_pages(self.canvas, source, read, selected)
        except CanvasAuthenticationError:
            raise
        except (CanvasError, CanvasInputError) as error:
            if isinstance(error, CanvasError) and not is_about_the_course(error):
                self._failing[reading] = error
                if len(self._failing) >= MAX_FAILURES:
                    raise
            return UnreadableCopy(copy=copy, reason=_reason(error), tried_at=datetime.now(UTC))
        self._failing.clear()
        return _CopyAndCourses(copy, selected, source, read, datetime.now(UTC))

    async def _read_source(self, source_course_id: str) -> CourseContent:
        course_id = canvas_id("the source of the copy", source_course_id, kind="course_id")
        course = await fetch_source(self.canvas, course_id, "the copy")
        return await read_source(self.canvas, course, self.how.checks)

    async def _write_all(self, items: asyncio.Queue[_Item | None]) -> None:
        """Write all copies, in slices of those that are read when the slice before is written."""
        item = await items.get()
        while item is not None:
            slice_ = [item]
            item = None
            while not items.empty() and sum(map(_size, slice_)) < RECORDS_PER_SLICE:
                if (item := items.get_nowait()) is None:
                    await items.put(None)
                    break
                slice_.append(item)
            await asyncio.to_thread(self._write_slice, slice_)
            del slice_
            self._log_progress()
            item = await items.get()

    def _write_slice(self, items: Sequence[_Item]) -> None:
        """Compare copies, write their reports, and then all of them in one transaction.

        A report is written before the row that names it: a process that dies in between writes it again.
        """
        reconciled: list[tuple[BatchCopy, Reconciliation]] = []
        unreadable: list[UnreadableCopy] = []
        for item in items:
            result = item if isinstance(item, UnreadableCopy) else self._compare(item)
            if isinstance(result, UnreadableCopy):
                unreadable.append(result)
            else:
                self.write_report(result)
                reconciled.append((item.copy, result))
        unreadable += self._write(reconciled)
        for each in unreadable:
            log.warning("The copy into course %s cannot be reconciled: %s", each.copy.dest_course_id, each.reason)
        if unreadable:
            self.rows.write_unreadable(unreadable, self.how.run_id, self.how.task)
            self.verdicts.update({UNREADABLE: len(unreadable)})

    def _write(self, reconciled: Sequence[tuple[BatchCopy, Reconciliation]]) -> list[UnreadableCopy]:
        """Write reconciliations in one transaction; return the copies whose rows the database refuses."""
        if not reconciled:
            return []
        try:
            written = self.rows.store.write([result for _, result in reconciled])
        except REFUSED_BY_DATABASE as error:
            if len(reconciled) > 1:
                return [refused for each in reconciled for refused in self._write([each])]
            copy, result = reconciled[0]
            reason = (
                f"The database refused its rows: {first_line(error)}. If a constraint or a trigger was added to the "
                "tables, remove it; the next run tries the copy again."
            )
            return [UnreadableCopy(copy=copy, reason=reason, tried_at=result.reconciled_at)]
        self.written.update(written.as_dict())
        self.verdicts.update(str(result.summary.verdict) for _, result in reconciled)
        return []

    def _compare(self, item: _CopyAndCourses) -> Reconciliation | UnreadableCopy:
        source_id, course_id = str(item.source.course["id"]), str(item.read.destination.course["id"])
        previous = self.rows.store.previous(self.how.canvas_instance, source_id, course_id)
        try:
            return compare(
                self.how,
                item.source,
                item.read,
                selected=item.selected,
                previous=previous,
                read_at=item.read_at,
                report_uri=self.report_uri(course_id, str(item.read.migration["id"])),
                importer_skips=item.copy.importer_skips,
            )
        except Exception as error:  # a course that no comparison foresaw must not end the others
            log.exception("The comparison of course %s with its source failed.", course_id)
            reason = (
                f"The content of the courses could not be compared ({type(error).__name__}: {error}). The log of the "
                "task has the details: report them to the authors of this provider."
            )
            return UnreadableCopy(copy=item.copy, reason=reason, tried_at=item.read_at)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(KEEP_INTERVAL)
            await asyncio.to_thread(self.keep)

    def _log_progress(self) -> None:
        now, done = time.monotonic(), sum(self.verdicts.values())
        if done == self._total or now >= self._logged_at + LOG_INTERVAL:
            self._logged_at = now
            log.info("%s", progress_line(self.rows.batch, self.verdicts, done, self._total, now - self._began_at))


def progress_line(batch: str, verdicts: Mapping[str, int], done: int, total: int, seconds: float) -> str:
    """Return a line about the progress of a batch, with its rate and the time that is left.

    :param batch: The name of the batch.
    :param verdicts: The number of copies by verdict.
    :param done: The number of copies that are written.
    :param total: The number of copies to write.
    :param seconds: The seconds since the first one was read.
    """
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(verdicts.items()) if count)
    rate = 60 * done / max(seconds, 0.001)
    line = f"The batch {batch!r}: {done:,} of {total:,} copies reconciled ({counts}), {rate:,.0f} per minute"
    return f"{line}, about {format_duration((total - done) / rate * 60)} left." if done < total else f"{line}."


def _size(item: _Item) -> int:
    return 0 if isinstance(item, UnreadableCopy) else item.size


def _reason(error: CanvasError | CanvasInputError) -> str:
    """Return why a copy cannot be reconciled, and what to do, as sentences."""
    text = str(error).rstrip()
    text = text if text.endswith((".", "!", "?")) else f"{text}."
    if isinstance(error, CanvasError) and not error.permanent:
        return f"{text} The next run tries it again."
    if isinstance(error, CanvasNotFoundError):
        return f"{text} Restore it in Canvas, or leave the copy as it is; the next run tries it again."
    return text
