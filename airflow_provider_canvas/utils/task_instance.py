"""The state of a task instance in Airflow.

Airflow ends a task in the same way whether a user ended it or its worker stops. The task instance's state tells the
difference.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

log = logging.getLogger(__name__)

CONTINUING_STATES = frozenset({"scheduled", "queued", "running", "deferred", "up_for_retry", "up_for_reschedule"})
"""The states of a task that Airflow continues, in this process or in another attempt."""

STATE_TIMEOUT = 3.0
"""Seconds for reading the state. Airflow kills a task five seconds after it signals it to end."""


def continues(ti: Any) -> bool:
    """Return whether Airflow continues a task that is signalled to end, so that no user ended it; ``False`` if unknown.

    The state is read in a thread of its own, because this runs in signal handlers: the task may have been interrupted
    in the middle of another request to Airflow, which blocks all further requests until its response has come.
    """
    states: list[str | None] = []

    def read() -> None:
        try:
            states.append(_state(ti))
        except Exception as error:  # noqa: BLE001  # the task ends in any case
            log.warning("Airflow does not say why this task was signalled to end: %s", error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(STATE_TIMEOUT)
    return bool(states) and states[0] in CONTINUING_STATES


def _state(ti: Any) -> str | None:
    return state_of(ti, ti.dag_id, ti.run_id, ti.task_id, ti.map_index)


def state_of(ti: Any, dag_id: str, run_id: str, task_id: str, map_index: int) -> str | None:
    """Return the state of any task instance; ``None`` if Airflow does not know it, or it has no state.

    :param ti: The task instance that asks.
    """
    state: str | None
    if hasattr(ti, "get_task_states"):  # Airflow 3
        keys = {"dag_id": dag_id, "run_ids": [run_id], "task_ids": [task_id], "map_index": map_index}
        state = ti.get_task_states(**keys).get(run_id, {}).get(_name(task_id, map_index))
    else:
        state = getattr(_in_database(dag_id, run_id, task_id, map_index), "state", None)
    return state


def name_of(ti: Any) -> str:
    """Return the name of a task instance among the task states of a run, in Airflow 3."""
    return _name(ti.task_id, ti.map_index)


def _name(task_id: str, map_index: int) -> str:
    return str(task_id if map_index < 0 else f"{task_id}_{map_index}")


def in_database(ti: Any) -> Any:
    """Return a task instance as it is now, from the database of Airflow 2, which has no API for tasks."""
    return _in_database(ti.dag_id, ti.run_id, ti.task_id, ti.map_index)


def _in_database(dag_id: str, run_id: str, task_id: str, map_index: int) -> Any:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session:
        return session.get(TaskInstance, (dag_id, task_id, run_id, map_index))
