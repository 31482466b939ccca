"""One deferred task copies a batch of courses in a real Airflow of each supported version, twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from airflow_api import AirflowApi
from local_canvas import LocalCanvas

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.matrix.conftest import COPY_SECONDS

pytestmark = pytest.mark.system

DAG, TEMPLATE, SHELLS = "matrix_batch", 1010, 30


@pytest.fixture(scope="module")
def shells(local_canvas: LocalCanvas) -> Iterator[list[int]]:
    """Create empty courses, into which a copy takes five seconds, and yield their numbers."""
    local_canvas.control("POST", "settings", {"copy_seconds": 5})
    with CanvasClient(Settings(local_canvas.url, local_canvas.token)) as client:
        yield [client.courses.create(account_id=1, course={"name": f"Section {n}"})["id"] for n in range(SHELLS)]
    local_canvas.control("POST", "settings", {"copy_seconds": COPY_SECONDS})


def copies_in_canvas(local_canvas: LocalCanvas, shells: list[int]) -> Counter[str]:
    """Return the number of copies into each shell, which must be one, by the state of the copy."""
    states: Counter[str] = Counter()
    with CanvasClient(Settings(local_canvas.url, local_canvas.token)) as client:
        for course_id in shells:
            (migration,) = client.content_migrations.list(course_id=course_id)
            states[migration["workflow_state"]] += 1
    return states


def test_thirty_copies(api: AirflowApi, local_canvas: LocalCanvas, shells: list[int]) -> None:
    """The task defers, submits a second wave, and copies each course once; a second run copies nothing."""
    api.wait_for_dag(DAG)
    copies: list[dict[str, Any]] = [{"source": TEMPLATE, "destination": course_id} for course_id in shells]
    run_id = api.trigger(DAG, {"copies": copies})
    api.wait_for_task(DAG, run_id, "copy", "deferred")
    api.wait_for_run(DAG, run_id, timeout=400)
    result = api.xcom(DAG, run_id, "copy")
    assert result["states"] == {"completed_with_issues": SHELLS}
    assert api.task_instance(DAG, run_id, "copy")["try_number"] == 1
    assert copies_in_canvas(local_canvas, shells) == {"completed": SHELLS}
    assert "was blocked for" not in api.task_log(DAG, run_id, "copy")
    second = api.trigger(DAG, {"copies": copies})
    api.wait_for_run(DAG, second, timeout=240)
    assert api.xcom(DAG, second, "copy")["states"] == result["states"]
    assert copies_in_canvas(local_canvas, shells) == {"completed": SHELLS}
