"""The source of a course copy: the check of its id, and which course a call copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import canvas_id

COURSE_COPY = "course_copy_importer"
"""The type of migration that copies another course."""

_LEGACY_COPY = "courses/{course_id}/course_copy"
_MIGRATIONS = ("{context}/content_migrations", "{context}/content_migrations/{content_migration_id}")


def source_course_id(name: str, value: object) -> str:
    """Return the id of the course to copy.

    :param name: The parameter that holds the id, for the message.
    :raises CanvasInputError: When it is none, or 0.
    """
    if str(value).strip() == "0":
        raise CanvasInputError(
            f"{name} is 0: Canvas takes that for an empty course, and would complete a copy of nothing. Write the "
            "number of the course to copy, or sis_course_id:...."
        )
    return canvas_id(name, value, kind="course_id")


def copied_course(call: Call[Any]) -> tuple[str, Any] | None:
    """Return the course that a call copies, as the name and the value of its parameter; ``None`` if it copies none."""
    if call.method == "POST" and call.route == _LEGACY_COPY:
        return "source_course", call.params.get("source_course")
    if call.route not in _MIGRATIONS or call.params.get("migration_type", COURSE_COPY) != COURSE_COPY:
        return None
    settings = call.params.get("settings")
    if not isinstance(settings, Mapping) or settings.get("source_course_id") in (None, ""):
        return None
    return "settings[source_course_id]", settings["source_course_id"]
