"""The kinds of jobs that change courses: creating one, resetting one, and batch updates of many."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError
from airflow_provider_canvas.client.jobs.job_requests import (
    FINGERPRINT,
    IfRunning,
    JobRequest,
    Record,
    SubmissionAttempt,
    fingerprint_of,
)
from airflow_provider_canvas.client.jobs.submission_record import SubmissionRecord
from airflow_provider_canvas.client.jobs.waiters import status_of_progress

log = logging.getLogger(__name__)

SUCCESSION = {"sis_course_id": "sis_course_id", "integration_id": "sis_integration_id"}
"""The ids that a reset moves to the new course, and the form in which each finds a course."""

REQUESTED = "requested_course_id"
"""The key among the ``details`` of a reset that holds the course's id as the task names it."""


@dataclass(frozen=True)
class CourseCreationRequest(JobRequest):
    """A new course. With an SIS id it is found again by that; without one only its stored number tells it from others.

    A course with the SIS id that no earlier attempt made counts as started by another task or user.

    :param call: The call that creates it.
    :param account_id: The account, for messages.
    :param sis_course_id: Its SIS id, if it has one.
    """

    call: Call[Any]
    account_id: Id
    sis_course_id: str | None = None

    kind = "course_creation"
    noun = "course"

    def calls(self, attempt: SubmissionAttempt) -> list[Call[Any]]:  # noqa: ARG002  # Canvas keeps no key
        return [self.call]

    def describe(self, job_ids: Sequence[Id]) -> str:
        return " ".join(["Course", *map(str, job_ids), f"in account {self.account_id}"])

    def find_earlier(self, attempt: SubmissionAttempt) -> list[Record]:
        """Return the course that an earlier attempt created, if there is one.

        A course that the task created before it was cleared, and did not report, is adopted.

        :raises CanvasError: When an earlier attempt may have created one without an SIS id.
        """
        attempt.records = []
        stored = attempt.stored or self._left_open(attempt)
        if self.sis_course_id is None:
            if stored is None or stored.state == "not_submitted" or (attempt.stored is None and not stored.ids):
                return []
            if not stored.ids:
                raise _permanent(
                    "An earlier attempt of this task ended while it created the course, and Canvas may have created "
                    f"it: look into account {self.account_id}. Clear the task to create another one. With a "
                    "sis_course_id, the task would have found the first."
                )
            course = find_course(attempt.canvas, stored.ids[0])
            return [] if course is None else [course]
        course = self.find_sent(attempt)
        if course is None:
            return []
        attempt.records = [course]
        return [course] if self._is_own(attempt, course) else []

    def details(self, attempt: SubmissionAttempt) -> dict[str, Any]:  # noqa: ARG002  # nothing is asked
        return {FINGERPRINT: fingerprint_of(self.call)}

    def _left_open(self, attempt: SubmissionAttempt) -> SubmissionRecord | None:
        """Return the record of the same course from before the task was cleared, if the task did not report it."""
        left = attempt.left_open
        same = left is not None and left.details.get(FINGERPRINT) == fingerprint_of(self.call)
        return left if same else None

    def _is_own(self, attempt: SubmissionAttempt, course: Record) -> bool:
        """Return whether an earlier attempt created a course that exists."""
        if not attempt.persistent:
            return attempt.repeated and attempt.is_recent(course)
        stored = attempt.stored or self._left_open(attempt)
        if stored is None or stored.started_by_other:
            return False
        return stored.state == "submitting" or course["id"] in stored.ids

    def find_other(self, attempt: SubmissionAttempt, if_running: IfRunning) -> Record | None:  # noqa: ARG002
        return next(iter(attempt.records), None)

    def find_sent(self, attempt: SubmissionAttempt) -> Record | None:
        return find_course(attempt.canvas, f"sis_course_id:{self.sis_course_id}")

    def find_lost(self, attempt: SubmissionAttempt, error: CanvasError) -> Record | None:
        if self.sis_course_id is None:
            raise _permanent(
                f"{error} Look for the course in account {self.account_id}. If it is not there, clear this task to "
                "create it. It is not retried by itself, because it could create a second one: only with a "
                "sis_course_id among the fields can it check."
            )
        return super().find_lost(attempt, error)


@dataclass(frozen=True)
class CourseResetRequest(JobRequest):
    """A reset: Canvas deletes the course and makes a new, empty one, which is found by the SIS id that moves to it.

    The record of the course comes first in ``attempt.records``.

    :param course_id: The course, by number or SIS id.
    """

    course_id: Id

    kind = "course_reset"
    noun = "course"

    def calls(self, attempt: SubmissionAttempt) -> list[Call[Any]]:
        course_id = attempt.records[0]["id"] if attempt.records else self.course_id
        return [Courses.reset_content.call(course_id=course_id)]

    def details(self, attempt: SubmissionAttempt) -> dict[str, Any]:
        (old,) = attempt.records
        return {"old_course_id": old["id"], REQUESTED: self.course_id, **{name: old.get(name) for name in SUCCESSION}}

    def describe(self, job_ids: Sequence[Id]) -> str:
        return " ".join([f"The reset of course {self.course_id}", *(f"to course {job_id}" for job_id in job_ids)])

    def find_earlier(self, attempt: SubmissionAttempt) -> list[Record]:
        """Return the course that took the old one's place, if an earlier attempt reset it.

        So is one that the task reset before it was cleared, and did not report.

        :raises CanvasError: When it did, and nothing tells which course took the place.
        """
        left = attempt.left_open
        if left is not None and str(left.details.get(REQUESTED)) != str(self.course_id):
            left = None  # that was about another course
        stored, attempt.records = attempt.stored or left, []
        if stored is not None and "old_course_id" in stored.details:
            if stored.ids and (course := find_course(attempt.canvas, stored.ids[0])):
                return [course]
            old = find_course(attempt.canvas, stored.details["old_course_id"])
            if old is None:
                return [_successor(attempt.canvas, stored)]
            attempt.records = [old]
            return []
        is_unknown = attempt.repeated and not attempt.persistent
        try:
            old = cast("Record", attempt.canvas.courses.get(course_id=self.course_id))
        except CanvasNotFoundError as error:
            if is_unknown:
                error.args = (f"{error} An earlier attempt may have reset it: look into its account.",)
            raise
        if is_unknown and attempt.is_recent(old):
            log.warning("Course %s is new: an earlier attempt reset the course before it.", old["id"])
            return [old]
        attempt.records = [old]
        return []

    def find_sent(self, attempt: SubmissionAttempt) -> Record | None:
        assert attempt.stored is not None  # noqa: S101  # the submission stored it before it sent the request
        if find_course(attempt.canvas, attempt.stored.details["old_course_id"]) is not None:
            return None
        return _successor(attempt.canvas, attempt.stored)


@dataclass(frozen=True)
class BatchUpdateRequest(JobRequest):
    """A batch update of courses: a request, and a Progress, for each chunk of at most 500.

    To send a chunk again changes nothing for courses that are done. So a lost response is left to the next attempt,
    which sends the chunk again.

    :param chunks: The calls.
    :param request_hash: A hash of all that is requested: a stored record with another one is about other courses.
    :param account_id: The account, for messages.
    """

    chunks: Sequence[Call[Any]]
    request_hash: str
    account_id: Id | None = None

    kind = "course_batch_update"
    noun = "Progress"

    def calls(self, attempt: SubmissionAttempt) -> list[Call[Any]]:  # noqa: ARG002  # Canvas keeps no key
        return list(self.chunks)

    def describe(self, job_ids: Sequence[Id]) -> str:
        courses = sum(len(call.params["course_ids"]) for call in self.chunks[: len(job_ids)])
        extent = f"{len(job_ids)} of {len(self.chunks)} chunks ({courses} courses)"
        progress = f": Progress {', '.join(map(str, job_ids))}" if job_ids else ""
        return f"The batch update in account {self.account_id}, {extent}{progress}"

    def details(self, attempt: SubmissionAttempt) -> dict[str, Any]:  # noqa: ARG002  # nothing is asked
        return {"request_hash": self.request_hash}

    def find_earlier(self, attempt: SubmissionAttempt) -> list[Record]:
        """Return the Progresses of earlier attempts, up to the first that failed or is gone."""
        stored, adopted = attempt.stored or attempt.left_open, []
        if stored is None or stored.details.get("request_hash") != self.request_hash:
            return []
        with suppress(CanvasNotFoundError):
            for progress_id in stored.ids:
                progress = attempt.canvas.progress.get(progress_id=progress_id)
                if status_of_progress(progress).state == "failed":
                    break
                adopted.append(cast("Record", progress))
        if adopted:
            ids = ", ".join(str(progress["id"]) for progress in adopted)
            log.info("Adopting Progress %s, which an earlier attempt started.", ids)
        return adopted

    def find_lost(self, attempt: SubmissionAttempt, error: CanvasError) -> None:  # noqa: ARG002  # nothing to find
        return None

    def log_submitted(self, number: int, total: int, record: Record) -> None:
        log.info("Chunk %d of %d is submitted: Progress %s.", number, total, record["id"])


def find_course(canvas: Canvas[SyncIO], course_id: Id) -> Record | None:
    """Return a course that is not deleted; ``None`` if there is none."""
    try:
        return cast("Record", canvas.courses.get(course_id=course_id))
    except CanvasNotFoundError:
        return None


def _successor(canvas: Canvas[SyncIO], stored: SubmissionRecord) -> Record:
    """Return the course that took the place of one that was reset.

    :raises CanvasError: When nothing tells which one it is.
    """
    for name, form in SUCCESSION.items():
        if (sis_id := stored.details.get(name)) and (course := find_course(canvas, f"{form}:{sis_id}")):
            return course
    raise _permanent(
        f"Course {stored.details['old_course_id']} is deleted: an earlier request reset it, and its response was lost. "
        "It had no SIS id, so it is not known which course took its place: look into its account. Clearing this task "
        "does not help; give the new course's number to the tasks that need it."
    )


def _permanent(message: str) -> CanvasError:
    error = CanvasError(message)
    error.permanent = True
    return error
