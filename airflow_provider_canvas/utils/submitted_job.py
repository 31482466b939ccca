"""What a task says about the job that it submitted, when an error ends the task before the job's result is reported."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.utils.task_store import submission_store

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.jobs.submit_once import Submission

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SubmittedJob:
    """A job that a task submitted, and whose result it has not reported.

    :param described: What messages call it, such as ``content_migration 90 into course 42``.
    :param page: The address of the page on which Canvas shows it, if it has one.
    :param is_certain: Whether Canvas has it for certain.
    :param ended_as: Canvas's name for the state in which the task saw it end; ``None`` if it did not.
    :param doing: What it does in Canvas, if it has not ended.
    :param is_stored: Whether the task recognizes it after it was cleared, also when it has ended.
    :param in_chunks: Whether it is a batch update, whose chunks are submitted one after the other.
    """

    described: str
    page: str | None = None
    is_certain: bool = True
    ended_as: str | None = None
    doing: str = "continues"
    is_stored: bool = True
    in_chunks: bool = False

    @property
    def name(self) -> str:
        """What messages call it, with the address of its page."""
        return f"{self.described} ({self.page})" if self.page else self.described

    def __str__(self) -> str:
        """Return what became of the job, and what the next attempt of the task does, in sentences."""
        attempt = "The next attempt of this task (a retry, or after you clear it)"
        if self.in_chunks:
            return (
                f"{self.name}: what Canvas has accepted continues in Canvas. {attempt} waits for the chunks whose "
                "Progress is known, and sends the others again: for courses that are done, that changes nothing."
            )
        if not self.is_certain:
            return (
                f"{self.name}: it is not known whether Canvas has carried out the request. {attempt} searches for the "
                "job before it submits another one."
            )
        if self.ended_as is not None:
            return (
                f"{self.name} is {self.ended_as} in Canvas; only its result could not be reported. {attempt} reports "
                "it, and submits no other job."
            )
        if not self.is_stored:
            attempt = "A retry of this task, or the task after you clear it while the job is running,"
        return f"{self.name} {self.doing} in Canvas. {attempt} waits for the same job, and submits no other one."


def find_submitted_job(submission: Submission | None, context: Context | None) -> SubmittedJob | None:
    """Return the job that an attempt of a task submitted, or may have submitted; ``None`` if there is none.

    :param submission: The submission of this attempt, if it has one.
    :param context: The task's context, with the record of an earlier attempt.
    """
    from airflow_provider_canvas.client.jobs.course_requests import BatchUpdateRequest
    from airflow_provider_canvas.client.jobs.submission_record import DESCRIBED, PAGE

    if submission is not None and submission.may_have_submitted:
        return SubmittedJob(
            submission.described,
            submission.page,
            is_certain=bool(submission.ids),
            is_stored=submission.store.persistent,
            in_chunks=submission.request.kind == BatchUpdateRequest.kind,
        )
    record = None
    with suppress(Exception):  # another error is being reported
        record = None if context is None else submission_store(context).get()
    if record is None or not record.is_open:
        return None
    described = record.details.get(DESCRIBED) or f"{record.kind} {', '.join(map(str, record.ids))}".rstrip()
    return SubmittedJob(
        described,
        record.details.get(PAGE),
        is_certain=bool(record.ids),
        in_chunks=record.kind == BatchUpdateRequest.kind,
    )


def store_end(context: Context, logger: Any = log, stored: Any = None) -> None:
    """Store that the task saw its job end, and reports it: after the task is cleared, it submits a new one.

    :param stored: What the task stored about its submission, as JSON; it is read if it is not given.
    """
    from airflow_provider_canvas.client.jobs.submission_record import SubmissionRecord

    try:
        store = submission_store(context)
        record = SubmissionRecord.from_json(stored) or store.get()
        if record is not None and record.state == "submitted" and not record.seen_ended:
            store.set(replace(record, seen_ended=True))
    except Exception as error:  # noqa: BLE001  # the job has ended, and its result counts
        logger.warning(
            "It could not be stored that the job has ended (%s): if you clear this task, it reports the same job, and "
            "submits no other one.",
            error,
        )
