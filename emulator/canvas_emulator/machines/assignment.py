"""Assignment: the states of a quiz assignment that another system migrates after the copy."""

from __future__ import annotations

from enum import StrEnum

from canvas_emulator.machines.plans import Allowed, Plan, Stage


class AssignmentState(StrEnum):
    """Stored and reported under the same names."""

    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    MIGRATING = "migrating"
    FAILED_TO_MIGRATE = "failed_to_migrate"
    DELETED = "deleted"


_LEFT = frozenset({AssignmentState.PUBLISHED, AssignmentState.UNPUBLISHED, AssignmentState.DELETED})

ALLOWED: Allowed[AssignmentState] = {
    AssignmentState.PUBLISHED: _LEFT | {AssignmentState.MIGRATING},
    AssignmentState.UNPUBLISHED: _LEFT | {AssignmentState.MIGRATING},
    AssignmentState.MIGRATING: _LEFT | {AssignmentState.FAILED_TO_MIGRATE},
    AssignmentState.FAILED_TO_MIGRATE: _LEFT | {AssignmentState.MIGRATING},
    AssignmentState.DELETED: frozenset({AssignmentState.PUBLISHED, AssignmentState.UNPUBLISHED}),
}

FAILING_MIGRATION: Plan = (Stage(1, AssignmentState.FAILED_TO_MIGRATE),)
"""The other system gives up. ``after`` is a unit here: see ``plans.lasting``."""
