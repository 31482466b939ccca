"""When a migration ended, by what a real Canvas showed of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_canvas.reconciliation.content_migration import ContentMigration
from tests.support.recordings import TimeLine, time_lines

PRECISION = timedelta(seconds=2)
"""Canvas's dates are whole seconds, and the POST took a part of one."""

STARTED_AGAIN = ("jobs.copy.do_not_run", "jobs.import.common_cartridge_selective")


def last_record(line: TimeLine, of: str) -> dict[str, Any]:
    """Return what the last poll of a record showed; an empty dict if it was never polled."""
    return next((step["body"] for step in reversed(line.timeline) if step["of"] == of), {})


COMPLETED = [
    line
    for line in time_lines()
    if last_record(line, "migration").get("workflow_state") == "completed"
    and last_record(line, "migration.progress")
    and line.name not in STARTED_AGAIN
]


@pytest.mark.parametrize("line", COMPLETED, ids=lambda line: line.name)
def test_end_is_the_last_update_of_the_completed_progress(line: TimeLine) -> None:
    """It lies between the polls that saw the migration running and completed. Otherwise, no end is known."""
    progress = last_record(line, "migration.progress")
    migration = ContentMigration.parse(last_record(line, "migration"), progress)
    steps = [step for step in line.timeline if step["of"] == "migration"]
    end = next(n for n, step in enumerate(steps) if step["body"]["workflow_state"] == "completed")
    earliest, latest = (timedelta(seconds=seconds) for seconds in (steps[end - 1]["until"], steps[end]["t"]))
    assert migration.created_at is not None
    if progress["workflow_state"] == "completed":
        assert migration.ended_at is not None
        assert earliest - PRECISION <= migration.ended_at - migration.created_at <= latest + PRECISION
    else:
        assert line.name == "jobs.progress.cancel_completed"
        assert (migration.ended_at, migration.seconds_running) == (None, None)


def test_recorded_copies() -> None:
    """Copies of all kinds were recorded."""
    assert len(COMPLETED) >= 9


@pytest.mark.parametrize("line", COMPLETED, ids=lambda line: line.name)
def test_finished_at_is_not_the_end(line: TimeLine) -> None:
    """Without the Progress no end is known, although Canvas sends ``finished_at``."""
    migration = ContentMigration.parse(last_record(line, "migration"))
    assert migration.finished_at is not None
    assert migration.seconds_running is None
