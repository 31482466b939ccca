"""What every sensor has in common that waits for a job of Canvas: looking, deferring, its end, its timeout.

A concrete sensor says which watch looks (:attr:`CanvasJobSensor.watch`) and at what (:meth:`CanvasJobSensor.ids`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.providers.common.compat.sdk import AirflowSensorTimeout, BaseSensorOperator

from airflow_provider_canvas.utils.parameters import parse_seconds
from airflow_provider_canvas.utils.waiting import (
    DEFER_SLACK,
    SAFE_DELAY,
    fail_without_retry,
    is_deferrable,
    seconds_allowed,
    status_of_event,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
    from airflow_provider_canvas.client.jobs.waiter import Status, Waiter
    from airflow_provider_canvas.hooks.canvas import CanvasHook


class CanvasJobSensor(BaseSensorOperator):
    """Wait until a job of Canvas is over; one that failed or was cancelled fails the task. It never cancels.

    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    """

    template_fields: Sequence[str] = ("canvas_conn_id",)
    ui_color = "#fdeee9"

    waiter: ClassVar[str]
    """What looks: a name in :data:`~airflow_provider_canvas.client.jobs.waiters.WAITERS`."""

    def __init__(
        self, *, canvas_conn_id: str = "canvas_default", deferrable: bool | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("poke_interval", 15.0)
        super().__init__(**kwargs)
        self.canvas_conn_id = canvas_conn_id
        self.deferrable = deferrable
        self._said = ""

    def ids(self) -> dict[str, Any]:
        """Return what the watch takes, all JSON.

        Whatever the template fields hold is checked here, before anything is sent.

        :raises ValueError: With what to write instead.
        """
        raise NotImplementedError

    @cached_property
    def hook(self) -> CanvasHook:
        """The hook on the connection."""
        from airflow_provider_canvas.hooks.canvas import CanvasHook

        return CanvasHook(self.canvas_conn_id)

    def execute(self, context: Context) -> Any:
        """Look once, then defer (or look on, in the worker)."""
        with self._failing_fast():
            parse_seconds("poke_interval", self.poke_interval)
            deferring = is_deferrable(self.deferrable)
        if not deferring:
            return super().execute(context)
        if not self.poke(context):
            self._defer()
        return None

    def poke(self, context: Context) -> bool:  # noqa: ARG002  # Airflow's signature
        """Return whether the job is where it is waited for; not yet, if Canvas cannot say so just now.

        :raises CanvasJobError: When it failed or was cancelled.
        """
        from airflow_provider_canvas.client.errors import CanvasError
        from airflow_provider_canvas.client.jobs.waiter import ask

        with self._failing_fast():
            try:
                status = ask(self._looking.poll(), self.hook.send)
                self._polling.succeeded()
            except CanvasError as error:
                if error.permanent and (self.reschedule or self._polling.failed(error, time.time())):
                    raise
                self.log.warning("%s Will look again.", error)
                return False
            return self._judge(status)

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> None:  # noqa: ARG002  # Airflow's signature
        """Go on where the trigger ended."""
        with self._failing_fast():
            status = status_of_event(event)
            if status is None:
                raise AirflowSensorTimeout(
                    f"{self._name} did not end within {self._seconds_allowed():g} s (last state: "
                    f"{event.get('workflow_state') or 'unknown'}). It goes on in Canvas."
                )
            self._judge(status)

    def _failing_fast(self) -> AbstractContextManager[None]:
        """No vain retries; but Airflow takes an exception that forbids retries for one that ``soft_fail`` skips."""
        return nullcontext() if self.soft_fail else fail_without_retry()

    def _judge(self, status: Status) -> bool:
        from airflow_provider_canvas.client.errors import CanvasJobError

        if str(status) != self._said:
            self._said = str(status)
            self.log.info("%s: %s", self._name, status)
        if status.state == "failed":
            said = f": {status.message}" if status.message else ", without a word from Canvas"
            raise CanvasJobError(f"{self._name} ended as {status.workflow_state}{said}")
        return status.state == "succeeded"

    @cached_property
    def _polling(self) -> PollSchedule:
        """For how long a job may be unknown; who is rescheduled forgets, and fails at once."""
        from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule

        return PollSchedule(self.poke_interval)

    @cached_property
    def _looking(self) -> Waiter:
        """The watch: kept, since it remembers what it saw."""
        from airflow_provider_canvas.client.jobs.waiters import WAITERS

        return WAITERS[self.waiter](**self.ids())

    @property
    def _name(self) -> str:
        return self._looking.name

    def _defer(self) -> NoReturn:
        from airflow_provider_canvas.triggers.job import CanvasJobTrigger

        now, allowed = time.time(), self._seconds_allowed()
        self.defer(
            trigger=CanvasJobTrigger(
                canvas_conn_id=self.canvas_conn_id,
                waiter=self.waiter,
                ids=self.ids(),
                began_at=now,
                deadline=now + allowed,
                first_poll_at=now + SAFE_DELAY,
                poll_interval=self.poke_interval,
                cancel_on_kill=False,  # what somebody else started is not ours to cancel
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=allowed + DEFER_SLACK),
        )
        raise AssertionError  # defer() does not return

    def _seconds_allowed(self) -> float:
        return seconds_allowed(self.timeout, self.execution_timeout)
