"""Which lane a job waits in, with which priority, and until when it must have begun."""

from __future__ import annotations

from canvas_emulator.jobs.migration_settings import BLUEPRINT_TYPE
from canvas_emulator.machines.lanes import LaneKind
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World


def kind_of(migration: ContentMigration) -> LaneKind:
    """Return the kind of lane of a migration: by what started it, which its settings record."""
    if migration.migration_type == BLUEPRINT_TYPE:
        return LaneKind.MASTER_COURSE
    recorded = migration.migration_settings.get("initiated_source")
    return LaneKind(recorded) if recorded in list(LaneKind) else LaneKind.MANUAL


def lane_of(world: World, migration: ContentMigration) -> str:
    """Return the name of the lane that a migration waits in."""
    if migration.strand is not None:
        return migration.strand
    return lane_name(kind_of(migration), root_account_id(world, migration.context_type, migration.course_id))


def lane_name(kind: LaneKind, account_id: int) -> str:
    """Return the name of the lane of a kind of jobs in a root account."""
    return f"{kind}/{account_id}"


def root_account_id(world: World, context_type: ContextType, context_id: int) -> int:
    """Return the root account of a context: of a user or a group, the first one."""
    accounts = world.tables.accounts
    first = min(accounts, default=1)
    if context_type is ContextType.COURSE:
        course = world.tables.courses.get(context_id)
        account = accounts.get(course.account_id) if course else None
    else:
        account = accounts.get(context_id) if context_type is ContextType.ACCOUNT else None
    while account is not None and account.parent_account_id is not None:
        account = accounts.get(account.parent_account_id)
    return first if account is None else account.id
