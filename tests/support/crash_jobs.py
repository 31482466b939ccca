"""Start the jobs of the crash matrix in Airflow, read them from Canvas, and kill their workers."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests
from airflow_api import AirflowApi, AirflowApiError
from local_canvas import LocalCanvas

JOBS = ("course_copy", "upload_import", "export")
MODES = ("deferred", "in_worker")
TASK = "job"


@dataclass(frozen=True)
class JobOutcome:
    """The end of a job.

    :param created: The number of migrations or exports in Canvas.
    :param state: The final state of the task.
    :param tries: The number of attempts.
    :param delivered: Whether the task returned the result of the newest job, with all its issues or its file.
    """

    created: int
    state: str
    tries: int
    delivered: bool

    def __str__(self) -> str:
        """Return the outcome as a phrase for reports."""
        result = "result" if self.delivered else "NO RESULT"
        return f"{self.created} {'job' if self.created == 1 else 'jobs'}, {self.state} in try {self.tries}, {result}"


@dataclass
class Job:
    """A run with its own course.

    :param api: Airflow's API.
    :param canvas: The local Canvas.
    :param name: The disturbance or user action.
    :param kind: One of :data:`JOBS`.
    :param mode: One of :data:`MODES`.
    :param folder: The folder for the files of ``breakpoints``.
    :param run_id: The id of the run, empty before :meth:`start`.
    """

    api: AirflowApi
    canvas: LocalCanvas
    name: str
    kind: str
    mode: str
    folder: Path
    run_id: str = ""

    def __post_init__(self) -> None:
        self._created_at: float | None = None
        self.course_id = new_course(self.canvas, self.name)

    @property
    def dag_id(self) -> str:
        """Return the id of the DAG."""
        return f"{self.kind}_{self.mode}"

    @property
    def listing(self) -> str:
        """Return the path of the list in Canvas that contains the job."""
        return f"/api/v1/courses/{self.course_id}/content_{'exports' if self.kind == 'export' else 'migrations'}"

    def start(self, package: Path, hold: str = "") -> None:
        """Trigger the run.

        :param package: The package to import.
        :param hold: The breakpoint of the first attempt, if any.
        """
        self.folder.mkdir(parents=True)
        conf = {"course_id": self.course_id, "package": str(package), "folder": str(self.folder), "hold": hold}
        self.run_id = self.api.trigger(self.dag_id, conf)

    @property
    def task(self) -> dict[str, Any]:
        """Return the task instance."""
        return self.api.task_instance(self.dag_id, self.run_id, TASK)

    def held(self) -> bool:
        """Return whether the first attempt has reached its breakpoint."""
        return (self.folder / "held").exists()

    def records(self) -> list[dict[str, Any]]:
        """Return its migrations or exports in Canvas, oldest first."""
        records: list[dict[str, Any]] = get(self.canvas, f"{self.listing}?per_page=100")
        return sorted(records, key=lambda record: int(record["id"]))

    def waiting(self) -> bool:
        """Return whether the task is waiting for the job, in the triggerer or in the worker."""
        return bool(self.task["state"] == "deferred") if self.mode == "deferred" else self.under_way()

    def under_way(self) -> bool:
        """Return whether the job was created more than four seconds ago: its id is stored, and the worker polls it."""
        if self._created_at is None and self.records():
            self._created_at = time.monotonic()
        return self._created_at is not None and time.monotonic() > self._created_at + 4

    def kill_worker(self) -> None:
        """Kill the task's process and its supervisor, as if their machine were lost."""
        task, supervisor = map(int, (self.folder / "pids").read_text().split())
        os.kill(task, signal.SIGKILL)  # fails if it is not running
        os.kill(supervisor, signal.SIGKILL)

    def stop_worker(self) -> None:
        """Terminate the task's supervisor, as if its pod were evicted, and kill both processes three seconds later."""
        processes = [psutil.Process(int(pid)) for pid in (self.folder / "pids").read_text().split()]
        processes[1].terminate()

        def kill() -> None:
            for process in processes:
                with suppress(psutil.NoSuchProcess):  # psutil detects a reused process id
                    process.kill()

        threading.Timer(3, kill).start()

    def cancelled(self, record: dict[str, Any]) -> bool:
        """Return whether a user of Airflow cancelled the Progress of a job.

        :param record: The migration or export.
        """
        progress = get(self.canvas, f"/api/v1/{record['progress_url'].partition('/api/v1/')[2]}")
        return progress["message"] == "Cancelled from Airflow by a user"

    def outcome(self) -> JobOutcome:
        """Wait until the run has ended, and return how it ended."""
        self.api.wait_for_run(self.dag_id, self.run_id, timeout=400, states=("success", "failed"))
        records, task = self.records(), self.task
        delivered = bool(records) and self.delivers(records[-1])
        return JobOutcome(len(records), task["state"], task["try_number"], delivered)

    def delivers(self, record: dict[str, Any]) -> bool:
        """Return whether the task's result is that of a job, with all its issues or its file.

        :param record: The migration or export.
        """
        try:
            result = self.api.xcom(self.dag_id, self.run_id, TASK)
        except AirflowApiError:
            return False
        if self.kind == "export":
            return bool(
                result["content_export_id"] == record["id"] and result["file"]["size"] == record["attachment"]["size"]
            )
        issues = get(self.canvas, f"{self.listing}/{record['id']}/migration_issues?per_page=100")
        return bool(
            result["content_migration_id"] == record["id"]
            and result["workflow_state"] == record["workflow_state"] == "completed"
            and sum(result["issue_counts"].values()) == len(issues)
        )


def new_course(canvas: LocalCanvas, name: str) -> int:
    """Create an empty course, and return its id."""
    response = requests.post(
        f"{canvas.url}/api/v1/accounts/1/courses",
        json={"course": {"name": name, "course_code": name}},
        headers={"Authorization": f"Bearer {canvas.token}"},
        timeout=30,
    )
    response.raise_for_status()
    return int(response.json()["id"])


def get(canvas: LocalCanvas, path: str) -> Any:
    """Return the JSON of a response, with retries for errors that the test caused."""
    for _ in range(100):
        with suppress(requests.RequestException):
            response = requests.get(
                f"{canvas.url}{path}", headers={"Authorization": f"Bearer {canvas.token}"}, timeout=30
            )
            response.raise_for_status()
            return response.json()
        time.sleep(1)
    raise AssertionError(f"Canvas does not respond to GET {path}.")
