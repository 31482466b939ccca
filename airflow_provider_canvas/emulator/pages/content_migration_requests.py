"""Reading the parameters of a migration, with Canvas's checks in Canvas's order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.emulator.content import Course
from airflow_provider_canvas.emulator.effects.selection import EVERYTHING, options_of_select
from airflow_provider_canvas.emulator.pages.migrators import COURSE, IMPLEMENTED, MIGRATORS
from airflow_provider_canvas.emulator.records import ContentMigration
from airflow_provider_canvas.emulator.wire.answers import bad_request, invalid_record, not_found
from airflow_provider_canvas.emulator.wire.ids import find_course
from airflow_provider_canvas.emulator.wire.parameters import truthy
from airflow_provider_canvas.emulator.wire.request import Request

COURSE_COPY = "course_copy_importer"
EXTERNAL_TOOL = "context_external_tool"
FILE_SETTINGS = ("file_url", "content_export_id")


@dataclass(frozen=True)
class WantedMigration:
    """What a request makes of a migration."""

    migration_type: str
    source_course_id: int | None
    migration_settings: dict[str, Any]


def read_create(request: Request) -> WantedMigration:
    """Read a POST.

    :raises CanvasError: 400 or 404, for the first check that fails.
    """
    migration_type = request.params.get("migration_type")
    if not migration_type:
        raise bad_request("Must specify migration_type")
    settings = request.table("settings")
    _check_type(request, str(migration_type), settings)
    source = _source(request, settings) if migration_type == COURSE_COPY else None
    return WantedMigration(
        str(migration_type),
        source.id if source else None,
        _with_options(request, settings, selects_in=str(migration_type)),
    )


def read_update(request: Request, migration: ContentMigration) -> WantedMigration:
    """Read a PUT. A `migration_type` in it changes nothing, but without one `select` is ignored.

    :raises CanvasError: 400 or 404, for the first check that fails.
    """
    settings = migration.migration_settings | request.table("settings")
    source_id = migration.source_course_id
    if "source_course_id" in request.table("settings"):
        source_id = _source(request, settings).id
    selects_in = str(request.params.get("migration_type", ""))
    return WantedMigration(migration.migration_type, source_id, _with_options(request, settings, selects_in=selects_in))


def _check_type(request: Request, migration_type: str, settings: dict[str, Any]) -> None:
    migrator = MIGRATORS.get(migration_type)
    if migrator is None and EXTERNAL_TOOL not in migration_type:
        raise bad_request("Invalid migration_type")
    if migrator is not None and COURSE not in migrator.contexts:
        raise bad_request("Unsupported migration_type for context")
    attachment = request.table("pre_attachment")
    has_file = bool(attachment.get("name")) or any(settings.get(name) for name in FILE_SETTINGS)
    if (migrator is None or migrator.needs_file) and not has_file:
        raise bad_request("File upload, file_url, or content_export_id is required")
    if migration_type not in IMPLEMENTED:
        raise bad_request(f"Unsupported by this emulator: migration_type {migration_type}")


def _source(request: Request, settings: dict[str, Any]) -> Course:
    """Find the source course, and put its numeric id in place of whatever form was sent."""
    wanted = settings.get("source_course_id")
    if wanted is None or wanted == "":
        raise bad_request("A course copy requires a source course.")
    if (source := find_course(request.world, str(wanted))) is None:
        raise not_found()
    if not request.user.may_read(source.id):
        raise bad_request("You are not allowed to copy the source course.")
    settings["source_course_id"] = source.id
    return source


def _with_options(request: Request, settings: dict[str, Any], *, selects_in: str) -> dict[str, Any]:
    """Add to the settings what to copy and how to shift dates.

    :param selects_in: the type that the request names: only that of a course copy lets it `select`.
    :raises CanvasError: 400, when dates are to be both shifted and removed.
    """
    dates = request.table("date_shift_options")
    shift, remove = truthy(dates.get("shift_dates")), truthy(dates.get("remove_dates"))
    if shift and remove:
        raise invalid_record(date_shift_options="cannot specify shift_dates and remove_dates")
    if shift or remove:
        settings["date_shift_options"] = dates
    settings["import_immediately"] = not request.flag("selective_import")
    if request.flag("selective_import"):
        settings.pop("copy_options", None)
    elif selects_in == COURSE_COPY and request.table("select"):
        settings["copy_options"] = options_of_select(request.table("select"))
    elif copy := request.table("copy"):
        settings["copy_options"] = copy
    else:
        settings["copy_options"] = dict(EVERYTHING)
    return settings
