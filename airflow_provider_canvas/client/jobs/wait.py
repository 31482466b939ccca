"""The wait loop of operators, sensors and the trigger.

:class:`JobWait` polls one job. A worker performs its flows with the sync client, the trigger with the async client, a
sensor one poll at a time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule, format_duration, until_common_step
from airflow_provider_canvas.client.jobs.waiters import Log, Status, Waiter
from airflow_provider_canvas.client.protocol.flow import Flow, Sleep

MAX_POLL_BYTES = 2 << 20
"""The largest response to a poll. A triggerer parses it in its event loop: 2 MiB of JSON block it for 0.25 s."""


@dataclass
class JobWait:
    """Wait for one job. All times are seconds since the epoch.

    :param waiter: Polls the job.
    :param schedule: When to poll, and which errors to tolerate.
    :param log: Logs each change of the status once, and each error that is tolerated.
    :param began_at: When the job was submitted, if known.
    """

    waiter: Waiter
    schedule: PollSchedule
    log: Log
    began_at: float | None = None
    last_status: Status | None = field(default=None, init=False)
    """The status at the last poll that succeeded."""
    last_error: CanvasError | None = field(default=None, init=False)
    """The error of the last poll; ``None`` if that succeeded."""

    def __post_init__(self) -> None:
        # From here on, the monotonic clock counts: the other one may jump.
        self._age_at_start = None if self.began_at is None else max(0.0, time.time() - self.began_at)
        self._started = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the job was submitted; a large number if that is not known."""
        if self._age_at_start is None:
            return time.time()
        return self._age_at_start + time.monotonic() - self._started

    def poll(self, caller: Caller) -> Flow[Status | None]:
        """Poll once, and return the job's status; ``None`` if the poll failed with an error that is tolerated.

        :raises CanvasError: When the error is not tolerated, or polls have failed for too long.
        """
        try:
            if caller.max_bytes != MAX_POLL_BYTES:
                caller = replace(caller, max_bytes=MAX_POLL_BYTES)
            status = yield from self.waiter.poll(caller)
        except CanvasError as error:
            self.last_error = error
            if self.schedule.failed(error, time.monotonic()):
                raise
            self.log.warning("%s Will poll again.", error)
            return None
        self.schedule.succeeded()
        self.last_error = None
        if str(status) != str(self.last_status):
            after = "" if self.began_at is None else f" (after {format_duration(self.age)})"
            self.log.info("%s: %s%s", self.waiter.name, status, after)
        self.last_status = status
        return status

    def until(self, end: float, caller: Caller) -> Flow[Status | None]:
        """Poll until the job is over, or until the end, and return its last status; ``None`` if no poll succeeded.

        It polls at least once.

        :param end: When to stop waiting.
        :raises CanvasError: When an error is not tolerated, or polls have failed for too long.
        """
        ends = time.monotonic() + end - time.time()
        while True:
            status = yield from self.poll(caller)
            left = ends - time.monotonic()
            if left <= 0 or (status is not None and status.state != "pending"):
                return self.last_status
            completion = None if status is None else status.completion
            pause = until_common_step(self.schedule.pause(self.age, completion), time.monotonic())
            yield Sleep(min(pause, left))
