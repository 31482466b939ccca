"""Resetting a course: a new, empty one in its place, once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_canvas.links.canvas import CanvasPageLink
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.operators.course_fields import course_result, course_url, found_course, link_course
from airflow_provider_canvas.utils.parameters import optional_bool

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.courses import Course


class CanvasResetCourseOperator(CanvasOperator):
    """Reset a course: Canvas makes a new, empty one in its place, with another id, and deletes the old.

    Sections, users and the SIS id move to the new course; content and students' work stay behind in the deleted one.
    The new course is not reset again by a retry: the task notes the old course's number first, and finds its successor
    by the SIS id. Before Airflow 3.3, which has no such notes, a course that came into being since the DAG run began
    is taken for the successor.

    The result is a dict: ``canvas_instance``, ``old_course_id`` (``None`` where only the successor is known),
    ``new_course_id``, ``sis_course_id``, ``name``, ``course_code``, ``account_id``, ``workflow_state``, ``url``.

    .. seealso:: https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.reset_content

    :param course_id: The course. (templated)
    :param allow_students: Reset it though it has, or had, students. (templated)
    """

    template_fields: Sequence[str] = (*CanvasOperator.template_fields, "course_id", "allow_students")
    operator_extra_links = (CanvasPageLink(),)

    def __init__(self, *, course_id: int | str, allow_students: bool | str = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.course_id = course_id
        self.allow_students = allow_students

    def perform(self, context: Context) -> dict[str, Any]:
        """Reset the course, or find what took its place when an earlier attempt did.

        :raises CanvasConflictError: When it has students.
        :raises CanvasValidationError: When Canvas refuses, as for a blueprint.
        """
        from airflow_provider_canvas.api.courses import Courses
        from airflow_provider_canvas.utils.task_store import first_attempt_at, submission_store, task_idempotency_key

        Courses.reset_content.call(course_id=self.course_id)
        allow_students = optional_bool("allow_students", self.allow_students)
        mark, memory = task_idempotency_key(context), submission_store(context)
        noted = memory.recall() or {}
        if noted.get("mark") == mark:
            old = found_course(self.hook, noted["old_course_id"])
            if old is None:
                return self._done(context, noted["old_course_id"], self._successor(noted))
        else:
            forgetful = context.get("task_state_store") is None and context["ti"].try_number > 1
            old = self._named(hint=" An earlier attempt may have reset it: look into its account." if forgetful else "")
            if forgetful and _made_since(old, first_attempt_at(context)):
                self.log.warning("Course %s is new: an earlier attempt reset its predecessor.", old["id"])
                return self._done(context, None, old)
        if not allow_students:
            self._check_students(old)
        noted = {"mark": mark, "old_course_id": old["id"], **{name: old.get(name) for name in _SUCCESSION}}
        memory.note(noted)
        return self._done(context, old["id"], self._reset(old, noted))

    def _named(self, *, hint: str) -> Course:
        from airflow_provider_canvas.client.errors import CanvasNotFoundError

        try:
            return self.hook.courses.get(course_id=self.course_id)
        except CanvasNotFoundError as error:
            error.args = (f"{error}{hint}",)
            raise

    def _reset(self, old: Course, noted: dict[str, Any]) -> Course:
        from airflow_provider_canvas.client.errors import CanvasError
        from airflow_provider_canvas.client.jobs.submit_once import LOST_ANSWER_PAUSES

        try:
            return self.hook.courses.reset_content(course_id=old["id"])
        except CanvasError as error:
            if not error.maybe_done:
                raise
            self.log.warning("%s Looking whether it did.", error)
            for pause in LOST_ANSWER_PAUSES:
                time.sleep(pause)
                if found_course(self.hook, old["id"]) is None:
                    return self._successor(noted)
            raise

    def _successor(self, noted: dict[str, Any]) -> Course:
        """Return the course that took the old one's place.

        :raises AirflowFailException: When nothing tells which one it is.
        """
        for name, form in _SUCCESSION.items():
            if noted.get(name) and (course := found_course(self.hook, f"{form}:{noted[name]}")):
                return course
        raise AirflowFailException(
            f"Course {noted['old_course_id']} is deleted: an earlier request reset it, and its answer was lost. Which "
            "course took its place is not known, since it had no SIS id: look into its account. Clearing this task "
            "would not help, give it the new course's number where that is wanted."
        )

    def _check_students(self, course: Course) -> None:
        from airflow_provider_canvas.client.errors import CanvasConflictError

        students = self.hook.courses.users(
            course_id=course["id"],
            enrollment_type=["student"],
            enrollment_state=["active", "invited", "completed", "inactive"],
            per_page=1,
        )
        if next(students, None) is not None:
            raise CanvasConflictError(
                f"Course {course['id']} ({course.get('name')}) has students, whose work would stay behind: it is not "
                "reset. Set allow_students=True if that is meant."
            )

    def _done(self, context: Context, old_course_id: int | None, course: Course) -> dict[str, Any]:
        link_course(context, self.hook, course["id"])
        self.log.info(
            "Course %s is reset: course %s is in its place, %s",
            old_course_id or "(unknown)",
            course["id"],
            course_url(self.hook, course["id"]),
        )
        result = course_result(self.hook, course)
        new_course_id = result.pop("course_id")
        host = result.pop("canvas_instance")
        return {"canvas_instance": host, "old_course_id": old_course_id, "new_course_id": new_course_id, **result}


_SUCCESSION = {"sis_course_id": "sis_course_id", "integration_id": "sis_integration_id"}
"""What moves to the new course, and the form of id that finds it."""


def _made_since(course: Course, since: datetime | None) -> bool:
    from airflow_provider_canvas.client.jobs.submit_once import CLOCK_SKEW

    created_at = course.get("created_at")
    return bool(since and created_at and datetime.fromisoformat(created_at) >= since - CLOCK_SKEW)
