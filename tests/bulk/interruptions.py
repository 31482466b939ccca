"""Processes that copy a batch and die at a chosen step: a request, or a write to the ledger."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import sqlalchemy as sa
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.world import World

from airflow_provider_canvas.bulk.batch_copy import BatchCopy
from airflow_provider_canvas.bulk.outstanding import Ends
from airflow_provider_canvas.bulk.settings import BatchSettings
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from tests.support import batches


class ProcessDied(BaseException):
    """The process died. Nothing that it does after that has an effect."""


class Fuse:
    """Ends a process at one of its steps.

    :param at: The number of the step, from 1 on; ``None`` for never.
    """

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.steps = 0
        self._lock = threading.Lock()

    def step(self) -> None:
        """Count a step.

        :raises ProcessDied: From the chosen step on.
        """
        with self._lock:
            self.steps += 1
            if self.at is not None and self.steps >= self.at:
                raise ProcessDied


class DyingClient(CanvasClient):
    """A client whose process may die before each request, and between a request and its response."""

    def __init__(self, settings: Settings, fuse: Fuse) -> None:
        super().__init__(settings)
        self.fuse = fuse

    def send_request(self, request: Any) -> Any:
        """Send one request."""
        self.fuse.step()
        response = super().send_request(request)
        self.fuse.step()
        return response


class DyingLedger(BatchLedger):
    """A ledger whose process may die before and after each write."""

    def __init__(self, engine: sa.engine.Engine, fuse: Fuse, host: str) -> None:
        super().__init__(engine, canvas_instance=host, batch=batches.BATCH, patience=2)
        self.fuse = fuse

    def update(self, rows: Any) -> None:
        """Write rows."""
        self.fuse.step()
        super().update(rows)
        self.fuse.step()

    def add_issues(self, issues: Any) -> None:
        """Write issues."""
        self.fuse.step()
        super().add_issues(issues)
        self.fuse.step()


class Process:
    """A process that copies a batch, with a clock of Canvas that only moves when it waits.

    :param engine: The database of the ledger.
    :param canvas: The settings of the connection.
    :param world: The Canvas.
    :param at: The step at which the process dies; ``None`` for never.
    :param run: The number of the run.
    """

    def __init__(
        self,
        engine: sa.engine.Engine,
        canvas: Settings,
        world: World,
        at: int | None = None,
        run: int = 1,
        **options: Any,
    ) -> None:
        self.fuse = Fuse(at)
        self.world = world
        self.client = DyingClient(canvas, self.fuse)
        self.ledger = DyingLedger(engine, self.fuse, canvas.host)
        settings = BatchSettings(
            canvas_instance=canvas.host,
            base_url=canvas.base_url,
            batch=batches.BATCH,
            run={"run_id": f"run {run}"},
            **options,
        )
        self.copy = BatchCopy(self.client, self.ledger, settings, keep=lambda: None)

    def work(self) -> bool:
        """Copy the batch; return whether the process lived to its end."""
        try:
            with self.client:
                self._work()
        except ProcessDied:
            return False
        return True

    def _work(self) -> None:
        self.copy.continue_interrupted()
        for _ in itertools.count():
            self.copy.submit_more()
            outstanding = self.copy.outstanding()
            if not len(outstanding):
                return
            self.pass_time(120)
            self.copy.record(
                Ends(
                    {int(job.progress_id): 0.0 for job in outstanding.jobs()},
                    [],
                    [migration_id for _, migration_id in outstanding.records],
                )
            )

    def pass_time(self, seconds: float) -> None:
        """Let time pass in Canvas."""
        clock = self.world.clock
        assert isinstance(clock, ManualClock)
        with self.world.lock:
            clock.advance(seconds)
