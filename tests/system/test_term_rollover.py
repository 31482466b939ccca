"""A term is planned, waits for a person, and is copied only if that person approves, in a real Airflow."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow_api import AirflowApi
from local_canvas import LocalCanvas

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient

pytestmark = pytest.mark.system

DAG, TEMPLATE, SECTIONS = "canvas_term_rollover", 1010, 3


@pytest.fixture
def waiting(api: AirflowApi, local_canvas: LocalCanvas, tmp_path: Path) -> tuple[str, list[int]]:
    """Plan the copies into new sections, and return the run, which waits for approval, and the sections."""
    api.wait_for_dag(DAG)
    with CanvasClient(Settings(local_canvas.url, local_canvas.token)) as client:
        new = [client.courses.create(account_id=1, course={"name": f"Section {n}"})["id"] for n in range(SECTIONS)]
    copies = tmp_path / "copies.csv"
    copies.write_text("\n".join(["source,destination", *(f"{TEMPLATE},{section}" for section in new)]))
    run_id = api.trigger(DAG, {"batch": f"approval {uuid.uuid4()}", "copies": str(copies)})
    api.wait_for_task(DAG, run_id, "approve", "awaiting_input", "deferred", timeout=120)
    return run_id, new


@pytest.fixture
def copied(local_canvas: LocalCanvas) -> Callable[[list[int]], list[int]]:
    """Return a function that returns how many copies each course got."""

    def count(course_ids: list[int]) -> list[int]:
        with CanvasClient(Settings(local_canvas.url, local_canvas.token)) as client:
            return [len(list(client.content_migrations.list(course_id=each))) for each in course_ids]

    return count


def states(api: AirflowApi, run_id: str) -> dict[str, Any]:
    """Return the state of each task."""
    return {task["task_id"]: task["state"] for task in api.task_instances(DAG, run_id)}


def test_an_approved_plan_is_copied(
    api: AirflowApi, waiting: tuple[str, list[int]], copied: Callable[[list[int]], list[int]]
) -> None:
    """Nothing is copied before the approval, which shows the plan; then each section is copied once and reconciled."""
    run_id, sections = waiting
    assert copied(sections) == [0] * SECTIONS
    assert f"{SECTIONS} to copy" in api.xcom(DAG, run_id, "plan")["text"]
    api.respond(DAG, run_id, "approve", "Approve")
    api.wait_for_run(DAG, run_id, timeout=240)
    assert states(api, run_id)["reconcile"] == "success"
    assert copied(sections) == [1] * SECTIONS


def test_a_rejected_plan_is_not_copied(
    api: AirflowApi, waiting: tuple[str, list[int]], copied: Callable[[list[int]], list[int]]
) -> None:
    """A plan that a person rejects copies nothing, and the ledger keeps it for another day."""
    run_id, sections = waiting
    api.respond(DAG, run_id, "approve", "Reject")
    api.wait_for_run(DAG, run_id, timeout=120, states=("success", "failed"))
    assert {states(api, run_id)[task] for task in ("copy", "reconcile")} == {"skipped"}
    assert copied(sections) == [0] * SECTIONS
