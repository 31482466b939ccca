"""Shorten the wait for Airflow's scheduler, which does not run in these tests, and share fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.postgres import postgres_database, postgres_server

if TYPE_CHECKING:
    from tests.support.s3 import S3

__all__ = ["postgres_database", "postgres_server"]


@pytest.fixture(autouse=True)
def _short_safe_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the ten seconds that a task leaves to Airflow's scheduler by 0.2 s."""
    for module in ("operators.base_job", "operators.bulk_course_copy", "sensors.base"):
        monkeypatch.setattr(f"airflow_provider_canvas.{module}.SAFE_DELAY", 0.2)


@pytest.fixture(scope="session")
def server() -> Iterator[S3]:
    """Serve S3 for all tests of this process, as long as which Airflow keeps the storage of a connection."""
    from tests.support.s3 import s3_server

    with s3_server() as served:
        yield served
