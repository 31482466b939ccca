"""Assignment: the states of a quiz assignment that another system migrates after the copy."""

from __future__ import annotations

from enum import StrEnum

from canvas_emulator.machines.plans import Allowed, Plan, Stage


class AssignmentState(StrEnum):
    """Stored and reported under the same names."""

    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    DUPLICATING = "duplicating"
    FAILED_TO_DUPLICATE = "failed_to_duplicate"
    MIGRATING = "migrating"
    FAILED_TO_MIGRATE = "failed_to_migrate"
    DELETED = "deleted"


_LEFT = frozenset({AssignmentState.PUBLISHED, AssignmentState.UNPUBLISHED, AssignmentState.DELETED})

_BEGUN = frozenset({AssignmentState.MIGRATING, AssignmentState.DUPLICATING})
DUPLICABLE = frozenset({AssignmentState.PUBLISHED, AssignmentState.UNPUBLISHED})
"""The states in which a quiz is there."""

ALLOWED: Allowed[AssignmentState] = {
    AssignmentState.PUBLISHED: _LEFT | _BEGUN,
    AssignmentState.UNPUBLISHED: _LEFT | _BEGUN,
    AssignmentState.DUPLICATING: _LEFT | {AssignmentState.FAILED_TO_DUPLICATE},
    AssignmentState.FAILED_TO_DUPLICATE: _LEFT | {AssignmentState.DUPLICATING},
    AssignmentState.MIGRATING: _LEFT | {AssignmentState.FAILED_TO_MIGRATE},
    AssignmentState.FAILED_TO_MIGRATE: _LEFT | {AssignmentState.MIGRATING},
    AssignmentState.DELETED: frozenset({AssignmentState.PUBLISHED, AssignmentState.UNPUBLISHED}),
}

FAILING_MIGRATION: Plan = (Stage(1, AssignmentState.FAILED_TO_MIGRATE),)
"""The other system gives up. ``after`` is a unit here: see ``plans.lasting``."""


class Effect(StrEnum):
    """What a stage does."""

    RESTORE = "restore"


DUPLICATION: Plan = (Stage(1, AssignmentState.PUBLISHED, effect=Effect.RESTORE),)
"""The other system duplicates the quiz, and the assignment gets the state back that it was copied with."""
FAILING_DUPLICATION: Plan = (Stage(1, AssignmentState.FAILED_TO_DUPLICATE),)
STUCK_DUPLICATION: Plan = ()
"""The other system never reports back."""
