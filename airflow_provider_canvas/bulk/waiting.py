"""The wait for the copies of a batch, in a triggerer or in the event loop of a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.bulk.ids import has_ended, id_of
from airflow_provider_canvas.bulk.outstanding import Ends, Outstanding
from airflow_provider_canvas.bulk.stopping import is_about_everything
from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError
from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
from airflow_provider_canvas.client.jobs.poller import Poller

MAX_WAIT = 600.0
"""Seconds after which a task continues in any case, so that its ledger and its lease stay current."""

RECORDS_AT_ONCE = 3
"""How many copies that have not ended are read each time: the oldest ones, since Canvas's lanes run in order."""


async def wait_for_ends(
    canvas: Canvas[AsyncIO],
    poller: Poller,
    outstanding: Outstanding,
    *,
    wanted: int,
    interval: float,
    until: float,
    not_before: float = 0.0,
) -> Ends:
    """Wait until some copies may have ended, and return which.

    :param canvas: Reads records.
    :param poller: Polls Progresses.
    :param outstanding: The copies.
    :param wanted: How many ends are enough.
    :param interval: Seconds between two polls of a young copy.
    :param until: When to return in any case, in seconds since the epoch.
    :param not_before: When to return at the earliest, in seconds since the epoch.
    :raises CanvasError: When Canvas cannot be polled.
    """
    ends, enough = Ends(), asyncio.Event()

    async def poll_progresses() -> None:
        async for changes in poller.changes(outstanding.jobs(), interval=interval, deadline=until):
            for job, status in changes:
                if status.state == "pending":
                    ends.hints.append(int(job.progress_id))
                else:
                    ends.progresses[int(job.progress_id)] = time.time()
            if len(ends) >= wanted:
                enough.set()

    async def poll_records() -> None:
        async for migration_id in _ended_records(canvas, outstanding.records, interval):
            ends.records.append(migration_id)
            if len(ends) >= wanted:
                enough.set()

    polls = [asyncio.create_task(poll_progresses()), asyncio.create_task(poll_records())]
    awaited = asyncio.create_task(enough.wait())
    try:
        await asyncio.sleep(max(0.0, not_before - time.time()))
        pending = {awaited, *polls}
        while awaited in pending and len(pending) > 1 and (left := until - time.time()) > 0:
            done, pending = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # raises the error of a poll that was given up
    finally:
        for task in (awaited, *polls):
            task.cancel()
        await asyncio.gather(awaited, *polls, return_exceptions=True)
    return ends


async def _ended_records(
    canvas: Canvas[AsyncIO], records: Sequence[tuple[str, str]], interval: float
) -> AsyncGenerator[str, None]:
    """Yield the content migrations that have ended, or that Canvas does not know."""
    pending, schedule, began = list(records), PollSchedule(interval), time.monotonic()
    ended, turn = False, 0
    while pending:
        await asyncio.sleep(schedule.next_poll(time.monotonic() - began))
        beyond = pending[RECORDS_AT_ONCE:]
        in_turn, running = None, 0
        if not ended and beyond:  # copies that never end must not hide that others have ended
            in_turn, turn = beyond[turn % len(beyond)], turn + 1
        ended = False
        for record in list(pending):
            if running >= RECORDS_AT_ONCE and record != in_turn:
                continue
            course_id, migration_id = record
            call = ContentMigrations.get.call(course_id=id_of(course_id), content_migration_id=id_of(migration_id))
            try:
                over = has_ended(await canvas.io.send(call))
                schedule.succeeded()
            except CanvasNotFoundError:
                over = True
            except CanvasError as error:
                if is_about_everything(error) or (not error.permanent and schedule.failed(error, time.monotonic())):
                    raise
                over = False
            if over:
                ended = True
                pending.remove(record)
                yield migration_id
            else:
                running += 1
