"""The course that a content migration copied, and the migrations that have one."""

from __future__ import annotations

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import ContentMigration
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.client.courses.course_states import fetch_course_states
from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasPermissionError

TYPES_WITH_MAPPING = ("course_copy_importer", "master_course_import", "canvas_cartridge_importer")
"""Types of migrations that can have an asset id mapping: copies, blueprint syncs, imports of Canvas's own packages."""

WHAT_CAN_BE_RECONCILED = (
    "Only course copies, syncs of a blueprint, and imports of packages that this Canvas itself exported can be "
    "reconciled: for other migrations, Canvas does not know which asset was made from which."
)


def recorded_source_id(migration: ContentMigration) -> int | None:
    """Return the source that Canvas recorded for a migration; None if its record shows none."""
    return (migration.get("settings") or {}).get("source_course_id")


def source_id_of(migration: ContentMigration, named: int | str | None = None) -> int:
    """Return the course that a migration copied.

    :param migration: Canvas's record.
    :param named: The source that a user named, if Canvas's record does not show it.
    :raises CanvasInputError: If the record shows another source, or the source is not known, or there is none.
    """
    name, recorded = f"content_migration {migration['id']}", recorded_source_id(migration)
    if recorded is None and migration.get("migration_type") not in TYPES_WITH_MAPPING:
        raise CanvasInputError(
            f"{name} is of the type {migration.get('migration_type')} and has no source course. "
            f"{WHAT_CAN_BE_RECONCILED}"
        )
    if recorded is not None and named is not None and str(recorded) != str(named):
        raise CanvasInputError(
            f"source_course_id names course {named}, but {name} copied course {recorded}, as Canvas recorded: "
            f"leave source_course_id out, or reconcile the migration that copied course {named}."
        )
    source_id = named if recorded is None else recorded
    if source_id is None:
        raise CanvasInputError(
            f"Canvas does not return the source of {name}, which it hides for a copy from another root account: "
            "give source_course_id."
        )
    return int(source_id)


COURSE_INCLUDES = ("term", "syllabus_body")
"""What a reconciliation needs of the record of a course."""


async def fetch_source(canvas: Canvas[AsyncIO], source_id: Id, copy: str) -> Course:
    """Return the source of a copy, with its term and its syllabus.

    :param canvas: An asynchronous client.
    :param source_id: The course.
    :param copy: The copy in words, for the message of an error.
    :raises CanvasNotFoundError: If it was deleted, or does not exist.
    :raises CanvasPermissionError: If the token's user may not read it.
    """
    source = f"Course {source_id}, the source of {copy},"
    try:
        return await canvas.courses.get(course_id=source_id, include=COURSE_INCLUDES)
    except CanvasPermissionError as error:
        error.args = (f"{source} cannot be read: {error}",)
        raise
    except CanvasNotFoundError as error:
        (state,) = await fetch_course_states(canvas, [str(source_id)])
        problem = f"was not found: {error}"
        if state.workflow_state == "deleted":
            problem = "was deleted. Without its content the copy cannot be reconciled: restore it in Canvas first."
        error.args = (f"{source} {problem}",)
        raise
