"""Call a trigger's ``on_kill`` where Airflow does not (before 3.3), and finish it although Airflow cancels it.

When a user sets a deferred task to failed or successful, clears it, or ends its run, Airflow 3.3 calls ``on_kill`` of
the task's trigger. Older versions only cancel the trigger's coroutine, as they do when the triggerer stops or hands the
trigger to another one. The state of the task instance tells the difference: it is still deferred unless a user ended
the task.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol

from airflow.triggers.base import BaseTrigger

from airflow_provider_canvas.utils.task_instance import in_database, name_of

log = logging.getLogger(__name__)

AIRFLOW_CALLS_ON_KILL = hasattr(BaseTrigger, "on_kill")

STATE_TIMEOUT = 5.0
"""Seconds for reading the task instance's state. While a triggerer stops, Airflow may not respond any more."""

KILL_TIMEOUT = 20.0
"""Seconds for ``on_kill``. A triggerer of Airflow 2 that stops waits thirty seconds for its triggers."""


class KillableTrigger(Protocol):
    """A trigger that waits for a job: what this module needs of it.

    :param task_instance: The deferred task instance, as Airflow passes it to the trigger; ``None`` if it does not.
    :param deadline: When the trigger gives up, in seconds since the epoch.
    """

    task_instance: Any
    deadline: float

    async def on_kill(self) -> None:
        """Cancel the job."""


@asynccontextmanager
async def on_kill_when_killed(trigger: KillableTrigger) -> AsyncIterator[None]:
    """Call the trigger's ``on_kill`` when a user ends its task while the block runs, unless Airflow itself does.

    The cancellation continues in any case, half a minute later at the latest.
    """
    try:
        yield
    except asyncio.CancelledError:
        if not AIRFLOW_CALLS_ON_KILL and await finish(_is_killed(trigger), STATE_TIMEOUT):
            await trigger.on_kill()
        raise


_unfinished: set[asyncio.Task[Any]] = set()
"""Work that is not done yet: an event loop alone would not keep its tasks alive."""


async def finish(work: Coroutine[Any, Any, Any], seconds: float) -> Any:
    """Return the result of ``work``, or ``None`` if it fails or takes longer than ``seconds``.

    It runs as a task of its own, because every version of Airflow cancels the trigger, and its ``on_kill``, once a
    second until the trigger has ended. When the time is over, the task is left alone instead of cancelled: an
    incomplete message to Airflow's supervisor would break all other triggers.
    """
    task, deadline = asyncio.create_task(work), time.monotonic() + seconds
    _unfinished.add(task)
    task.add_done_callback(_unfinished.discard)
    while not task.done() and (left := deadline - time.monotonic()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)
        except asyncio.CancelledError:
            continue
    if not task.done() or task.cancelled():
        return None
    if error := task.exception():
        log.warning("A cancelled trigger could not read its task's state, or not cancel its job: %s", error)
        return None
    return task.result()


async def _is_killed(trigger: KillableTrigger) -> bool:
    """Return whether a user ended the trigger's task; ``False`` if that is unknown.

    A task whose deferral timed out is no longer deferred either, and its job must continue. But that happens only after
    the trigger's own deadline.
    """
    if trigger.task_instance is None or time.time() > trigger.deadline:
        return False
    return await _left_deferral(trigger.task_instance)


def _left_deferral(ti: Any) -> Awaitable[bool]:
    try:
        from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS
    except ImportError:
        return asyncio.to_thread(_left_in_database, ti)
    return _left_by_supervisor(SUPERVISOR_COMMS, ti)


async def _left_by_supervisor(supervisor: Any, ti: Any) -> bool:
    """Return whether the task has left its deferral, in Airflow 3, whose triggers have no database."""
    from airflow.sdk.execution_time.comms import GetTaskStates

    request = GetTaskStates(dag_id=ti.dag_id, run_ids=[ti.run_id], task_ids=[ti.task_id], map_index=ti.map_index)
    response = await supervisor.asend(request)
    states = response.task_states.get(ti.run_id, {})
    return name_of(ti) in states and states[name_of(ti)] != "deferred"


def _left_in_database(ti: Any) -> bool:
    """Return whether the task has left its deferral, in Airflow 2. A cleared task may be deferred again already."""
    now = in_database(ti)
    return now is not None and (now.state != "deferred" or now.try_number != ti.try_number)
