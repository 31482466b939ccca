"""Render a reconciliation as one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path

from airflow_provider_canvas.html.pages import load_page
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.view import build_page


def render_html(reconciliation: Reconciliation) -> str:
    """Return the HTML report of a reconciliation."""
    return load_page(Path(__file__).parent, "report.html.j2").render(page=build_page(reconciliation))
