"""The course copy that Canvas starts by itself: from the template of an account."""

from __future__ import annotations

from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.jobs import content_migration as job
from canvas_emulator.jobs.migration_settings import COURSE_COPY_TYPE
from canvas_emulator.machines.lanes import SIS_TEMPLATES, LaneKind
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World


def copy_template(world: World, course: Course, *, by_sis: bool = False) -> None:
    """Start the copy, if the course's account, or one above it, has a template.

    :param by_sis: Whether a SIS import created the course: these copies wait for each other, in all root accounts.
    """
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
        user_id=None,
        migration_type=COURSE_COPY_TYPE,
        source_course_id=template_id,
        migration_settings={
            "initiated_source": LaneKind.COURSE_TEMPLATE,
            "source_course_id": template_id,
            "import_immediately": True,
            "copy_options": dict(EVERYTHING),
        },
        created_at=now,
        updated_at=now,
        strand=SIS_TEMPLATES if by_sis else None,
    )
    world.add_migration(migration)
    job.queue(world, migration, now)
