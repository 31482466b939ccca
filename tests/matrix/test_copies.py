"""A deferred copy in a real Airflow of every supported version, and what a user does to it meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas

pytestmark = pytest.mark.system

DAG, TASK = "matrix_copy", "copy_course"


@pytest.fixture(autouse=True)
def _a_canvas_like_new(local_canvas: LocalCanvas) -> Iterator[None]:
    yield
    local_canvas.control("POST", "reset")


@pytest.fixture
def deferred(api: AirflowApi) -> str:
    """A run whose copy is waited for in the triggerer, since a moment ago; its id."""
    run_id = api.trigger(DAG)
    api.wait_for_task(DAG, run_id, TASK, "deferred", timeout=90)
    time.sleep(3)  # until the triggerer has it
    return run_id


def migrations(canvas: LocalCanvas) -> list[dict[str, Any]]:
    """The migrations into the destination that were made since the reset, oldest first."""
    found = [made for made in canvas.control("GET", "state")["content_migrations"] if made["course_id"] == 2001]
    return sorted(found, key=lambda migration: int(migration["id"]))


def cancelled(migration: dict[str, Any]) -> bool:
    return "Cancelled by a user of Airflow" in json.dumps(migration)


def test_a_copy(api: AirflowApi, local_canvas: LocalCanvas, deferred: str) -> None:
    """It ends well on its first attempt: one migration."""
    api.wait_for_run(DAG, deferred)
    (migration,) = migrations(local_canvas)
    assert migration["workflow_state"] == "imported"
    assert api.task_instance(DAG, deferred, TASK)["try_number"] == 1


def test_marked(api: AirflowApi, local_canvas: LocalCanvas, deferred: str) -> None:
    """As failed, while deferred: the copy's Progress is cancelled."""
    api.set_state(DAG, deferred, TASK, "failed")
    api.wait("the cancellation", lambda: cancelled(*migrations(local_canvas)), 30)


def test_cleared(api: AirflowApi, local_canvas: LocalCanvas, deferred: str) -> None:
    """While deferred: the copy's Progress is cancelled, and there is a new copy, which is not."""
    api.clear(DAG, deferred, [TASK])
    api.wait("a second migration", lambda: len(migrations(local_canvas)) == 2, 60)
    api.wait_for_run(DAG, deferred)
    first, second = migrations(local_canvas)
    assert cancelled(first)
    assert not cancelled(second)


def test_the_triggerer_is_restarted(
    api: AirflowApi, local_airflow: LocalAirflow, local_canvas: LocalCanvas, deferred: str
) -> None:
    """Nothing is cancelled: the next triggerer goes on waiting for the same migration."""
    local_airflow.restart("triggerer")
    api.wait_for_run(DAG, deferred)
    (migration,) = migrations(local_canvas)
    assert migration["workflow_state"] == "imported"
    assert not cancelled(migration)
