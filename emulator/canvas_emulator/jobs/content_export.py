"""Running content exports: through the plan, to a file. An export that cannot be written fails, and nothing else."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from canvas_emulator.effects.packages.exporting import write_export
from canvas_emulator.jobs import progress as progress_job
from canvas_emulator.machines.content_export import ALLOWED, EXPORT, PLANS, Effect, ExportState
from canvas_emulator.machines.plans import Stage, check_move, lasting
from canvas_emulator.machines.progress import ProgressState
from canvas_emulator.model.records import ContentExport, Progress
from canvas_emulator.model.world import World

LOG = logging.getLogger(__name__)


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
    plan = PLANS.get(export.export_type, EXPORT)
    plan = world.faults.next_export(lasting(plan, world.settings.export_seconds))
    export.run = world.agenda.begin(plan, partial(_apply, world, export), at)


def enter(export: ContentExport, state: ExportState, at: datetime) -> None:
    """Move an export to a state."""
    check_move(ALLOWED, export.workflow_state, state)
    export.workflow_state, export.updated_at = state, at


def _apply(world: World, export: ContentExport, stage: Stage, at: datetime) -> None:
    if export.workflow_state is ExportState.DELETED:
        return
    if export.progress_id is not None:
        progress_job.follow(world.tables.progress[export.progress_id], stage, at)
    try:
        if stage.effect is Effect.WRITE:
            write_export(world, export, at)
    except Exception:
        LOG.exception("Writing content export %s failed", export.id)
        _fail(world, export, at)
    else:
        enter(export, ExportState(stage.state), at)


def _fail(world: World, export: ContentExport, at: datetime) -> None:
    """Fail an export and its Progress, which has no message."""
    if export.run is not None:
        world.agenda.stop(export.run)
    enter(export, ExportState.FAILED, at)
    if export.progress_id is not None:
        stage = Stage(0, ExportState.FAILED, ProgressState.FAILED)
        progress_job.follow(world.tables.progress[export.progress_id], stage, at)
