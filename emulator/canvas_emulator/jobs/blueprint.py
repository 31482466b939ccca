"""Syncing a blueprint: an export, then a content migration into each course that follows it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.jobs import content_migration
from canvas_emulator.jobs.content_migration import BLUEPRINT_IMPORT_SHARE
from canvas_emulator.jobs.lanes import lane_name, root_account_id
from canvas_emulator.jobs.migration_settings import BLUEPRINT_TYPE
from canvas_emulator.machines.blueprint import ALLOWED, EXPIRES_AFTER_SECONDS, EXPORT, RUNNING, SyncState
from canvas_emulator.machines.content_migration import FINAL, Stored
from canvas_emulator.machines.course import CourseState
from canvas_emulator.machines.lanes import LaneKind
from canvas_emulator.machines.plans import Stage, check_move, lasting
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import (
    BlueprintMigration,
    BlueprintSubscription,
    BlueprintTemplate,
    ContentMigration,
)
from canvas_emulator.model.world import World

LOG = logging.getLogger(__name__)


def template_of(world: World, course: Course) -> BlueprintTemplate | None:
    """Return what makes a course a blueprint; None if it is none."""
    return _template(world, course.id) if course.settings.blueprint else None


def _template(world: World, course_id: int) -> BlueprintTemplate:
    templates = world.tables.blueprint_templates
    for known in templates.values():
        if known.course_id == course_id:
            return known
    row = BlueprintTemplate(world.next_id("blueprint_template"), course_id)
    templates[row.id] = row
    return row


def associate(world: World, blueprint_course_id: int, course_id: int) -> BlueprintSubscription:
    """Associate a course with a blueprint, which becomes one, unless it is already."""
    world.tables.courses[blueprint_course_id].settings.blueprint = True
    template = _template(world, blueprint_course_id)
    subscriptions = world.tables.blueprint_subscriptions
    for known in subscriptions.values():
        if (known.template_id, known.course_id) == (template.id, course_id):
            return known
    row = BlueprintSubscription(world.next_id("blueprint_subscription"), template.id, blueprint_course_id, course_id)
    subscriptions[row.id] = row
    return row


def subscriptions_of(world: World, template: BlueprintTemplate) -> list[BlueprintSubscription]:
    """Return which courses follow a blueprint."""
    return [each for each in world.tables.blueprint_subscriptions.values() if each.template_id == template.id]


def syncs_of(world: World, template_id: int) -> list[BlueprintMigration]:
    """Return the syncs of a blueprint, newest first."""
    return [row for row in world.tables.blueprint_migrations.values() if row.template_id == template_id][::-1]


def sync(
    world: World, template: BlueprintTemplate, user_id: int, at: datetime, comment: str | None = None
) -> BlueprintMigration:
    """Start a sync of everything in a blueprint into the courses that follow it."""
    row = BlueprintMigration(
        id=world.next_id("blueprint_migration"),
        template_id=template.id,
        user_id=user_id,
        comment=comment,
        created_at=at,
    )
    world.tables.blueprint_migrations[row.id] = row
    plan = lasting(EXPORT, world.settings.copy_seconds * (1 - BLUEPRINT_IMPORT_SHARE))
    run = world.agenda.begin(plan, partial(_apply, world, row, template), at)
    account_id = root_account_id(world, ContextType.COURSE, template.course_id)
    world.lanes.enter(lane_name(LaneKind.MASTER_COURSE_EXPORTS, account_id), run, at)
    return row


def imports_of(world: World, row: BlueprintMigration) -> list[ContentMigration]:
    """Return the content migrations of a sync."""
    return [world.tables.content_migrations[row_id] for row_id in row.content_migration_ids.values()]


def state(world: World, row: BlueprintMigration) -> SyncState:
    """Return the state of a sync: it is completed when all imports are, and fails if one fails or after a day."""
    is_old = row.created_at + timedelta(seconds=EXPIRES_AFTER_SECONDS) < world.clock.now()
    if row.workflow_state is not SyncState.IMPORTS_QUEUED:
        return SyncState.EXPORTS_FAILED if is_old and row.workflow_state in RUNNING else row.workflow_state
    states = {migration.workflow_state for migration in imports_of(world, row)}
    if states <= {Stored.IMPORTED}:
        return SyncState.COMPLETED
    return SyncState.IMPORTS_FAILED if states <= FINAL or is_old else SyncState.IMPORTS_QUEUED


def completed_at(world: World, row: BlueprintMigration) -> datetime | None:
    """Return when the last import of a completed sync ended."""
    if state(world, row) is not SyncState.COMPLETED:
        return None
    return max((migration.updated_at for migration in imports_of(world, row)), default=row.imports_queued_at)


def _apply(world: World, row: BlueprintMigration, template: BlueprintTemplate, stage: Stage, at: datetime) -> None:
    _enter(row, SyncState(stage.state))
    if row.workflow_state is SyncState.EXPORTING:
        row.exports_started_at = at
        return
    row.imports_queued_at = at
    try:
        for subscription in subscriptions_of(world, template):
            if world.tables.courses[subscription.course_id].workflow_state != CourseState.DELETED:
                _import(world, row, subscription, at)
    except Exception:
        LOG.exception("The imports of the blueprint's sync %s could not be queued", row.id)
        _enter(row, SyncState.EXPORTS_FAILED)


def _import(world: World, row: BlueprintMigration, subscription: BlueprintSubscription, at: datetime) -> None:
    earlier = [each for each in syncs_of(world, row.template_id) if subscription.id in each.content_migration_ids]
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=subscription.course_id,
        user_id=row.user_id,
        migration_type=BLUEPRINT_TYPE,
        source_course_id=subscription.blueprint_course_id,
        migration_settings={
            "skip_import_notification": True,
            "hide_from_index": True,
            "master_migration_id": row.id,
            "publish_after_completion": None,
            "import_immediately": True,
            "copy_options": dict(EVERYTHING),
        },
        created_at=at,
        updated_at=at,
    )
    world.add_migration(migration)
    row.content_migration_ids[subscription.id] = migration.id
    if any(state(world, each) is SyncState.COMPLETED for each in earlier):
        row.selective_ids.add(subscription.id)
    content_migration.queue(world, migration, at)


def _enter(row: BlueprintMigration, new: SyncState) -> None:
    check_move(ALLOWED, row.workflow_state, new)
    row.workflow_state = new
