"""Where a batch is, in one line and in a small dict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.rollover.summary import BatchSummary, lane_history, summarize_batch

START = datetime(2026, 11, 30, 22, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[BatchLedger]:
    """Return the ledger of a batch, with its tables."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'warehouse.db'}")
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026")
    ledger.create_tables()
    yield ledger
    engine.dispose()


def rows(*, ended: int, in_canvas: int, planned: int, seconds: float = 20.0) -> Iterator[CopyRow]:
    """Yield the rows of a batch whose lane takes so many seconds for each copy, one after another."""
    for number in range(1, ended + in_canvas + planned + 1):
        submitted = number <= ended + in_canvas
        state = CopyState.COMPLETED if number <= ended else CopyState.RUNNING if submitted else CopyState.PLANNED
        yield CopyRow(
            dest_course_id=str(number),
            source_course_id=str(number % 3),
            row_number=number,
            state=state,
            content_migration_id=str(number) if submitted else None,
            submitted_at=START if submitted else None,
            ended_at=START + timedelta(seconds=number * seconds) if number <= ended else None,
        )


def summary_of(ledger: BatchLedger, *, ended: int, in_canvas: int, planned: int) -> BatchSummary:
    """Write rows, and return the summary at the time of the last end."""
    ledger.update(list(rows(ended=ended, in_canvas=in_canvas, planned=planned)))
    return summarize_batch(ledger, START + timedelta(seconds=20.0 * ended))


def test_the_line_of_a_batch_that_is_being_copied(ledger: BatchLedger) -> None:
    """The line has the counts, the rate, and when the last copy ends: also of those that are not submitted yet."""
    assert summary_of(ledger, ended=60, in_canvas=200, planned=940).line() == (
        "Batch 'fall-2026': 60 of 1,200 copies ended (60 completed); 200 in Canvas, 940 to submit. 180 copies "
        "per hour; the last one ends in about 6 h 20 min, at 2026-12-01 04:40 UTC."
    )


def test_the_line_of_a_batch_before_its_first_ends(ledger: BatchLedger) -> None:
    """Before copies have ended nothing is estimated."""
    assert summary_of(ledger, ended=0, in_canvas=1, planned=0).line() == (
        "Batch 'fall-2026': 0 of 1 copy ended; 1 in Canvas, 0 to submit."
    )


def test_the_line_of_a_complete_batch(ledger: BatchLedger) -> None:
    """A complete batch has counts only."""
    ledger.update(list(rows(ended=9, in_canvas=0, planned=0)))
    ledger.update([CopyRow(dest_course_id="9", source_course_id="1", row_number=9, state=CopyState.NOT_TRIED)])
    ledger.update([CopyRow(dest_course_id="8", source_course_id="1", row_number=8, state=CopyState.BLOCKED)])
    ledger.update([CopyRow(dest_course_id="9", source_course_id="1", row_number=9, state=CopyState.REFUSED)])
    assert summarize_batch(ledger, START).line() == (
        "Batch 'fall-2026': 9 of 9 copies ended (1 refused, 7 completed, 1 blocked)."
    )


def test_the_xcom_is_small_whatever_the_size_of_the_batch(ledger: BatchLedger) -> None:
    """The dict counts states, issues, and at most 50 sources."""
    ledger.update(
        [CopyRow(dest_course_id=str(n), source_course_id=str(n), row_number=n, issues_error=1) for n in range(3000)]
    )
    xcom = summarize_batch(ledger, START).as_xcom()
    assert xcom["states"] == {"planned": 3000}
    assert xcom["issues"] == {"error": 3000, "warning": 0, "todo": 0}
    assert len(xcom["sources"]) == 50
    assert len(json.dumps(xcom)) < 3000


def test_the_history_of_a_lane_serves_the_next_plan(ledger: BatchLedger) -> None:
    """What earlier copies took is known per source; nothing is known of a batch that has copied nothing."""
    assert lane_history(ledger, START) is None
    summary = summary_of(ledger, ended=60, in_canvas=0, planned=0)
    history = lane_history(ledger, summary.now)
    assert history is not None
    assert history.width == 1
    assert history.seconds_by_source == pytest.approx({"0": 20, "1": 20, "2": 20})
