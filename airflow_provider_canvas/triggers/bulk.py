"""The trigger of a deferred batch: it polls the copies of one wave until enough of them may have ended.

It reads only, so it may run twice. What it needs is in its arguments: ids and times. The ledger has everything else,
and the task reads it when it continues.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.bulk.cancelling import cancel_in_loop, cancelled_in_words
from airflow_provider_canvas.bulk.outstanding import Outstanding
from airflow_provider_canvas.bulk.waiting import wait_for_ends
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.poll_schedule import POLL_INTERVAL
from airflow_provider_canvas.client.jobs.poller import shared_poller
from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook
from airflow_provider_canvas.triggers.event import event_of_error
from airflow_provider_canvas.triggers.on_kill_compat import KILL_TIMEOUT, finish, on_kill_when_killed
from airflow_provider_canvas.triggers.stored_arguments import Types, check_arguments, stored_form

_NUMBERS = ("wanted", "until", "not_before", "deadline", "poll_interval")
_TYPES: Types = {
    "canvas_conn_id": str,
    "batch": str,
    "outstanding": Mapping,
    **dict.fromkeys(_NUMBERS, (int, float)),
    "cancel_on_kill": bool,
    "resume": Mapping,
}


class CanvasBulkTrigger(BaseTrigger):
    """Wait until some copies of a batch may have ended. All times are seconds since the epoch.

    Its one event has ``status`` ``changed`` with ``progresses`` (pairs of a Progress and the time at which it was
    over), ``hints`` (Progresses that may be over), ``records`` (content migrations that ended), ``used_requests`` and
    ``used_cost``; or ``status`` ``error`` with ``message`` and ``permanent``. Each has ``resume``, which the task needs
    to continue. Another version of this package may have stored the trigger: as for
    :class:`~airflow_provider_canvas.triggers.job.CanvasJobTrigger`, unknown arguments are ignored, and a missing or
    broken one ends in an ``error``.

    :param canvas_conn_id: The connection.
    :param batch: The name of the batch, for messages.
    :param outstanding: The copies, in the form of ``Outstanding.to_json()``.
    :param wanted: How many ends are enough.
    :param until: When to send the event in any case.
    :param not_before: When to send the event at the earliest.
    :param deadline: When the task gives up.
    :param poll_interval: Seconds between two polls of a young copy.
    :param cancel_on_kill: Whether to ask Canvas to cancel the copies when a user ends the task.
    :param resume: What the second half of the task needs, all JSON. The event brings it back.
    :param unknown: Arguments of another version.
    """

    def __init__(
        self,
        *,
        canvas_conn_id: str = "",
        batch: str = "",
        outstanding: Mapping[str, Any] | None = None,
        wanted: int = 0,
        until: float = 0.0,
        not_before: float = 0.0,
        deadline: float = 0.0,
        poll_interval: float = POLL_INTERVAL,
        cancel_on_kill: bool = True,
        resume: Mapping[str, Any] | None = None,
        **unknown: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.canvas_conn_id = canvas_conn_id
        self.batch = batch
        self.outstanding = outstanding
        self.wanted = wanted
        self.until = until
        self.not_before = not_before
        self.deadline = deadline
        self.poll_interval = poll_interval
        self.cancel_on_kill = cancel_on_kill
        self.resume = resume
        self._unknown = unknown

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class's path and the arguments, all JSON."""
        return stored_form(self, _TYPES)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until enough copies may have ended, it is time to continue, or an error is not tolerated."""
        async with on_kill_when_killed(self):
            event = await self._event()
        yield TriggerEvent({**event, "resume": self.resume})

    async def _event(self) -> dict[str, Any]:
        try:
            outstanding = self._outstanding()
            async with CanvasAsyncHook(self.canvas_conn_id) as hook, shared_poller(hook) as poller:
                limiter = hook.client.caller.rate_limiter
                requests, cost = limiter.requests, limiter.cost
                ends = await wait_for_ends(
                    hook,
                    poller,
                    outstanding,
                    wanted=self.wanted,
                    interval=self.poll_interval,
                    until=min(self.until, self.deadline),
                    not_before=self.not_before,
                )
                # Polls of other tasks with this token count too: the triggerer sends them together.
                ends.used_requests, ends.used_cost = limiter.requests - requests, limiter.cost - cost
        except (CanvasError, CanvasInputError, AirflowNotFoundException) as error:
            return event_of_error(error)
        except Exception as error:
            self.log.exception("An error that this package does not expect ended the wait for the batch.")
            return event_of_error(error)
        return {"status": "changed", **ends.to_json()}

    def _outstanding(self) -> Outstanding:
        """Return the copies.

        :raises OtherVersionError: When an argument is missing or broken.
        """
        required = ("canvas_conn_id", "batch", "outstanding", "deadline")
        check_arguments(self, _TYPES, required=required, unknown=self._unknown)
        return Outstanding.from_json(self.outstanding or {})

    async def on_kill(self) -> None:
        """Ask Canvas to cancel the copies, since a user ended the task."""
        if self.cancel_on_kill:
            await finish(self._cancel(), KILL_TIMEOUT)

    async def _cancel(self) -> None:
        cancelled, outstanding = 0, Outstanding()
        try:
            outstanding = self._outstanding()
            async with CanvasAsyncHook(self.canvas_conn_id) as hook:
                cancelled = await cancel_in_loop(hook, outstanding.own_progress_ids())
        except (CanvasError, CanvasInputError) as error:
            self.log.warning("The copies of batch %r could not be cancelled: %s", self.batch, error)
        self.log.info("%s", cancelled_in_words(self.batch, cancelled, len(outstanding)))
