"""A deferred copy ends as documented in a real Airflow of each supported version, also after user actions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas

from tests.support.airflow_files import trigger_has_started

pytestmark = pytest.mark.system

DAG, TASK = "matrix_copy", "copy_course"


@pytest.fixture(autouse=True)
def _reset_canvas(local_canvas: LocalCanvas) -> Iterator[None]:
    yield
    local_canvas.control("POST", "reset")


@pytest.fixture
def deferred(api: AirflowApi, local_airflow: LocalAirflow) -> str:
    """Start a run, and return its id when the copy is waiting in the triggerer."""
    run_id = api.trigger(DAG)
    api.wait_for_task(DAG, run_id, TASK, "deferred", timeout=90)
    api.wait("the trigger's start", lambda: trigger_has_started(local_airflow, run_id), 60)
    return run_id


def migrations(canvas: LocalCanvas) -> list[dict[str, Any]]:
    """Return the migrations into the destination since the reset, oldest first."""
    records = canvas.control("GET", "state")["content_migrations"]
    into_destination = [migration for migration in records if migration["course_id"] == 2001]
    return sorted(into_destination, key=lambda migration: int(migration["id"]))


def cancelled(migration: dict[str, Any]) -> bool:
    return "Cancelled from Airflow by a user" in json.dumps(migration)


def test_copy(api: AirflowApi, local_canvas: LocalCanvas, deferred: str) -> None:
    """The copy succeeds in its first attempt, with one migration."""
    api.wait_for_run(DAG, deferred)
    (migration,) = migrations(local_canvas)
    assert migration["workflow_state"] == "imported"
    assert api.task_instance(DAG, deferred, TASK)["try_number"] == 1


def test_marked_failed(api: AirflowApi, local_canvas: LocalCanvas, deferred: str) -> None:
    """Marking the deferred task as failed cancels the Progress of the copy."""
    api.set_state(DAG, deferred, TASK, "failed")
    api.wait("the cancellation", lambda: cancelled(*migrations(local_canvas)), 30)


def test_cleared(api: AirflowApi, local_canvas: LocalCanvas, deferred: str) -> None:
    """Clearing the deferred task cancels the Progress of its copy, and the next attempt waits for the same copy."""
    api.clear(DAG, deferred, [TASK])
    api.wait("the cancellation", lambda: cancelled(*migrations(local_canvas)), 60)
    api.wait_for_run(DAG, deferred)
    (migration,) = migrations(local_canvas)
    assert migration["workflow_state"] == "imported"


def test_triggerer_is_restarted(
    api: AirflowApi, local_airflow: LocalAirflow, local_canvas: LocalCanvas, deferred: str
) -> None:
    """A restart of the triggerer cancels nothing: the next triggerer waits for the same migration."""
    local_airflow.restart("triggerer")
    api.wait_for_run(DAG, deferred)
    (migration,) = migrations(local_canvas)
    assert migration["workflow_state"] == "imported"
    assert not cancelled(migration)
