"""Create a course once; with an SIS id it is found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.operators.course_fields import (
    COURSE,
    check_ignored_fields,
    course_fields,
    course_result,
    course_url,
    find_course_job,
    link_course,
    note_changed_course,
    unknown_ids_told_apart,
)
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    check_choice,
    check_id,
    check_type,
    none_if_blank,
    optional_bool,
)
from airflow_provider_canvas.utils.result_sentences import with_name

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.client.jobs.submit_once import Submission
    from airflow_provider_canvas.utils.submitted_job import SubmittedJob


IF_EXISTS = ("return", "update", "fail")


class CanvasCreateCourseOperator(CanvasOperator):
    """Create a course, once.

    With a ``sis_course_id`` among its fields the task searches for the course first, so that a retry, a lost response
    or a cleared task creates no second one. Without it two courses cannot be told apart: if the response is lost, or an
    earlier attempt died around its request, the task fails and is not retried. (Before Airflow 3.3, a task cannot know
    of an attempt that died: set a ``sis_course_id``.)

    The result is a dict: ``canvas_instance``, ``course_id``, ``sis_course_id``, ``name``, ``course_code``,
    ``account_id``, ``workflow_state``, ``url``, ``created`` (whether this task created it), ``ignored`` (the fields
    that Canvas ignored).

    .. seealso:: https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.create

    :param account_id: The account to create it in. (templated)
    :param course: Its fields, with Canvas's names: ``{"name": "Biology", "sis_course_id": "BIO-1"}``. (templated)
    :param offer: Publish it. (templated)
    :param enroll_me: Make the token's user its teacher.
    :param enable_sis_reactivation: Restore a deleted course with the same SIS id instead.
    :param skip_course_template: Leave it empty although the account has a template for new courses. Newer than June
        2023: an older Canvas ignores it, and a warning in the log says so.
    :param if_exists: What to do if a course with the SIS id exists already: ``"return"`` it unchanged (the default),
        ``"update"`` it with the same fields, or ``"fail"``.
    :param fail_on_ignored: Fail the task when Canvas ignored a field, instead of logging a warning. If Canvas
        ignored the SIS id, the task always fails: the course could not be found again.
    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = (*CanvasOperator.template_fields, "account_id", "course", "offer")
    operator_extra_links = (CanvasPageLink(),)
    template_fields_renderers = {"course": "json"}  # noqa: RUF012  # as Airflow's own operators

    def __init__(
        self,
        *,
        account_id: int | str,
        course: Mapping[str, Any] | str,
        offer: bool | str | None = None,
        enroll_me: bool | None = None,
        enable_sis_reactivation: bool | None = None,
        skip_course_template: bool | None = None,
        if_exists: Literal["return", "update", "fail"] = "return",
        fail_on_ignored: bool = False,
        canvas_conn_id: str = "canvas_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            canvas_conn_id=canvas_conn_id,
            **kwargs,
        )
        self.account_id = check_id("account_id", account_id)
        self.course = check_type("course", course, Mapping, such_as="{'name': 'Biology'}")
        self.offer = check_bool("offer", offer)
        self.enroll_me = check_bool("enroll_me", enroll_me)
        self.enable_sis_reactivation = check_bool("enable_sis_reactivation", enable_sis_reactivation)
        self.skip_course_template = check_bool("skip_course_template", skip_course_template)
        self.if_exists = check_choice("if_exists", if_exists, IF_EXISTS)
        self.fail_on_ignored = check_bool("fail_on_ignored", fail_on_ignored)
        self._submission: Submission | None = None

    def find_job(self, context: Context) -> SubmittedJob | None:
        """Return the course that this task created and did not report, if there is one."""
        return find_course_job(self._submission, context, "created")

    def perform(self, context: Context) -> dict[str, Any]:
        """Find the course, or create it.

        :raises CanvasConflictError: When it exists and ``if_exists`` is ``fail``.
        :raises CanvasPermissionError: When Canvas ignored the SIS id, or a field and ``fail_on_ignored`` is set.
        """
        from airflow_provider_canvas.api.courses import Courses
        from airflow_provider_canvas.api.parameters import check_option
        from airflow_provider_canvas.client.errors import CanvasPermissionError
        from airflow_provider_canvas.client.jobs.course_requests import CourseCreationRequest
        from airflow_provider_canvas.client.jobs.submit_once import Submission
        from airflow_provider_canvas.utils.submitted_job import store_end
        from airflow_provider_canvas.utils.task_store import first_attempt_at, submission_store, task_idempotency_key

        check_option("if_exists", self.if_exists, IF_EXISTS)
        fail_on_ignored = optional_bool("fail_on_ignored", self.fail_on_ignored) or False
        fields = self._fields()
        call = Courses.create.call_with(
            {
                "account_id": self.account_id,
                "course": fields or None,
                "offer": optional_bool("offer", self.offer),
                "enroll_me": self.enroll_me,
                "enable_sis_reactivation": self.enable_sis_reactivation,
                "skip_course_template": self.skip_course_template,
            }
        )
        sis_id = fields.get("sis_course_id")
        self._submission = submission = Submission(
            canvas=self.hook,
            request=CourseCreationRequest(call, self.account_id, sis_id),
            idempotency_key=task_idempotency_key(context),
            store=submission_store(context),
            repeated=context["ti"].try_number > 1,
            since=first_attempt_at(context),
            page=f"{self.hook.settings.base_url}/accounts/{self.account_id}",
        )
        with unknown_ids_told_apart(f"account_id {self.account_id!r}", fields, self._read_account):
            course = cast("Course", submission.submit())
        if submission.started_by_other:
            link_course(self, context, course["id"])
            return self._existing(course, fields, fail_on_ignored=fail_on_ignored)
        url = course_url(self.hook, course["id"])
        link_course(self, context, course["id"])
        requested = {**fields, "event": "offer"} if call.params.get("offer") else fields
        store_end(context, self.log)
        note_changed_course(self.lineage, self.hook.settings.host, course, "CREATE")
        names = check_ignored_fields(requested, course, fail=fail_on_ignored, log=self.log)
        if "sis_course_id" in names:
            raise CanvasPermissionError(
                f"Canvas created course {course['id']} without the SIS id {sis_id!r}: the token's user may not set SIS "
                f"ids. Delete it ({url}), and give the user the right to manage SIS data, or leave sis_course_id out."
            )
        if call.params.get("skip_course_template"):
            self._check_template_is_skipped(course)
        self.log.info("Course %s is created: %s", with_name(course["id"], course.get("name")), url)
        return course_result(self.hook, course, created=True, ignored=names)

    def _read_account(self) -> None:
        next(iter(self.hook.accounts.courses(account_id=self.account_id, per_page=1)), None)

    def _check_template_is_skipped(self, course: Course) -> None:
        """Log a warning if Canvas fills the new course from the account's template all the same."""
        from airflow_provider_canvas.api.unsupported_parameters import SKIP_COURSE_TEMPLATE, no_effect_message

        migration = next(iter(self.hook.content_migrations.list(course_id=course["id"], per_page=1)), None)
        if migration is not None:
            message = no_effect_message(SKIP_COURSE_TEMPLATE, f"the creation of course {course['id']}")
            self.log.warning("%s It is content migration %s.", message, migration["id"])

    def _fields(self) -> dict[str, Any]:
        """Return the course's fields, without an empty SIS id.

        :raises CanvasInputError: When all of them are empty: Canvas would create an unnamed course.
        """
        fields = course_fields(self.course)
        if not fields.get("sis_course_id"):
            fields.pop("sis_course_id", None)
        if all(none_if_blank(value) is None for value in fields.values()):
            raise CanvasInputError(f"course is empty: set its fields, such as {COURSE}.")
        return fields

    def _existing(self, course: Course, fields: Mapping[str, Any], *, fail_on_ignored: bool) -> dict[str, Any]:
        """Return the result for a course that existed before this task."""
        from airflow_provider_canvas.api.courses import Courses
        from airflow_provider_canvas.client.errors import CanvasConflictError

        named = with_name(course["id"], course.get("name"))
        message = f"Course {named} has the SIS id {course.get('sis_course_id')!r} already"
        if self.if_exists == "fail":
            raise CanvasConflictError(
                f"{message}: {course_url(self.hook, course['id'])}. Choose another, or set if_exists to 'return' or "
                "'update'."
            )
        rest = {name: value for name, value in fields.items() if name != "sis_course_id"}
        offer = optional_bool("offer", self.offer)
        if self.if_exists == "return" or not (rest or offer):
            self.log.info("%s, and is not changed: %s", message, course_url(self.hook, course["id"]))
            return course_result(self.hook, course, created=False, ignored=[])
        updated = self.hook.send(
            Courses.update.call_with({"course_id": course["id"], "course": rest or None, "offer": offer})
        )
        note_changed_course(self.lineage, self.hook.settings.host, updated, "ALTER")
        names = check_ignored_fields(rest, updated, fail=fail_on_ignored, log=self.log)
        self.log.info("%s, and is updated: %s", message, course_url(self.hook, course["id"]))
        return course_result(self.hook, updated, created=False, ignored=names)
