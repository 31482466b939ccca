"""Progress: how far a background job is, and cancelling it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from canvas_emulator.jobs import content_migration, progress
from canvas_emulator.machines.progress import FINAL
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, may_read
from canvas_emulator.model.records import Progress
from canvas_emulator.model.world import World
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found, stamp


def show(request: Request) -> Response:
    """GET a Progress; readable by all who may read its context."""
    row = _progress(request)
    note_poll(request.world, row)
    return Response(shape(request, row))


def show_in_course(request: Request) -> Response:
    """GET a Progress as LTI tools do, where the installation has that route."""
    if not request.world.settings.lti_progress_route:
        raise not_found()
    request.course()
    return show(request)


def cancel(request: Request) -> Response:
    """POST a cancellation: only who started the job may. It fails the Progress; in Canvas the job is still running."""
    row = _progress(request)
    request.permit(row.user_id == request.user.id)
    world = request.world
    message = request.params.get("message")
    progress.cancel(row, str(message) if message is not None else None, world.clock.now())
    if world.settings.cancel_stops_job and row.context_type == "ContentMigration":
        content_migration.stop(world, world.tables.content_migrations[row.context_id], world.clock.now())
    return Response(shape(request, row))


def shape(request: Request, row: Progress) -> dict[str, Any]:
    """Render a Progress. Its results show only when there are any and the job has ended."""
    payload = {
        "id": row.id,
        "context_id": row.context_id,
        "context_type": row.context_type,
        "user_id": row.user_id,
        "tag": row.tag,
        "completion": row.completion,
        "workflow_state": row.workflow_state,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "message": row.message,
        "url": request.api_url(f"/progress/{row.id}"),
    }
    if row.results is not None and row.workflow_state in FINAL:
        payload["results"] = row.results
    return payload


def note_poll(world: World, row: Progress) -> None:
    """Note that a client polls a Progress: with a clock that stands still, it may wait for ever."""
    if row.workflow_state not in FINAL:
        world.still_clock.polled(f"Progress {row.id} of {row.context_type} {row.context_id}", world.clock.now())


def _progress(request: Request) -> Progress:
    row = request.world.tables.progress.get(request.id())
    if row is None or is_purged(request, row):
        raise not_found()
    request.permit(may_read_progress(request, row))
    return row


def may_read_progress(request: Request, row: Progress) -> bool:
    """Tell whether the caller may read a Progress: who may read its context may."""
    return READERS[row.context_type](request, row)


def is_purged(request: Request, row: Progress) -> bool:
    """Tell whether a Progress was deleted because of its age."""
    days = request.world.settings.progress_days
    return bool(days) and row.created_at + timedelta(days=days) <= request.world.clock.now()


def _reads_migration(request: Request, row: Progress) -> bool:
    migration = request.world.tables.content_migrations[row.context_id]
    return may_read(request.world, request.user, Context(migration.context_type, migration.course_id))


def _reads_export(request: Request, row: Progress) -> bool:
    export = request.world.tables.content_exports[row.context_id]
    is_own = export.user_id == request.user.id
    return is_own or may_read(request.world, request.user, Context(export.context_type, export.context_id))


def _is_the_user(request: Request, row: Progress) -> bool:
    return request.user.is_admin or request.user.id == row.context_id


def _reads_course(request: Request, row: Progress) -> bool:
    return may_read(request.world, request.user, Context(ContextType.COURSE, row.context_id))


def _administers_account(request: Request, _: Progress) -> bool:
    return request.user.is_admin


READERS: Mapping[str, Callable[[Request, Progress], bool]] = {
    "ContentMigration": _reads_migration,
    "ContentExport": _reads_export,
    "Course": _reads_course,
    "Account": _administers_account,
    "User": _is_the_user,
}
"""By the type of a Progress's context: whether the caller may read it, and with it the Progress."""


ROUTES = (
    Route("GET", "/progress/{id}", show, secondary=True),
    Route("GET", "/courses/{course_id}/progress/{id}", show_in_course, prefix="/api/lti", secondary=True),
    Route("POST", "/progress/{id}/cancel", cancel),
)
