"""Update or delete a course. Creating and resetting one, and changing many, have their own modules."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.links.canvas import CanvasPageLink
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.operators.course_fields import (
    check_ignored_fields,
    course_fields,
    course_result,
    link_course,
    seen_course,
    unknown_ids_told_apart,
)
from airflow_provider_canvas.utils.parameters import check_bool, check_choice, check_id, check_type, optional_bool

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
        link_course(context, self.hook, course["id"])
        requested = {**fields, "event": "offer"} if offer else fields
        shown: Any = course
        if fields.get("image_id"):  # Canvas answers 200 to a file that is not in the course, and shows no image
            shown = {**course, "image_id": self.hook.courses.settings(course_id=course["id"]).get("image_id")}
        names = check_ignored_fields(requested, shown, fail=fail_on_ignored, log=self.log)
        self.log.info("Course %s (%s) is updated: %s", course["id"], course.get("name"), ", ".join(requested))
        return course_result(self.hook, course, ignored=names)


class CanvasDeleteCourseOperator(CanvasOperator):
    """Delete a course, or conclude it. One that is deleted or concluded already is not changed.

    The result is a dict: ``canvas_instance``, ``course_id``, ``event``, ``workflow_state``, ``changed`` (whether this
    attempt changed it).

    .. seealso:: https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.destroy

    :param course_id: The course. (templated)
    :param event: ``delete`` or ``conclude``. (templated)
    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = (*CanvasOperator.template_fields, "course_id", "event")
    operator_extra_links = (CanvasPageLink(),)

    def __init__(
        self,
        *,
        course_id: int | str,
        event: str = "delete",
        canvas_conn_id: str = "canvas_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            canvas_conn_id=canvas_conn_id,
            **kwargs,
        )
        self.course_id = check_id("course_id", course_id)
        self.event = check_choice("event", event, ("delete", "conclude"))

    def perform(self, context: Context) -> dict[str, Any]:
        """Delete or conclude the course, and check its state.

        :raises CanvasNotFoundError: When there never was such a course.
        :raises CanvasConflictError: When it is deleted and cannot be concluded, or Canvas did not change it.
        """
        from airflow_provider_canvas.api.courses import Courses
        from airflow_provider_canvas.client import replica_lag
        from airflow_provider_canvas.client.courses.ignored_fields import EVENT_ENDS
        from airflow_provider_canvas.client.errors import CanvasConflictError, CanvasNotFoundError

        Courses.delete.check({"course_id": self.course_id, "event": self.event})
        end, before = EVENT_ENDS[self.event], seen_course(self.hook, self.course_id)
        state = before.get("workflow_state") if before else "deleted"
        # From here on, its number is used: Canvas may remove the SIS id of a deleted course.
        course_id = before["id"] if before else self.course_id
        if before:
            link_course(context, self.hook, before["id"])
        if state == end:
            self.log.info("Course %s is %s already.", course_id, end)
            return self._done(course_id, end, changed=False)
        if state == "deleted":
            raise CanvasConflictError(f"Course {course_id} is deleted, and cannot be concluded.")
        try:
            self.hook.courses.delete(course_id=course_id, event=self.event)
        except CanvasNotFoundError:  # another process or user deleted it first
            self.log.info("Course %s was deleted a moment ago.", course_id)
        for pause in replica_lag.pauses_from_now():
            time.sleep(pause)
            after = seen_course(self.hook, course_id)
            state = after.get("workflow_state") if after else "deleted"
            if state == end:
                break
        else:
            raise CanvasConflictError(
                f"Canvas confirmed the event {self.event} of course {course_id}, but the course is {state}."
            )
        self.log.info("Course %s is %s.", course_id, end)
        return self._done(course_id, end, changed=True)

    def _done(self, course_id: int | str, state: str, *, changed: bool) -> dict[str, Any]:
        return {
            "canvas_instance": self.hook.settings.host,
            "course_id": course_id,
            "event": self.event,
            "workflow_state": state,
            "changed": changed,
        }
