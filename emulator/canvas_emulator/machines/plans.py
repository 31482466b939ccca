"""The parts of machines: tables of allowed moves, and plans, which are tuples of stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

State = TypeVar("State", bound=StrEnum)
Allowed = Mapping[State, frozenset[State]]


@dataclass(frozen=True)
class Stage:
    """One moment of a job, and what changes then.

    :param after: Seconds since the stage before, or since the beginning.
    :param state: The row's stored state from now on.
    :param progress: The Progress's state from now on; None leaves it.
    :param completion: The Progress's percentage from now on; None leaves it.
    :param effect: What the stage does to the world, by name.
    """

    after: float
    state: StrEnum
    progress: StrEnum | None = None
    completion: float | None = None
    effect: StrEnum | None = None


Plan = tuple[Stage, ...]


class IllegalMoveError(Exception):
    """A machine was asked for a move that its table does not have."""


def check_move(allowed: Allowed[State], old: State, new: State) -> None:
    """Check that the table has a move; staying in a state is always allowed.

    :raises IllegalMoveError: When there is no such move.
    """
    if new is not old and new not in allowed[old]:
        raise IllegalMoveError(f"{type(old).__name__}: no move from {old.value} to {new.value}")


@lru_cache(1024)
def lasting(plan: Plan, seconds: float) -> Plan:
    """Return a plan scaled to a total length in seconds."""
    total = sum(stage.after for stage in plan)
    return tuple(replace(stage, after=stage.after * seconds / total) for stage in plan)
