"""Follow one task of a run through Airflow's REST API, and print each change of its state and each poll in its log."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field

from airflow_api import AirflowApi
from console import Display

_STATUS = re.compile(r"(content_migration \d+): (?P<state>\w+)(?:, (?P<percentage>[\d.]+) %)?.*")

STATE_DESCRIPTIONS = {
    "queued": "is queued",
    "running": "is running in a worker",
    "deferred": "is waiting in the triggerer, without a worker",
    "success": "succeeded",
    "failed": "failed",
    "up_for_retry": "failed and will be retried",
}


@dataclass
class TaskFollower:
    """Poll one task of a run, and print what has changed.

    :param api: The Airflow.
    :param display: Where to print.
    :param dag_id: The task's DAG.
    :param run_id: The task's run.
    :param task_id: The task.
    :param pattern: The parts of the log that are printed; a group ``percentage`` moves the progress bar.
    :param seconds_in: Seconds that the task has spent in each state so far.
    """

    api: AirflowApi
    display: Display
    dag_id: str
    run_id: str
    task_id: str
    pattern: re.Pattern[str] = _STATUS
    seconds_in: dict[str, float] = field(default_factory=dict)
    _state: str | None = None
    _since: float = field(default_factory=time.monotonic)
    _shown: Counter[int] = field(default_factory=Counter)
    """The number of log lines that have been printed, for each try."""

    def poll(self) -> None:
        """Print what has changed since the last poll."""
        instance = self.api.task_instance(self.dag_id, self.run_id, self.task_id)
        self._show_state(instance["state"])
        if try_number := instance["try_number"]:
            self._show_log(try_number, self.api.task_log(self.dag_id, self.run_id, self.task_id, try_number))

    def _show_state(self, state: str | None) -> None:
        now = time.monotonic()
        if self._state:
            self.seconds_in[self._state] = self.seconds_in.get(self._state, 0.0) + now - self._since
        self._since = now
        if state != self._state and state in STATE_DESCRIPTIONS:
            self.display.say(f"{self.task_id} {STATE_DESCRIPTIONS[state]}")
        self._state = state

    def _show_log(self, try_number: int, log: str) -> None:
        statuses = list(self.pattern.finditer(log))
        for status in statuses[self._shown[try_number] :]:
            self.display.say(f"  {status[0]}")
            percentage = status.groupdict().get("percentage")
            self.display.wait_for("copying", float(percentage) if percentage else None)
        self._shown[try_number] = len(statuses)
