"""What the summary of a batch reads from the ledger: the copies that were submitted last, and the counts of issues."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState

START = datetime(2026, 11, 30, 8, tzinfo=UTC)


def row(number: int, state: CopyState = CopyState.COMPLETED, **fields: object) -> CopyRow:
    """Return a copy that was submitted after so many seconds and ended a minute later."""
    values = {
        "dest_course_id": str(number),
        "source_course_id": str(number % 2),
        "row_number": number,
        "state": state,
        "content_migration_id": str(98 + number),
        "submitted_at": START + timedelta(seconds=number),
        "ended_at": START + timedelta(seconds=number + 60),
        **fields,
    }
    return CopyRow(**values)


def test_the_copies_that_were_submitted_last(ledger: BatchLedger) -> None:
    """They come in the order of their submission, without those of others and those that Canvas never had."""
    ledger.update(
        [
            row(4, CopyState.RUNNING, ended_at=None),
            *map(row, (3, 1, 2)),
            row(5, CopyState.FAILED, content_migration_id=None),
            row(6, started_by_other=True),
            row(7, CopyState.PLANNED, submitted_at=None, content_migration_id=None, ended_at=None),
        ]
    )
    seconds = [
        (source, (submitted_at - START).seconds, ended_at and (ended_at - START).seconds)
        for source, submitted_at, ended_at in ledger.last_submitted(3)
    ]
    assert seconds == [("0", 2, 62), ("1", 3, 63), ("0", 4, None)]


def test_the_counts_of_issues(ledger: BatchLedger) -> None:
    """The issues of all copies are added up, by type; there are none in an empty batch."""
    assert ledger.issue_counts() == {"error": 0, "warning": 0, "todo": 0}
    ledger.update([row(1, issues_error=2, issues_todo=1), row(2, issues_error=3, issues_warning=1)])
    assert ledger.issue_counts() == {"error": 5, "warning": 1, "todo": 1}
