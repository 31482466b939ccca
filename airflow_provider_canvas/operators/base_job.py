"""The base of every operator that starts a job of Canvas: submit, wait or defer, finish, cancel.

A concrete operator implements :meth:`CanvasJobOperator.submit` and :meth:`CanvasJobOperator.finish`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

from airflow_provider_canvas.utils.canvas_task import CanvasTask
from airflow_provider_canvas.utils.parameters import check_bool, check_seconds, optional_bool, parse_seconds
from airflow_provider_canvas.utils.task_instance import continues
from airflow_provider_canvas.utils.waiting import (
    DEFER_SLACK,
    SAFE_DELAY,
    fail_without_retry,
    is_deferrable,
    seconds_allowed,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.jobs.waiters import Status, Waiter
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient


@dataclass(frozen=True)
class Job:
    """A job of Canvas that a task waits for. It survives a deferral as JSON.

    :param waiter: The name of the waiter that polls it, in
        :data:`~airflow_provider_canvas.client.jobs.waiters.WAITERS`.
    :param ids: The waiter's arguments.
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

    @classmethod
    def from_json(cls, stored: Any) -> Self:
        """Return the job that a deferral stored. Fields that this version does not know are ignored.

        :raises OtherVersionError: When a field is missing, or none was stored.
        """
        from airflow_provider_canvas.client.jobs.waiters import OtherVersionError

        if not isinstance(stored, Mapping):
            raise OtherVersionError("The deferral of this task stored no job.")
        known = {each.name: stored[each.name] for each in fields(cls) if each.name in stored}
        if not isinstance(known.get("waiter"), str) or not isinstance(known.get("ids"), Mapping):
            raise OtherVersionError(f"The deferral of this task stored a job without waiter or ids: {dict(stored)!r}.")
        return cls(**known)

    @cached_property
    def poller(self) -> Waiter:
        """The waiter that polls it."""
        from airflow_provider_canvas.client.jobs.waiters import waiter_for

        return waiter_for(self.waiter, self.ids)

    @property
    def name(self) -> str:
        """Its name in logs and messages, such as ``content_export 12``."""
        return self.poller.name


class CanvasJobOperator(CanvasTask):
    """Start a job of Canvas, wait until it is over, and report.

    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poll_interval: Seconds, or a timedelta, between two polls of a young job; an older one is polled less often.
    :param timeout: Seconds, or a timedelta, after which Canvas is asked to cancel the job and the task fails. A shorter
        ``execution_timeout`` counts instead, also while the task is deferred.
    :param cancel_on_kill: Ask Canvas to cancel the job when a user ends the task: sets it to failed or successful, or
        clears it; not when a worker stops or dies, or the triggerer does. Canvas usually carries the job out all the
        same, and a cleared task then waits for it.
    """

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
        super().__init__(canvas_conn_id=canvas_conn_id, **kwargs)
        self.deferrable = check_bool("deferrable", deferrable)
        self.poll_interval = check_seconds("poll_interval", poll_interval)
        self.timeout = check_seconds("timeout", timeout)
        self.cancel_on_kill = check_bool("cancel_on_kill", cancel_on_kill)
        self._job: Job | None = None
        self._ti: Any = None

    def submit(self, context: Context) -> Job:
        """Submit the job, or find the one that an earlier attempt submitted; return it, without times.

        Template fields are checked here, before anything is sent.
        """
        raise NotImplementedError

    def interrupted(self, client: CanvasClient) -> Job | None:  # noqa: ARG002  # operators that can find it use it
        """Return the job that :meth:`submit` submitted before a signal interrupted it, if there is one."""
        return None

    def finish(self, context: Context, job: Job, status: Status) -> Any:
        """Turn a finished job into the task's return value.

        :param status: How the job ended. Its ``record`` is the job's own record, if the last poll read it; a deferral
            keeps no URLs of files in it.
        :raises CanvasJobError: When the job failed.
        """
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        """Submit the job, wait a few seconds, then defer (or continue to wait)."""
        self._ti = context["ti"]
        self._log_blank_parameters()
        with fail_without_retry():
            began_at = time.time()
            deadline = began_at + self._check_waiting()
            return self._wait_or_defer(context, replace(self.submit(context), began_at=began_at, deadline=deadline))

    def _check_waiting(self) -> float:
        """Return for how many seconds to wait.

        :raises CanvasInputError: When a parameter of waiting is wrong: before a job is submitted that nothing could
            wait for.
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
        """Wait a few seconds for a job, then defer (or continue to wait); return the task's return value."""
        self._job = job
        defer_at = min(job.deadline, time.time() + SAFE_DELAY)
        status = self._wait(job, until=defer_at if self._deferring else job.deadline)
        if status is not None and status.state != "pending":
            return self.finish(context, job, status)
        if time.time() >= job.deadline:
            self._time_out(job, status.workflow_state if status else None)
        return self._defer(job)

    def execute_complete(self, context: Context, event: Any, job: Any = None) -> Any:
        """Continue after the trigger's event.

        :param event: The event.
        :param job: The job, where an earlier version deferred: its trigger does not bring it back.
        """
        from airflow_provider_canvas.triggers.event import status_of_event

        self._ti = context["ti"]
        with fail_without_retry():
            status = status_of_event(event)
            self._job = known = Job.from_json(event.get("job") if job is None else job)
            if status is None:
                self._time_out(known, event.get("workflow_state"))
            return self.finish(context, known, status)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Continue after a deferral; explain one that Airflow itself ended because no trigger reported."""
        from airflow_provider_canvas.client.errors import CanvasJobError

        if next_method == "__fail__" and "timeout" in str((next_kwargs or {}).get("error")).lower():
            raise CanvasJobError(
                "The triggerer did not report before the deadline: check that one is running. The job continues in "
                "Canvas, and a retry of this task waits for the same job."
            )
        return super().resume_execution(next_method, next_kwargs, context)

    def on_kill(self) -> None:
        """Cancel the job, if a user ended the task during its submission or while it waited in the worker.

        A worker that stops (an upgrade, an evicted pod) ends its tasks in the same way. Then the job continues, as when
        a worker dies: Canvas does not undo an import, and another one would import the content twice.
        """
        if "hook" not in self.__dict__ or not self._cancelling:
            return
        if continues(self._ti):
            self.log.info("No user ended this task. Its job continues, and the next attempt waits for the same job.")
            return
        self._cancel(self._job, "Cancelled from Airflow by a user")

    def _wait(self, job: Job, until: float) -> Status | None:
        """Poll until the job is over, or until a time; return its last status, ``None`` if no poll succeeded."""
        from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
        from airflow_provider_canvas.client.jobs.wait import JobWait

        wait = JobWait(job.poller, PollSchedule(self._interval), self.log, job.began_at)
        return self.hook.run(lambda caller: wait.until(until, caller))

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
            consequence = "Another task or a person started it, so it was not cancelled: it continues in Canvas"
        else:
            cancelled = self._cancel(job, "Cancelled by Airflow: it did not end in time")
            asked = "was asked" if cancelled else "could not be asked"
            consequence = f"Canvas {asked} to cancel it, and usually carries it out all the same"
        raise CanvasJobTimeoutError(
            f"{job.name} did not end within {format_duration(job.deadline - job.began_at)} "
            f"(last state: {workflow_state or 'unknown'}). {consequence}, and so this task is not retried. If it needs "
            "more time, give the task a longer timeout (and execution_timeout) and clear it: it waits for the same job."
        )

    def _cancel(self, job: Job | None, message: str) -> bool:
        """Cancel the job's Progress and return whether that succeeded; the task ends in any case."""
        from airflow_provider_canvas.client.errors import CanvasError
        from airflow_provider_canvas.client.protocol.retry import RetryPolicy
        from airflow_provider_canvas.client.transports.requests_client import CanvasClient

        if job is not None and job.started_by_other:
            return False
        try:
            # A client of its own: a signal may have interrupted the hook's client in the middle of a request.
            with CanvasClient(self.hook.settings, RetryPolicy(retry_for=10)) as client:
                job = job or self.interrupted(client)
                if job is None:
                    return False
                waiter = job.poller
                return bool(client.run(lambda caller: waiter.cancel(caller, message, self.log)))
        except CanvasError as error:
            self.log.warning("The job could not be cancelled: %s", error)
            return False
