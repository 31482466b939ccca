"""Running plans: each stage of a job when it is due, in order, and jobs that are held.

The owner of a run applies its stages (``Apply``), so the agenda knows no kind of row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Self

from canvas_emulator.machines.plans import Plan, Stage

Apply = Callable[[Stage, datetime], None]


@dataclass(eq=False)
class Run:
    """One execution of a plan.

    :param plan: The stages to execute.
    :param apply: Called for each stage, with the time at which it happens.
    :param stages_done: The number of stages that have happened.
    :param due: When its next stage happens; None when there is none, or when it waits.
    :param ended: Called once, when its last stage has happened or it was stopped.
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
    """The stages that are due in the future, in order."""

    def __init__(self) -> None:
        self._holds: list[Hold] = []
        self._entries: list[tuple[datetime, int, Run]] = []
        self._sequence = count()
        self._present = datetime.min.replace(tzinfo=UTC)

    def begin(self, plan: Plan, apply: Apply, at: datetime) -> Run:
        """Start a plan.

        :param apply: Called with each stage and the instant at which it was due.
        :param at: When the plan begins.
        """
        run = Run(plan, apply)
        self._schedule(run, at)
        return run

    def expedite(self, run: Run, at: datetime) -> None:
        """Move the next stage of a run to ``at``."""
        if run.due is not None:
            self._enter(run, at)

    def stop(self, run: Run) -> None:
        """Stop a run for good."""
        run.due = run.held_by = None
        self._end(run)

    def pause(self, run: Run) -> None:
        """Pause a run until ``resume``."""
        run.due = run.held_by = None

    def resume(self, run: Run, at: datetime) -> None:
        """Continue a paused run, as if its last stage had just happened."""
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
        """Run all stages that were due until now, in order.

        :param happened: Called after each stage, with the instant at which it was due.
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
