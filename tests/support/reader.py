"""A reader who pastes the documentation's snippets into files and runs them, in a process with an own Airflow.

The functions run in that process. Nothing but the environment variables of connections and the working directory comes
from the tests.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOG = "log.txt"
"""The file in the reader's folder that holds what a snippet prints and logs."""

SECONDS = 300
"""How long a snippet may take."""


@dataclass
class Outcome:
    """What became of a snippet.

    :param states: The state of each task instance, as ``task_id`` or ``task_id[index]``.
    :param results: The result of each task instance that has one.
    :param error: What went wrong; empty if nothing did.
    """

    states: dict[str, str] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def set_up(home: str) -> None:
    """Make an Airflow in a new folder, whose tasks defer without the ten seconds that a scheduler needs.

    :param home: The folder.
    """
    os.environ["AIRFLOW_HOME"] = home
    os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = f"{home}/dags"
    os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{home}/airflow.db"
    Path(home, "dags").mkdir()
    with _output_in(Path(home)):
        from airflow.utils.db import initdb

        initdb()
        for module in ("operators.base_job", "operators.bulk_course_copy", "sensors.base"):
            importlib.import_module(f"airflow_provider_canvas.{module}").SAFE_DELAY = 0.2  # type: ignore[attr-defined]


def run_dags(path: Path, folder: Path, environment: Mapping[str, str]) -> Outcome:
    """Run each DAG of a file with ``dag.test()``, from the folder of DAGs."""
    outcome = Outcome()
    in_folder = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], f"{folder.name}_{path.name}")
    in_folder.write_bytes(path.read_bytes())

    def run() -> None:
        from tests.support.dag_files import dags_in

        dags = dags_in(in_folder)
        assert dags, "the block defines no DAG"
        for dag in dags.values():
            for task in dag.tasks:
                task.retries = 0  # a task that fails is not retried in five minutes
            for ti in dag.test(mark_success_pattern="^approve$").get_task_instances():  # what a person clicks
                name = ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"
                outcome.states[name] = str(ti.state)
                outcome.results[name] = json.loads(
                    json.dumps(ti.xcom_pull(task_ids=ti.task_id, map_indexes=ti.map_index), default=str)
                )

    try:
        return _run(outcome, run, folder, environment)
    finally:
        in_folder.unlink()


def run_program(path: Path, folder: Path, environment: Mapping[str, str]) -> Outcome:
    """Run a file as ``python file`` does."""
    return _run(Outcome(), lambda: runpy.run_path(str(path), run_name="__main__"), folder, environment)


def run_tests(path: Path, folder: Path, environment: Mapping[str, str]) -> Outcome:
    """Run the tests of a file with pytest, as a program of its own, in a folder that is a reader's repository."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={folder}", str(path)]

    def run() -> None:
        own = {
            **os.environ,
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        code = subprocess.run(command, env=own, check=False).returncode
        assert code == 0, f"pytest ended with {code}"

    return _run(Outcome(), run, folder, environment)


RUN: dict[str, Callable[[Path, Path, Mapping[str, str]], Outcome]] = {
    "dag": run_dags,
    "program": run_program,
    "tests": run_tests,
}
"""How a block of each kind is run: its file, in a working directory, with environment variables."""


def _run(outcome: Outcome, run: Callable[[], object], folder: Path, environment: Mapping[str, str]) -> Outcome:
    before, path = dict(os.environ), list(sys.path)
    os.environ.update(environment)
    signal.signal(signal.SIGALRM, _time_is_over)
    signal.alarm(SECONDS)
    try:
        with _output_in(folder):
            run()
    except BaseException as error:  # noqa: BLE001  # a snippet may end with sys.exit(), too
        outcome.error = f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
        os.environ.clear()
        os.environ.update(before)
        sys.path[:] = path
    return outcome


def _time_is_over(*_: object) -> None:
    raise TimeoutError(f"the snippet did not end within {SECONDS} seconds")


@contextmanager
def _output_in(folder: Path) -> Iterator[None]:
    """Write what this process prints and logs into a file of a folder, which is the working directory meanwhile."""
    saved, here = (os.dup(1), os.dup(2)), Path.cwd()
    with (folder / LOG).open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(folder)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.chdir(here)
        for number, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, number)
            os.close(copy)
