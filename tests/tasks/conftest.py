"""Tasks of the tests do not wait ten seconds for Airflow's scheduler, which is not there."""

from __future__ import annotations

import pytest

from tests.support.postgres import postgres_database, postgres_server

__all__ = ["postgres_database", "postgres_server"]


@pytest.fixture(autouse=True)
def _no_scheduler_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("airflow_provider_canvas.operators.base_job", "airflow_provider_canvas.sensors.base"):
        monkeypatch.setattr(f"{module}.SAFE_DELAY", 0.2)
