"""The check of the course that a task copies, before anything is sent that could start the copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.hooks.canvas import CanvasHook


def get_source_course(hook: CanvasHook, name: str, course_id: int | str) -> Course:
    """Return the course to copy, after one request.

    Canvas copies the content of a deleted course like that of any other, and says nothing about it.

    :param name: The parameter that names the course, for the message.
    :raises CanvasNotFoundError: When there is none, or it is deleted.
    """
    from airflow_provider_canvas.client.errors import CanvasNotFoundError

    try:
        course = hook.courses.get(course_id=course_id, include=["all_courses"])
    except CanvasNotFoundError as error:
        error.args = (f"{name} {course_id!r}: {error}",)
        raise
    if course.get("workflow_state") == "deleted":
        raise CanvasNotFoundError(
            f"{name} {course_id!r}: course {course['id']} ({course.get('name', 'no name shown')}) is deleted, and "
            "Canvas would copy its content all the same. Nothing was sent: name another course, or restore this one "
            "(CanvasUpdateCourseOperator with the event 'undelete')."
        )
    return course
