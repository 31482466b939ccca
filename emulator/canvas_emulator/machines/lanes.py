"""Lanes: what Canvas calls an ``n_strand``, a limit of jobs of one kind that run at the same time.

The others wait, in order of their priority and then of their ids. A waiting job looks as it did when it was queued:
its row exists, its Progress is ``queued``, nothing happens. A job keeps the width that its lane had when the job was
queued: a new width counts for later jobs only.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import count
from math import inf

from canvas_emulator.machines.agenda import Agenda, Run


class LaneKind(StrEnum):
    """The kinds of jobs that have a lane in each root account: imports by what started them, and exports of blueprints.

    ``api``: by a request with an access token. ``api_in_app``: by Canvas's own import page. ``manual``: by a page of
    Canvas that does not record it. ``course_template``: by the creation of a course in an account with a template.
    ``master_course``: the import of a blueprint into a course that follows it. ``new_quizzes``: by New Quizzes.
    """

    API = "api"
    API_IN_APP = "api_in_app"
    MANUAL = "manual"
    COURSE_TEMPLATE = "course_template"
    MASTER_COURSE = "master_course"
    NEW_QUIZZES = "new_quizzes"
    MASTER_COURSE_EXPORTS = "master_course_exports"


SIS_TEMPLATES = "sis_import_course_templates"
"""The lane of the template copies that a SIS import starts. It has one width, 1, and no root account in its name."""

LOW, SIS_PRIORITY = 20, 25
"""The priority of migrations, and that of template copies from a SIS import. Lower ones come first."""


@dataclass(order=True)
class _Waiting:
    priority: int
    number: int
    run: Run = field(compare=False)
    width: float = field(compare=False)
    expires_at: datetime | None = field(compare=False)
    expire: Callable[[datetime], None] | None = field(compare=False)


class Lanes:
    """Lets the runs of each lane wait for their turn. A lane has a name.

    :param agenda: The agenda that executes the runs.
    :param width: Returns how many runs of a lane execute at the same time, 0 for any number. Called when a run enters.
    """

    def __init__(self, agenda: Agenda, width: Callable[[str], float]) -> None:
        self._agenda, self._width = agenda, width
        self._numbers = count()
        self._running: defaultdict[str, set[Run]] = defaultdict(set)
        self._waiting: defaultdict[str, list[_Waiting]] = defaultdict(list)
        self._peaks: defaultdict[str, int] = defaultdict(int)

    def enter(
        self,
        name: str,
        run: Run,
        at: datetime,
        *,
        priority: int = LOW,
        expires_at: datetime | None = None,
        expire: Callable[[datetime], None] | None = None,
    ) -> None:
        """Let a run that has just begun execute, or wait for its turn.

        :param priority: Runs with a lower one come first.
        :param expires_at: A run whose turn comes later than this is not executed.
        :param expire: Called for such a run in place of its execution.
        """
        run.ended = lambda then: self._leave(name, run, then)
        self._agenda.pause(run)
        waiting = _Waiting(priority, next(self._numbers), run, self._width(name) or inf, expires_at, expire)
        insort(self._waiting[name], waiting)
        self._fill(name, at)

    def names(self) -> list[str]:
        """Return the names of all lanes that have had a run."""
        return sorted(self._waiting)

    def running(self, name: str | None = None) -> int:
        """Return how many runs of a lane, or of all lanes, execute now."""
        return len(self._running.get(name, ())) if name else sum(map(len, self._running.values()))

    def waiting(self, name: str | None = None) -> int:
        """Return how many runs of a lane, or of all lanes, wait."""
        return len(self._waiting.get(name, ())) if name else sum(map(len, self._waiting.values()))

    def peak(self, name: str) -> int:
        """Return how many runs of a lane executed at the same time, at most."""
        return self._peaks[name]

    def _leave(self, name: str, run: Run, at: datetime) -> None:
        if run in self._running[name]:
            self._running[name].remove(run)
        else:
            self._waiting[name] = [each for each in self._waiting[name] if each.run is not run]
        self._fill(name, at)

    def _fill(self, name: str, at: datetime) -> None:
        running = self._running[name]
        while (waiting := self._waiting[name]) and len(running) < waiting[0].width:
            first = waiting.pop(0)
            if first.expires_at is not None and first.expires_at < at and first.expire is not None:
                first.run.ended = None
                first.expire(at)
                continue
            running.add(first.run)
            self._peaks[name] = max(self._peaks[name], len(running))
            self._agenda.resume(first.run, at)
