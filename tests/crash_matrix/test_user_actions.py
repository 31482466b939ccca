"""The job in Canvas is cancelled if a user ends or clears the waiting task, and only then."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas

from tests.support.crash_jobs import JOBS, MODES, TASK, Job, JobOutcome

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

RecordProperty = Callable[[str, object], None]

ACTIONS: dict[str, tuple[Callable[[Job], None], str]] = {
    "marked failed": (lambda job: job.api.set_state(job.dag_id, job.run_id, TASK, "failed"), "failed"),
    "marked success": (lambda job: job.api.set_state(job.dag_id, job.run_id, TASK, "success"), "success"),
    "cleared": (lambda job: job.api.clear(job.dag_id, job.run_id, [TASK]), "success"),
    "run marked failed": (lambda job: job.api.set_run_state(job.dag_id, job.run_id, "failed"), "failed"),
}
"""The user's actions, and the final state of the task after each."""


Jobs = dict[tuple[str, str], Job]


@pytest.fixture(scope="module")
def waited_for(
    api: AirflowApi, local_canvas: LocalCanvas, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Jobs]:
    """Return a function that starts one job of each kind and mode, and returns them when all tasks are waiting."""

    def start(name: str, modes: Sequence[str] = MODES) -> Jobs:
        folder = tmp_path_factory.mktemp("waited_for")
        jobs = {
            (kind, mode): Job(api, local_canvas, name, kind, mode, folder / f"{kind}-{mode}")
            for kind in JOBS
            for mode in modes
        }
        for job in jobs.values():
            job.start(package)
        api.wait("all tasks to wait for their jobs", lambda: all(job.waiting() for job in jobs.values()), 120)
        time.sleep(3)  # until the triggerer has started them
        return jobs

    return start


@pytest.fixture(scope="module", params=ACTIONS)
def ended(request: pytest.FixtureRequest, waited_for: Callable[..., Jobs]) -> Jobs:
    """Start jobs, apply the user's action to their tasks, and return them."""
    jobs = waited_for(request.param)
    for job in jobs.values():
        ACTIONS[job.name][0](job)
    return jobs


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", JOBS)
def test_user_action_cancels_the_job(
    ended: Jobs, kind: str, mode: str, api: AirflowApi, record_property: RecordProperty
) -> None:
    """Each action cancels the job, which Canvas carries out all the same: a cleared task waits for it."""
    job = ended[kind, mode]
    record_property("row", job.name)
    record_property("column", f"{kind} {mode}".replace("_", " "))
    first, *_ = job.records()
    api.wait("the cancellation", lambda: job.cancelled(first), 60)
    outcome = job.outcome()
    record_property("outcome", f"cancelled, {outcome.created} job{'s' * (outcome.created != 1)}, {outcome.state}")
    assert outcome.state == ACTIONS[job.name][1]
    assert outcome.created == 1
    assert outcome.delivered == (job.name == "cleared")
    assert [record["id"] for record in job.records() if job.cancelled(record)] == [first["id"]]


def test_restart_of_the_triggerer_cancels_nothing(
    waited_for: Callable[..., Jobs], local_airflow: LocalAirflow, api: AirflowApi, local_canvas: LocalCanvas
) -> None:
    """After a restart the next triggerer waits for the same jobs, and Airflow links to them meanwhile."""
    jobs = waited_for("triggerer restarted", modes=["deferred"])
    for job in jobs.values():
        ((address),) = api.links(job.dag_id, job.run_id, TASK).values()
        page = "content_exports" if job.kind == "export" else "content_migrations"
        assert address == f"{local_canvas.url}/courses/{job.course_id}/{page}"
    local_airflow.restart("triggerer")
    for job in jobs.values():
        assert job.outcome() == JobOutcome(1, "success", 1, delivered=True)
