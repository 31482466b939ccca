"""Reset a course once: Canvas replaces it with a new, empty one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.operators.course_fields import (
    course_result,
    find_course_job,
    link_course,
    note_changed_course,
)
from airflow_provider_canvas.utils.parameters import check_bool, check_id, optional_bool
from airflow_provider_canvas.utils.result_sentences import with_name

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.client.jobs.submit_once import Submission
    from airflow_provider_canvas.utils.submitted_job import SubmittedJob


class CanvasResetCourseOperator(CanvasOperator):
    """Reset a course: Canvas replaces it with a new, empty one that has another id, and deletes the old one.

    Sections, users and the SIS id move to the new course; content and students' work stay behind in the deleted one.
    A retry does not reset the new course: the task stores the old course's number first, and the new one's afterwards;
    it also finds the new one by the SIS id. Before Airflow 3.3, which has no task state store, a course that was
    created after the DAG run began is taken for the new one.

    The result is a dict: ``canvas_instance``, ``old_course_id`` (``None`` if only the new one is known),
    ``new_course_id``, ``sis_course_id``, ``name``, ``course_code``, ``account_id``, ``workflow_state``, ``url``.

    .. seealso:: https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.reset_content

    :param course_id: The course. (templated)
    :param allow_students: Reset it although it has, or had, students. Default: ``False``. (templated)
    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = (*CanvasOperator.template_fields, "course_id", "allow_students")
    operator_extra_links = (CanvasPageLink(),)

    def __init__(
        self,
        *,
        course_id: int | str,
        allow_students: bool | str = False,
        canvas_conn_id: str = "canvas_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            canvas_conn_id=canvas_conn_id,
            **kwargs,
        )
        self.course_id = check_id("course_id", course_id)
        self.allow_students = check_bool("allow_students", allow_students)
        self._submission: Submission | None = None

    def find_job(self, context: Context) -> SubmittedJob | None:
        """Return the reset that this task made and did not report, if there is one."""
        return find_course_job(self._submission, context, "carried out")

    def perform(self, context: Context) -> dict[str, Any]:
        """Reset the course, or find the new one if an earlier attempt reset it.

        :raises CanvasConflictError: When it has students.
        :raises CanvasValidationError: When Canvas refuses, as for a blueprint.
        """
        from airflow_provider_canvas.api.courses import Courses
        from airflow_provider_canvas.client.jobs.course_requests import CourseResetRequest
        from airflow_provider_canvas.client.jobs.submit_once import Submission
        from airflow_provider_canvas.utils.submitted_job import store_end
        from airflow_provider_canvas.utils.task_store import first_attempt_at, submission_store, task_idempotency_key

        Courses.reset_content.check({"course_id": self.course_id})
        allow_students = optional_bool("allow_students", self.allow_students)
        self._submission = submission = Submission(
            canvas=self.hook,
            request=CourseResetRequest(self.course_id),
            idempotency_key=task_idempotency_key(context),
            store=submission_store(context),
            repeated=context["ti"].try_number > 1,
            since=first_attempt_at(context),
            page=self.hook.settings.base_url,
            before_new=None if allow_students else lambda: self._check_students(submission.attempt.records[0]),
        )
        course = submission.submit()
        old_course_id = submission.record.details.get("old_course_id") if submission.record else None
        link_course(self, context, course["id"])
        if old_course_id is not None:
            note_changed_course(self.lineage, self.hook.settings.host, {"id": old_course_id}, "DROP")
        note_changed_course(self.lineage, self.hook.settings.host, course, "CREATE")
        result = course_result(self.hook, cast("Course", course))
        new_course_id = result.pop("course_id")
        host = result.pop("canvas_instance")
        store_end(context, self.log)
        self.log.info(
            "Course %s is reset: course %s took its place, see %s",
            with_name(old_course_id or "(unknown)", course.get("name")),
            new_course_id,
            result["url"],
        )
        return {"canvas_instance": host, "old_course_id": old_course_id, "new_course_id": new_course_id, **result}

    def _check_students(self, course: Mapping[str, Any]) -> None:
        from airflow_provider_canvas.client.errors import CanvasConflictError

        students = self.hook.courses.users(
            course_id=course["id"],
            enrollment_type=["student"],
            enrollment_state=["active", "invited", "completed", "inactive"],
            per_page=1,
        )
        if next(students, None) is not None:
            raise CanvasConflictError(
                f"Course {with_name(course['id'], course.get('name'))} has students, whose work would stay in the "
                "deleted course: it is not reset. Set allow_students=True to reset it all the same."
            )
