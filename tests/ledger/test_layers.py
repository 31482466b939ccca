"""Imports: states and rows need only Python, so that plans and reports can use them without a database."""

from __future__ import annotations

import subprocess
import sys

import pytest

PACKAGE = "airflow_provider_canvas.ledger"


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        (PACKAGE, set()),
        (f"{PACKAGE}.states", set()),
        (f"{PACKAGE}.copy_row", set()),
        (f"{PACKAGE}.errors", set()),
        (f"{PACKAGE}.batch_name", set()),
        (f"{PACKAGE}.batch_ledger", {"sqlalchemy"}),
        (f"{PACKAGE}.group_writer", {"sqlalchemy"}),
    ],
)
def test_imports(module, allowed):
    """No module imports Airflow or an HTTP library, and only those that read and write import SQLAlchemy."""
    heavy = ("airflow", "aiohttp", "jinja2", "pendulum", "requests", "sqlalchemy")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert loaded.strip() == str(sorted(allowed))
