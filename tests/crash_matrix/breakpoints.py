"""Holds a task at one point of its work, so that its process can be killed exactly there.

It runs in the task's process, as ``pre_execute`` of the operators of ``dags/crash_jobs.py``. The folder that the run's
parameters name tells the test about it: ``pids`` has the process that runs the task, and the one that supervises it;
``held`` is there once the task has come to the point.
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
    """Note which processes there are, and arrange that a first attempt is held where the run's parameters say."""
    folder, point = Path(context["params"]["folder"]), context["params"]["hold"]
    (folder / "pids").write_text(f"{os.getpid()} {os.getppid()}")
    if point and not (folder / "held").exists():
        POINTS[point](context["task"], lambda: _hold(folder))


def _hold(folder: Path) -> None:
    (folder / "held").touch()
    time.sleep(600)


def before_the_post(_: Any, hold: Callable[[], None]) -> None:
    """Nothing was sent that makes anything."""
    _before(requests.adapters.HTTPAdapter, "send", hold, when=_makes_something)


def before_the_upload(_: Any, hold: Callable[[], None]) -> None:
    """The migration is made and noted, and waits for its file."""
    _before(requests.adapters.HTTPAdapter, "send", hold, when=lambda request: not _to_canvas(request))


def before_the_store(_: Any, hold: Callable[[], None]) -> None:
    """Canvas's answer is there, and nothing of it is noted."""
    _before(Submission, "note", hold)


def before_the_result(task: Any, hold: Callable[[], None]) -> None:
    """The job is over and its result is known, and nobody else has it."""
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

    def held(self: Any, argument: Any, *arguments: Any, **said: Any) -> Any:
        if when(argument):
            hold()
        return original(self, argument, *arguments, **said)

    setattr(owner, name, held)


def _makes_something(request: requests.PreparedRequest) -> bool:
    return request.method == "POST" and str(request.path_url).split("?")[0].endswith(
        ("/content_migrations", "/content_exports")
    )


def _to_canvas(request: requests.PreparedRequest) -> bool:
    return request.method == "GET" or "/api/v1/" in str(request.path_url)
