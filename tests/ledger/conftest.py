"""Fixtures of the ledger's tests: a real database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from tests.support.postgres import postgres_database, postgres_server

__all__ = ["postgres_database", "postgres_server"]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.engine.Engine]:
    """Yield an engine of an empty database: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'warehouse.db'}", connect_args={"timeout": 60})
    else:
        engine = sa.create_engine(request.getfixturevalue("postgres_database").url)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(engine: sa.engine.Engine) -> BatchLedger:
    """Return the ledger of a batch, with its tables."""
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026")
    ledger.create_tables()
    return ledger
