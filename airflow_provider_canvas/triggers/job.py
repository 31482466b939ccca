"""The trigger behind every deferred wait: it polls one job of Canvas until the job is over.

It only reads, so it may run twice. All triggers of an event loop and connection share one client and one poller. The
trigger ends at an absolute deadline, which Airflow itself does not enforce while a task is deferred.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.poll_schedule import POLL_INTERVAL, PollSchedule
from airflow_provider_canvas.client.jobs.waiters import Waiter, waiter_for
from airflow_provider_canvas.triggers.event import event_of_error, event_of_status
from airflow_provider_canvas.triggers.on_kill_compat import KILL_TIMEOUT, finish, on_kill_when_killed
from airflow_provider_canvas.triggers.stored_arguments import Types, check_arguments, stored_form

# The worker makes this trigger when it defers. It needs no client for that, and no poller.
if TYPE_CHECKING:
    from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook

LAST_POLL = 30.0
"""Seconds that the last poll may take beyond the deadline: a job that is over by then is over."""

_NUMBERS = ("began_at", "deadline", "first_poll_at", "poll_interval")
_TYPES: Types = {
    "canvas_conn_id": str,
    "waiter": str,
    "ids": Mapping,
    **dict.fromkeys(_NUMBERS, (int, float)),
    "cancel_on_kill": bool,
    "job": (Mapping, type(None)),
}


class CanvasJobTrigger(BaseTrigger):
    """Wait until a job of Canvas is over. All times are seconds since the epoch.

    Its one event is described in :mod:`~airflow_provider_canvas.triggers.event`; it has ``job`` too, if one was given.

    Another version of this package may have stored the trigger. An argument that this version does not know is ignored,
    with a warning in the log. A missing or broken argument, and an unknown waiter, end in an event with ``error``, so
    that the task fails and says why. So no argument is required here, and none is checked before the trigger runs.

    :param canvas_conn_id: The connection.
    :param waiter: The name of the waiter that polls the job, in
        :data:`~airflow_provider_canvas.client.jobs.waiters.WAITERS`.
    :param ids: The waiter's arguments, all JSON.
    :param began_at: When the job was submitted.
    :param deadline: When to give up.
    :param first_poll_at: When to poll for the first time. A trigger must not fire in the seconds in which Airflow's
        scheduler still believes the task to be running.
    :param poll_interval: Seconds between two polls of a young job.
    :param cancel_on_kill: Whether to cancel the job's Progress when a user ends the task.
    :param job: What the second half of the task needs, all JSON. The event brings it back: of all that a deferral
        leaves for the second half of its task, ``dag.test()`` keeps the event alone.
    :param unknown: Arguments of another version.
    """

    def __init__(
        self,
        *,
        canvas_conn_id: str = "",
        waiter: str = "",
        ids: Mapping[str, Any] | None = None,
        began_at: float = 0.0,
        deadline: float = 0.0,
        first_poll_at: float = 0.0,
        poll_interval: float = POLL_INTERVAL,
        cancel_on_kill: bool = True,
        job: Mapping[str, Any] | None = None,
        **unknown: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.canvas_conn_id = canvas_conn_id
        self.waiter = waiter
        self.ids = ids
        self.began_at = began_at
        self.deadline = deadline
        self.first_poll_at = first_poll_at
        self.poll_interval = poll_interval
        self.cancel_on_kill = cancel_on_kill
        self.job = job
        self._unknown = unknown

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class's path and the arguments, all JSON."""
        return stored_form(self, _TYPES)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the job is over, the deadline is reached, or an error is not tolerated."""
        async with on_kill_when_killed(self):
            event = await self._event()
            await asyncio.sleep(self._silent_seconds)  # an error may have ended the wait before the first poll
        yield TriggerEvent(event if self.job is None else {**event, "job": self.job})

    async def _event(self) -> dict[str, Any]:
        from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook

        try:
            waiter = self._waiter()
            await asyncio.sleep(self._silent_seconds)
            async with CanvasAsyncHook(self.canvas_conn_id) as hook:
                return await self._wait(hook, waiter)
        except (CanvasError, CanvasInputError, AirflowNotFoundException) as error:
            return event_of_error(error)
        except Exception as error:
            self.log.exception("An error that this package does not expect ended the wait for the job.")
            return event_of_error(error)

    @property
    def _silent_seconds(self) -> float:
        """Seconds in which the trigger must not fire: the scheduler still believes the task to be running."""
        is_number = isinstance(self.first_poll_at, int | float) and math.isfinite(self.first_poll_at)
        return max(0.0, self.first_poll_at - time.time()) if is_number else 0.0

    def _waiter(self) -> Waiter:
        """Return the waiter.

        :raises OtherVersionError: When an argument is missing or broken.
        """
        required = ("canvas_conn_id", "waiter", "ids", "deadline")
        check_arguments(self, _TYPES, required=required, unknown=self._unknown)
        return waiter_for(self.waiter, self.ids or {})

    async def _wait(self, hook: CanvasAsyncHook, waiter: Waiter) -> dict[str, Any]:
        from airflow_provider_canvas.client.jobs.poller import shared_poller
        from airflow_provider_canvas.client.jobs.wait import JobWait

        wait = JobWait(waiter, PollSchedule(self.poll_interval), self.log, self.began_at or time.time())
        limit = asyncio.timeout(max(0.0, self.deadline - time.time()) + LAST_POLL)
        try:
            async with limit, shared_poller(hook) as poller:
                await poller.until_over(wait, self.deadline)
        except TimeoutError:
            if not limit.expired():
                raise
            self.log.warning("Canvas did not respond before the deadline.")
        status = wait.last_status
        outcome = "timeout" if status is None or status.state == "pending" else status.state
        return event_of_status(outcome, status, wait.last_error)

    async def on_kill(self) -> None:
        """Cancel the job's Progress, since a user ended the task."""
        if self.cancel_on_kill:
            await finish(self._cancel(), KILL_TIMEOUT)

    async def _cancel(self) -> None:
        from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook

        try:
            waiter = self._waiter()
            async with CanvasAsyncHook(self.canvas_conn_id) as hook:
                await hook.run(lambda caller: waiter.cancel(caller, "Cancelled from Airflow by a user", self.log))
        except (CanvasError, CanvasInputError) as error:
            self.log.warning("%s could not be cancelled: %s", self._described, error)
        self.log.info(
            "A user ended the task. %s continues in Canvas. If you clear the task, it waits for the same job.",
            self._described,
        )

    @property
    def _described(self) -> str:
        """What messages call the job."""
        job = self.job or {}
        described = str(job.get("described") or f"{self.waiter} {self.ids}")
        return f"{described} ({job['page']})" if job.get("page") else described
