"""Delete or conclude a course. Many courses are changed at once by :mod:`.batch_update_courses`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.operators.course_fields import link_course, note_changed_course, seen_course
from airflow_provider_canvas.utils.parameters import check_choice, check_id
from airflow_provider_canvas.utils.result_sentences import with_name

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.lineage.datasets import Change


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
        named = with_name(course_id, before.get("name") if before else None)
        if before:
            link_course(self, context, before["id"])
        if state == end:
            self.log.info("Course %s is %s already, and is not changed.", named, end)
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
        self.log.info("Course %s is %s.", named, end)
        change: Change = "DROP" if end == "deleted" else "ALTER"
        note_changed_course(self.lineage, self.hook.settings.host, before or {"id": course_id}, change)
        return self._done(course_id, end, changed=True)

    def _done(self, course_id: int | str, state: str, *, changed: bool) -> dict[str, Any]:
        return {
            "canvas_instance": self.hook.settings.host,
            "course_id": course_id,
            "event": self.event,
            "workflow_state": state,
            "changed": changed,
        }
