"""The base of every operator that starts a job of Canvas: submit, wait or defer, finish, cancel.

A concrete operator implements :meth:`CanvasJobOperator.submit` and :meth:`CanvasJobOperator.finish`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

from airflow_provider_canvas.utils.canvas_task import CanvasTask
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    check_seconds,
    optional_bool,
    parse_seconds,
    seconds_or_option,
)
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

    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.client.jobs.submit_once import Submission
    from airflow_provider_canvas.client.jobs.waiters import Status, Waiter
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient
    from airflow_provider_canvas.utils.submitted_job import SubmittedJob


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
    :param described: What messages call it, such as ``content_migration 90 into course 42``.
    :param page: The address of the page on which Canvas shows it.
    :param is_blocker: Whether the task waits for it only because it blocks the job that the task is to submit.
    :param canvas_instance: The host of its Canvas.
    :param submission: What the task stored about its submission.
    """

    waiter: str
    ids: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)
    began_at: float = 0.0
    deadline: float = 0.0
    started_by_other: bool = False
    described: str = ""
    page: str | None = None
    is_blocker: bool = False
    canvas_instance: str | None = None
    submission: dict[str, Any] | None = None

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
        """What messages call it, such as ``content_export 12 of course 42``."""
        return self.described or self.poller.name


class CanvasJobOperator(CanvasTask):
    """Start a job of Canvas, wait until it is over, and report.

    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param wait_in_worker: Seconds, or a timedelta, for which a deferrable task waits in the worker before it defers: a
        job that ends meanwhile needs no triggerer. By default none: the task defers as soon as the job is submitted.
    :param poll_interval: Seconds, or a timedelta, between two polls of a young job; an older one is polled less often.
        By default ``[canvas] poll_interval``, 15 seconds.
    :param timeout: Seconds, or a timedelta, after which Canvas is asked to cancel the job and the task fails. By
        default ``[canvas] timeout``, 2 hours. A shorter ``execution_timeout`` counts instead, also while the task is
        deferred.
    :param cancel_on_kill: Ask Canvas to cancel the job when a user ends the task: sets it to failed or successful, or
        clears it; not when a worker stops or dies, or the triggerer does. Canvas usually carries the job out all the
        same, and a cleared task then waits for it.
    """

    def __init__(
        self,
        *,
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        wait_in_worker: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        timeout: float | timedelta | None = None,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(canvas_conn_id=canvas_conn_id, **kwargs)
        self.deferrable = check_bool("deferrable", deferrable)
        self.wait_in_worker = check_seconds("wait_in_worker", wait_in_worker, optional=True)
        self.poll_interval = check_seconds("poll_interval", poll_interval, optional=True)
        self.timeout = check_seconds("timeout", timeout, optional=True)
        self.cancel_on_kill = check_bool("cancel_on_kill", cancel_on_kill)
        self._job: Job | None = None
        self._status: Status | None = None
        self._submission: Submission | None = None
        self._task_context: Context | None = None

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
        """Submit the job, then defer, or wait in the worker."""
        self._task_context = context
        self.canvas_page = ""
        self._log_blank_parameters()
        with fail_without_retry(self._find_job):
            return self._submit_and_wait(context, self._check_waiting())

    def _note_lineage(self, job: Job) -> None:
        """Note what a job of this task reads and writes, as soon as the process knows the job."""

    def _submit_and_wait(self, context: Context, allowed: float) -> Any:
        """Submit the job and wait for it; if another job blocks it, wait for that one first.

        :param allowed: For how many seconds to wait.
        """
        from airflow_provider_canvas.client.jobs.job_requests import BlockedSubmissionError

        began, began_at = time.monotonic(), time.time()
        try:
            job = self._described(self.submit(context))
        except BlockedSubmissionError as blocked:
            self.log.warning("%s Waiting for it.", blocked)
            job = self._blocking_job(blocked.blocker)
        left = allowed - (time.monotonic() - began)  # not by the clock, which may have jumped meanwhile
        return self._wait_or_defer(context, replace(job, began_at=began_at, deadline=time.time() + left))

    def _described(self, job: Job) -> Job:
        """Return a job with what messages and the second half of the task need."""
        submission, job = self._submission, replace(job, canvas_instance=self.hook.settings.host)
        if self.lineage.labels:
            job = replace(job, extra={**job.extra, "courses": self.lineage.labels})
        if submission is None or job.described:
            return job
        return replace(
            job,
            described=submission.described,
            page=submission.page,
            submission=submission.record.to_json() if submission.record else None,
        )

    def _instance_of(self, job: Job) -> str:
        """Return the host of a job's Canvas; the connection is read only if an earlier version stored the job."""
        return job.canvas_instance or self.hook.settings.host

    def _blocking_job(self, blocker: Mapping[str, Any]) -> Job:
        """Return the job that waits for the end of one that blocks the submission. Canvas blocks only migrations.

        :param blocker: The record of that job.
        """
        raise NotImplementedError

    def _find_job(self, *, in_store: bool = True) -> SubmittedJob | None:
        """Return the job that this task submitted and whose result it has not reported, if there is one.

        :param in_store: Whether to read what an earlier attempt stored.
        """
        from airflow_provider_canvas.utils.submitted_job import SubmittedJob, find_submitted_job
        from airflow_provider_canvas.utils.task_store import submission_store

        job, context, status = self._job, self._task_context, self._status
        if job is None:
            return find_submitted_job(self._submission, context if in_store else None)
        if job.is_blocker:
            return None
        is_waiting = status is not None and status.workflow_state == "waiting_for_select"
        has_ended = status is not None and status.state != "pending" and not is_waiting
        return SubmittedJob(
            job.name,
            job.page,
            ended_as=status.workflow_state if has_ended and status is not None else None,
            doing="waits for its selection" if is_waiting else "continues",
            is_stored=context is None or submission_store(context).persistent,
        )

    def _check_waiting(self) -> float:
        """Return for how many seconds to wait.

        :raises CanvasInputError: When a parameter of waiting is wrong: before a job is submitted that nothing could
            wait for.
        """
        _ = self._deferring, self._cancelling, self._interval, self._seconds_in_worker
        return seconds_allowed(seconds_or_option("timeout", self.timeout, "timeout"), self.execution_timeout)

    @property
    def _deferring(self) -> bool:
        return is_deferrable(self.deferrable)

    @property
    def _cancelling(self) -> bool:
        return optional_bool("cancel_on_kill", self.cancel_on_kill) is not False

    @property
    def _seconds_in_worker(self) -> float:
        return parse_seconds("wait_in_worker", self.wait_in_worker, optional=True)

    @property
    def _interval(self) -> float:
        return seconds_or_option("poll_interval", self.poll_interval, "poll_interval")

    def _wait_or_defer(self, context: Context, job: Job) -> Any:
        """Wait in the worker as long as the task is to, then defer if it is not over; return the task's return value.

        A job that may be over already is polled once before the task defers.
        """
        self._job, self._status = job, None
        if not job.is_blocker:
            self._note_lineage(job)
        began, allowed = time.monotonic(), job.deadline - time.time()
        if self._deferring:
            seconds = min(allowed, self._seconds_in_worker)
            if seconds == 0 and not self._may_be_over(job):
                return self._defer(job, allowed)
        else:
            seconds = allowed
        status, last_error = self._wait(job, seconds)
        if status is not None and status.state != "pending":
            return self._finish(context, job, status)
        left = allowed - (time.monotonic() - began)
        if left <= 0:
            return self._end_at_deadline(context, job, status.workflow_state if status else None, last_error)
        return self._defer(job, left)

    def _may_be_over(self, job: Job) -> bool:  # noqa: ARG002  # some kinds need it
        """Return whether a job may be over when the wait begins, as one that an earlier attempt submitted."""
        return self._submission is None or not self._submission.has_sent

    def _finish(self, context: Context, job: Job, status: Status) -> Any:
        """Return the task's return value, or fail; store that the task saw the job end."""
        from airflow_provider_canvas.client.errors import CanvasJobError, CanvasJobTimeoutError
        from airflow_provider_canvas.utils.submitted_job import store_end

        if job.is_blocker:
            self._job = None
            return self._submit_and_wait(context, job.deadline - time.time())
        self._status = status
        try:
            result = self.finish(context, job, status)
        except CanvasJobTimeoutError:
            raise
        except CanvasJobError:
            if status.workflow_state != "waiting_for_select":
                store_end(context, self.log)
            raise
        store_end(context, self.log, job.submission)
        return result

    def execute_complete(self, context: Context, event: Any, job: Any = None) -> Any:
        """Continue after the trigger's event.

        :param event: The event.
        :param job: The job, where an earlier version deferred: its trigger does not bring it back.
        """
        from airflow_provider_canvas.client.jobs.waiters import OtherVersionError
        from airflow_provider_canvas.triggers.event import status_of_event

        self._task_context = context
        self.canvas_page = None  # the first half of the task stored it
        with fail_without_retry(self._find_job):
            stored = job if job is not None or not isinstance(event, Mapping) else event.get("job")
            with suppress(OtherVersionError):  # if the event is an error, that is what counts
                self._job = Job.from_json(stored)
            if self._job is not None and not self._job.is_blocker:
                self.lineage.keep_labels(self._job.extra.get("courses"))
                self._note_lineage(self._job)
            status = status_of_event(event)
            known = self._job or Job.from_json(stored)
            self.canvas_page = known.page
            if status is None:
                return self._end_at_deadline(context, known, event.get("workflow_state"), event.get("last_error"))
            return self._finish(context, known, status)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Continue after a deferral; explain one that Airflow itself ended because no trigger reported."""
        from airflow_provider_canvas.client.errors import CanvasJobError
        from airflow_provider_canvas.utils.submitted_job import find_submitted_job

        reason = str((next_kwargs or {}).get("error")).lower()
        if next_method == "__fail__" and ("timeout" in reason or "trigger failure" in reason):
            happened = (
                "The triggerer did not report before the deadline: check that one is running"
                if "timeout" in reason
                else "The trigger failed: its log says why"
            )
            job = find_submitted_job(None, context)
            raise CanvasJobError(
                f"{happened}. {job}"
                if job is not None
                else f"{happened}. The job continues in Canvas, and a retry of this task waits for the same job."
            )
        return super().resume_execution(next_method, next_kwargs, context)

    def on_kill(self) -> None:
        """Cancel the job, if a user ended the task during its submission or while it waited in the worker.

        A worker that stops (an upgrade, an evicted pod) ends its tasks in the same way. Then the job continues, as when
        a worker dies: Canvas does not undo an import, and another one would import the content twice.
        """
        if "hook" not in self.__dict__ or not self._cancelling:
            return
        if continues(self._task_context["ti"] if self._task_context else None):
            self.log.info("No user ended this task. %s", self._find_job(in_store=False) or "")
            return
        self._cancel(self._job, "Cancelled from Airflow by a user")
        if (job := self._find_job(in_store=False)) is not None:
            self.log.info("A user ended this task. %s", job)

    def _wait(self, job: Job, seconds: float) -> tuple[Status | None, CanvasError | None]:
        """Poll until the job is over, or for some seconds.

        :return: Its last status, ``None`` if no poll succeeded, and the error of the last poll, if that failed.
        """
        from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
        from airflow_provider_canvas.client.jobs.wait import JobWait

        wait = JobWait(job.poller, PollSchedule(self._interval), self.log, job.began_at)
        until = time.time() + seconds
        return self.hook.run(lambda caller: wait.until(until, caller)), wait.last_error

    def _defer(self, job: Job, left: float) -> NoReturn:
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
            timeout=timedelta(seconds=left + slack),
        )
        raise AssertionError  # defer() does not return

    def ended_state(self, workflow_state: str | None) -> Status | None:  # noqa: ARG002  # most kinds have none
        """Return the status of a job whose last state at the deadline means that it has ended."""
        return None

    def _end_at_deadline(
        self, context: Context, job: Job, workflow_state: str | None, last_error: CanvasError | str | None
    ) -> Any:
        """Fail because the job did not end in time.

        :param workflow_state: Canvas's name for its last state, if a poll succeeded.
        :param last_error: The error of the last poll, if that failed.
        :raises CanvasBusyError: When the job is another one that blocks the submission.
        :raises CanvasJobTimeoutError: Otherwise.
        """
        from airflow_provider_canvas.client.errors import CanvasBusyError, CanvasJobTimeoutError
        from airflow_provider_canvas.client.jobs.poll_schedule import format_duration

        if (status := self.ended_state(workflow_state)) is not None:
            return self._finish(context, job, status)
        timed_out = (
            f"{job.name}{f' ({job.page})' if job.page else ''} did not end within "
            f"{format_duration(job.deadline - job.began_at)} (last state: {workflow_state or 'unknown'})."
            f"{f' The last poll failed: {last_error}' if last_error else ''}"
        )
        if job.is_blocker:
            raise CanvasBusyError(
                f"{timed_out} It blocks the job of this task, and nothing was submitted. The next attempt of this task "
                "waits for its end again."
            )
        if job.started_by_other:
            consequence = "Another task or a person started it, so it was not cancelled: it continues in Canvas"
        else:
            cancelled = self._cancel(job, "Cancelled by Airflow: it did not end in time")
            consequence = {
                None: "Canvas could not be asked to cancel it, and carries it out",
                True: "Canvas was asked to cancel it, and usually carries it out all the same",
                False: "It has no Progress that could be cancelled: it continues in Canvas",
            }[cancelled]
        raise CanvasJobTimeoutError(
            f"{timed_out} {consequence}, and so this task is not retried. If it needs more time, give the task a "
            "longer timeout (and execution_timeout) and clear it: it waits for the same job."
        )

    def _cancel(self, job: Job | None, message: str) -> bool | None:
        """Cancel the job's Progress; the task ends in any case.

        :return: Whether there was a Progress to cancel; ``None`` if Canvas could not be asked.
        """
        from airflow_provider_canvas.client.errors import CanvasError
        from airflow_provider_canvas.client.protocol.retry import RetryPolicy
        from airflow_provider_canvas.client.transports.requests_client import CanvasClient

        if job is not None and (job.started_by_other or job.is_blocker):
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
            self.log.warning("%s could not be cancelled: %s", job.name if job else "The job", error)
            return None
