"""Stop a task at a breakpoint, so that a test can kill its process exactly there.

This code runs in the task's process, as ``pre_execute`` of the operators in ``dags/crash_jobs.py``. It writes two files
for the test into the folder that the run's parameters name: ``pids`` has the ids of the task's process and of its
supervisor; ``held`` exists as soon as the task has reached the breakpoint.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests.adapters

from airflow_provider_canvas.client.jobs.submit_once import Submission


def hold_at(context: Any) -> None:
    """Write the process ids, and stop the first attempt at the breakpoint that the run's parameters name.

    :param context: The task's context.
    """
    folder, point = Path(context["params"]["folder"]), context["params"]["hold"]
    (folder / "pids").write_text(f"{os.getpid()} {os.getppid()}")
    if point and not (folder / "held").exists():
        POINTS[point](context["task"], lambda: _hold(folder))


def _hold(folder: Path) -> None:
    (folder / "held").touch()
    time.sleep(600)


def before_the_post(_: Any, hold: Callable[[], None]) -> None:
    """Hold before the request that creates the job."""
    _before(requests.adapters.HTTPAdapter, "send", hold, when=_creates_a_job)


def before_the_upload(_: Any, hold: Callable[[], None]) -> None:
    """Hold after the migration is created and stored, and before its file is uploaded."""
    _before(requests.adapters.HTTPAdapter, "send", hold, when=lambda request: not _to_canvas(request))


def before_the_store(_: Any, hold: Callable[[], None]) -> None:
    """Hold after the response of Canvas, and before the job's id is stored."""
    _before(Submission, "store_submitted", hold)


def before_the_result(task: Any, hold: Callable[[], None]) -> None:
    """Hold after the job has finished, and before the task returns its result."""
    finish = type(task).finish

    def finish_and_hold(*arguments: Any) -> Any:
        result = finish(*arguments)
        hold()
        return result

    type(task).finish = finish_and_hold


POINTS: dict[str, Callable[[Any, Callable[[], None]], None]] = {
    point.__name__: point for point in (before_the_post, before_the_upload, before_the_store, before_the_result)
}


def _before(owner: type, name: str, hold: Callable[[], None], when: Callable[[Any], bool] = lambda _: True) -> None:
    original = getattr(owner, name)

    def held(self: Any, argument: Any, *arguments: Any, **options: Any) -> Any:
        if when(argument):
            hold()
        return original(self, argument, *arguments, **options)

    setattr(owner, name, held)


def _creates_a_job(request: requests.PreparedRequest) -> bool:
    return request.method == "POST" and str(request.path_url).split("?")[0].endswith(
        ("/content_migrations", "/content_exports")
    )


def _to_canvas(request: requests.PreparedRequest) -> bool:
    return request.method == "GET" or "/api/v1/" in str(request.path_url)
