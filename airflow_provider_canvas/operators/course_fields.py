"""What the operators that change one course have in common: finding it, its result, what Canvas ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_canvas.links.canvas import CanvasPageLink
from airflow_provider_canvas.utils.parameters import parse_structure

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.hooks.canvas import CanvasHook


COURSE = "{'name': 'Biology'}"
"""How a course's fields are written, for messages."""


def course_fields(value: Any) -> dict[str, Any]:
    """Return ``course`` as a dict: also from the text that a template made of it.

    Its SIS id comes as Canvas finds it, without blanks around it; one that a template made of nothing is left out.

    :raises ValueError: When it is none.
    """
    found = parse_structure("course", value, such_as=COURSE)
    if found is not None and not isinstance(found, Mapping):
        raise ValueError(f"course is {found!r}: write a dict, such as {COURSE}.")
    fields = dict(found or {})
    if "sis_course_id" in fields:
        sis_id = str(fields["sis_course_id"]).strip()
        if sis_id in ("None", "null"):
            del fields["sis_course_id"]
        else:
            fields["sis_course_id"] = sis_id
    return fields


def course_url(hook: CanvasHook, course_id: int) -> str:
    """Return the address at which a person sees a course."""
    return f"{hook.settings.base_url}/courses/{course_id}"


def link_course(context: Context, hook: CanvasHook, course_id: int) -> None:
    """Leave the course's address behind for Airflow's page."""
    CanvasPageLink.persist(context, course_url(hook, course_id))


def course_result(hook: CanvasHook, course: Course, **more: Any) -> dict[str, Any]:
    """Return a task's result: what later tasks need of a course, and no more."""
    names = ("sis_course_id", "name", "course_code", "account_id", "workflow_state")
    return {
        "canvas_instance": hook.settings.host,
        "course_id": course["id"],
        **{name: course.get(name) for name in names},
        "url": course_url(hook, course["id"]),
        **more,
    }


def seen_course(hook: CanvasHook, course_id: int | str) -> Course | None:
    """Return a course, also a deleted one; nothing for one that is known to be deleted and not shown.

    :raises CanvasNotFoundError: When there never was one.
    """
    from airflow_provider_canvas.client.errors import CanvasPermissionError
    from airflow_provider_canvas.client.jobs.course_requests import find_course

    try:
        return hook.courses.get(course_id=course_id, include=["all_courses"])
    except CanvasPermissionError:
        # It exists, and this user may not read it: for one without that right a deleted course does not exist.
        return cast("Course | None", find_course(hook, course_id))


def check_ignored_fields(asked: Mapping[str, Any], course: Course, *, fail: bool, log: Any) -> list[str]:
    """Say what Canvas ignored, and return the names of those fields.

    :param asked: What was sent as ``course``.
    :param course: Canvas's answer.
    :param fail: Whether that is an error.
    :param log: The task's.
    :raises CanvasPermissionError: When it is.
    """
    from airflow_provider_canvas.client.courses.ignored_fields import ignored_fields
    from airflow_provider_canvas.client.errors import CanvasPermissionError

    found = ignored_fields(asked, course)
    if found:
        said = (
            f"Canvas changed course {course['id']}, but ignored {', '.join(map(str, found))}: the token's user may not "
            "set that, or the course's state does not allow it."
        )
        if fail:
            raise CanvasPermissionError(f"{said} Leave it out, or give the user the right.")
        log.warning("%s", said)
    return [one.name for one in found]
