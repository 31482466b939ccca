"""Strands: how many jobs of one kind run side by side. The others wait, first come, first served.

A job that waits looks as it did when it was queued: its row is there, its Progress says `queued`, and nothing happens.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime

from canvas_emulator.machines.interpreter import Agenda, Run


class Strands:
    """The runs that share a limit, by the name of what they share it for.

    :param limit: returns how many runs of one name go on at once; 0 is any number. Asked whenever one comes or goes.
    """

    def __init__(self, agenda: Agenda, limit: Callable[[], float]) -> None:
        self._agenda, self._limit = agenda, limit
        self._running: defaultdict[str, set[Run]] = defaultdict(set)
        self._waiting: defaultdict[str, deque[Run]] = defaultdict(deque)

    def enter(self, name: str, run: Run, at: datetime) -> None:
        """Let a run that has just begun go on, or wait until it is its turn."""
        run.ended = lambda then: self._leave(name, run, then)
        self._agenda.pause(run)
        self._waiting[name].append(run)
        self._go_on(name, at)

    def running(self, name: str) -> int:
        """Return how many runs go on now."""
        return len(self._running[name])

    def waiting(self, name: str) -> int:
        """Return how many runs wait."""
        return len(self._waiting[name])

    def _leave(self, name: str, run: Run, at: datetime) -> None:
        if run in self._running[name]:
            self._running[name].remove(run)
        else:
            self._waiting[name].remove(run)
        self._go_on(name, at)

    def _go_on(self, name: str, at: datetime) -> None:
        waiting, running = self._waiting[name], self._running[name]
        while waiting and (not self._limit() or len(running) < self._limit()):
            run = waiting.popleft()
            running.add(run)
            self._agenda.resume(run, at)
