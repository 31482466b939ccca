"""Progress: how far a background job is, and cancelling it."""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.emulator.jobs import content_migration, progress
from airflow_provider_canvas.emulator.machines.progress import FINAL
from airflow_provider_canvas.emulator.records import Progress
from airflow_provider_canvas.emulator.wire.answers import Answer, not_found, stamp
from airflow_provider_canvas.emulator.wire.request import Request, Route


def show(request: Request) -> Answer:
    """GET a Progress; whoever may read the course of its migration may."""
    return Answer(shape(request, _progress(request)))


def cancel(request: Request) -> Answer:
    """POST a cancellation: only who started the job may. It marks the Progress; in Canvas the job goes on."""
    row = _progress(request)
    request.permit(row.user_id == request.user.id)
    world = request.world
    message = request.params.get("message")
    progress.cancel(row, str(message) if message is not None else None, world.clock.now())
    if world.settings.cancel_stops_job:
        content_migration.stop(world, world.tables.content_migrations[row.context_id], world.clock.now())
    return Answer(shape(request, row))


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


def _progress(request: Request) -> Progress:
    row = request.world.tables.progress.get(request.id())
    if row is None:
        raise not_found()
    migration = request.world.tables.content_migrations[row.context_id]
    request.permit(request.user.may_read(migration.course_id))
    return row


ROUTES = (
    Route("GET", "/progress/{id}", show),
    Route("POST", "/progress/{id}/cancel", cancel),
)
