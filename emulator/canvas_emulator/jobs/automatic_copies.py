"""Course copies that Canvas starts by itself: from a blueprint, and from the template of an account."""

from __future__ import annotations

from datetime import datetime

from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.jobs import content_migration as job
from canvas_emulator.jobs.migration_settings import BLUEPRINT_TYPE, COURSE_COPY_TYPE
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import BlueprintMigration, BlueprintSubscription, ContentMigration
from canvas_emulator.model.world import World


def associate(world: World, blueprint_course_id: int, course_id: int) -> BlueprintSubscription:
    """Associate a course with a blueprint, unless it is already."""
    subscriptions = world.tables.blueprint_subscriptions
    for known in subscriptions.values():
        if (known.blueprint_course_id, known.course_id) == (blueprint_course_id, course_id):
            return known
    row = BlueprintSubscription(world.next_id("blueprint_subscription"), blueprint_course_id, course_id)
    subscriptions[row.id] = row
    return row


def sync(
    world: World, subscription: BlueprintSubscription, user_id: int, at: datetime, comment: str | None = None
) -> BlueprintMigration:
    """Start a migration of everything in a blueprint into an associated course."""
    source_id = subscription.blueprint_course_id
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=subscription.course_id,
        user_id=user_id,
        migration_type=BLUEPRINT_TYPE,
        source_course_id=source_id,
        migration_settings={
            "source_course_id": source_id,
            "import_immediately": True,
            "copy_options": dict(EVERYTHING),
        },
        created_at=at,
        updated_at=at,
    )
    world.add_migration(migration)
    row = BlueprintMigration(world.next_id("blueprint_migration"), subscription, migration.id, comment)
    world.tables.blueprint_migrations[row.id] = row
    job.queue(world, migration, at)
    return row


def copy_template(world: World, course: Course, user_id: int) -> None:
    """Start the copy, if the course's account, or one above it, has a template."""
    account = world.tables.accounts.get(course.account_id)
    while account is not None and account.course_template_id is None:
        account = world.tables.accounts.get(account.parent_account_id or 0)
    template_id = account.course_template_id if account else None
    if template_id is None or template_id not in world.tables.courses:
        return
    now = world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=course.id,
        user_id=user_id,
        migration_type=COURSE_COPY_TYPE,
        source_course_id=template_id,
        migration_settings={
            "source_course_id": template_id,
            "import_immediately": True,
            "copy_options": dict(EVERYTHING),
        },
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    job.queue(world, migration, now)
