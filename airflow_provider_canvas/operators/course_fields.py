"""Helpers of the operators that change one course: its fields, its result, and the fields that Canvas ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.lineage.without_failing import without_failing
from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.utils.parameters import none_if_blank, parse_structure

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.client.jobs.submit_once import Submission
    from airflow_provider_canvas.hooks.canvas import CanvasHook
    from airflow_provider_canvas.lineage.datasets import Change
    from airflow_provider_canvas.lineage.task_lineage import TaskLineage
    from airflow_provider_canvas.utils.canvas_task import CanvasTask
    from airflow_provider_canvas.utils.submitted_job import SubmittedJob


REFERENCES = ("term_id", "enrollment_term_id", "account_id", "grading_standard_id", "homeroom_course_id")
"""Fields of a course that name something that must exist."""

COURSE = "{'name': 'Biology'}"
"""An example of a course's fields, for messages."""


def course_fields(value: Any) -> dict[str, Any]:
    """Return ``course`` as a dict, also from text that a template rendered.

    Blanks around its SIS id are removed, as Canvas does; an SIS id that a template rendered to ``None`` is omitted.

    :raises CanvasInputError: When it is not a dict.
    """
    fields = parse_structure("course", value, such_as=COURSE)
    if fields is not None and not isinstance(fields, Mapping):
        raise CanvasInputError(f"course is {fields!r}: write a dict, such as {COURSE}.")
    fields = dict(fields or {})
    if "sis_course_id" in fields:
        sis_id = str(fields["sis_course_id"]).strip()
        if sis_id in ("None", "null"):
            del fields["sis_course_id"]
        else:
            fields["sis_course_id"] = sis_id
    return fields


def course_url(hook: CanvasHook, course_id: int) -> str:
    """Return the URL of a course's page."""
    return f"{hook.settings.base_url}/courses/{course_id}"


def link_course(task: CanvasTask, context: Context, course_id: int) -> None:
    """Let Airflow's page of the task link to the course."""
    task.show_page(context, CanvasPageLink, course_url(task.hook, course_id))


def find_course_job(submission: Submission | None, context: Context, ended_as: str) -> SubmittedJob | None:
    """Return what a task did to a course and has not reported, if there is anything.

    :param submission: The submission of this attempt, if it has one.
    :param context: The task's context.
    :param ended_as: What Canvas did, such as ``created``.
    """
    from airflow_provider_canvas.utils.submitted_job import find_submitted_job

    job = find_submitted_job(submission, context)
    return replace(job, ended_as=ended_as) if job is not None and job.is_certain else job


@without_failing
def note_changed_course(lineage: TaskLineage, host: str, course: Mapping[str, Any], change: Change) -> None:
    """Note for the lineage that a task changed a course as a whole.

    :param lineage: The lineage of the task.
    :param host: The host of its Canvas.
    :param course: Its record, or only its ``id``.
    :param change: What was done to it.
    """
    lineage.label(course)
    lineage.write(replace(lineage.course(host, course["id"]), change=change))


def course_result(hook: CanvasHook, course: Course, **more: Any) -> dict[str, Any]:
    """Return a task's result: the fields of a course that later tasks need.

    :param more: Further entries.
    """
    names = ("sis_course_id", "name", "course_code", "account_id", "workflow_state")
    return {
        "canvas_instance": hook.settings.host,
        "course_id": course["id"],
        **{name: course.get(name) for name in names},
        "url": course_url(hook, course["id"]),
        **more,
    }


def seen_course(hook: CanvasHook, course_id: int | str) -> Course | None:
    """Return a course, also a deleted one; ``None`` for a deleted one that the token's user may not see.

    :raises CanvasNotFoundError: When there never was such a course.
    """
    from airflow_provider_canvas.client.errors import CanvasPermissionError
    from airflow_provider_canvas.client.jobs.course_requests import find_course

    try:
        return hook.courses.get(course_id=course_id, include=["all_courses"])
    except CanvasPermissionError:
        # It exists, and this user may not read it: for such a user, a deleted course does not exist.
        return cast("Course | None", find_course(hook, course_id))


@contextmanager
def unknown_ids_told_apart(owner: str, fields: Mapping[str, Any], exists: Callable[[], object]) -> Iterator[None]:
    """Say in an error that something does not exist whether that is the owner, or an id among the fields.

    :param owner: The owner, in words: ``account 12``.
    :param fields: The fields of the course that are sent.
    :param exists: Reads the owner.
    """
    from airflow_provider_canvas.client.errors import CanvasError, CanvasNotFoundError

    try:
        yield
    except CanvasNotFoundError as error:
        names = [name for name in REFERENCES if none_if_blank(fields.get(name)) is not None]
        if not names:
            raise
        try:
            exists()
        except CanvasNotFoundError:
            error.args = (f"{owner} does not exist, or the token's user may not see it. {error}",)
        except CanvasError:
            raise error from None
        else:
            named = " or ".join(f"{name} {fields[name]!r}" for name in names)
            error.args = (f"{owner} exists, so it is {named} that does not exist, or not for this account. {error}",)
        raise


def check_ignored_fields(requested: Mapping[str, Any], course: Course, *, fail: bool, log: Any) -> list[str]:
    """Return the names of the fields that Canvas ignored, after a warning or an error about them.

    :param requested: The ``course`` that was sent.
    :param course: Canvas's response.
    :param fail: Raise an error instead of a warning.
    :param log: The task's log.
    :raises CanvasPermissionError: When ``fail`` is set and Canvas ignored a field.
    """
    from airflow_provider_canvas.client.courses.ignored_fields import ignored_fields
    from airflow_provider_canvas.client.errors import CanvasPermissionError

    ignored = ignored_fields(requested, course)
    if ignored:
        message = (
            f"Canvas changed course {course['id']}, but ignored {', '.join(map(str, ignored))}: the token's user may "
            "not set that, or the course's state does not allow it."
        )
        if fail:
            raise CanvasPermissionError(f"{message} Leave it out, or give the user the right.")
        log.warning("%s", message)
    return [field.name for field in ignored]
