"""Render the reconciliation of a term as one self-contained HTML page, in parts: it may have 15,000 sections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from airflow_provider_canvas.html.pages import load_page
from airflow_provider_canvas.reconciliation.term_report.queries import TermContent
from airflow_provider_canvas.reconciliation.term_report.view import build_page

_PIECES_PER_PART = 100


def render_term_report(
    content: TermContent,
    *,
    canvas_instance: str,
    batch: str,
    base_url: str,
    reported_at: datetime,
    report_uri: str | None = None,
) -> Iterator[str]:
    """Return the HTML report of the reconciliation of a batch in parts.

    :param content: What ``read_term`` read from SQL.
    :param canvas_instance: The host of the Canvas.
    :param batch: The name of the batch.
    :param base_url: The base URL of Canvas, for the links.
    :param reported_at: The time that the page shows.
    :param report_uri: Where the page will be, for relative links to the reports of the sections.
    """
    page = build_page(
        content,
        canvas_instance=canvas_instance,
        batch=batch,
        base_url=base_url,
        reported_at=reported_at,
        report_uri=report_uri,
    )
    folder = Path(__file__).parent
    stream = load_page(folder, "term.html.j2", folder.with_name("report")).stream(page=page)
    stream.enable_buffering(_PIECES_PER_PART)
    return stream
