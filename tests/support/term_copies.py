"""Copy a batch of courses in a real Airflow, disturb it at random instants, and compare the ledger with Canvas."""

from __future__ import annotations

import csv
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa
from airflow_api import AirflowApi
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas

from airflow_provider_canvas.ledger.states import CopyState

FIRST_TEMPLATE, TEMPLATES, FIRST_SECTION = 1010, 12, 2001
TASK = "copy"

STATES = {
    "completed": {CopyState.COMPLETED, CopyState.COMPLETED_WITH_ISSUES},
    "failed": {CopyState.FAILED},
}
"""Canvas's states in which a copy ends, and those that the ledger has for them."""


@dataclass
class TermRun:
    """A run that copies templates into sections of a term.

    :param airflow: The Airflow.
    :param canvas: The local Canvas, with the courses of a term.
    :param engine: The database of the ledger.
    :param batch: The name of the batch.
    :param sections: The destinations.
    :param folder: The folder for the file with the copies.
    :param dag_id: The DAG.
    """

    airflow: LocalAirflow
    canvas: LocalCanvas
    engine: sa.engine.Engine
    batch: str
    sections: Sequence[int]
    folder: Path
    dag_id: str = "term_copies_deferred"
    ledger: str = "ledger"
    run_id: str = field(default="", init=False)

    @property
    def api(self) -> AirflowApi:
        """Airflow's API, which the tests use like a user."""
        return self.airflow.api

    @property
    def task(self) -> dict[str, Any]:
        """The task instance."""
        return self.api.task_instance(self.dag_id, self.run_id, TASK)

    def start(self) -> None:
        """Write the copies to a file, and trigger the run."""
        path = self.folder / f"{self.batch}.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["source_course_id", "destination_course_id", "label_of_the_section"])
            for number, section in enumerate(self.sections):
                writer.writerow([FIRST_TEMPLATE + number % TEMPLATES, section, f"section {number}"])
        self.run_id = self.api.trigger(self.dag_id, {"batch": self.batch, "copies": str(path), "ledger": self.ledger})

    def wait_until_submitted(self, share: float) -> None:
        """Wait until Canvas has a share of the copies.

        :param share: From 0 to 1.
        """
        wanted = int(share * len(self.sections))
        self.api.wait(f"{wanted} copies in Canvas", lambda: len(self.migrations()) >= wanted or None, 300)

    def wait(self, timeout: float = 600) -> str:
        """Wait until the run has ended, and return the state of its task."""
        self.api.wait_for_run(self.dag_id, self.run_id, timeout=timeout, states=("success", "failed"))
        return str(self.task["state"])

    def migrations(self) -> list[dict[str, Any]]:
        """Return Canvas's migrations into the sections, by the emulator's own account."""
        sections = set(self.sections)
        account = self.canvas.control("GET", "content_migrations")["content_migrations"]
        return [row for row in account if row["context_id"] in sections]

    def rows(self) -> list[Mapping[str, Any]]:
        """Return the rows of the ledger."""
        with self.engine.connect() as connection:
            query = sa.text("select * from canvas_copy_ledger where batch = :batch")
            return [dict(row) for row in connection.execute(query, {"batch": self.batch}).mappings()]

    def check(self, *, retried: bool = True) -> None:
        """Check that each section got its content once, and that the ledger says what Canvas says.

        :param retried: Whether the run may have submitted copies that failed once more.
        """
        by_section: dict[int, list[dict[str, Any]]] = {section: [] for section in self.sections}
        for migration in self.migrations():
            by_section[migration["context_id"]].append(migration)
        rows = {int(row["dest_course_id"]): row for row in self.rows()}
        assert rows.keys() == by_section.keys()
        for section, migrations in by_section.items():
            row, *failed_before = rows[section], *migrations[:-1]
            assert migrations, f"course {section} got no copy: {row['state']}, {row['state_detail']}"
            assert all(one["workflow_state"] == "failed" for one in failed_before), f"course {section} got two copies"
            assert retried or not failed_before
            last = migrations[-1]
            assert row["content_migration_id"] == str(last["id"])
            assert row["state"] in STATES[last["workflow_state"]], f"course {section}: {row['state']}"
            assert row["attempts"] == len(migrations)
            assert row["state"] == CopyState.COMPLETED or row["state_detail"], f"course {section} has no explanation"
            issues = sum(row[f"issues_{kind}"] or 0 for kind in ("todo", "warning", "error"))
            assert issues == last["issues"]

    def count_states(self) -> Counter[str]:
        """Return how many rows of the ledger are in each state."""
        return Counter(row["state"] for row in self.rows())


def kill_a_task(airflow: LocalAirflow, chance: random.Random, components: Sequence[str] = ("scheduler",)) -> bool:
    """Kill the process of a running task, and that which supervises it; return whether there was one.

    :param airflow: The Airflow.
    :param chance: Chooses the process.
    :param components: The components whose processes run tasks.
    """
    tasks = [
        task
        for component in components
        for worker in psutil.Process(airflow.pid(component)).children()
        for task in worker.children()
    ]
    if not tasks:
        return False
    task = chance.choice(tasks)
    with suppress(psutil.NoSuchProcess):
        supervisor = task.parent()
        task.kill()
        if supervisor is not None and chance.random() < 0.5:
            supervisor.kill()
    return True


def kill_component(airflow: LocalAirflow, component: str) -> None:
    """Kill a component with all its processes, and start it again."""
    for process in airflow.processes(component):
        if process.pid != airflow.pid(component):
            with suppress(psutil.NoSuchProcess):
                process.kill()
    airflow.restart(component, signal.SIGKILL, down_for=1)


def disturb(run: TermRun, kills: int, chance: random.Random, strikes: Mapping[str, Callable[[], object]]) -> list[str]:
    """Kill processes at random instants while a run is going, and return what was killed.

    The pauses between the kills are the longer, the more copies there are, so that they spread over the whole run.

    :param run: The run.
    :param kills: How often.
    :param chance: Chooses the instants and the processes.
    :param strikes: What to kill, by name.
    """
    done: list[str] = []
    longest = max(8.0, len(run.sections) / 125)
    while len(done) < kills:
        time.sleep(chance.uniform(0.5, longest))
        if run.task["state"] in ("success", "failed"):
            break
        name = chance.choice(list(strikes))
        if strikes[name]() is not False:
            done.append(name)
    return done
