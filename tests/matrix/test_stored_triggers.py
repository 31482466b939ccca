"""Triggers that another version of this package stored harm no triggerer, and no other task."""

from __future__ import annotations

import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow

from tests.matrix.dags.matrix_stored_triggers import NOT_UNDERSTOOD, UNDERSTOOD

pytestmark = pytest.mark.system

DAG = "matrix_stored_triggers"


@pytest.fixture(scope="module")
def run_id(local_airflow: LocalAirflow) -> str:
    """Run the tasks to their end, in one triggerer that is never restarted, and return the run."""
    api, triggerer = local_airflow.api, local_airflow.pid("triggerer")
    api.wait_for_dag(DAG)
    run_id = api.trigger(DAG)
    api.wait_for_run(DAG, run_id, timeout=180, states=("failed",))
    assert local_airflow.pid("triggerer") == triggerer
    local_airflow.check()
    return run_id


@pytest.mark.parametrize("task", [*UNDERSTOOD, "ordinary_sensor"])
def test_a_trigger_that_is_understood(api: AirflowApi, run_id: str, task: str) -> None:
    """Its task succeeds, beside the others that fail."""
    assert api.task_instance(DAG, run_id, task)["state"] == "success"


@pytest.mark.parametrize("task", NOT_UNDERSTOOD)
def test_a_trigger_that_is_not_understood(api: AirflowApi, run_id: str, task: str) -> None:
    """Its task fails, and the log says why and what to do."""
    assert api.task_instance(DAG, run_id, task)["state"] == "failed"
    log = api.task_log(DAG, run_id, task)
    assert "Install the same version for workers and triggerers" in log
