"""Few statements and transactions, so that a database across the network does not slow a batch down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import CopyState

ROWS = [CopyRow(dest_course_id=str(number), source_course_id="1", row_number=number) for number in range(2_500)]


@contextmanager
def round_trips(engine: sa.engine.Engine) -> Iterator[list[str]]:
    """Yield what is sent to the database during a ``with`` block.

    A driver of PostgreSQL sends each row of an ``executemany`` alone, SQLite has no network.
    """
    sent: list[str] = []

    def execute(*arguments):
        _, _, statement, parameters, _, executemany = arguments
        sent.extend([statement] * (len(parameters) if executemany and engine.dialect.name == "postgresql" else 1))

    def commit(connection):
        sent.append("COMMIT")

    sa.event.listen(engine, "before_cursor_execute", execute)
    sa.event.listen(engine, "commit", commit)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", execute)
    sa.event.remove(engine, "commit", commit)


def test_rows_are_written_a_thousand_at_a_time(ledger):
    """A plan takes a statement and a transaction per thousand rows; an update takes one transaction."""
    for rows in (ROWS, [replace(row, labels={"a": "b"}) for row in ROWS]):
        with round_trips(ledger.engine) as sent:
            ledger.plan(rows)
        assert len(sent) == 6
    with round_trips(ledger.engine) as sent:
        ledger.update([replace(row, state=CopyState.COMPLETED) for row in ROWS])
    assert len(sent) <= 4
    assert sent.count("COMMIT") == 1
    assert ledger.counts() == {CopyState.COMPLETED: 2_500}


def test_rows_are_read_a_thousand_at_a_time(ledger):
    """Reading takes a statement and a transaction per thousand rows; the first rows need only the first of them."""
    ledger.plan(ROWS)
    with round_trips(ledger.engine) as sent:
        rows = ledger.rows()
        next(rows)
        assert len(sent) == 2
        assert len(list(rows)) == 2_499
    assert len(sent) == 6


def test_an_update_is_all_or_nothing(ledger):
    """If one of many rows is refused, none is written."""
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("CREATE UNIQUE INDEX one_lane ON canvas_copy_ledger (lane)"))
    ledger.update([replace(ROWS[5], lane="taken")])
    with pytest.raises(sa.exc.IntegrityError):
        ledger.update([*ROWS[6:], replace(ROWS[0], lane="taken")])
    assert ledger.counts() == {CopyState.PLANNED: 1}


def test_issues_are_written_together(ledger):
    """Two thousand issues take two statements at most, in one transaction."""
    issue = IssueRow(content_migration_id="90", issue_id="", dest_course_id="1")
    with round_trips(ledger.engine) as sent:
        ledger.add_issues([replace(issue, issue_id=str(number)) for number in range(2_000)])
    assert len(sent) <= 3


def test_small_steps_are_single_statements(ledger):
    """A note, the lease and an empty write take at most two statements."""
    for call, limit in (
        (lambda: ledger.note(used_requests=1), 2),
        (lambda: ledger.acquire("run 1", 1200), 3),
        (lambda: ledger.renew("run 1", 1200), 3),
        (lambda: ledger.release("run 1"), 2),
        (lambda: ledger.update([]), 0),
        (lambda: ledger.plan([]), 0),
        (lambda: ledger.add_issues([]), 0),
    ):
        with round_trips(ledger.engine) as sent:
            call()
        assert len(sent) <= limit
