"""Calling a trigger's ``on_kill`` where Airflow does not: before 3.3.

When a user marks a deferred task as failed or successful, clears it, or ends its run, Airflow 3.3 calls ``on_kill`` of
the task's trigger. Older versions only cancel the coroutine in which the trigger runs, just as they do when the
triggerer stops or hands the trigger to another one. What happened is told by the task instance: it is still deferred
unless somebody ended the task.
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

LOOK_TIMEOUT = 5.0
"""Seconds for finding out what happened. A triggerer that stops may have nobody left to ask."""

KILL_TIMEOUT = 20.0
"""Seconds for ``on_kill``. A triggerer of Airflow 2 that stops waits thirty seconds for its triggers."""


class KillableTrigger(Protocol):
    """A trigger that waits for a job, as this module sees it.

    :param task_instance: The task instance that waits for it, as Airflow gives it to the trigger; or none.
    :param deadline: When the trigger gives up, in seconds since the epoch.
    """

    task_instance: Any
    deadline: float

    async def on_kill(self) -> None:
        """End the job."""


@asynccontextmanager
async def on_kill_when_killed(trigger: KillableTrigger) -> AsyncIterator[None]:
    """Call the trigger's ``on_kill`` when a user ends its task while the block runs, unless Airflow itself does.

    A cancellation goes on in any case, half a minute later at the latest.
    """
    try:
        yield
    except asyncio.CancelledError:
        if not AIRFLOW_CALLS_ON_KILL and await _finished(_is_killed(trigger), LOOK_TIMEOUT):
            await _finished(trigger.on_kill(), KILL_TIMEOUT)
        raise


async def _finished(work: Coroutine[Any, Any, Any], seconds: float) -> Any:
    """Return what ``work`` returns, or ``None`` if it fails or is not done in so many seconds.

    It is a task of its own because Airflow goes on to cancel the trigger, once a second, until it has ended; and out of
    time it is left alone, not cancelled: half a question to Airflow's supervisor would confuse all other triggers.
    """
    task, deadline = asyncio.ensure_future(work), time.monotonic() + seconds
    while not task.done() and (left := deadline - time.monotonic()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)
        except asyncio.CancelledError:
            continue
    if not task.done() or task.cancelled():
        return None
    if error := task.exception():
        log.warning("A cancelled trigger could not find out why, or not end its job: %s", error)
        return None
    return task.result()


async def _is_killed(trigger: KillableTrigger) -> bool:
    """Whether a user ended the task that the trigger waits for. When in doubt: no.

    A task whose deferral timed out is not deferred any more either, and its job is not to be ended: but that is always
    after the trigger's own deadline.
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
    """Ask Airflow 3, whose triggers have no database."""
    from airflow.sdk.execution_time.comms import GetTaskStates

    question = GetTaskStates(dag_id=ti.dag_id, run_ids=[ti.run_id], task_ids=[ti.task_id], map_index=ti.map_index)
    answer = await supervisor.asend(question)
    states = answer.task_states.get(ti.run_id, {})
    return name_of(ti) in states and states[name_of(ti)] != "deferred"


def _left_in_database(ti: Any) -> bool:
    """Ask Airflow 2. A cleared task may be deferred again already, in its next try."""
    now = in_database(ti)
    return now is not None and (now.state != "deferred" or now.try_number != ti.try_number)
