"""Operator that publishes, concludes, deletes or restores any number of courses, and checks each of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.base_job import CanvasJobOperator, Job
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    check_choice,
    check_id,
    optional_bool,
    parse_list,
)
from airflow_provider_canvas.utils.result_sentences import time_since

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.call import Call
    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient
    from airflow_provider_canvas.lineage.datasets import Change

DONE = {"offer": "published", "conclude": "concluded", "delete": "deleted", "undelete": "restored"}
"""The state of a course after each event, for messages."""

MAX_LOGGED_MESSAGE = 2000
"""Characters of a Progress's message in the log: Canvas names each course in it."""

FAILED_IN_RESULT = 20
"""The maximum number of failed courses in the result, which counts all of them."""


class CanvasBatchUpdateCoursesOperator(CanvasJobOperator):
    """Offer, conclude, delete or undelete any number of courses of an account, and check each of them.

    Canvas accepts 500 courses per request, and processes them in the background. A completed Progress proves nothing
    about a single course, so the task checks each one afterwards. A course that already has the state is no failure, so
    a retry may repeat requests (it does not repeat those that are known to be running or completed).

    The result is a dict: ``canvas_instance``, ``account_id``, ``event``, ``progress_ids``, ``courses`` (how many),
    ``counts`` (by ``workflow_state``), ``failed_count``, ``failed`` (the first 20: ``course_id``, ``workflow_state``,
    ``why``), ``output_path``, ``url``.

    .. seealso:: https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.batch_update

    :param account_id: The account. (templated)
    :param course_ids: The courses, by number or SIS id: a list, also the output of a task that returns one, or one of
        them. (templated)
    :param event: ``offer`` publishes, ``conclude`` ends, ``delete`` deletes, ``undelete`` brings back, unpublished.
        (templated)
    :param fail_on_errors: Fail the task if one of the courses does not have the state. Default: ``True``.
    :param output_path: The file that receives the state of every course, as JSON lines: a path on any object storage
        that Airflow supports, or a local one. An existing file is replaced. (templated)
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

    template_fields: Sequence[str] = (
        *CanvasJobOperator.template_fields,
        "account_id",
        "course_ids",
        "event",
        "output_path",
    )
    operator_extra_links = (CanvasPageLink(),)
    ui_color = "#fdeee9"

    def __init__(
        self,
        *,
        account_id: int | str,
        course_ids: Sequence[int | str] | int | str,
        event: Literal["offer", "conclude", "delete", "undelete"] | str,
        fail_on_errors: bool = True,
        output_path: str | None = None,
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        wait_in_worker: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        timeout: float | timedelta | None = None,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            canvas_conn_id=canvas_conn_id,
            deferrable=deferrable,
            wait_in_worker=wait_in_worker,
            poll_interval=poll_interval,
            timeout=timeout,
            cancel_on_kill=cancel_on_kill,
            **kwargs,
        )
        self.account_id = check_id("account_id", account_id)
        self.course_ids = course_ids
        self.event = check_choice("event", event, ("offer", "conclude", "delete", "undelete"))
        self.fail_on_errors = check_bool("fail_on_errors", fail_on_errors)
        self.output_path = output_path

    def submit(self, context: Context) -> Job:
        """Submit the courses, 500 at a time, without the chunks that an earlier attempt submitted."""
        from airflow_provider_canvas.client.jobs.course_requests import BatchUpdateRequest
        from airflow_provider_canvas.client.jobs.submit_once import Submission
        from airflow_provider_canvas.utils.object_storage import check_output_path
        from airflow_provider_canvas.utils.task_store import submission_store, task_idempotency_key

        optional_bool("fail_on_errors", self.fail_on_errors)
        check_output_path("output_path", self.output_path)
        calls = self._calls()
        self._submission = submission = Submission(
            canvas=self.hook,
            request=BatchUpdateRequest(calls, self._request_hash(), self.account_id),
            idempotency_key=task_idempotency_key(context),
            store=submission_store(context),
            page=self._url(),
        )
        self.show_page(context, CanvasPageLink, self._url())
        submission.submit_all()
        return self._job_of(submission.ids)

    def interrupted(self, client: CanvasClient) -> Job | None:  # noqa: ARG002  # needs no request
        """Return the chunks that were submitted before a signal interrupted the task."""
        progress_ids = self._submission.ids if self._submission else []
        return self._job_of(progress_ids) if progress_ids else None

    def finish(self, context: Context, job: Job, status: Status) -> dict[str, Any]:  # noqa: ARG002  # it proves nothing
        """Check each course.

        :raises CanvasJobError: If a course does not have the expected state and ``fail_on_errors`` is set.
        """
        from airflow_provider_canvas.client.errors import CanvasJobError
        from airflow_provider_canvas.lineage.datasets import file_dataset
        from airflow_provider_canvas.utils.object_storage import check_output_path, write_rows

        if job.extra["request_hash"] != self._request_hash():
            raise CanvasInputError(
                "course_ids or event changed while the task waited: clear it to update those courses."
            )
        progress_ids = job.ids["progress_ids"]
        rows = self._rows(progress_ids)
        self._note_changed(self._instance_of(job), rows)
        failed, output_path = [row for row in rows if row["why"]], check_output_path("output_path", self.output_path)
        if output_path is not None:
            write_rows(output_path, rows)
            self.lineage.write(replace(file_dataset(output_path), rows=len(rows)))
        for row in failed[:FAILED_IN_RESULT]:
            self.log.warning("Course %s: %s", row["course_id"], row["why"])
        message = f"{len(rows) - len(failed)} of {len(rows)} courses are {DONE[self.event]}"
        if failed and optional_bool("fail_on_errors", self.fail_on_errors) is not False:
            self._let_retry_submit(context)
            named = "; ".join(f"course {row['course_id']}: {row['why'].rstrip('.')}" for row in failed[:3])
            raise CanvasJobError(
                f"{message}, but not {named}{'; ...' if len(failed) > 3 else '.'} A retry submits all of them again, "
                "which changes nothing for those that are done. Set fail_on_errors=False to let such a batch pass."
            )
        self.log.info(
            "%s after %s: see %s%s",
            message,
            time_since(job.began_at),
            self._url(),
            "" if output_path is None else f"; the state of each course is in {output_path}",
        )
        return {
            "canvas_instance": self._instance_of(job),
            "account_id": self.account_id,
            "event": self.event,
            "progress_ids": progress_ids,
            "courses": len(rows),
            "counts": dict(Counter(row["workflow_state"] or "unknown" for row in rows)),
            "failed_count": len(failed),
            "failed": failed[:FAILED_IN_RESULT],
            "output_path": output_path,
            "url": self._url(),
        }

    def _note_changed(self, host: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Note the courses that have the expected state, if they are named by number."""
        from airflow_provider_canvas.operators.course_fields import note_changed_course

        for row in rows:
            if row["why"] is None and row["course_id"].isdecimal():
                change: Change = "DROP" if self.event == "delete" else "ALTER"
                note_changed_course(self.lineage, host, {"id": row["course_id"]}, change)

    def _calls(self) -> list[Call[Any]]:
        """Return the requests, after checking all of them."""
        from airflow_provider_canvas.api.courses import MAX_BATCH_COURSES, Courses

        ids = self._ids()
        if not ids:
            raise CanvasInputError("course_ids is empty: name at least one course.")
        return [
            Courses.batch_update.call_with(
                {
                    "account_id": self.account_id,
                    "course_ids": ids[first : first + MAX_BATCH_COURSES],
                    "event": self.event,
                }
            )
            for first in range(0, len(ids), MAX_BATCH_COURSES)
        ]

    def _ids(self) -> list[str]:
        """Return the ids as text, without duplicates."""
        course_ids = parse_list("course_ids", self.course_ids, such_as="[101, 'sis_course_id:BIO-1']")
        return list(dict.fromkeys(str(course_id).strip() for course_id in course_ids or ()))

    def _request_hash(self) -> str:
        return hashlib.sha256("\n".join([str(self.event), *self._ids()]).encode()).hexdigest()[:32]

    def _job_of(self, progress_ids: Sequence[int]) -> Job:
        extra = {"request_hash": self._request_hash()}
        return Job("progresses", {"progress_ids": list(progress_ids)}, extra=extra)

    def _let_retry_submit(self, context: Context) -> None:
        """Discard the stored record, so that a retry submits everything again."""
        from airflow_provider_canvas.client.jobs.course_requests import BatchUpdateRequest
        from airflow_provider_canvas.client.jobs.submission_record import SubmissionRecord
        from airflow_provider_canvas.utils.task_store import submission_store, task_idempotency_key

        key = task_idempotency_key(context)
        submission_store(context).set(SubmissionRecord(BatchUpdateRequest.kind, key, "not_submitted"))

    def _rows(self, progress_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Return each course's id and state, and the reason if it does not have the state that the event demands."""
        from airflow_provider_canvas.client.courses.course_states import (
            EXPECTED_STATES,
            failure_reasons,
            fetch_course_states,
        )
        from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
        from airflow_provider_canvas.security.redaction import redact

        messages = []
        for progress_id in progress_ids:
            if message := self.hook.progress.get(progress_id=progress_id).get("message"):
                messages.append(redact(message))
                line = " / ".join(messages[-1].splitlines())
                cut = "" if len(line) <= MAX_LOGGED_MESSAGE else " ... (the state of each course is in output_path)"
                self.log.info("Progress %s: %s%s", progress_id, line[:MAX_LOGGED_MESSAGE], cut)
        reasons = failure_reasons(messages)
        ids, rows = self._ids(), []
        self.log.info("Checking each of %d courses.", len(ids))
        for course in run_with_client(self.hook.settings, lambda canvas: fetch_course_states(canvas, ids)):
            why = None
            if course.workflow_state not in EXPECTED_STATES[self.event]:
                why = reasons.get(course.course_id) or course.problem or f"it is {course.workflow_state} all the same"
            rows.append({"course_id": course.course_id, "workflow_state": course.workflow_state, "why": why})
        return rows

    def _url(self) -> str:
        return f"{self.hook.settings.base_url}/accounts/{self.account_id}"
