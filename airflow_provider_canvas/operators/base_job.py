"""What every operator that starts a job of Canvas has in common: submitting, waiting, ending, being killed.

A concrete operator says what to submit (:meth:`CanvasJobOperator.submit`) and what to make of the end
(:meth:`CanvasJobOperator.finish`). This file owns everything between.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_canvas.utils.parameters import optional_bool, parse_seconds
from airflow_provider_canvas.utils.task_instance import continues
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

    from airflow_provider_canvas.client.jobs.waiter import Status, Waiter
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient
    from airflow_provider_canvas.hooks.canvas import CanvasHook


@dataclass(frozen=True)
class Job:
    """A job of Canvas that a task waits for; it survives a deferral as JSON.

    :param waiter: How to look at it: a name in :data:`~airflow_provider_canvas.client.jobs.waiters.WAITERS`.
    :param ids: The ids that the watch takes.
    :param extra: What else the operator needs at the end, all JSON.
    :param began_at: When it was submitted, in seconds since the epoch.
    :param deadline: When to give up, in seconds since the epoch.
    :param started_by_other: Whether another task or a person started it. Such a job is never cancelled.
    """

    waiter: str
    ids: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)
    began_at: float = 0.0
    deadline: float = 0.0
    started_by_other: bool = False


class CanvasJobOperator(BaseOperator):
    """Start a job of Canvas, wait until it is over, and report.

    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poll_interval: Seconds, or a timedelta, between two looks at a young job; at older ones it looks less often.
    :param timeout: Seconds, or a timedelta, after which the job is cancelled and the task fails. A shorter
        ``execution_timeout`` counts instead, also while the task is deferred.
    :param cancel_on_kill: Cancel the job when a user ends the task: marks it failed or successful, or clears it. It is
        not cancelled when a worker stops or dies, or the triggerer does.
    """

    template_fields: Sequence[str] = ("canvas_conn_id",)

    def __init__(
        self,
        *,
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        poll_interval: float | timedelta = 15.0,
        timeout: float | timedelta = timedelta(hours=2),
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.canvas_conn_id = canvas_conn_id
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.timeout = timeout
        self.cancel_on_kill = cancel_on_kill
        self._job: Job | None = None
        self._ti: Any = None

    def submit(self, context: Context) -> Job:
        """Submit the job, or find the one that an earlier attempt submitted; return it, without times.

        Whatever the template fields hold is checked here, before anything is sent.
        """
        raise NotImplementedError

    def interrupted(self, client: CanvasClient) -> Job | None:  # noqa: ARG002  # for those that can tell
        """Return the job that :meth:`submit` submitted, though it was interrupted before it returned."""
        return None

    def finish(self, context: Context, job: Job, status: Status) -> Any:
        """Make of a job that is over the task's result.

        :raises CanvasJobError: When it failed.
        """
        raise NotImplementedError

    @cached_property
    def hook(self) -> CanvasHook:
        """The hook on the connection."""
        from airflow_provider_canvas.hooks.canvas import CanvasHook

        return CanvasHook(self.canvas_conn_id)

    def execute(self, context: Context) -> Any:
        """Submit, wait a little, then defer (or wait on)."""
        self._ti = context["ti"]
        with fail_without_retry():
            began_at = time.time()
            deadline = began_at + self._check_waiting()
            return self._wait_or_defer(context, replace(self.submit(context), began_at=began_at, deadline=deadline))

    def _check_waiting(self) -> float:
        """Return for how many seconds to wait.

        :raises ValueError: When it is not clear how to wait: better now than when there is a job to wait for.
        """
        _ = self._deferring, self._cancelling, self._interval
        return seconds_allowed(parse_seconds("timeout", self.timeout), self.execution_timeout)

    @property
    def _deferring(self) -> bool:
        return is_deferrable(self.deferrable)

    @property
    def _cancelling(self) -> bool:
        return optional_bool("cancel_on_kill", self.cancel_on_kill) is not False

    @property
    def _interval(self) -> float:
        return parse_seconds("poll_interval", self.poll_interval)

    def _wait_or_defer(self, context: Context, job: Job) -> Any:
        """Wait a little for a job, then defer (or wait on); return what its end makes of the task."""
        self._job = job
        deferring = min(job.deadline, time.time() + SAFE_DELAY)
        status = self._wait(job, until=deferring if self._deferring else job.deadline)
        if status.state != "pending":
            return self.finish(context, job, status)
        if time.time() >= job.deadline:
            self._time_out(job, status.workflow_state)
        return self._defer(job)

    def execute_complete(self, context: Context, event: Mapping[str, Any], job: Mapping[str, Any] | None = None) -> Any:
        """Go on where the trigger ended.

        :param event: What the trigger said.
        :param job: The job, for what an earlier version deferred: its trigger does not bring it back.
        """
        self._ti = context["ti"]
        self._job = known = Job(**(event["job"] if job is None else job))
        with fail_without_retry():
            status = status_of_event(event)
            if status is None:
                self._time_out(known, event.get("workflow_state"))
            return self.finish(context, known, status)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after a deferral; explain one that Airflow itself ended because no trigger reported."""
        from airflow_provider_canvas.client.errors import CanvasJobError

        if next_method == "__fail__" and "timeout" in str((next_kwargs or {}).get("error")).lower():
            raise CanvasJobError(
                "The triggerer did not report until after the deadline: look whether one is running. The job goes on "
                "in Canvas, and a retry of this task waits for the same one."
            )
        return super().resume_execution(next_method, next_kwargs, context)

    def on_kill(self) -> None:
        """Cancel the job, if a user ended the task while it was submitted, or waited for in the worker.

        A worker that stops (an upgrade, an evicted pod) ends its tasks in the same way. Then the job goes on, as when a
        worker dies: Canvas does not take back what it imported, and a second one would come on top.
        """
        if "hook" not in self.__dict__ or not self._cancelling:
            return
        if continues(self._ti):
            self.log.info("No user ended this task. What it submitted goes on, and its next attempt waits for that.")
            return
        self._cancel(self._job, "Cancelled by a user of Airflow")

    def _wait(self, job: Job, until: float) -> Status:
        """Look until the job is over or the time is; the last status is returned."""
        from airflow_provider_canvas.client.errors import CanvasError
        from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule, format_duration
        from airflow_provider_canvas.client.jobs.waiter import Status, ask

        waiter, polling, said = self._waiter(job), PollSchedule(self._interval), ""
        status = Status("pending", "unknown")
        while True:
            try:
                status = ask(waiter.poll(), self.hook.send)
                polling.succeeded()
            except CanvasError as error:
                if polling.failed(error, time.time()):
                    raise
                self.log.warning("%s Will look again.", error)
            if str(status) != said:
                said = str(status)
                self.log.info("%s: %s (after %s)", self._name(job), said, format_duration(time.time() - job.began_at))
            left = until - time.time()
            if status.state != "pending" or left <= 0:
                return status
            # A young job may be over at once: look soon, then at the usual rhythm.
            age = time.time() - job.began_at
            time.sleep(min(left, polling.next_poll(age), max(1.0, age)))

    def _waiter(self, job: Job) -> Waiter:
        from airflow_provider_canvas.client.jobs.waiters import WAITERS

        return WAITERS[job.waiter](**job.ids)

    def _defer(self, job: Job) -> NoReturn:
        from airflow_provider_canvas.triggers.job import CanvasJobTrigger

        now = time.time()
        trigger = CanvasJobTrigger(
            canvas_conn_id=self.canvas_conn_id,
            waiter=job.waiter,
            ids=job.ids,
            began_at=job.began_at,
            deadline=job.deadline,
            first_poll_at=now + SAFE_DELAY,
            poll_interval=self._interval,
            cancel_on_kill=self._cancelling and not job.started_by_other,
            job=asdict(job),
        )
        slack = DEFER_SLACK + 2 * self._interval
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            timeout=timedelta(seconds=max(0.0, job.deadline - now) + slack),
        )
        raise AssertionError  # defer() does not return

    def _time_out(self, job: Job, workflow_state: str | None) -> NoReturn:
        from airflow_provider_canvas.client.errors import CanvasJobTimeoutError
        from airflow_provider_canvas.client.jobs.poll_schedule import format_duration

        if job.started_by_other:
            left = "Somebody else started it, so it was not cancelled: it goes on in Canvas"
        else:
            did = "was" if self._cancel(job, "Cancelled by Airflow: it did not end in time") else "could not be"
            left = f"Its Progress {did} cancelled; a job that runs already goes on in Canvas"
        raise CanvasJobTimeoutError(
            f"{self._name(job)} did not end within {format_duration(job.deadline - job.began_at)} "
            f"(last state: {workflow_state or 'unknown'}). {left}, and so this task is not retried. If it needs more "
            "time, give the task a longer timeout (and execution_timeout)."
        )

    def _cancel(self, job: Job | None, message: str) -> bool:
        """Cancel the job's Progress and return whether that worked; the task ends in any case."""
        from airflow_provider_canvas.client.errors import CanvasError
        from airflow_provider_canvas.client.jobs.waiter import ask
        from airflow_provider_canvas.client.protocol.retry import RetryPolicy
        from airflow_provider_canvas.client.transports.requests_client import CanvasClient

        cancelled = False
        if job is not None and job.started_by_other:
            return False
        try:
            # A client of its own: a signal may have interrupted the hook's in the middle of a request.
            with CanvasClient(self.hook.settings, RetryPolicy(retry_for=10)) as client:
                job = job or self.interrupted(client)
                if job is None:
                    return False
                for progress_id in ask(self._waiter(job).progress_ids(), client.send):
                    client.progress.cancel(progress_id=progress_id, message=message)
                    cancelled = True
                    self.log.info("%s: Progress %s cancelled.", self._name(job), progress_id)
        except CanvasError as error:
            self.log.warning("The job could not be cancelled: %s", error)
            return False
        return cancelled

    def _name(self, job: Job) -> str:
        return self._waiter(job).name
