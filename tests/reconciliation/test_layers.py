"""What importing costs: the findings need nothing but Python, the renderings only their own library."""

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
    """A task that only classifies loads no database library, and none of them loads Airflow or HTTP."""
    heavy = ("airflow", "aiohttp", "jinja2", "pendulum", "requests", "sqlalchemy")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert found.strip() == str(sorted(allowed))
