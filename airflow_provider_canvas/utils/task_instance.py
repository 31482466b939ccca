"""How a task instance stands in Airflow, for those whose job depends on it: a task that is told to end, a trigger.

Airflow ends a task in the same way whether a user marked or cleared it, or its worker stops. What happened is told by
the task instance's state.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

log = logging.getLogger(__name__)

CONTINUING_STATES = frozenset({"scheduled", "queued", "running", "deferred", "up_for_retry", "up_for_reschedule"})
"""The states of a task that Airflow goes on with, in this process or in another attempt."""

ASK_TIMEOUT = 3.0
"""Seconds for an answer. Airflow kills a task five seconds after it told it to end."""


def continues(ti: Any) -> bool:
    """Whether Airflow goes on with a task that is told to end: then it was no user who ended it. In doubt: no.

    It is asked in a thread of its own, because this is called from signal handlers: the task may have been interrupted
    in the middle of another question to Airflow, which nobody else can ask before it is answered.
    """
    states: list[str | None] = []

    def ask() -> None:
        try:
            states.append(_state(ti))
        except Exception as error:  # noqa: BLE001  # whatever it is, the task ends all the same
            log.warning("Airflow does not tell why this task is to end: %s", error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(ASK_TIMEOUT)
    return bool(states) and states[0] in CONTINUING_STATES


def _state(ti: Any) -> str | None:
    state: str | None
    if hasattr(ti, "get_task_states"):  # Airflow 3
        which = {"dag_id": ti.dag_id, "run_ids": [ti.run_id], "task_ids": [ti.task_id], "map_index": ti.map_index}
        state = ti.get_task_states(**which).get(ti.run_id, {}).get(name_of(ti))
    else:
        state = getattr(in_database(ti), "state", None)
    return state


def name_of(ti: Any) -> str:
    """Return what Airflow 3 calls a task instance when it tells the states of a run's tasks."""
    return str(ti.task_id if ti.map_index < 0 else f"{ti.task_id}_{ti.map_index}")


def in_database(ti: Any) -> Any:
    """Return a task instance as it is now, from the database of Airflow 2, which has nobody else to ask."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session:
        return session.get(TaskInstance, (ti.dag_id, ti.task_id, ti.run_id, ti.map_index))
