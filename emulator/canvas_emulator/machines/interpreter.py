"""Runs plans: each stage of a job when its time has come, in order, at the instant when it was due.

A plan is a tuple of stages. Who begins a run says how a stage changes its row (`apply`), so the interpreter
knows no kind of row. Moves that a machine's table does not allow raise and change nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count
from typing import Self, TypeVar

State = TypeVar("State", bound=StrEnum)
Allowed = Mapping[State, frozenset[State]]


@dataclass(frozen=True)
class Stage:
    """What becomes true at one moment of a job.

    :param after: seconds since the stage before, or since the beginning.
    :param state: the row's stored state from now on.
    :param progress: the Progress's state from now on; None leaves it.
    :param completion: the Progress's percentage from now on; None leaves it.
    :param effect: what the stage does to the world, by name.
    """

    after: float
    state: StrEnum
    progress: StrEnum | None = None
    completion: float | None = None
    effect: StrEnum | None = None


Plan = tuple[Stage, ...]
Apply = Callable[[Stage, datetime], None]


class IllegalMoveError(Exception):
    """A machine was asked for a move that its table does not have."""


def check_move(allowed: Allowed[State], old: State, new: State) -> None:
    """Refuse a move that the table does not have; staying is always allowed.

    :raises IllegalMoveError: when there is no such move.
    """
    if new is not old and new not in allowed[old]:
        raise IllegalMoveError(f"{type(old).__name__}: no move from {old.value} to {new.value}")


@lru_cache
def lasting(plan: Plan, seconds: float) -> Plan:
    """Return the same plan, stretched or shortened to last so many seconds in all."""
    total = sum(stage.after for stage in plan)
    return tuple(replace(stage, after=stage.after * seconds / total) for stage in plan)


@dataclass(eq=False)
class Run:
    """One execution of a plan.

    :param due: when its next stage happens; None when there is none, or when it waits.
    :param ended: called once, when its last stage has happened or it was stopped.
    :param held_by: The hold that keeps it from its next stage.
    """

    plan: Plan
    apply: Apply
    stages_done: int = 0
    due: datetime | None = None
    ended: Callable[[datetime], None] | None = None
    held_by: Hold | None = None


class Hold:
    """Keeps jobs from entering a stage until it is released; released at the end of a ``with`` block.

    A plan with fewer stages is held before its last one. Plans of a single stage are not held.

    :param stage: The stage that is not entered, counted from 0.
    :param release: Called by ``release``.
    """

    def __init__(self, stage: int, release: Callable[[Hold], None]) -> None:
        if stage < 0:
            raise ValueError(f"stage must be 0 or more, not {stage}")
        self.stage = stage
        self.runs: list[Run] = []
        self._release = release
        self._reached = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def wait(self, timeout: float = 10.0) -> None:
        """Wait until a job is held. Jobs advance when a request arrives, so something else must send requests.

        :param timeout: The longest wait, in real seconds.
        :raises TimeoutError: When no job is held by then.
        """
        if not self._reached.wait(timeout):
            raise TimeoutError(f"no job reached stage {self.stage} within {timeout:g} seconds")

    def release(self) -> None:
        """Let the held jobs continue: they enter the stage now. Later jobs are not held."""
        self._release(self)

    def catch(self, run: Run) -> bool:
        """Hold a run if it is about to enter the stage, and tell whether it is held."""
        last = len(run.plan) - 1
        if last == 0 or run.stages_done < min(self.stage, last):
            return False
        run.due = None
        run.held_by = self
        self.runs.append(run)
        self._reached.set()
        return True


class Agenda:
    """What is going to happen, and when."""

    def __init__(self) -> None:
        self._holds: list[Hold] = []
        self._entries: list[tuple[datetime, int, Run]] = []
        self._sequence = count()
        self._present = datetime.min.replace(tzinfo=UTC)

    def begin(self, plan: Plan, apply: Apply, at: datetime) -> Run:
        """Start a plan.

        :param apply: called with each stage and the instant at which it was due.
        :param at: when the plan begins.
        """
        run = Run(plan, apply)
        self._schedule(run, at)
        return run

    def expedite(self, run: Run, at: datetime) -> None:
        """Let the next stage of a run happen at `at` and not when it was due."""
        if run.due is not None:
            self._enter(run, at)

    def stop(self, run: Run) -> None:
        """Let no further stage of a run happen."""
        run.due = run.held_by = None
        self._end(run)

    def pause(self, run: Run) -> None:
        """Let a run wait until somebody resumes it."""
        run.due = run.held_by = None

    def resume(self, run: Run, at: datetime) -> None:
        """Let a run that waited go on, as if the stage before had just happened."""
        self._schedule(run, at)
        if run.due is None:
            self._end(run)

    def hold(self, hold: Hold) -> None:
        """Hold all runs before a stage, those that have begun and those to come."""
        self._holds.append(hold)

    def release(self, hold: Hold, at: datetime) -> None:
        """Remove a hold; the runs that it held enter their next stage at ``at``."""
        if hold in self._holds:
            self._holds.remove(hold)
        for run in hold.runs:
            if run.held_by is hold:
                run.held_by = None
                self._enter(run, at)
        hold.runs.clear()

    def release_all(self, at: datetime) -> None:
        """Remove all holds."""
        for hold in tuple(self._holds):
            self.release(hold, at)

    def settle(self, now: datetime, happened: Callable[[datetime], None] | None = None) -> None:
        """Let everything happen that was due until now, in order.

        :param happened: called after each stage, with the instant at which it was due.
        """
        while self._entries and self._entries[0][0] <= now:
            due, _, run = heappop(self._entries)
            if run.due != due:
                continue  # stopped, or moved to another time
            if any(hold.catch(run) for hold in self._holds):
                continue
            self._present = due
            stage = run.plan[run.stages_done]
            run.stages_done += 1
            self._schedule(run, due)
            run.apply(stage, due)
            if run.stages_done == len(run.plan):
                self._end(run)
            if happened is not None:
                happened(due)
        self._present = max(self._present, now)

    def _end(self, run: Run) -> None:
        if run.ended is not None:
            ended, run.ended = run.ended, None
            ended(self._present)

    def _schedule(self, run: Run, since: datetime) -> None:
        if run.stages_done == len(run.plan):
            run.due = None
        else:
            self._enter(run, since + timedelta(seconds=run.plan[run.stages_done].after))

    def _enter(self, run: Run, due: datetime) -> None:
        run.due = due
        heappush(self._entries, (due, next(self._sequence), run))
