"""Imports: classifying needs only Python, and each writer only its own library."""

from __future__ import annotations

import subprocess
import sys

import pytest

PACKAGE = "airflow_provider_canvas.reconciliation"


@pytest.mark.parametrize(
    ("module", "allowed"),
    [(PACKAGE, set()), (f"{PACKAGE}.report.html", {"jinja2"}), (f"{PACKAGE}.report.sql", {"sqlalchemy"})],
)
def test_imports(module, allowed):
    """No module imports Airflow or an HTTP library, and only the writers import Jinja or SQLAlchemy."""
    heavy = ("airflow", "aiohttp", "jinja2", "pendulum", "requests", "sqlalchemy")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert loaded.strip() == str(sorted(allowed))
