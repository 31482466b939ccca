"""The base of every sensor that waits for a job of Canvas: poke, defer, timeout.

A concrete sensor names its waiter (:attr:`CanvasJobSensor.waiter`) and the waiter's arguments
(:meth:`CanvasJobSensor.ids`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.providers.common.compat.sdk import (
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
    PokeReturnValue,
)

from airflow_provider_canvas.utils.canvas_task import CanvasTask
from airflow_provider_canvas.utils.parameters import check_bool, none_if_blank, parse_seconds, seconds_or_option
from airflow_provider_canvas.utils.waiting import (
    DEFER_SLACK,
    SAFE_DELAY,
    fail_without_retry,
    is_deferrable,
    seconds_allowed,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.errors import CanvasJobError
    from airflow_provider_canvas.client.jobs.wait import JobWait
    from airflow_provider_canvas.client.jobs.waiters import Status


DEFAULT_INTERVAL = 15.0
"""Seconds between two polls until the task runs, which then reads Airflow's configuration."""


class CanvasJobSensor(CanvasTask, BaseSensorOperator):
    """Wait until a job of Canvas is over. A job that failed or was cancelled fails the task. It cancels nothing.

    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poke_interval: Seconds, or a timedelta, between two polls of a young job; a deferred sensor polls an older
        one less often. By default ``[canvas] poll_interval``, 15 seconds.
    """

    waiter: ClassVar[str]
    """The waiter's name in :data:`~airflow_provider_canvas.client.jobs.waiters.WAITERS`."""

    def __init__(
        self,
        *,
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        poke_interval: float | timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        poke = none_if_blank(poke_interval)
        super().__init__(
            canvas_conn_id=canvas_conn_id, poke_interval=DEFAULT_INTERVAL if poke is None else poke, **kwargs
        )
        self._has_default_interval = poke is None
        self.deferrable = check_bool("deferrable", deferrable)

    def ids(self) -> dict[str, Any]:
        """Return the waiter's arguments, all JSON.

        Template fields are checked here, before anything is sent.

        :raises CanvasInputError: When one is wrong; the message includes the valid form.
        """
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        """Poll once, then defer (or continue to poll in the worker)."""
        self._log_blank_parameters()
        with self._without_retry():
            if self._has_default_interval and self.poke_interval == DEFAULT_INTERVAL:
                self.poke_interval = seconds_or_option("poke_interval", None, "poll_interval")
            parse_seconds("poke_interval", self.poke_interval)
            deferring = is_deferrable(self.deferrable)
        if deferring:
            if not (done := self.poke(context)):
                self._defer()
            result = done.xcom_value if isinstance(done, PokeReturnValue) else None
        else:
            result = self._poke_until_the_end(context)
        self._log_end(self._wait.last_status)
        return result

    def _poke_until_the_end(self, context: Context) -> Any:
        """Poke in the worker, or between reschedules; say which job did not end, and its state, if the time is over."""
        try:
            return super().execute(context)
        except AirflowSensorTimeout:
            raise AirflowSensorTimeout(self._timed_out()) from None
        except AirflowSkipException as skipped:
            if "timed out" in str(skipped):  # with soft_fail, Airflow skips the task when its time is over
                raise AirflowSkipException(self._timed_out()) from None
            raise

    def poke(self, context: Context) -> bool | PokeReturnValue:  # noqa: ARG002  # Airflow's signature
        """Return whether the job has succeeded; ``False`` also while Canvas cannot say.

        :raises CanvasJobError: When it failed or was cancelled.
        """
        with self._without_retry():
            with self._naming_the_job():
                status = self.hook.run(self._wait.poll)
            if status is None or not self._has_succeeded(status):
                return False
            result = self.result(status)
            return True if result is None else PokeReturnValue(is_done=True, xcom_value=result)

    def described(self) -> str:
        """Return what messages call the job, such as ``content_migration 90 into course 42``."""
        raise NotImplementedError

    def page(self) -> str:
        """Return the address that shows the job."""
        raise NotImplementedError

    def result(self, status: Status) -> dict[str, Any] | None:  # noqa: ARG002  # most sensors have none
        """Return the sensor's result for a job that has succeeded; ``None`` for no result."""
        return None

    def failure(self, status: Status) -> CanvasJobError:
        """Return the error of a job that failed: which one, why, and where to see it.

        :param status: How it ended.
        """
        raise NotImplementedError

    def execute_complete(self, context: Context, event: Any) -> Any:  # noqa: ARG002  # Airflow's signature
        """Continue after the trigger's event."""
        from airflow_provider_canvas.triggers.event import status_of_event

        with self._without_retry():
            with self._naming_the_job():
                status = status_of_event(event)
            if status is None:
                raise AirflowSensorTimeout(self._timed_out(event.get("workflow_state"), event.get("last_error")))
            self._has_succeeded(status)
            result = self.result(status)
            self._log_end(status)
            return result

    def _log_end(self, status: Status | None) -> None:
        if status is not None:
            self.log.info("%s is %s: see %s", self.described(), status.workflow_state, self.page())

    def _timed_out(self, workflow_state: str | None = None, last_error: str | None = None) -> str:
        """Return the message of a timeout.

        :param workflow_state: Canvas's name for the last state. By default that of this sensor's last poll.
        :param last_error: The error of the last poll, if that failed. By default that of this sensor's.
        """
        status, error = self._wait.last_status, last_error or self._wait.last_error
        state = workflow_state or (status.workflow_state if status else None)
        name, seconds = f"{self.described()} ({self.page()})", f"{self._seconds_allowed():g} s"
        if state == "exported":
            return f"{name} is exported, but has had no file for {seconds}. Export the content again."
        message = f"{name} did not end within {seconds} (last state: {state or 'unknown'})."
        if error:
            message += f" The last poll failed: {error}"
        if state:
            message += (
                " It continues in Canvas. If it needs more time, give this sensor a longer timeout and clear it: it "
                "waits for the same job."
            )
        return message

    @contextmanager
    def _naming_the_job(self) -> Iterator[None]:
        """Name the job in an error that says nothing about it, such as that of a token that expired."""
        from airflow_provider_canvas.client.errors import CanvasError

        try:
            yield
        except CanvasError as error:
            message = (
                f"{error} This sensor changes nothing in Canvas: if {self.described()} is running, it continues there. "
                "After you clear this task, it waits for the same job."
            )
            error.args = (message,)
            raise

    def _without_retry(self) -> AbstractContextManager[object]:
        """Prevent useless retries; not with ``soft_fail``, since Airflow skips a task for an error without retry."""
        return nullcontext() if self.soft_fail else fail_without_retry()

    def _has_succeeded(self, status: Status) -> bool:
        """Return whether the job has succeeded; ``False`` if it is pending.

        :raises CanvasJobError: When it failed.
        """
        if status.state == "failed":
            raise self.failure(status)
        return status.state == "succeeded"

    @cached_property
    def _wait(self) -> JobWait:
        """The wait, which remembers what it polled before. Passing errors count against the sensor's timeout alone.

        A job may be unknown for a minute, since Canvas reads from replicas that lag. A sensor in reschedule mode is a
        new one at each poke, and cannot tell for how long: for it, a job that is unknown fails at once.
        """
        from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
        from airflow_provider_canvas.client.jobs.wait import JobWait
        from airflow_provider_canvas.client.jobs.waiters import waiter_for

        schedule = PollSchedule(self.poke_interval, tolerance=math.inf, tolerate_not_found=not self.reschedule)
        return JobWait(waiter_for(self.waiter, self.ids()), schedule, self.log)

    @property
    def _name(self) -> str:
        return self._wait.waiter.name

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
                cancel_on_kill=False,  # another task or a person started the job
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=allowed + DEFER_SLACK),
        )
        raise AssertionError  # defer() does not return

    def _seconds_allowed(self) -> float:
        return seconds_allowed(self.timeout, self.execution_timeout)
