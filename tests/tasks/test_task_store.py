"""What an attempt knows of those before it, where Airflow has nowhere to note it."""

from __future__ import annotations

from typing import Any

import pytest
from canvas_emulator.model.world import World

from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from tests.support.task_attempt import HAS_STORE, Attempt, deferred

RETRIES = 2

OPERATORS: dict[str, tuple[type, dict[str, Any]]] = {
    "export": (CanvasContentExportOperator, {"course_id": 1010}),
    "copy": (CanvasCourseCopyOperator, {"source_course_id": 1010, "destination_course_id": 2001}),
    "deprecated copy": (CanvasLegacyCourseCopyOperator, {"source_course_id": 1010, "destination_course_id": 2001}),
}


def submitted(kind: str, try_number: int, max_tries: int) -> str:
    """Run the first half of an attempt without a state store; return which job it waits for."""
    operator, said = OPERATORS[kind]
    task = operator(task_id="job", deferrable=True, poll_interval=1, retries=RETRIES, **said)
    attempt = Attempt(try_number=try_number, max_tries=max_tries, store=None)
    waits_for = deferred(task, attempt).trigger.ids
    return f"{waits_for.get('content_export_id')}, {waits_for.get('content_migration_id')}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", OPERATORS)
def test_a_cleared_task_makes_a_new_one(connection: str, world: World, kind: str) -> None:
    """A retry waits for the first attempt's. The first attempt after a clear makes another, and its retry has that."""
    world.settings.change({"copy_seconds": 60.0, "export_seconds": 60.0})
    first = submitted(kind, 1, RETRIES)
    assert submitted(kind, 2, RETRIES) == first
    cleared = submitted(kind, 3, 2 + RETRIES)
    assert cleared != first
    assert submitted(kind, 4, 2 + RETRIES) == cleared


@pytest.mark.skipif(not HAS_STORE, reason="this Airflow has no task state store")
def test_record_of_an_unknown_form(connection: str, world: World) -> None:
    """A retry that cannot read the stored record searches Canvas, as without a store, and adopts the job."""
    world.settings.change({"export_seconds": 60.0})
    operator, options = OPERATORS["export"]
    first = Attempt(max_tries=RETRIES)
    task = operator(task_id="job", deferrable=True, poll_interval=1, retries=RETRIES, **options)
    made = deferred(task, first).trigger.ids["content_export_id"]
    store = first.store
    assert store is not None
    store["canvas_submission"] = {"form": "of another version"}
    retry = Attempt(try_number=2, max_tries=RETRIES, store=store)
    task = operator(task_id="job", deferrable=True, poll_interval=1, retries=RETRIES, **options)
    assert deferred(task, retry).trigger.ids["content_export_id"] == made
    assert store["canvas_submission"]["ids"] == [made]
