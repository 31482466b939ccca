"""Progress: the states of a background job's public record. It has no plan: the job that owns it moves it."""

from __future__ import annotations

from enum import StrEnum

from canvas_emulator.machines.plans import Allowed


class ProgressState(StrEnum):
    """Stored and reported under the same names."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


ALLOWED: Allowed[ProgressState] = {
    ProgressState.QUEUED: frozenset({ProgressState.RUNNING, ProgressState.COMPLETED, ProgressState.FAILED}),
    ProgressState.RUNNING: frozenset({ProgressState.QUEUED, ProgressState.COMPLETED, ProgressState.FAILED}),
    # A job that runs again resets its Progress.
    ProgressState.COMPLETED: frozenset({ProgressState.QUEUED, ProgressState.FAILED}),
    # The job of a cancelled Progress starts if it has not, and runs on; its end overwrites the failure.
    ProgressState.FAILED: frozenset({ProgressState.QUEUED, ProgressState.RUNNING, ProgressState.COMPLETED}),
}

FINAL = frozenset({ProgressState.COMPLETED, ProgressState.FAILED})
