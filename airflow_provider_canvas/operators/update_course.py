"""Update a course. Many courses are changed at once by :mod:`.batch_update_courses`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.operators.course_fields import (
    check_ignored_fields,
    course_fields,
    course_result,
    link_course,
    note_changed_course,
    unknown_ids_told_apart,
)
from airflow_provider_canvas.utils.parameters import check_bool, check_id, check_type, optional_bool
from airflow_provider_canvas.utils.result_sentences import with_name

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class CanvasUpdateCourseOperator(CanvasOperator):
    """Update a course, and check which fields Canvas ignored.

    Canvas silently ignores fields that the token's user may not change: its response is compared with the request.

    The result is a dict: ``canvas_instance``, ``course_id``, ``sis_course_id``, ``name``, ``course_code``,
    ``account_id``, ``workflow_state``, ``url``, ``ignored`` (the fields that Canvas ignored).

    .. seealso:: https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.update

    :param course_id: The course. (templated)
    :param course: The fields to change, with Canvas's names: ``{"name": "Biology", "event": "offer"}``. (templated)
    :param offer: Publish it. (templated)
    :param override_sis_stickiness: ``True``, Canvas's default, also changes fields that were changed by hand since the
        last SIS import. ``False`` is refused: Canvas fails on it.
    :param fail_on_ignored: Fail the task when Canvas ignored a field, instead of logging a warning. Default: ``False``.
    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = (*CanvasOperator.template_fields, "course_id", "course", "offer")
    operator_extra_links = (CanvasPageLink(),)
    template_fields_renderers = {"course": "json"}  # noqa: RUF012  # as Airflow's own operators

    def __init__(
        self,
        *,
        course_id: int | str,
        course: Mapping[str, Any] | str | None = None,
        offer: bool | str | None = None,
        override_sis_stickiness: bool | None = None,
        fail_on_ignored: bool = False,
        canvas_conn_id: str = "canvas_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            canvas_conn_id=canvas_conn_id,
            **kwargs,
        )
        self.course_id = check_id("course_id", course_id)
        self.course = check_type("course", course, Mapping, such_as="{'name': 'Biology'}")
        self.offer = check_bool("offer", offer)
        self.override_sis_stickiness = check_bool("override_sis_stickiness", override_sis_stickiness)
        self.fail_on_ignored = check_bool("fail_on_ignored", fail_on_ignored)

    def perform(self, context: Context) -> dict[str, Any]:
        """Update the course. A second update changes nothing, so a retry is safe.

        :raises CanvasPermissionError: When Canvas ignored a field, and ``fail_on_ignored`` is set.
        """
        from airflow_provider_canvas.api.courses import Courses

        fields, offer = course_fields(self.course), optional_bool("offer", self.offer)
        fail_on_ignored = optional_bool("fail_on_ignored", self.fail_on_ignored) or False
        call = Courses.update.call_with(
            {
                "course_id": self.course_id,
                "course": fields or None,
                "offer": offer,
                "override_sis_stickiness": self.override_sis_stickiness,
            }
        )
        course_id = self.course_id
        with unknown_ids_told_apart(
            f"course_id {course_id!r}",
            fields,
            lambda: self.hook.courses.get(course_id=course_id, include=["all_courses"]),
        ):
            course = self.hook.send(call)
        link_course(self, context, course["id"])
        note_changed_course(self.lineage, self.hook.settings.host, course, "ALTER")
        requested = {**fields, "event": "offer"} if offer else fields
        shown: Any = course
        if fields.get("image_id"):  # Canvas answers 200 to a file that is not in the course, and shows no image
            shown = {**course, "image_id": self.hook.courses.settings(course_id=course["id"]).get("image_id")}
        names = check_ignored_fields(requested, shown, fail=fail_on_ignored, log=self.log)
        result = course_result(self.hook, course, ignored=names)
        changed = [name for name in requested if name not in names]
        self.log.info(
            "Course %s is updated: %s; see %s",
            with_name(course["id"], course.get("name")),
            ", ".join(changed) or "Canvas changed nothing",
            result["url"],
        )
        return result
