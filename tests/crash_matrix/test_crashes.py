"""After any crash there is exactly one migration or export in Canvas, and the task returns its result.

``make crash-matrix`` prints the results as a table. Each disturbance affects six jobs at once: a course copy, an import
of an uploaded package and an export, each once deferred and once waiting in the worker.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas

from tests.support.crash_jobs import JOBS, MODES, Job, JobOutcome

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]


def at_once(_: Job) -> bool:
    return True


@dataclass(frozen=True)
class Disturbance:
    """A crash or fault that affects six jobs.

    :param hold: The breakpoint of each job's first attempt; see ``breakpoints``.
    :param fault: The fault of Canvas for the request that creates the job.
    :param moment: The condition of a job that must be true before the disturbance.
    :param strike: The action on each job's process.
    :param strike_all: The action on Airflow or Canvas.
    :param kinds: The kinds of jobs that it affects.
    """

    hold: str = ""
    fault: Mapping[str, Any] = field(default_factory=dict)
    moment: Callable[[Job], object] = Job.held
    strike: Callable[[Job], None] = lambda _: None
    strike_all: Callable[[LocalAirflow, LocalCanvas], None] = lambda _airflow, _canvas: None
    kinds: tuple[str, ...] = JOBS


def kill(component: str) -> Callable[[LocalAirflow, LocalCanvas], None]:
    """Return an action that kills a component with all its processes, and starts it again five seconds later."""

    def strike(airflow: LocalAirflow, _: LocalCanvas) -> None:
        for process in airflow.processes(component):
            if process.pid != airflow.pid(component):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        airflow.restart(component, signal.SIGKILL, down_for=5)

    return strike


def down_for_a_minute(_: LocalAirflow, canvas: LocalCanvas) -> None:
    """For a minute, answer half of the requests with a load balancer's error page, and drop the others."""
    canvas.control("POST", "faults", {"path": "^/", "times": None, "probability": 0.5, "status": 503, "body": "html"})
    canvas.control("POST", "faults", {"path": "^/", "times": None, "action": "drop"})
    time.sleep(60)
    canvas.control("DELETE", "faults")


DISTURBANCES = {
    "worker killed before the POST": Disturbance("before_the_post", strike=Job.kill_worker),
    "worker killed between POST and response": Disturbance(
        fault={"action": "delay_after", "seconds": 120}, moment=Job.records, strike=Job.kill_worker
    ),
    "worker killed between response and store": Disturbance("before_the_store", strike=Job.kill_worker),
    "worker killed before the upload": Disturbance(
        "before_the_upload", strike=Job.kill_worker, kinds=("upload_import",)
    ),
    "worker killed while it waits (before it defers)": Disturbance(moment=Job.under_way, strike=Job.kill_worker),
    "worker told to stop while it waits": Disturbance(moment=Job.under_way, strike=Job.stop_worker),
    "worker killed before it returns the result": Disturbance("before_the_result", strike=Job.kill_worker),
    "triggerer killed while deferred": Disturbance(moment=Job.waiting, strike_all=kill("triggerer")),
    "scheduler and all workers killed while waiting": Disturbance(moment=Job.waiting, strike_all=kill("scheduler")),
    "Canvas down for a minute, before the POST": Disturbance(moment=at_once, strike_all=down_for_a_minute),
    "Canvas down for a minute, while waiting": Disturbance(moment=Job.waiting, strike_all=down_for_a_minute),
    "response to the POST lost": Disturbance(fault={"action": "drop_after"}, moment=at_once),
}


Jobs = dict[tuple[str, str], Job]
"""The jobs of a row by kind and mode."""

CELLS = [(name, kind, mode) for name, one in DISTURBANCES.items() for kind in one.kinds for mode in MODES]


@pytest.fixture(scope="module")
def strike(
    local_airflow: LocalAirflow, local_canvas: LocalCanvas, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Jobs]]:
    """Return a function that starts and disturbs the jobs of a row, once for all its cells."""
    rows: dict[str, Jobs] = {}

    def strike(name: str) -> Jobs:
        if name not in rows:
            local_canvas.control("DELETE", "faults")
            rows[name] = _struck(name, local_airflow, local_canvas, package, tmp_path_factory.mktemp("struck"))
        return rows[name]

    yield strike
    local_canvas.control("DELETE", "faults")


def _struck(name: str, local_airflow: LocalAirflow, local_canvas: LocalCanvas, package: Path, folder: Path) -> Jobs:
    """Start the jobs of one disturbance, disturb them, and return them by kind and mode."""
    disturbance, api = DISTURBANCES[name], local_airflow.api
    jobs = [
        Job(api, local_canvas, name, kind, mode, folder / f"{kind}-{mode}")
        for kind in disturbance.kinds
        for mode in MODES
    ]
    for job in jobs:
        if disturbance.fault:
            local_canvas.control("POST", "faults", {"path": f"{job.listing}$", "method": "POST", **disturbance.fault})
        job.start(package, disturbance.hold)
    spared = list(jobs)

    def all_are_struck() -> bool:
        for job in [job for job in spared if disturbance.moment(job)]:
            disturbance.strike(job)
            spared.remove(job)
        return not spared

    api.wait(f"the moment for {name}", all_are_struck, 180, every=0.2)
    disturbance.strike_all(local_airflow, local_canvas)
    return {(job.kind, job.mode): job for job in jobs}


@pytest.mark.parametrize(("name", "kind", "mode"), CELLS)
def test_exactly_one_job_and_its_result(
    strike: Callable[[str], Jobs],
    name: str,
    kind: str,
    mode: str,
    record_property: Callable[[str, object], None],
) -> None:
    """Canvas has one job, and the task succeeds with the result of that job, including its issues or its file."""
    job = strike(name)[kind, mode]
    record_property("row", job.name)
    record_property("column", f"{kind} {mode}".replace("_", " "))
    outcome = job.outcome()
    record_property("outcome", str(outcome))
    assert outcome == JobOutcome(1, "success", outcome.tries, delivered=True)
