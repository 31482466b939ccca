"""Following a course copy through Airflow's REST API: what a user of Airflow sees, told when it changes."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field

from airflow_api import AirflowApi
from console import Display

_STATUS = re.compile(r"(content_migration \d+): (?P<state>\w+)(?:, (?P<percentage>[\d.]+) %)?.*")

IN_WORDS = {
    "queued": "is queued",
    "running": "runs in a worker",
    "deferred": "waits in the triggerer and holds no worker",
    "success": "has succeeded",
    "failed": "has failed",
    "up_for_retry": "failed and will be tried again",
}


@dataclass
class CopyWatch:
    """
    Looks at one task of a run again and again, and tells what is new.

    :param api: the Airflow
    :param display: where it is told
    :param dag_id: the task's DAG
    :param run_id: the task's run
    :param task_id: the task
    :param seconds_in: how long the task has been in each state, filled while looking
    """

    api: AirflowApi
    display: Display
    dag_id: str
    run_id: str
    task_id: str
    seconds_in: dict[str, float] = field(default_factory=dict)
    _state: str | None = None
    _since: float = field(default_factory=time.monotonic)
    _told: Counter[int] = field(default_factory=Counter)
    """How many lines of each try's log have been told."""

    def look(self) -> None:
        """Tell what is new."""
        instance = self.api.task_instance(self.dag_id, self.run_id, self.task_id)
        self._tell_state(instance["state"])
        if try_number := instance["try_number"]:
            self._tell_log(try_number, self.api.task_log(self.dag_id, self.run_id, self.task_id, try_number))

    def _tell_state(self, state: str | None) -> None:
        now = time.monotonic()
        if self._state:
            self.seconds_in[self._state] = self.seconds_in.get(self._state, 0.0) + now - self._since
        self._since = now
        if state != self._state and state in IN_WORDS:
            self.display.say(f"{self.task_id} {IN_WORDS[state]}")
        self._state = state

    def _tell_log(self, try_number: int, log: str) -> None:
        found = list(_STATUS.finditer(log))
        for status in found[self._told[try_number] :]:
            self.display.say(f"  {status[0]}")
            percentage = status["percentage"]
            self.display.wait_for("copying", float(percentage) if percentage else None)
        self._told[try_number] = len(found)
