"""Render a reconciliation as one self-contained HTML file: no script, no font, no request.

The template engine escapes everything, and the page's content security policy forbids what it does not need. Only this
module imports Jinja.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from airflow_provider_canvas.reconciliation.report.view import build_page


def render_html(reconciliation: Reconciliation) -> str:
    """Return the HTML report of a reconciliation."""
    return _template().render(page=build_page(reconciliation))


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
