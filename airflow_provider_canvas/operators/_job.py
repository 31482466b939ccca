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

from airflow_provider_canvas.tasks import (
    DEFER_SLACK,
    SAFE_DELAY,
    is_deferrable,
    no_vain_retry,
    seconds_allowed,
    status_of_event,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.blocking import BlockingClient
    from airflow_provider_canvas.client.watch import Status, Watch
    from airflow_provider_canvas.hooks.canvas import CanvasHook


@dataclass(frozen=True)
class Job:
    """A job of Canvas that a task waits for; it survives a deferral as JSON.

    :param watch: How to look at it: a name in :data:`~airflow_provider_canvas.client.watches.WATCHES`.
    :param ids: The ids that the watch takes.
    :param about: What else the operator needs to know of it at the end.
    :param began_at: When it was submitted, in seconds since the epoch.
    :param deadline: When to give up, in seconds since the epoch.
    :param foreign: Whether somebody else started it, so that it is not ours to cancel.
    """

    watch: str
    ids: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)
    began_at: float = 0.0
    deadline: float = 0.0
    foreign: bool = False


class CanvasJobOperator(BaseOperator):
    """Start a job of Canvas, wait until it is over, and report.

    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poll_interval: Seconds between two looks at a young job; older jobs are looked at less often.
    :param timeout: Seconds, or a timedelta, after which the job is cancelled and the task fails. A shorter
        ``execution_timeout`` counts instead, also while the task is deferred.
    :param cancel_on_kill: Cancel the job when a user ends the task: marks it failed or successful, or clears it.
    """

    template_fields: Sequence[str] = ("canvas_conn_id",)

    def __init__(
        self,
        *,
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        poll_interval: float = 15.0,
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

    def submit(self, context: Context) -> Job:
        """Submit the job, or find the one that an earlier attempt submitted; return it, without times.

        Whatever the template fields hold is checked here, before anything is sent.
        """
        raise NotImplementedError

    def interrupted(self, client: BlockingClient) -> Job | None:  # noqa: ARG002  # for those that can tell
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
        with no_vain_retry():
            began_at = time.time()
            deadline = began_at + seconds_allowed(self.timeout, self.execution_timeout)
            return self._see_through(context, replace(self.submit(context), began_at=began_at, deadline=deadline))

    def _see_through(self, context: Context, job: Job) -> Any:
        """Wait a little for a job, then defer (or wait on); return what its end makes of the task."""
        self._job = job
        deferring = min(job.deadline, time.time() + SAFE_DELAY)
        status = self._wait(job, until=deferring if is_deferrable(self.deferrable) else job.deadline)
        if status.state != "pending":
            return self.finish(context, job, status)
        if time.time() >= job.deadline:
            self._time_out(job, status.workflow_state)
        return self._defer(job)

    def execute_complete(self, context: Context, event: Mapping[str, Any], job: Mapping[str, Any]) -> Any:
        """Go on where the trigger ended."""
        self._job = known = Job(**job)
        with no_vain_retry():
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
        """Cancel the job, since the task was ended while it was submitted, or waited for in the worker."""
        if self.cancel_on_kill and "hook" in self.__dict__:
            self._cancel(self._job, "Cancelled by a user of Airflow")

    def _wait(self, job: Job, until: float) -> Status:
        """Look until the job is over or the time is; the last status is returned."""
        from airflow_provider_canvas.client.elapsed import in_words
        from airflow_provider_canvas.client.errors import CanvasError
        from airflow_provider_canvas.client.polling import Polling
        from airflow_provider_canvas.client.watch import Status, ask

        watch, polling, said = self._watch(job), Polling(self.poll_interval), ""
        status = Status("pending", "unknown")
        while True:
            try:
                status = ask(watch.look(), self.hook.send)
                polling.succeeded()
            except CanvasError as error:
                if polling.failed(error, time.time()):
                    raise
                self.log.warning("%s Will look again.", error)
            if str(status) != said:
                said = str(status)
                self.log.info("%s: %s (after %s)", self._name(job), said, in_words(time.time() - job.began_at))
            left = until - time.time()
            if status.state != "pending" or left <= 0:
                return status
            # A young job may be over at once: look soon, then at the usual rhythm.
            age = time.time() - job.began_at
            time.sleep(min(left, polling.next_look(age), max(1.0, age)))

    def _watch(self, job: Job) -> Watch:
        from airflow_provider_canvas.client.watches import WATCHES

        return WATCHES[job.watch](**job.ids)

    def _defer(self, job: Job) -> NoReturn:
        from airflow_provider_canvas.triggers.job import CanvasJobTrigger

        now = time.time()
        trigger = CanvasJobTrigger(
            canvas_conn_id=self.canvas_conn_id,
            watch=job.watch,
            ids=job.ids,
            began_at=job.began_at,
            deadline=job.deadline,
            first_look_at=now + SAFE_DELAY,
            poll_interval=self.poll_interval,
            cancel_on_kill=self.cancel_on_kill and not job.foreign,
        )
        slack = DEFER_SLACK + 2 * self.poll_interval
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            kwargs={"job": asdict(job)},
            timeout=timedelta(seconds=max(0.0, job.deadline - now) + slack),
        )
        raise AssertionError  # defer() does not return

    def _time_out(self, job: Job, workflow_state: str | None) -> NoReturn:
        from airflow_provider_canvas.client.elapsed import in_words
        from airflow_provider_canvas.client.errors import CanvasJobTimeoutError

        cancelled = self._cancel(job, "Cancelled by Airflow: it did not end in time")
        raise CanvasJobTimeoutError(
            f"{self._name(job)} did not end within {in_words(job.deadline - job.began_at)} "
            f"(last state: {workflow_state or 'unknown'}). Its Progress {'was' if cancelled else 'could not be'} "
            "cancelled; a job that runs already goes on in Canvas, and so this task is not retried. If it needs more "
            "time, give the task a longer timeout (and execution_timeout)."
        )

    def _cancel(self, job: Job | None, message: str) -> bool:
        """Cancel the job's Progress and return whether that worked; the task ends in any case."""
        from airflow_provider_canvas.client.blocking import BlockingClient
        from airflow_provider_canvas.client.errors import CanvasError
        from airflow_provider_canvas.client.policy import Policy
        from airflow_provider_canvas.client.watch import ask

        cancelled = False
        if job is not None and job.foreign:
            return False
        try:
            # A client of its own: a signal may have interrupted the hook's in the middle of a request.
            with BlockingClient(self.hook.settings, Policy(retry_for=10)) as client:
                job = job or self.interrupted(client)
                for progress_id in ask(self._watch(job).progress_ids(), client.send) if job else ():
                    client.progress.cancel(progress_id=progress_id, message=message)
                    cancelled = True
                    self.log.info("%s: Progress %s cancelled.", self._name(job), progress_id)
        except CanvasError as error:
            self.log.warning("The job could not be cancelled: %s", error)
            return False
        return cancelled

    @staticmethod
    def _name(job: Job | None) -> str:
        if job is None:
            return "The job"
        return f"{job.watch} {job.ids.get(f'{job.watch}_id', '')}".strip()
