"""Render a batch of copies as one self-contained HTML page, in parts, so that 15,000 copies need no memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from airflow_provider_canvas.html.pages import load_page
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import BatchRow, CopyRow
from airflow_provider_canvas.rollover.report.lines import copy_lines
from airflow_provider_canvas.rollover.report.meanings import MEANINGS
from airflow_provider_canvas.rollover.report.totals import IssueTotals, Totals
from airflow_provider_canvas.rollover.report.view import build_page

MAX_UNFOLDED = 200
"""How many lines the page shows before it is asked for more."""

_PIECES_PER_PART = 100


def render_batch_report(ledger: BatchLedger, *, base_url: str, reported_at: datetime) -> Iterator[str]:
    """Return the HTML report of a batch in parts, whose rows are read from the ledger meanwhile.

    :param ledger: The ledger of the batch.
    :param base_url: The base URL of Canvas, for the links.
    :param reported_at: The time that the page shows.
    """
    totals = Totals.of(ledger.rows())
    lines = copy_lines(_rows(ledger), base_url, totals.labels)
    page = build_page(
        ledger.batch() or BatchRow(batch=ledger.batch_name),
        totals,
        IssueTotals.of(ledger.issues()),
        list(islice(lines, MAX_UNFOLDED)),
        lines,
        canvas_instance=ledger.canvas_instance,
        base_url=base_url,
        reported_at=reported_at,
    )
    stream = load_page(Path(__file__).parent, "batch.html.j2").stream(page=page)
    stream.enable_buffering(_PIECES_PER_PART)
    return stream


def _rows(ledger: BatchLedger) -> Iterator[CopyRow]:
    """Yield all rows: those that need a person first."""
    for state in MEANINGS:
        yield from ledger.rows([state])
