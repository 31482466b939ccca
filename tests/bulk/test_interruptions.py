"""Whatever step a process dies at, the next one ends with exactly one copy per destination, and a true ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.faults import Action, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.bulk import threads
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


@pytest.mark.parametrize("write_interval", [0.002, threads.WRITE_INTERVAL], ids=["row by row", "many at once"])
def test_every_step(
    new_canvas: Callable[[], tuple[sa.engine.Engine, Settings, World]],
    write_interval: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that died at any step is continued by the next one, without a second copy."""
    monkeypatch.setattr(threads, "WRITE_INTERVAL", write_interval)
    steps = Process(*new_canvas())
    assert steps.work()
    total = steps.fuse.steps
    assert total > 4 * SHELLS
    for at in range(1, total + 1):
        engine, canvas, world = new_canvas()
        Process(engine, canvas, world, at).work()
        survivor = Process(engine, canvas, world, run=2)
        assert survivor.work(), at
        batches.check_account(survivor.ledger, world)
        engine.dispose()


FAULTS = st.sampled_from(
    [None, {"status": 502}, {"action": Action.DROP}, {"action": Action.DROP_AFTER}, {"action": Action.TRUNCATE}]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deaths=st.lists(st.integers(1, 40), max_size=4),
    max_in_flight=st.integers(1, 4),
    fault=FAULTS,
    skip=st.integers(0, 20),
    failing=st.integers(0, 2),
)
def test_any_interruptions(  # noqa: PLR0917  # each is drawn
    new_canvas: Callable[[], tuple[sa.engine.Engine, Settings, World]],
    deaths: list[int],
    max_in_flight: int,
    fault: dict[str, object] | None,
    skip: int,
    failing: int,
) -> None:
    """After any deaths, a failing request and failing copies, each destination has one copy that did not fail."""
    engine, canvas, world = new_canvas()
    world.faults.migrations.extend(MigrationFault(Fault.FAILS, stage=2) for _ in range(failing))
    if fault is not None:
        world.faults.rules.append(Rule("/api/v1/", times=2, skip=skip, **fault))
    for run, at in enumerate([*deaths, None, None, None]):
        process = Process(engine, canvas, world, at, run=run, max_in_flight=max_in_flight, max_attempts=10)
        process.work()
    assert batches.states_of(process.ledger) == {"completed": SHELLS}
    copies = batches.copies_in(world)
    assert {course_id: states.count("imported") for course_id, states in copies.items()} == dict.fromkeys(
        range(batches.FIRST_SHELL, batches.FIRST_SHELL + SHELLS), 1
    )
    assert all(set(states) <= {"imported", "failed"} for states in copies.values())
    engine.dispose()
