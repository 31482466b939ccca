"""Fixtures of the reconciliation's tests: a real database of each kind, and a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.browser import chromium, tab
from tests.support.postgres import postgres_database, postgres_server

__all__ = ["chromium", "postgres_database", "postgres_server", "tab"]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.engine.Engine]:
    """Yield an engine of an empty database: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'warehouse.db'}"
    else:
        url = request.getfixturevalue("postgres_database").url
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()
