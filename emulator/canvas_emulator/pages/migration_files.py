"""Where the package of a migration comes from, when the request says it: an upload to come, or an export."""

from __future__ import annotations

from typing import Any

from canvas_emulator.jobs import content_migration as job
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, may_read
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.pages.uploads import first_step
from canvas_emulator.wire.answers import CanvasError, bad_request
from canvas_emulator.wire.parameters import number
from canvas_emulator.wire.request import Request


def begin_upload(request: Request, migration: ContentMigration) -> dict[str, Any] | None:
    """Do the first step of the upload that `pre_attachment` asks for.

    What it refuses is no error of the request: the migration fails, and says why within a success.

    :return: what the answer has as its `pre_attachment`; None when that has no name, which starts nothing.
    """
    attachment, now = request.table("pre_attachment"), request.world.clock.now()
    if not attachment.get("name"):
        return None
    try:
        promised = first_step(request, Context(ContextType.CONTENT_MIGRATION, migration.id), None, attachment)
    except CanvasError as error:
        job.enter(request.world, migration, Stored.PRE_PROCESS_ERROR, now)
        return {"error": True, "message": error.answer.payload["message"]}
    job.await_file(request.world, migration, now)
    return promised


def attach_export(request: Request, migration: ContentMigration) -> None:
    """Let the migration import the file of an export.

    :raises CanvasError: 400, when there is no such export for the caller, or no file yet. The migration stays, failed.
    """
    world = request.world
    wanted = number(str(request.table("settings").get("content_export_id"))) or 0
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
