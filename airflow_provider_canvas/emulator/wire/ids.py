"""The forms that an id may have in a path or a parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from airflow_provider_canvas.emulator.content import Course
from airflow_provider_canvas.emulator.wire.parameters import number
from airflow_provider_canvas.emulator.world import SHARD, World


def local_id(text: str) -> int | None:
    """Return the local id that a plain number, a global number or `shard~id` means; None for anything else."""
    shard, tilde, rest = text.partition("~")
    if tilde:
        return number(rest) if number(shard) == 1 else None
    row_id = number(text)
    return row_id - SHARD if row_id is not None and SHARD < row_id < 2 * SHARD else row_id


def find_course(world: World, text: str) -> Course | None:
    """Return the course that an id in any form means; None when there is none or it was deleted."""
    course = _course(world, text)
    return None if course is None or course.workflow_state == "deleted" else course


def _course(world: World, text: str) -> Course | None:
    if (course_id := local_id(text)) is not None:
        return world.tables.courses.get(course_id)
    form, colon, value = text.partition(":")
    if form == "hex":
        form, colon, value = value.partition(":")
        value = _decoded(value)
    if not colon or form not in FORMS or not value:
        return None
    attribute = FORMS[form]
    return next((course for course in world.tables.courses.values() if attribute(course) == value), None)


FORMS: Mapping[str, Callable[[Course], str | None]] = {
    "sis_course_id": lambda course: course.sis_course_id,
    "uuid": lambda course: course.uuid,
    "lti_context_id": lambda course: course.uuid,
}


def _decoded(text: str) -> str:
    try:
        return bytes.fromhex(text).decode()
    except ValueError:
        return ""
