"""Batches for the tests of the report: rows in every state, in a real ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.rollover.report.batch_report import render_batch_report

CANVAS = "https://canvas.example.edu"
BEGAN = datetime(2026, 8, 1, 20, 0, tzinfo=UTC)
REPORTED = BEGAN + timedelta(hours=9)

TRIED = frozenset(CopyState) - {CopyState.PLANNED, CopyState.REFUSED, CopyState.ALREADY_PRESENT, CopyState.NOT_TRIED}


def copy_row(number: int, state: CopyState = CopyState.COMPLETED, **changed: Any) -> CopyRow:
    """Return the row of a copy.

    :param number: The line of the input. The destination has the number 2000 plus it.
    :param state: The state of the copy.
    :param changed: Other fields.
    """
    submitted = BEGAN + timedelta(seconds=10 * number)
    times: dict[str, Any] = {"planned_at": BEGAN - timedelta(hours=1)}
    if state in TRIED:
        times |= {"submitted_at": submitted, "created_at": submitted, "attempts": 1}
        times |= {"content_migration_id": str(number), "run": {"run_id": "nightly__1"}}
    if state in TRIED and state not in (CopyState.SUBMITTING, CopyState.QUEUED, CopyState.RUNNING):
        times["ended_at"] = submitted + timedelta(seconds=25)
    fields: dict[str, Any] = {
        "row_number": number,
        "source_course_id": str(1000 + number % 12),
        "source_course_name": f"Template {number % 12}",
        "source_sis_course_id": f"TMPL-{number % 12}",
        "dest_course_id": str(2000 + number),
        "dest_course_name": f"Section {number}",
        "dest_sis_course_id": f"SEC-{number:05}",
        "labels": {"college": f"College {number % 5}", "owner": f"owner{number % 40}@example.edu"},
        "state": state,
    }
    return CopyRow(**{**fields, **times, **changed})


def mixed_rows(count: int) -> list[CopyRow]:
    """Return rows of which 2 % failed, 1 % were refused, and 5 % have issues.

    :param count: The number of rows.
    """
    rows = []
    for number in range(1, count + 1):
        if number % 50 == 7:
            detail = "Canvas could not complete the copy. Read its message on the import page."
            rows.append(copy_row(number, CopyState.FAILED, state_detail=detail, error_message="Unexpected error"))
        elif number % 100 == 9:
            detail = "The destination has 14 pages. Empty it, or set if_not_empty to proceed."
            rows.append(copy_row(number, CopyState.REFUSED, plan_verdict="not_empty", plan_detail=detail))
        elif number % 20 == 1:
            rows.append(copy_row(number, CopyState.COMPLETED_WITH_ISSUES, issues_warning=2))
        else:
            rows.append(copy_row(number))
    return rows


def make_ledger(folder: Path, rows: Sequence[CopyRow], issues: Sequence[IssueRow] = (), **noted: Any) -> BatchLedger:
    """Return the ledger of a batch with these rows, in a SQLite file.

    :param folder: The folder of the file.
    :param rows: The rows.
    :param issues: The issues.
    :param noted: Fields of the batch.
    """
    engine = sa.create_engine(f"sqlite:///{folder / 'ledger.db'}", poolclass=sa.pool.NullPool)
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026")
    ledger.create_tables()
    ledger.plan(rows)
    for start in range(0, len(rows), 1000):
        ledger.update(rows[start : start + 1000])
    if issues:
        ledger.add_issues(issues)
    if noted:
        ledger.note(**noted)
    return ledger


def render(folder: Path, rows: Sequence[CopyRow], issues: Sequence[IssueRow] = (), **noted: Any) -> str:
    """Return the report of a batch.

    :param folder: The folder of the ledger.
    :param rows: The rows.
    :param issues: The issues.
    :param noted: Fields of the batch.
    """
    ledger = make_ledger(folder, rows, issues, **noted)
    return "".join(render_batch_report(ledger, base_url=CANVAS, reported_at=REPORTED))
