"""How jobs and callers change a Progress."""

from __future__ import annotations

from datetime import datetime

from canvas_emulator.machines.plans import Stage, check_move
from canvas_emulator.machines.progress import ALLOWED, ProgressState
from canvas_emulator.model.records import Progress


def reset(progress: Progress, at: datetime) -> None:
    """Reset a Progress: a job that is queued again keeps it."""
    progress.workflow_state = ProgressState.QUEUED
    progress.completion, progress.message, progress.results = 0.0, None, None
    progress.updated_at = at


def follow(progress: Progress, stage: Stage, at: datetime) -> None:
    """Apply a stage of the job that owns the Progress.

    A cancelled Progress whose job is still running stays ``failed`` until the job ends. If the job had not started, its
    start makes the Progress ``running``. Both keep the message of the cancellation.
    """
    if stage.progress is not None:
        _move(progress, ProgressState(stage.progress))
    if stage.completion is not None:
        progress.completion = stage.completion
    progress.updated_at = at


def cancel(progress: Progress, message: str | None, at: datetime) -> None:
    """Set a Progress to ``failed``. Its job is still running."""
    _move(progress, ProgressState.FAILED)
    progress.message = message
    progress.updated_at = at


def _move(progress: Progress, state: ProgressState) -> None:
    check_move(ALLOWED, progress.workflow_state, state)
    progress.workflow_state = state
