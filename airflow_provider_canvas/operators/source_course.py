"""The checks of the courses of a copy, before anything is sent that could start it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.hooks.canvas import CanvasHook


@contextmanager
def naming_the_course(name: str, course_id: int | str) -> Iterator[None]:
    """Name the parameter in the error that a course does not exist or may not be read, if a GET found that out.

    :param name: The parameter.
    :param course_id: Its value.
    """
    from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasPermissionError

    try:
        yield
    except (CanvasNotFoundError, CanvasPermissionError) as error:
        if (error.route or "GET").startswith("GET"):
            refused = " cannot be read" if isinstance(error, CanvasPermissionError) else ""
            error.args = (f"{name} {course_id!r}{refused}: {error}",)
        raise


def get_source_course(hook: CanvasHook, name: str, course_id: int | str) -> Course:
    """Return the course to copy, after one request.

    Canvas copies the content of a deleted course like that of any other, and says nothing about it.

    :param name: The parameter that names the course, for the message.
    :raises CanvasNotFoundError: When there is none, or it is deleted.
    """
    from airflow_provider_canvas.client.errors import CanvasNotFoundError

    with naming_the_course(name, course_id):
        course = hook.courses.get(course_id=course_id, include=["all_courses"])
    if course.get("workflow_state") == "deleted":
        raise CanvasNotFoundError(
            f"{name} {course_id!r}: course {course['id']} ({course.get('name', 'no name shown')}) is deleted, and "
            "Canvas would copy its content all the same. Nothing was sent: name another course, or restore this one "
            "(CanvasUpdateCourseOperator with the event 'undelete')."
        )
    return course
