"""The jobs of the crash matrix as the tests see them: started in Airflow, looked at in Canvas, killed in the worker."""

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
class ResponseOrError:
    """What became of a job.

    :param made: How many migrations or exports there are in Canvas.
    :param state: The task's state at the end.
    :param tries: How many attempts it took.
    :param delivered: Whether there is a result, and it is that of the newest, with all its issues or its file.
    """

    made: int
    state: str
    tries: int
    delivered: bool

    def __str__(self) -> str:
        result = "result" if self.delivered else "NO RESULT"
        return f"{self.made} made, {self.state} in try {self.tries}, {result}"


@dataclass
class Job:
    """One run, with a course of its own.

    :param name: What is done to it.
    :param kind: One of :data:`JOBS`.
    :param mode: One of :data:`MODES`.
    :param folder: Where the task says what it does; see ``holding``.
    """

    api: AirflowApi
    canvas: LocalCanvas
    name: str
    kind: str
    mode: str
    folder: Path
    run_id: str = ""

    def __post_init__(self) -> None:
        self._made_at: float | None = None
        self.course_id = new_course(self.canvas, self.name)

    @property
    def dag_id(self) -> str:
        return f"{self.kind}_{self.mode}"

    @property
    def listing(self) -> str:
        """The path of what it makes."""
        return f"/api/v1/courses/{self.course_id}/content_{'exports' if self.kind == 'export' else 'migrations'}"

    def start(self, package: Path, hold: str = "") -> None:
        """Trigger the run; it is held where ``hold`` says."""
        self.folder.mkdir(parents=True)
        conf = {"course_id": self.course_id, "package": str(package), "folder": str(self.folder), "hold": hold}
        self.run_id = self.api.trigger(self.dag_id, conf)

    @property
    def task(self) -> dict[str, Any]:
        """The task instance."""
        return self.api.task_instance(self.dag_id, self.run_id, TASK)

    def held(self) -> bool:
        """Whether its first attempt has come to the point at which it is held."""
        return (self.folder / "held").exists()

    def made(self) -> list[dict[str, Any]]:
        """What there is in Canvas, oldest first."""
        found: list[dict[str, Any]] = get(self.canvas, f"{self.listing}?per_page=100")
        return sorted(found, key=lambda record: int(record["id"]))

    def waiting(self) -> bool:
        """Whether it is waited for: by the triggerer, or in the worker."""
        return bool(self.task["state"] == "deferred") if self.mode == "deferred" else self.under_way()

    def under_way(self) -> bool:
        """Whether Canvas has had it for some seconds: it is noted, and the worker looks at it, in both modes."""
        if self._made_at is None and self.made():
            self._made_at = time.monotonic()
        return self._made_at is not None and time.monotonic() > self._made_at + 4

    def kill_worker(self) -> None:
        """Kill the task's process and its supervisor, as when their machine is lost."""
        task, supervisor = map(int, (self.folder / "pids").read_text().split())
        os.kill(task, signal.SIGKILL)  # which runs, or else this fails
        os.kill(supervisor, signal.SIGKILL)

    def stop_worker(self) -> None:
        """Tell the task's supervisor to stop, as when a machine is shut down or a pod evicted; then it is gone."""
        processes = [psutil.Process(int(pid)) for pid in (self.folder / "pids").read_text().split()]
        processes[1].terminate()

        def kill() -> None:
            for process in processes:
                with suppress(psutil.NoSuchProcess):  # psutil knows that it is not another one by now
                    process.kill()

        threading.Timer(3, kill).start()

    def cancelled(self, record: dict[str, Any]) -> bool:
        """Whether the Progress of what was made says that a user of Airflow cancelled it."""
        progress = get(self.canvas, f"/api/v1/{record['progress_url'].partition('/api/v1/')[2]}")
        return progress["message"] == "Cancelled by a user of Airflow"

    def outcome(self) -> ResponseOrError:
        """Wait until the run is over, and tell what became of it."""
        self.api.wait_for_run(self.dag_id, self.run_id, timeout=400, states=("success", "failed"))
        made, task = self.made(), self.task
        delivered = bool(made) and self.delivers(made[-1])
        return ResponseOrError(len(made), task["state"], task["try_number"], delivered)

    def delivers(self, record: dict[str, Any]) -> bool:
        """Whether the task's result is that of this record, with all its issues or its file."""
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
    """Make a course with nothing in it; return its id."""
    answer = requests.post(
        f"{canvas.url}/api/v1/accounts/1/courses",
        json={"course": {"name": name, "course_code": name}},
        headers={"Authorization": f"Bearer {canvas.token}"},
        timeout=30,
    )
    answer.raise_for_status()
    return int(answer.json()["id"])


def get(canvas: LocalCanvas, path: str) -> Any:
    """Return what Canvas answers; where it fails on purpose, ask again."""
    for _ in range(100):
        with suppress(requests.RequestException):
            answer = requests.get(
                f"{canvas.url}{path}", headers={"Authorization": f"Bearer {canvas.token}"}, timeout=30
            )
            answer.raise_for_status()
            return answer.json()
        time.sleep(1)
    raise AssertionError(f"Canvas does not answer {path}")
