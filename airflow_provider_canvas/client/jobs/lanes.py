"""Polling the jobs of one lane with far fewer requests than jobs.

Canvas runs the jobs of a lane in the order of their POSTs, usually one at a time. So the first jobs of the lane tell
how far it is. A lane may also run several jobs at a time, and jobs of other users in between: then a few jobs end
before older ones. How many is learned while polling. What this module reports is a hint: the job's record decides.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
from airflow_provider_canvas.client.jobs.waiters import Status, status_of_progress
from airflow_provider_canvas.client.protocol.flow import Flow, ReadProgresses, Sleep

SWEEP = 1800.0
"""Seconds of a job's age at whose multiples it is polled wherever it is in its lane; longer ones in a slow lane."""

SILENT = 6 * 3600.0
"""Seconds of a job's age at whose multiples its record is to be read, although its Progress says that it waits."""

MAX_PAUSE = 180.0
"""Longest pause in seconds between two rounds of a lane that makes progress."""

REQUESTS_PER_END = 0.7
"""Requests for each job that ends, at most: a lane is polled when enough of its jobs can have ended."""

NEARLY_OVER = 90.0
"""The percentage from which on a job may end as soon as those before it, which are over."""

SOON, SOON_SHARE = 1.0, 0.05
"""Shortest pause in seconds, and as a share of a job's age, before an end that is near: one request reads many jobs."""

MAX_WIDTH = 32
"""Jobs of a lane that are taken to run at the same time, at most."""

SAME_PACE = 600.0
"""Seconds for which the pace of a lane is known after its last round."""


@dataclass(frozen=True)
class PolledJob:
    """A job of the bulk trigger.

    :param progress_id: Its Progress.
    :param lane: What Canvas runs one after the other has the same lane; ``None`` if no lane is known.
    :param position: The job's place in its lane: the order of the POSTs.
    :param began_at: When it was submitted, in seconds since the epoch.
    """

    progress_id: Id
    lane: str | None
    position: int
    began_at: float


Report = Callable[[PolledJob, Status], None]
"""Takes a job whose record is to be read, and the status of its Progress; ``pending`` if that is no help."""

PASSED = Status("pending", "unknown", None, "A later job of its lane is over.")


@dataclass
class LanePace:
    """How fast a lane runs, also for the next task that waits for it.

    :param width: The jobs that it seems to run at the same time.
    :param rate: Jobs per second that end; ``None`` if that is not known.
    """

    width: int = 1
    rate: float | None = None
    last_round: float | None = field(default=None, init=False)
    next_round: float = field(default=0.0, init=False)
    last_end: float = field(default=0.0, init=False)

    def forget(self) -> None:
        """Forget everything: the lane has been empty since, and its next jobs may be of another kind."""
        self.width, self.rate, self.last_round, self.next_round, self.last_end = 1, None, None, 0.0, 0.0

    def round_ended(self, now: float, ended: int) -> None:
        """Learn from a round of polls.

        :param now: Seconds since the epoch.
        :param ended: The jobs that were found to be over.
        """
        passed = None if self.last_round is None else now - self.last_round
        self.last_round = now
        if ended:
            self.last_end = now
        if passed is None or passed > SAME_PACE:
            self.rate = None
        elif passed > 0:
            rate = ended / passed
            self.rate = rate if self.rate is None else 0.7 * self.rate + 0.3 * rate


class Lane:
    """Polls the jobs of one lane.

    :param jobs: The jobs.
    :param schedule: How often to poll, at most; each job has a copy of it, for its errors.
    :param pace: What is known of the lane.
    :param batch_size: Returns how many Progresses one request reads.
    :param report: Takes the jobs whose record is to be read. None is reported twice.
    :param clock: Seconds since the epoch.
    """

    def __init__(
        self,
        jobs: Sequence[PolledJob],
        *,
        schedule: Callable[[], PollSchedule],
        pace: LanePace,
        batch_size: Callable[[], int],
        report: Report,
        clock: Callable[[], float],
    ) -> None:
        self._jobs = sorted(jobs, key=lambda job: job.position)
        self._schedules = {job: schedule() for job in self._jobs}
        self._schedule = schedule()
        self._pace, self._batch_size, self._report, self._clock = pace, batch_size, report, clock
        self._started = clock()
        if pace.last_round is not None and min(job.began_at for job in jobs) > pace.last_round:
            pace.forget()
        self._previous = pace.last_round or self._started
        self._requests = self._ended = self._quiet = 0
        self._completion: float | None = None  # of the first job that runs

    def run(self) -> Flow[None]:
        """Poll until all jobs are reported."""
        if 0.0 < (early := self._pace.next_round - self._clock()) <= MAX_PAUSE:
            yield Sleep(early)
        while self._jobs:
            now = self._clock()
            self._requests = self._ended = 0
            self._completion = None
            yield from self._round(now)
            self._previous = now
            self._quiet = 0 if self._ended else self._quiet + 1
            self._pace.round_ended(now, self._ended)
            if self._jobs:
                pause = self._pause(now)
                self._pace.next_round = now + pause
                yield Sleep(pause)

    def _pause(self, now: float) -> float:
        """Return the seconds until the next round."""
        age = now - max(self._pace.last_end, self._jobs[0].began_at)
        if self._batch_size() > 1:  # one request reads many jobs: polling soon costs little
            soon = min(self._schedule.interval / 3, max(SOON, SOON_SHARE * (now - self._jobs[0].began_at)))
            if not self._pace.rate:
                return self._schedule.pause(max(0.0, age), self._completion, soon)
            if self._ended and (self._completion or 0.0) >= NEARLY_OVER:
                return soon
        pause = self._schedule.next_poll(max(0.0, age))
        if not self._pace.rate:
            return pause
        enough = min(self._requests / REQUESTS_PER_END, len(self._jobs)) / self._pace.rate
        if 1 < self._batch_size() <= 2 * self._ended:  # most of what one request read is over: the others will be soon
            return min(pause, max(self._schedule.interval / 3, enough))
        return max(self._schedule.interval, min(MAX_PAUSE, max(pause, enough)))

    def _round(self, now: float) -> Flow[None]:
        """Poll the first jobs; beyond them, if they are over or nothing has ended for long; and those due anyway."""
        size = self._batch_size()
        jobs = list(self._jobs)
        states = yield from self._poll(jobs, range(min(len(jobs), max(size, self._pace.width + 1))), now)
        if size > 1:
            while states and max(states) + 1 < len(jobs) and states[max(states)]:
                start = max(states) + 1
                states |= yield from self._poll(jobs, range(start, min(len(jobs), start + size)), now)
        else:
            yield from self._search(jobs, states, now)
        self._learn(states)
        per_job = 1.0 / self._pace.rate if self._pace.rate else now - max(self._pace.last_end, jobs[0].began_at)
        period = min(SILENT, max(SWEEP, 2.0 * len(jobs) * per_job))
        due = [
            index
            for index, job in enumerate(jobs)
            if index not in states and job in self._schedules and self._passes(job, now, period)
        ]
        yield from self._poll(jobs, due, now)

    def _search(self, jobs: Sequence[PolledJob], states: dict[int, bool], now: float) -> Flow[None]:
        """Find the last job that is over; all before it are reported, unless they are found to be running.

        :param states: For each job that was polled, by its index, whether it is over. It is extended.
        """
        first = len(states)
        if not states.get(first - 1) and self._is_long_quiet():
            ahead = [first - 1 + 2**power for power in range(len(jobs).bit_length())]
            states |= yield from self._poll(jobs, [index for index in ahead if index < len(jobs)], now)
        over = max((index for index, is_over in states.items() if is_over), default=-1)
        if over < first - 1:
            return
        expected = (self._pace.rate or 0.0) * (now - self._previous)
        step = max(1, int(expected))
        pending = min((index for index in states if index > over), default=len(jobs))
        while pending == len(jobs) and over < len(jobs) - 1:
            index = min(over + step, len(jobs) - 1)
            if index not in states:
                states |= yield from self._poll(jobs, [index], now)
            over, pending, step = (index, pending, 2 * step) if states[index] else (over, index, step)
        while pending - over > 1:
            index = (over + pending) // 2
            if index not in states:
                states |= yield from self._poll(jobs, [index], now)
            over, pending = (index, pending) if states[index] else (over, index)
        yield from self._infer(jobs, states, over, now)

    def _infer(self, jobs: Sequence[PolledJob], states: dict[int, bool], over: int, now: float) -> Flow[None]:
        """Report the jobs before one that is over, without polling all of them.

        Those right before it are polled until more of them are over than not: they may have run at the same time.
        """
        running = sum(not is_over for index, is_over in states.items() if index < over)
        ended = 0
        for index in range(over - 1, -1, -1):
            if index in states:
                continue
            if ended > running:
                self._end(jobs[index], PASSED)
                continue
            states |= yield from self._poll(jobs, [index], now)
            ended, running = (ended + 1, running) if states[index] else (ended, running + 1)

    def _is_long_quiet(self) -> bool:
        """Tell whether to look for jobs that are over beyond the first ones: ever more rarely while nothing ends."""
        return self._quiet >= 2 and (self._quiet & (self._quiet - 1) == 0 or self._quiet % MAX_WIDTH == 0)

    def _learn(self, states: dict[int, bool]) -> None:
        """Learn how many jobs run at the same time: all but one of them may be older than one that is over."""
        over = max((index for index, is_over in states.items() if is_over), default=None)
        if over is not None:
            running = sum(not is_over for index, is_over in states.items() if index < over)
            self._pace.width = min(MAX_WIDTH, max(running + 1, self._pace.width - 1))

    def _poll(
        self, jobs: Sequence[PolledJob], indices: Sequence[int], now: float
    ) -> Generator[Any, Any, dict[int, bool]]:
        """Poll jobs, report those whose record is to be read, and return which are over, by their indices."""
        indices = [index for index in indices if jobs[index] in self._schedules]
        if not indices:
            return {}
        self._requests += -(-len(indices) // self._batch_size())
        results = yield ReadProgresses([jobs[index].progress_id for index in indices])
        states = {}
        for index, (record, error) in zip(indices, results, strict=True):
            states[index] = self._take(jobs[index], record, error, now)
        return states

    def _take(self, job: PolledJob, record: Any, error: BaseException | None, now: float) -> bool:
        """Take the result of a poll, and return whether the job is over."""
        schedule = self._schedules.get(job)
        if schedule is None:
            return False
        if error is not None:
            # Its record is read instead; but not sooner than it would be polled, in case it is still running.
            is_due = now - self._started >= schedule.next_poll(max(0.0, now - job.began_at))
            if not isinstance(error, CanvasError) or (schedule.failed(error, now) and is_due):
                self._end(job, Status("pending", "unknown", None, str(error)))
            return False
        schedule.succeeded()
        status = status_of_progress(record)
        if status.state != "pending":
            self._end(job, status)
            self._ended += 1
            return True
        if status.workflow_state == "running" and self._completion is None:
            self._completion = status.completion
        if self._passes(job, now, SILENT if status.workflow_state == "queued" else SWEEP):
            self._end(job, status)
        return False

    def _passes(self, job: PolledJob, now: float, period: float) -> bool:
        """Tell whether a job's age passed a multiple of a period since the last round."""
        return int((now - job.began_at) // period) > max(0, int((self._previous - job.began_at) // period))

    def _end(self, job: PolledJob, status: Status) -> None:
        if self._schedules.pop(job, None) is not None:
            self._jobs.remove(job)
            if status is PASSED:
                self._ended += 1
            self._report(job, status)
