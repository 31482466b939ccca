"""Whatever step a process dies at, the next one ends with each copy reconciled once, and the same rows."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.course_pairs.batch_rows import BatchRows
from airflow_provider_canvas.course_pairs.compare import Comparison
from airflow_provider_canvas.course_pairs.reconcile_batch import BatchReconciliation
from airflow_provider_canvas.course_pairs.store import Store
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation
from tests.bulk.interruptions import Fuse, ProcessDied
from tests.support import batches
from tests.support.copied_batch import CopiedBatch, copied_batch

SHELLS = 4
STAMPS = {"run_id", "first_seen_at", "changed_at", "reconciled_at", "first_reconciled_at", "report_uri"}


class DyingClient(AsyncCanvasClient):
    """A client whose process may die before each request, and between a request and its response."""

    def __init__(self, settings: Settings, fuse: Fuse) -> None:
        super().__init__(settings)
        self.fuse = fuse

    async def send_request(self, request: Any) -> Any:
        """Send one request."""
        self.fuse.step()
        response = await super().send_request(request)
        self.fuse.step()
        return response


class DyingStore(Store):
    """Tables whose process may die before and after each write. It counts the writes of each course."""

    fuse: Fuse
    written: Counter[str]

    def write(self, reconciliations: Sequence[Reconciliation]) -> Any:
        """Write reconciliations."""
        self.fuse.step()
        result = super().write(reconciliations)
        self.written.update(each.destination.course_id for each in reconciliations)
        self.fuse.step()
        return result


class Process:
    """A process that reconciles a batch.

    :param copied: The batch.
    :param engine: The database.
    :param written: Counts the writes of each course, by all processes.
    :param at: The step at which the process dies; ``None`` for never.
    """

    def __init__(self, copied: CopiedBatch, engine: sa.engine.Engine, written: Counter[str], at: int | None) -> None:
        self.fuse = Fuse(at)
        self.settings = copied.settings
        store = DyingStore(engine)
        object.__setattr__(store, "fuse", self.fuse)
        object.__setattr__(store, "written", written)
        self.rows = BatchRows(store, copied.settings.host, batches.BATCH)

    def work(self) -> bool:
        """Reconcile the batch; return whether the process lived to its end."""

        async def run() -> None:
            async with DyingClient(self.settings, self.fuse) as canvas:
                how = Comparison(canvas_instance=self.settings.host, canvas_url=self.settings.base_url, run_id="run")
                work = BatchReconciliation(
                    canvas,
                    self.rows,
                    how,
                    report_uri=lambda course_id, migration_id: None,
                    write_report=lambda reconciliation: None,
                    keep=lambda: None,
                )
                await work.run(self.rows.to_reconcile())

        try:
            asyncio.run(run())
        except ProcessDied:
            return False
        return True


@pytest.fixture
def start(emulator_server: EmulatorServer, tmp_path: Path) -> Callable[[], tuple[CopiedBatch, sa.engine.Engine]]:
    """Return a function that starts over with an empty database: the same copies, not reconciled."""
    batch = copied_batch(emulator_server, sa.create_engine(f"sqlite:///{tmp_path}/first.db"), SHELLS)
    rows = list(batch.ledger.rows())
    numbers = itertools.count()

    def start() -> tuple[CopiedBatch, sa.engine.Engine]:
        engine = sa.create_engine(f"sqlite:///{tmp_path}/{next(numbers)}.db")
        batches.ledger_of(engine, batch.settings.host).update(rows)
        return batch, engine

    return start


def content(engine: sa.engine.Engine) -> list[Any]:
    """Return all rows of both tables, without their stamps."""
    with engine.connect() as connection:
        return [
            sorted(
                sorted((name, str(value)) for name, value in row.items() if name not in STAMPS)
                for row in connection.execute(sa.text(f"SELECT * FROM {table}")).mappings()
            )
            for table in ("canvas_asset_map", "canvas_copy_ledger")
        ]


def test_every_step(start: Callable[[], tuple[CopiedBatch, sa.engine.Engine]]) -> None:
    """A process that died at any step is continued by the next one: nothing is lost, and nothing written twice."""
    copied, engine = start()
    undisturbed = Process(copied, engine, Counter(), None)
    assert undisturbed.work()
    expected, total = content(engine), undisturbed.fuse.steps
    assert total > 2 * 13 * SHELLS
    engine.dispose()
    lost = 0
    for at in [*range(1, total - 8, 7), *range(total - 8, total + 1)]:
        copied, engine = start()
        written = Counter[str]()
        lived = Process(copied, engine, written, at).work()
        lost += SHELLS - written.total()
        assert Process(copied, engine, written, None).work(), at
        assert content(engine) == expected, at
        assert written == Counter(dict.fromkeys(map(str, copied.migrations), 1)), (at, lived)
        engine.dispose()
    assert lost > 0
