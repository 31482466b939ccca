"""Run a real Airflow with the CeleryExecutor: two workers and two triggerers, on PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local_airflow import COMPONENTS, LocalAirflow

WORKERS = ("worker-1", "worker-2")
TRIGGERERS = ("triggerer", "triggerer-2")


class CeleryAirflow(LocalAirflow):
    """An Airflow with the CeleryExecutor that runs during a ``with`` block.

    :param home: The folder for its configuration and logs.
    :param dags: A folder of DAG files, or several.
    :param connections: Airflow connections to create, by id.
    :param database_url: The address of its PostgreSQL database, for SQLAlchemy.
    :param broker_url: The address of its Redis.
    :param settings: Options of ``airflow.cfg``, as ``section.option``.
    :param pythonpath: Folders from which DAGs and triggers can import modules.
    """

    components: Mapping[str, Sequence[str]] = {
        **COMPONENTS,
        "triggerer-2": COMPONENTS["triggerer"],
        **{
            worker: [
                *("celery", "worker", "--skip-serve-logs", "--concurrency", "2"),
                *("--celery-hostname", f"{worker}@%h", "--without-gossip", "--without-mingle"),
            ]
            for worker in WORKERS
        },
    }

    def __init__(
        self,
        home: Path,
        dags: Path | Sequence[Path],
        connections: Mapping[str, Mapping[str, Any]],
        *,
        database_url: str,
        broker_url: str,
        settings: Mapping[str, str] | None = None,
        pythonpath: Sequence[Path] = (),
    ) -> None:
        own = {
            "core.executor": "CeleryExecutor",
            "database.sql_alchemy_conn": database_url,
            "celery.broker_url": broker_url,
            "celery.result_backend": f"db+{database_url}",
            # A worker that dies loses the messages that it has fetched for this time.
            "celery_broker_transport_options.visibility_timeout": "60",
        }
        super().__init__(home, dags, connections, settings={**own, **(settings or {})}, pythonpath=pythonpath)
        self._log_begins: dict[str, int] = {}

    def start(self, component: str) -> None:
        """Start a component, without waiting until it is ready."""
        log = self.log(component)
        self._log_begins[component] = log.stat().st_size if log.exists() else 0
        super().start(component)

    def _healthy(self, since: float) -> set[str]:
        """Return the names of the components that are ready; Airflow reports neither workers nor each triggerer."""
        healthy = super()._healthy(since)
        if "triggerer" in healthy:
            healthy.add("triggerer-2")
        return healthy | {worker for worker in WORKERS if b" ready." in self._log_of_this_start(worker)}

    def _log_of_this_start(self, component: str) -> bytes:
        log = self.log(component)
        return log.read_bytes()[self._log_begins[component] :] if log.exists() else b""
