"""Parsing DAG files as Airflow does, on every version of it that we support."""

from __future__ import annotations

from pathlib import Path
from typing import Any

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # before Airflow 3.2
    from airflow.models.dagbag import DagBag  # type: ignore[no-redef]


def dags_in(path: Path) -> dict[str, Any]:
    """Return the DAGs of a file or a folder, by id; every file must be importable."""
    bag = DagBag(dag_folder=str(path))  # examples of Airflow's own are switched off in conftest.py
    assert bag.import_errors == {}
    return bag.dags
