"""A batch whose copies Canvas has completed: the world, and the ledger of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import Assignment, Page
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.security.secret import Secret
from tests.support import batches


@dataclass
class CopiedBatch:
    """A Canvas with completed copies, and their ledger.

    :param world: The Canvas.
    :param settings: The settings of a client.
    :param engine: The database of the ledger.
    :param ledger: The ledger.
    :param migrations: The content migration of each destination.
    """

    world: World
    settings: Settings
    engine: sa.engine.Engine
    ledger: BatchLedger
    migrations: dict[int, int]

    def requests_since(self, before: int) -> list[Any]:
        """Return the requests after the first ``before`` ones."""
        with self.world.lock:
            return list(self.world.requests)[before:]

    def ledger_rows(self) -> dict[int, dict[str, Any]]:
        """Return the records of the ledger by destination."""
        query = sa.text("SELECT * FROM canvas_copy_ledger")
        with self.engine.connect() as connection:
            records = [dict(record) for record in connection.execute(query).mappings()]
        return {int(record["dest_course_id"]): record for record in records}


def copied_batch(
    server: EmulatorServer,
    engine: sa.engine.Engine,
    shells: int,
    *,
    templates: int = 2,
    fill: Callable[[World, int], None] | None = None,
    before_copy: Callable[[World], None] = lambda world: None,
) -> CopiedBatch:
    """Return a batch of which each shell has a completed copy of one of the templates in turn.

    :param server: The server that shows the Canvas.
    :param engine: The database of the ledger.
    :param shells: The number of shells.
    :param templates: The number of templates.
    :param fill: Adds content to a template; by default a page and an assignment.
    :param before_copy: Changes the world before the copies are made.
    """
    world = batches.batch_world(shells, templates=templates, clock=ManualClock())
    for number in range(templates):
        (fill or add_content)(world, batches.FIRST_TEMPLATE + number)
    world.clock.advance(3600)
    before_copy(world)
    server.show(world)
    settings = Settings(server.url, Secret(batches.TOKEN), retry_for=0)
    rows = batches.planned_rows(shells, templates=templates)
    migrations = {}
    with CanvasClient(settings) as canvas:
        for row in rows:
            migration = canvas.content_migrations.create(
                course_id=row.dest_course_id,
                migration_type="course_copy_importer",
                settings={"source_course_id": row.source_course_id},
            )
            migrations[int(row.dest_course_id)] = migration["id"]
    world.clock.advance(100 * shells)
    with world.lock:
        world.settle()
        assert {world.tables.content_migrations[each].workflow_state for each in migrations.values()} == {"imported"}
    ledger = batches.ledger_of(engine, settings.host, rows)
    ledger.update([completed(row, migrations[int(row.dest_course_id)]) for row in rows])
    return CopiedBatch(world, settings, engine, ledger, migrations)


def add_content(world: World, course_id: int) -> None:
    """Add a page and an assignment to a course."""
    world.add(Page(course_id=course_id, title="Reading", body="<p>Read this</p>"))
    world.add(Assignment(course_id=course_id, title="Essay", points_possible=10.0))


def completed(row: CopyRow, migration_id: int) -> CopyRow:
    """Return the row of a completed copy."""
    return CopyRow(
        dest_course_id=row.dest_course_id,
        source_course_id=row.source_course_id,
        row_number=row.row_number,
        plan_verdict=row.plan_verdict,
        state=CopyState.COMPLETED,
        attempts=1,
        content_migration_id=str(migration_id),
    )
