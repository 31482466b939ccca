"""The course copy that Canvas starts by itself: from the template of an account."""

from __future__ import annotations

from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.jobs import content_migration as job
from canvas_emulator.jobs.migration_settings import COURSE_COPY_TYPE
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World


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
