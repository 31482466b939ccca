"""The trigger behind every deferred wait: it looks at one job of Canvas until it is over.

It only ever reads, so it may run twice. It shares one client a loop and token with all other triggers, and ends at an
absolute deadline, which Airflow itself does not enforce while a task is deferred.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.poll_schedule import (
    POLL_INTERVAL,
    PollSchedule,
    format_duration,
    sleep_to_common_step,
)
from airflow_provider_canvas.client.jobs.waiter import Status, aask
from airflow_provider_canvas.client.jobs.waiters import WAITERS
from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook
from airflow_provider_canvas.triggers.on_kill_compat import on_kill_when_killed

LAST_POLL = 30.0
"""Seconds that a look may take beyond the deadline: what is over by then is over."""


class CanvasJobTrigger(BaseTrigger):
    """Wait until a job of Canvas is over. All times are seconds since the epoch.

    Its event has ``status`` (``succeeded``, ``failed``, ``timeout`` or ``error``), ``workflow_state``, ``completion``
    and ``message``; with ``error`` also ``permanent``: whether a retry would be in vain. It has ``job``, if one was
    given.

    :param canvas_conn_id: The connection.
    :param waiter: What to look at, by its name in :data:`~airflow_provider_canvas.client.jobs.waiters.WAITERS`.
    :param ids: What the watch takes: ids, all JSON.
    :param began_at: When the job was submitted.
    :param deadline: When to give up.
    :param first_poll_at: When to look for the first time. A trigger must not fire in the seconds in which Airflow's
        scheduler still believes the task to be running.
    :param poll_interval: Seconds between two looks at a young job.
    :param cancel_on_kill: Whether to cancel the job's Progress when a user ends the task.
    :param job: What the task must know to go on, all JSON. The event brings it back: of all that a deferral leaves for
        the second half of its task, ``dag.test()`` keeps the event alone.
    """

    def __init__(
        self,
        *,
        canvas_conn_id: str,
        waiter: str,
        ids: Mapping[str, Any],
        began_at: float,
        deadline: float,
        first_poll_at: float = 0.0,
        poll_interval: float = POLL_INTERVAL,
        cancel_on_kill: bool = True,
        job: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.canvas_conn_id = canvas_conn_id
        self.waiter = waiter
        self.ids = dict(ids)
        self.began_at = began_at
        self.deadline = deadline
        self.first_poll_at = first_poll_at
        self.poll_interval = poll_interval
        self.cancel_on_kill = cancel_on_kill
        self.job = None if job is None else dict(job)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class's path and the arguments, all JSON."""
        arguments = (
            "canvas_conn_id",
            "waiter",
            "ids",
            "began_at",
            "deadline",
            "first_poll_at",
            "poll_interval",
            "cancel_on_kill",
            "job",
        )
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {name: getattr(self, name) for name in arguments}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until the job is over, the deadline is reached, or looking itself is hopeless."""
        async with on_kill_when_killed(self):
            event = await self._event()
        yield TriggerEvent(event if self.job is None else {**event, "job": self.job})

    async def _event(self) -> dict[str, Any]:
        await asyncio.sleep(max(0.0, self.first_poll_at - time.time()))
        try:
            async with CanvasAsyncHook(self.canvas_conn_id) as hook:
                return await self._wait(hook)
        except (CanvasError, ValueError, AirflowNotFoundException) as error:
            permanent = not isinstance(error, CanvasError) or error.permanent
            return {"status": "error", "message": str(error), "permanent": permanent}

    async def _wait(self, hook: CanvasAsyncHook) -> dict[str, Any]:
        waiter, polling = WAITERS[self.waiter](**self.ids), PollSchedule(self.poll_interval)
        said: str | None = None
        while True:
            status: Status | None = None
            try:
                async with asyncio.timeout(max(LAST_POLL, self.deadline - time.time())):
                    status = await aask(waiter.poll(), hook.send)
                polling.succeeded()
            except TimeoutError:
                self.log.warning("Canvas did not answer before the deadline.")
            except CanvasError as error:
                if polling.failed(error, time.time()):
                    raise
                self.log.warning("%s Will look again.", error)
            if status is not None and str(status) != said:
                said = str(status)
                self.log.info("%s: %s (after %s)", self._name, said, format_duration(time.time() - self.began_at))
            if status is not None and status.state != "pending":
                return _event(status.state, status)
            left = self.deadline - time.time()
            if left <= 0:
                return _event("timeout", status)
            await sleep_to_common_step(min(polling.next_poll(time.time() - self.began_at), left + 0.1))

    async def on_kill(self) -> None:
        """Cancel the job's Progress, since a user ended the task."""
        if not self.cancel_on_kill:
            return
        try:
            async with CanvasAsyncHook(self.canvas_conn_id) as hook:
                for progress_id in await aask(WAITERS[self.waiter](**self.ids).progress_ids(), hook.send):
                    await hook.progress.cancel(progress_id=progress_id, message="Cancelled by a user of Airflow")
                    self.log.info("%s: Progress %s cancelled.", self._name, progress_id)
        except (CanvasError, ValueError) as error:
            self.log.warning("%s could not be cancelled: %s", self._name, error)

    @property
    def _name(self) -> str:
        return WAITERS[self.waiter](**self.ids).name


def _event(state: str, status: Status | None) -> dict[str, Any]:
    return {
        "status": state,
        "workflow_state": status.workflow_state if status else None,
        "completion": status.completion if status else None,
        "message": status.message if status else None,
    }
