"""The package of a new migration: an upload, or the file of an export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from canvas_emulator.effects.selection import EVERYTHING, options_of_select
from canvas_emulator.jobs import content_migration as job
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content import Folder
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, may_read, of_course
from canvas_emulator.model.course import Course, hidden_course
from canvas_emulator.model.ids import find_row
from canvas_emulator.model.parsing import parse_bool, parse_int
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.pages.migrators import COURSE_COPY, MIGRATORS, NOT_IMPORTED, ZIP
from canvas_emulator.pages.uploads import OVER_QUOTA, first_step
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import (
    CanvasError,
    bad_request,
    empty_internal_error,
    internal_error,
    invalid_record,
    not_found,
)

EXTERNAL_TOOL = "context_external_tool"
FILE_SETTINGS = ("file_url", "content_export_id")


@dataclass(frozen=True)
class WantedMigration:
    """The migration that a request describes.

    :param migration_type: Canvas's name for the type.
    :param source_course_id: The course to copy; None for packages.
    :param migration_settings: The settings, as Canvas stores them.
    """

    migration_type: str
    source_course_id: int | None
    migration_settings: dict[str, Any]


def holds(request: Request, migration_type: str) -> bool:
    """Tell whether the request wants to select later. With a zip file, that means nothing."""
    return request.parse_bool("selective_import") and migration_type != ZIP


def read_create(request: Request, context: Context) -> WantedMigration:
    """Read a POST.

    :raises CanvasError: 400, 404 or 500, for the first check that fails.
    """
    if request.params.get("migration_type") is None:
        raise internal_error()
    migration_type = str(request.params["migration_type"])
    settings = {"initiated_source": "api", **_sent_settings(request)}
    _check_type(request, context, migration_type, settings)
    source = _source(request, settings)
    if migration_type == COURSE_COPY:
        _check_source(request, source)
    elif migration_type == ZIP:
        _check_folder(request, context, settings)
    return WantedMigration(
        migration_type,
        source.id if source else None,
        _with_options(request, migration_type, settings, selects_in=migration_type),
    )


def read_update(request: Request, migration: ContentMigration) -> WantedMigration:
    """Read a PUT. A ``migration_type`` in it changes nothing, but without one ``select`` is ignored.

    :raises CanvasError: 400, 404 or 500, for the first check that fails.
    """
    sent = _sent_settings(request)
    settings = migration.migration_settings | sent
    source_id = migration.source_course_id
    if "source_course_id" in sent:
        source = _source(request, settings)
        if migration.migration_type == COURSE_COPY:
            _check_source(request, source)
        source_id = source.id if source else None
    selects_in = str(request.params.get("migration_type", ""))
    return WantedMigration(
        migration.migration_type,
        source_id,
        _with_options(request, migration.migration_type, settings, selects_in=selects_in),
    )


def _sent_settings(request: Request) -> dict[str, Any]:
    """Return the settings of a request: a hash of values that are none.

    :raises CanvasError: 500, for anything else.
    """
    settings = request.params.get("settings")
    if settings is None:
        return {}
    if not isinstance(settings, dict) or any(isinstance(value, dict) for value in settings.values()):
        raise internal_error()
    return dict(settings)


def _check_type(request: Request, context: Context, migration_type: str, settings: dict[str, Any]) -> None:
    if migration_type in NOT_IMPORTED:
        raise bad_request("Unsupported migration_type for context")
    migrator = MIGRATORS.get(migration_type)
    if migrator is None and EXTERNAL_TOOL not in migration_type:
        raise bad_request("Invalid migration_type")
    if migrator is not None and context.type not in migrator.contexts:
        raise bad_request("Unsupported migration_type for context")
    attachment = request.table("pre_attachment")
    has_file = bool(attachment.get("name")) or any(settings.get(name) for name in FILE_SETTINGS)
    if (migrator is None or migrator.needs_file) and not has_file:
        raise bad_request("File upload, file_url, or content_export_id is required")


def _source(request: Request, settings: dict[str, Any]) -> Course | None:
    """Find the source course, if one is named, and put its numeric id in place of whatever form was sent.

    A deleted course can be copied. Canvas keeps an empty course with the id 0, which no response shows.
    """
    if "source_course_id" not in settings:
        return None
    text, courses = str(settings["source_course_id"]), request.world.tables.courses
    source: Course | None = hidden_course() if text == "0" else find_row(request.world, "course", courses, text)
    if source is None:
        raise not_found()
    settings["source_course_id"] = source.id
    return source


def _check_source(request: Request, source: Course | None) -> None:
    if source is None:
        raise bad_request("A course copy requires a source course.")
    if not may_read(request.world, request.user, of_course(source.id)):
        raise bad_request("You are not allowed to copy the source course.")


def _check_folder(request: Request, context: Context, settings: dict[str, Any]) -> None:
    """Check that a zip file has somewhere to go. The list of migrators calls this setting by another name."""
    if not (wanted := settings.get("folder_id")):
        raise bad_request("A .zip upload requires a folder to upload to.")
    folder = request.world.find(Folder, context.id, parse_int(str(wanted)) or 0, context.type)
    if folder is None or folder.deleted:
        raise bad_request("The specified folder couldn't be found in this course.")


def _with_options(
    request: Request, migration_type: str, settings: dict[str, Any], *, selects_in: str
) -> dict[str, Any]:
    """Add to the settings what to copy and how to shift dates.

    :param migration_type: A zip file is imported as a whole, whatever is asked for.
    :param selects_in: The type that the request names: only that of a course copy lets it ``select``.
    :raises CanvasError: 400, when dates are to be both shifted and removed.
    """
    dates = request.table("date_shift_options")
    shift, remove = parse_bool(dates.get("shift_dates")), parse_bool(dates.get("remove_dates"))
    if shift and remove:
        raise invalid_record(date_shift_options="cannot specify shift_dates and remove_dates simultaneously")
    if shift or remove:
        settings["date_shift_options"] = dates
    if holds(request, migration_type):
        settings["import_immediately"] = False
        settings.pop("copy_options", None)
        settings.pop("migration_ids_to_import", None)
        return settings
    if selects_in == COURSE_COPY and request.table("select"):
        options = options_of_select(request.table("select"))
    elif not (options := request.table("copy")):
        settings["import_immediately"] = True
        options = dict(EVERYTHING)
    settings["copy_options"] = options
    settings["migration_ids_to_import"] = {"copy": dict(options)}
    return settings


def begin_upload(request: Request, migration: ContentMigration) -> dict[str, Any] | None:
    """Start the upload that ``pre_attachment`` describes.

    A file over the quota is not an error of the request: the migration fails, and the successful response says why.

    :return: What the response has as its ``pre_attachment``; None when that has no name, which starts nothing.
    :raises CanvasError: 500, when it is refused for another reason.
    """
    attachment, now = request.table("pre_attachment"), request.world.clock.now()
    if not attachment.get("name"):
        return None
    if attachment.get("parent_folder_id") and attachment.get("parent_folder_path"):
        raise empty_internal_error()
    try:
        target = first_step(request, Context(ContextType.CONTENT_MIGRATION, migration.id), None, attachment)
    except CanvasError as error:
        message = error.response.payload["message"]
        if message != OVER_QUOTA:
            raise empty_internal_error() from error
        job.refuse_file(request.world, migration, now)
        return {"error": True, "message": message}
    job.await_file(request.world, migration, now)
    return target


def attach_export(request: Request, migration: ContentMigration) -> None:
    """Let the migration import the file of an export.

    :raises CanvasError: 400, when there is no such export for the caller, or no file yet. The migration stays, failed.
    """
    world = request.world
    wanted = parse_int(str(request.table("settings").get("content_export_id"))) or 0
    export = world.tables.content_exports.get(wanted)
    message = None
    if export is None or not may_read(world, request.user, Context(ContextType.CONTENT_EXPORT, wanted)):
        message = "invalid content export"
    elif export.attachment_id is None:
        message = "content export is incomplete"
    if message is not None or export is None:
        job.enter(world, migration, Stored.PRE_PROCESS_ERROR, world.clock.now())
        raise bad_request(message or "")
    migration.attachment_id, migration.package = export.attachment_id, None
