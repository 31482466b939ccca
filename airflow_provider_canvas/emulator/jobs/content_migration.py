"""Running content migrations: into the queue, past the one that blocks it, through its plan, to an end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from airflow_provider_canvas.emulator.effects.copy import copy_files, import_content
from airflow_provider_canvas.emulator.effects.issues import add_issue, delete_issues
from airflow_provider_canvas.emulator.jobs import progress as progress_job
from airflow_provider_canvas.emulator.machines.content_migration import (
    ALLOWED,
    BLOCKED_FOR_SECONDS,
    BLOCKS,
    COURSE_COPY,
    FINISHES,
    RELEASES,
    RETRIES,
    STARTS,
    WAIT_IN_QUEUE,
    Effect,
    Stored,
)
from airflow_provider_canvas.emulator.machines.interpreter import Plan, Stage, check_move, lasting
from airflow_provider_canvas.emulator.machines.progress import ProgressState
from airflow_provider_canvas.emulator.records import ContentMigration, Progress
from airflow_provider_canvas.emulator.world import World


def queue(world: World, migration: ContentMigration, at: datetime) -> None:
    """Run a migration from the beginning, for the first time or again: its issues go, its one Progress is reset."""
    _stop(world, migration)
    delete_issues(world, migration)
    progress_job.reset(_progress(world, migration, at), at)
    migration.retries = 0
    _start_or_wait(world, migration, at)


def hold(world: World, migration: ContentMigration, at: datetime) -> None:
    """Let a course copy wait for a selection. Nothing runs, and no Progress is made."""
    _stop(world, migration)
    enter(world, migration, Stored.EXPORTED, at)


def stop(world: World, migration: ContentMigration, at: datetime) -> None:
    """End a job that someone cancelled, for a world in which that works."""
    if migration.run is not None and migration.run.due is not None:
        _stop(world, migration)
        enter(world, migration, Stored.FAILED, at)


def enter(world: World, migration: ContentMigration, state: Stored, at: datetime) -> None:
    """Move a migration to a stored state, with all that follows of it."""
    check_move(ALLOWED, migration.workflow_state, state)
    changed = migration.workflow_state is not state
    migration.workflow_state, migration.updated_at = state, at
    if state in STARTS and migration.started_at is None:
        migration.started_at = at
    if state in FINISHES and migration.finished_at is None:
        migration.finished_at = at
    if changed and state in RELEASES:
        _wake_next(world, migration.course_id, at)


def blocker(world: World, migration: ContentMigration, at: datetime) -> ContentMigration | None:
    """Return the older migration of the same course that lets this one wait, if there is one."""
    since = at - timedelta(seconds=BLOCKED_FOR_SECONDS)
    for other in world.migrations_of(migration.course_id):
        started = other.started_at
        if other.id < migration.id and other.workflow_state in BLOCKS and started is not None and started > since:
            return other
    return None


def _start_or_wait(world: World, migration: ContentMigration, at: datetime) -> None:
    if blocker(world, migration, at) is None:
        enter(world, migration, Stored.EXPORTING, at)
        plan = lasting(COURSE_COPY, world.settings.copy_seconds)
        _begin(world, migration, world.faults.next_copy(plan), at)
    else:
        enter(world, migration, Stored.QUEUED, at)
        _begin(world, migration, WAIT_IN_QUEUE, at)


def _try_again(world: World, migration: ContentMigration, at: datetime) -> None:
    """Look once more whether the way is free; give up when that has been in vain too often."""
    migration.retries += 1
    if migration.retries <= RETRIES or blocker(world, migration, at) is None:
        _start_or_wait(world, migration, at)
        return
    enter(world, migration, Stored.FAILED, at)
    failure = Stage(0, Stored.FAILED, ProgressState.FAILED)
    progress_job.follow(_progress(world, migration, at), failure, at)
    add_issue(world, migration, at, "error", "Blocked by running migration")


def _record_error(world: World, migration: ContentMigration, at: datetime) -> None:
    add_issue(
        world,
        migration,
        at,
        "error",
        "There was an unexpected error, please contact support.",
        error_message="RuntimeError: the emulator was told to fail here",
    )


EFFECTS: Mapping[Effect, Callable[[World, ContentMigration, datetime], None]] = {
    Effect.COPY_FILES: copy_files,
    Effect.IMPORT_CONTENT: import_content,
    Effect.TRY_AGAIN: _try_again,
    Effect.RECORD_ERROR: _record_error,
}


def _begin(world: World, migration: ContentMigration, plan: Plan, at: datetime) -> None:
    migration.run = world.agenda.begin(plan, partial(_apply, world, migration), at)


def _apply(world: World, migration: ContentMigration, stage: Stage, at: datetime) -> None:
    """Make a stage true: the Progress before the row, since the row's end may start another job."""
    progress_job.follow(_progress(world, migration, at), stage, at)
    enter(world, migration, Stored(stage.state), at)
    if stage.effect is not None:
        EFFECTS[Effect(stage.effect)](world, migration, at)


def _progress(world: World, migration: ContentMigration, at: datetime) -> Progress:
    """Return the one Progress of a migration, made when it is first needed."""
    if migration.progress_id is None:
        migration.progress_id = world.next_id("progress")
        world.tables.progress[migration.progress_id] = Progress(
            id=migration.progress_id,
            context_id=migration.id,
            context_type="ContentMigration",
            user_id=migration.user_id,
            tag="content_migration",
            created_at=at,
            updated_at=at,
        )
    return world.tables.progress[migration.progress_id]


def _stop(world: World, migration: ContentMigration) -> None:
    if migration.run is not None:
        world.agenda.stop(migration.run)
        migration.run = None


def _wake_next(world: World, course_id: int, at: datetime) -> None:
    """Let the oldest migration that waits in a course look again now."""
    for migration in world.migrations_of(course_id):
        if migration.workflow_state is Stored.QUEUED and migration.run is not None:
            world.agenda.expedite(migration.run, at)
            return
