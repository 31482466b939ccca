"""Whatever step a process dies at, the next one ends with exactly one copy per destination, and a true ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.security.secret import Secret
from tests.bulk.interruptions import Process
from tests.support import batches

SHELLS = 3


@pytest.fixture(autouse=True)
def _no_replica_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check at once what Canvas's replicas may not show yet: these have no lag."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.001, 0.001, 0.001))


@pytest.fixture
def new_canvas(
    emulator_server: EmulatorServer, tmp_path: Path
) -> Callable[[], tuple[sa.engine.Engine, Settings, World]]:
    """Return a function that starts over: an empty Canvas, and a planned batch."""
    numbers = iter(range(10_000))

    def start() -> tuple[sa.engine.Engine, Settings, World]:
        world = batches.batch_world(SHELLS, clock=ManualClock())
        emulator_server.show(world)
        canvas = Settings(emulator_server.url, Secret(batches.TOKEN))
        engine = sa.create_engine(f"sqlite:///{tmp_path}/{next(numbers)}.db")
        batches.ledger_of(engine, canvas.host, batches.planned_rows(SHELLS))
        return engine, canvas, world

    return start


def test_every_step(new_canvas: Callable[[], tuple[sa.engine.Engine, Settings, World]]) -> None:
    """A process that died at any step is continued by the next one, without a second copy."""
    steps = Process(*new_canvas())
    assert steps.work()
    total = steps.fuse.steps
    assert total > 9 * SHELLS
    for at in range(1, total + 1):
        engine, canvas, world = new_canvas()
        Process(engine, canvas, world, at).work()
        survivor = Process(engine, canvas, world, run=2)
        assert survivor.work(), at
        batches.check_account(survivor.ledger, world)
        engine.dispose()
