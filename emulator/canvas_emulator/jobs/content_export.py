"""Running content exports: through the plan, to a file."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from canvas_emulator.effects.packages.exporting import write_export
from canvas_emulator.jobs import progress as progress_job
from canvas_emulator.machines.content_export import ALLOWED, EXPORT, Effect, ExportState
from canvas_emulator.machines.plans import Stage, check_move, lasting
from canvas_emulator.model.records import ContentExport, Progress
from canvas_emulator.model.world import World


def start(world: World, export: ContentExport, at: datetime) -> None:
    """Start an export; its Progress is ``queued``."""
    export.progress_id = world.next_id("progress")
    world.tables.progress[export.progress_id] = Progress(
        id=export.progress_id,
        context_id=export.id,
        context_type="ContentExport",
        user_id=export.user_id,
        tag="content_export",
        created_at=at,
        updated_at=at,
    )
    plan = world.faults.next_export(lasting(EXPORT, world.settings.export_seconds))
    world.agenda.begin(plan, partial(_apply, world, export), at)


def enter(export: ContentExport, state: ExportState, at: datetime) -> None:
    """Move an export to a state."""
    check_move(ALLOWED, export.workflow_state, state)
    export.workflow_state, export.updated_at = state, at


def _apply(world: World, export: ContentExport, stage: Stage, at: datetime) -> None:
    if export.workflow_state is ExportState.DELETED:
        return
    if export.progress_id is not None:
        progress_job.follow(world.tables.progress[export.progress_id], stage, at)
    if stage.effect is Effect.WRITE:
        write_export(world, export, at)
    enter(export, ExportState(stage.state), at)
