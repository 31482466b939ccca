"""Parse DAG files as each supported version of Airflow does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # before Airflow 3.2
    from airflow.models.dagbag import DagBag  # type: ignore[no-redef]


def dags_in(path: Path) -> dict[str, Any]:
    """Return the DAGs of a file or folder by id, and fail if a file cannot be imported."""
    bag = DagBag(dag_folder=str(path))  # conftest.py disables Airflow's own examples
    assert bag.import_errors == {}
    return bag.dags
