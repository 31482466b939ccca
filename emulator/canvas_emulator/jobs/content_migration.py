"""Running content migrations: from the queue through their plan to an end.

Whatever an effect raises fails its own migration. No request of another client sees it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from canvas_emulator.effects.copy import copy_files, import_content
from canvas_emulator.effects.issues import add_issue, delete_issues
from canvas_emulator.effects.packages.importing import (
    READERS,
    import_package,
    read_upload,
    source_course_id,
    unzip,
)
from canvas_emulator.effects.packages.package import UNEXPECTED, Package, PackageError, Upload
from canvas_emulator.jobs import migration_settings
from canvas_emulator.jobs import progress as progress_job
from canvas_emulator.jobs.fetching import fetch
from canvas_emulator.jobs.lanes import lane_of
from canvas_emulator.jobs.migration_settings import BLUEPRINT_TYPE, COURSE_COPY_TYPE, ZIP_TYPE
from canvas_emulator.machines.blueprint import EXPIRES_AFTER_SECONDS
from canvas_emulator.machines.content_migration import (
    ALLOWED,
    BLOCKED_FOR_SECONDS,
    BLOCKS,
    BLUEPRINT_IMPORT,
    CONVERSION_FOR_SELECTION,
    COURSE_COPY,
    FETCH,
    FINISHES,
    FINISHES_HALFWAY,
    IMPORT_OF_SELECTION,
    PACKAGE_IMPORT,
    PROGRESS_FAILS,
    RELEASES,
    RETRIES,
    STARTS,
    UPLOAD_SECONDS,
    WAIT_IN_QUEUE,
    WITHOUT_WORKER,
    ZIP_IMPORT,
    Effect,
    Stored,
)
from canvas_emulator.machines.lanes import LOW, SIS_PRIORITY
from canvas_emulator.machines.plans import Plan, Stage, check_move, lasting
from canvas_emulator.model.content import MAPPED_KINDS, File
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import ContentMigration, Progress
from canvas_emulator.model.world import World

LOG = logging.getLogger(__name__)

FULL = 100.0

BLUEPRINT_IMPORT_SHARE = 0.6
"""How much of a sync of a blueprint is the import; the rest is the export of the blueprint."""


def queue(world: World, migration: ContentMigration, at: datetime) -> None:
    """Run a migration from the beginning: its issues are deleted and its Progress is reset."""
    _stop(world, migration)
    delete_issues(world, migration)
    progress_job.reset(_progress(world, migration, at), at)
    migration.retries, migration.expires_at = 0, _expiry(world, migration, at)
    _start_or_wait(world, migration, at)


def hold(world: World, migration: ContentMigration, at: datetime) -> None:
    """Let a course copy wait for a selection. No job and no Progress start."""
    _stop(world, migration)
    enter(world, migration, Stored.EXPORTED, at)


def await_file(world: World, migration: ContentMigration, at: datetime) -> None:
    """Let a migration wait for the upload of its file, with a Progress that is ``queued``."""
    _stop(world, migration)
    migration.attachment_id = migration.package = None
    progress_job.reset(_progress(world, migration, at), at)
    enter(world, migration, Stored.PRE_PROCESSING, at)


def refuse_file(world: World, migration: ContentMigration, at: datetime) -> None:
    """Fail a migration whose file is too large, with a Progress that stays ``queued``."""
    _stop(world, migration)
    progress_job.reset(_progress(world, migration, at), at)
    enter(world, migration, Stored.PRE_PROCESS_ERROR, at)


def receive(world: World, migration: ContentMigration, file: File, at: datetime) -> None:
    """Continue a migration whose upload is confirmed, unless it timed out."""
    if migration.workflow_state is Stored.PRE_PROCESSING and migration.run is None:
        migration.attachment_id = file.id
        enter(world, migration, Stored.PRE_PROCESSED, at)
        queue(world, migration, at)


def give_up_upload(world: World, migration: ContentMigration, at: datetime) -> None:
    """Fail a migration that has waited for its file for an hour. Canvas checks this only when the migration is read."""
    overdue = migration.updated_at + timedelta(seconds=UPLOAD_SECONDS) < at
    if migration.workflow_state is Stored.PRE_PROCESSING and migration.run is None and overdue:
        _fail(world, migration, at, "The file upload process timed out.")


def stop(world: World, migration: ContentMigration, at: datetime) -> None:
    """Stop a cancelled job, where the settings make cancelling do that."""
    if _runs(migration):
        _stop(world, migration)
        enter(world, migration, Stored.FAILED, at)


def enter(world: World, migration: ContentMigration, state: Stored, at: datetime) -> None:
    """Move a migration to a stored state, with all consequences."""
    check_move(ALLOWED, migration.workflow_state, state)
    changed = migration.workflow_state is not state
    if changed:
        migration.workflow_state, migration.updated_at = state, at
    if state in STARTS and migration.started_at is None:
        migration.started_at = at
    finishes = FINISHES_HALFWAY if world.settings.finished_at_halfway else FINISHES
    if state in finishes and migration.finished_at is None:
        migration.finished_at = at
    if changed and state in RELEASES:
        _wake_next(world, migration, at)


def blocker(world: World, migration: ContentMigration, at: datetime) -> ContentMigration | None:
    """Return the older migration of the same course that blocks this one, if there is one.

    The import of a zip file is never blocked.
    """
    if migration.migration_type == ZIP_TYPE:
        return None
    since = at - timedelta(seconds=BLOCKED_FOR_SECONDS)
    for other in world.migrations_of(migration.course_id, migration.context_type):
        started = other.started_at
        if other.id < migration.id and other.workflow_state in BLOCKS and started is not None and started > since:
            return other
    return None


def _start_or_wait(world: World, migration: ContentMigration, at: datetime) -> None:
    if blocker(world, migration, at) is None:
        _start(world, migration, at)
    else:
        enter(world, migration, Stored.QUEUED, at)
        _begin(world, migration, WAIT_IN_QUEUE, at)


def _start(world: World, migration: ContentMigration, at: datetime) -> None:
    """Start the next step of a migration: the download of its file, the conversion, or the import."""
    migration_settings.started(migration)
    is_converted = migration.workflow_state is Stored.EXPORTED and migration.package is not None
    if migration.migration_type == BLUEPRINT_TYPE:
        enter(world, migration, Stored.EXPORTED, at)
    else:
        enter(world, migration, Stored.IMPORTING if is_converted else Stored.EXPORTING, at)
    if migration.migration_type in READERS and migration.attachment_id is None:
        _begin(world, migration, FETCH, at)
    else:
        plan = _plan(world, migration, is_converted=is_converted)
        _begin(world, migration, world.faults.next_copy(plan, migration.course_id), at)


def _plan(world: World, migration: ContentMigration, *, is_converted: bool) -> Plan:
    if migration.migration_type == COURSE_COPY_TYPE:
        return lasting(COURSE_COPY, _copy_seconds(world, migration))
    if migration.migration_type == BLUEPRINT_TYPE:
        return lasting(BLUEPRINT_IMPORT, world.settings.copy_seconds * BLUEPRINT_IMPORT_SHARE)
    if migration.migration_type not in READERS:
        return WITHOUT_WORKER
    if migration.migration_type == ZIP_TYPE:
        plan = ZIP_IMPORT
    elif is_converted:
        plan = IMPORT_OF_SELECTION
    elif migration.imports_immediately:
        plan = PACKAGE_IMPORT
    else:
        plan = CONVERSION_FOR_SELECTION
    return lasting(plan, world.settings.import_seconds)


def _copy_seconds(world: World, migration: ContentMigration) -> float:
    """Return how long a course copy takes: longer for a larger source, if the settings say so."""
    seconds = world.settings.copy_seconds
    if per_asset := world.settings.copy_seconds_per_asset:
        seconds += per_asset * sum(len(world.live(kind, migration.source_course_id or 0)) for kind in MAPPED_KINDS)
    return seconds


def _fetch_file(world: World, migration: ContentMigration, at: datetime) -> None:  # noqa: ARG001  an effect
    """Download the package, then continue as after an upload."""
    run, url = migration.run, str(migration.migration_settings.get("file_url", ""))

    def arrived(data: bytes | None, then: datetime) -> None:
        if migration.run is not run:
            return  # another request has changed the job meanwhile
        if data is None:
            _fail(world, migration, then, f"An unknown error occurred downloading from {url}", issue_type="warning")
            return
        name = url.partition("?")[0].rpartition("/")[2] or "package"
        file = File(
            course_id=migration.id,
            context_type=ContextType.CONTENT_MIGRATION,
            title=name,
            data=data,
            size=len(data),
            created_at=then,
        )
        migration.attachment_id = world.add(file).id
        _start(world, migration, then)

    fetch(world, url, arrived)


def _begin_work(world: World, migration: ContentMigration, at: datetime) -> None:
    """Record that a job works on the migration from now on."""
    migration.work_began_at, migration.export_completion = at, 0.0
    migration_settings.begun(world, migration)


def _convert(world: World, migration: ContentMigration, at: datetime) -> None:  # noqa: ARG001  an effect
    """Record that the source course is exported."""
    migration.export_completion = 100.0
    migration_settings.source_exported(migration)


def _read_package(world: World, migration: ContentMigration, at: datetime) -> None:
    """Convert the package.

    :raises PackageError: When it cannot be read.
    """
    _begin_work(world, migration, at)
    _open_package(world, migration)


def _open_package(world: World, migration: ContentMigration) -> None:
    migration.package = None
    file = world.anywhere(File, migration.attachment_id or 0)
    data, name = (b"".join(file.chunks()), file.title) if file else (b"", "package")
    max_bytes = int(world.settings.max_unpacked_mib * (1 << 20))
    migration.package = read_upload(Upload(data, name, migration.migration_type, migration.id, max_bytes))


def _import_package(world: World, migration: ContentMigration, at: datetime) -> None:
    if migration.migration_type == ZIP_TYPE:
        _open_package(world, migration)
        unzip(world, migration, migration.package, at)
    elif migration.context_type is ContextType.COURSE:
        import_package(world, migration, migration.package, at)
    # An account takes outcomes and question banks only, and has no page in this emulator that would show them.


def _fail(
    world: World,
    migration: ContentMigration,
    at: datetime,
    description: str = UNEXPECTED,
    *,
    issue_type: str = "error",
    error_message: str | None = None,
    has_report: bool = False,
) -> None:
    """Fail a migration, add an issue, and fail its Progress a moment later.

    :param has_report: There is a report of the error, whose address administrators see.
    """
    _stop(world, migration)
    add_issue(world, migration, at, issue_type, description, error_message=error_message, has_report=has_report)
    enter(world, migration, Stored.FAILED, at)
    _progress(world, migration, at)
    migration.run = world.agenda.begin(PROGRESS_FAILS, partial(_apply, world, migration), at)


def _try_again(world: World, migration: ContentMigration, at: datetime) -> None:
    """Check again whether the migration is still blocked, and fail it after too many attempts."""
    migration.retries += 1
    if migration.retries <= RETRIES or blocker(world, migration, at) is None:
        _start_or_wait(world, migration, at)
        return
    _fail(world, migration, at, error_message="Blocked by running migration")


def _expiry(world: World, migration: ContentMigration, at: datetime) -> datetime:
    """Return when the job of a migration expires: that of a blueprint's import a day after its sync was created."""
    sync = world.tables.blueprint_migrations.get(migration.migration_settings.get("master_migration_id", 0))
    if sync is not None:
        return sync.created_at + timedelta(seconds=EXPIRES_AFTER_SECONDS)
    return at + timedelta(hours=world.settings.job_expiration_hours)


def _expire(world: World, migration: ContentMigration, at: datetime) -> None:
    """Fail a migration whose turn came too late."""
    _fail(world, migration, at, error_message=f"job expired at {migration.expires_at}", has_report=True)


def _record_error(world: World, migration: ContentMigration, at: datetime) -> None:
    add_issue(world, migration, at, "error", UNEXPECTED, has_report=True)


EFFECTS: Mapping[Effect, Callable[[World, ContentMigration, datetime], None]] = {
    Effect.BEGIN: _begin_work,
    Effect.CONVERT: _convert,
    Effect.COPY_FILES: copy_files,
    Effect.IMPORT_CONTENT: import_content,
    Effect.FETCH_FILE: _fetch_file,
    Effect.READ_PACKAGE: _read_package,
    Effect.IMPORT_PACKAGE: _import_package,
    Effect.TRY_AGAIN: _try_again,
    Effect.RECORD_ERROR: _record_error,
}


def _begin(world: World, migration: ContentMigration, plan: Plan, at: datetime) -> None:
    migration.run = world.agenda.begin(plan, partial(_apply, world, migration), at)
    if plan is not WAIT_IN_QUEUE:
        world.lanes.enter(
            lane_of(world, migration),
            migration.run,
            at,
            priority=LOW if migration.strand is None else SIS_PRIORITY,
            expires_at=migration.expires_at,
            expire=partial(_expire, world, migration),
        )


def _apply(world: World, migration: ContentMigration, stage: Stage, at: datetime) -> None:
    """Apply a stage: to the Progress before the row, since the end of the row may start another job."""
    progress_job.follow(_progress(world, migration, at), stage, at)
    if stage.state is Stored.PRE_PROCESSING and stage.completion is not None and migration.export_completion < FULL:
        migration.export_completion = min(stage.completion * 2, FULL)
    before = migration.workflow_state
    enter(world, migration, Stored(stage.state), at)
    try:
        if stage.effect is not None:
            EFFECTS[Effect(stage.effect)](world, migration, at)
        if migration.workflow_state is not before:
            _entered(world, migration)
    except PackageError as error:
        for warning in error.warnings:
            add_issue(world, migration, at, "warning", warning)
        _fail(
            world,
            migration,
            at,
            error.description,
            issue_type=error.issue_type,
            error_message=error.error_message,
            has_report=error.description == UNEXPECTED,
        )
    except Exception:
        LOG.exception("The effect %s of content migration %s failed", stage.effect, migration.id)
        _fail(world, migration, at, has_report=True)


def _entered(world: World, migration: ContentMigration) -> None:
    """Add to the settings of a migration what its new state tells."""
    if migration.workflow_state is Stored.EXPORTED:
        migration_settings.converted(migration)
    elif migration.workflow_state is Stored.IMPORTED and migration.work_began_at is not None:
        if isinstance(migration.package, Package) and migration.source_course_id is None:
            migration.source_course_id = source_course_id(world, migration.package)
        migration_settings.imported(world, migration, migration.work_began_at)


def _progress(world: World, migration: ContentMigration, at: datetime) -> Progress:
    """Return the Progress of a migration, created on first use."""
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


def _runs(migration: ContentMigration) -> bool:
    return migration.run is not None and migration.run.stages_done < len(migration.run.plan)


def _wake_next(world: World, ended: ContentMigration, at: datetime) -> None:
    """Let the oldest migration that is blocked in this course check again now."""
    for migration in world.migrations_of(ended.course_id, ended.context_type):
        if migration.workflow_state is Stored.QUEUED and migration.run is not None:
            world.agenda.expedite(migration.run, at)
            return
