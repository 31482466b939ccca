"""Render a reconciliation as one HTML file that needs nothing else: no script, no font, no request.

Everything is escaped by the template engine, and a content security policy in the page forbids what it does not
need.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.view import page_of


def render_html(reconciliation: Reconciliation) -> str:
    """Return the page."""
    return _template().render(page=page_of(reconciliation))


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")
