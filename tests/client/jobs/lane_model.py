"""A model of Canvas's lanes on a manual clock, and of a task that waits for its jobs as the bulk copy does."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.lanes import Lane, LanePace, PolledJob
from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
from airflow_provider_canvas.client.jobs.waiters import Status
from airflow_provider_canvas.client.protocol.flow import ReadProgresses, Sleep

START = 1_800_000_000.0


def ends(durations: Sequence[float], width: int) -> list[tuple[float, float]]:
    """Return when each job of a lane starts and ends, in the order of the POSTs."""
    free = [START] * width
    times = []
    for duration in durations:
        began = heapq.heappop(free)
        times.append((began, began + duration))
        heapq.heappush(free, began + duration)
    return times


@dataclass
class Task:
    """A task that waits for jobs, and reads the record of each job that the poller reports.

    :param times: When each job starts and ends.
    :param interval: The poll interval.
    :param batch_size: Progresses per request.
    :param error: Returns the error of a poll, by job and time; ``None`` for none.
    :param pace: What is known of the lane.
    :param resume: Seconds after which the task waits again, once something was reported.
    """

    times: Sequence[tuple[float, float]]
    interval: float = 15.0
    batch_size: int = 1
    error: Callable[[int, float], CanvasError | None] = lambda index, now: None
    resume: float = 3.0
    pace: LanePace = field(default_factory=LanePace)
    now: float = field(default=START, init=False)
    polls: int = field(default=0, init=False)
    wrong: int = field(default=0, init=False)
    found: dict[int, float] = field(default_factory=dict, init=False)

    def run(self, limit: float = 100 * 3600.0) -> None:
        """Wait until all jobs are found to be over."""
        while len(self.found) < len(self.times):
            assert self.now < START + limit, "the task waits for ever"
            self._wait()
            self.now += self.resume

    def _wait(self) -> None:
        """Wait until something is reported, and read the records."""
        left = [index for index in range(len(self.times)) if index not in self.found]
        jobs = {PolledJob(index, "api", index, START): index for index in left}
        reported: list[tuple[PolledJob, Status]] = []
        lane = Lane(
            list(jobs),
            schedule=lambda: PollSchedule(self.interval, chance=lambda: 0.5),
            pace=self.pace,
            batch_size=lambda: self.batch_size,
            report=lambda job, status: reported.append((job, status)),
            clock=lambda: self.now,
        )
        flow, result = lane.run(), None
        try:
            while True:
                step = flow.send(result)
                if isinstance(step, Sleep):
                    if reported:
                        break
                    self.now, result = self.now + step.seconds, None
                else:
                    assert isinstance(step, ReadProgresses)
                    self.polls += -(-len(step.progress_ids) // self.batch_size)
                    result = [self._progress(int(each)) for each in step.progress_ids]
        except StopIteration:
            pass
        assert len({job for job, _ in reported}) == len(reported)
        for job, status in reported:
            is_over = self.times[jobs[job]][1] <= self.now
            if is_over:
                self.found[jobs[job]] = self.now
            else:
                assert status.state == "pending"
                self.wrong += 1

    def _progress(self, index: int) -> tuple[Any, Any]:
        if (error := self.error(index, self.now)) is not None:
            return None, error
        began, end = self.times[index]
        state = "completed" if end <= self.now else "running" if began <= self.now else "queued"
        completion = round(100 * min(1.0, max(0.0, self.now - began) / (end - began)))
        return {"id": index, "workflow_state": state, "completion": completion, "message": None}, None

    @property
    def latest(self) -> float:
        """The longest time in seconds between a job's end and its discovery."""
        return max(found - self.times[index][1] for index, found in self.found.items())
