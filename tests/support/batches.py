"""A Canvas with templates and many empty shells, the ledger of a batch that copies them, and what Canvas really has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from canvas_emulator.model.clock import Clock
from canvas_emulator.model.content import Page
from canvas_emulator.model.course import Course
from canvas_emulator.model.records import AccessToken, Account, User
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.states import CopyState

BATCH = "fall-2026"
TOKEN = "7~token-of-the-batches"
FIRST_TEMPLATE, FIRST_SHELL = 101, 1001


def batch_world(
    shells: int, *, templates: int = 2, settings: Settings | None = None, clock: Clock | None = None
) -> World:
    """Return a world with templates of one page each, and empty shells."""

    def build(world: World) -> None:
        tables = world.tables
        tables.accounts[1] = Account(1, "Northfield University")
        tables.users[1] = User(1, "Service Account", is_admin=True)
        tables.tokens[TOKEN] = AccessToken(TOKEN, 1)
        for number in range(templates):
            course_id = FIRST_TEMPLATE + number
            tables.courses[course_id] = Course(course_id, f"Template {number}", f"T{number}", 1, 1)
            world.add(Page(course_id=course_id, title="Home", body="<p>Welcome</p>"))
        for course_id in range(FIRST_SHELL, FIRST_SHELL + shells):
            tables.courses[course_id] = Course(course_id, f"Section {course_id}", f"S{course_id}", 1, 1)

    return World(build, clock=clock, settings=settings)


def planned_rows(shells: int, *, templates: int = 2, **fields: Any) -> list[CopyRow]:
    """Return the rows that a plan writes: each shell gets one of the templates in turn."""
    return [
        CopyRow(
            row_number=number + 1,
            source_course_id=str(FIRST_TEMPLATE + number % templates),
            dest_course_id=str(FIRST_SHELL + number),
            plan_verdict="will_copy",
            **fields,
        )
        for number in range(shells)
    ]


def ledger_of(engine: sa.engine.Engine, host: str, rows: Iterable[CopyRow] = (), batch: str = BATCH) -> BatchLedger:
    """Return the ledger of a batch with its tables, after planning rows."""
    ledger = BatchLedger(engine, canvas_instance=host, batch=batch)
    ledger.create_tables()
    ledger.plan(rows)
    return ledger


def copies_in(world: World) -> dict[int, list[str]]:
    """Return the states of all content migrations of a Canvas, by destination."""
    with world.lock:
        world.settle()
        copies: dict[int, list[str]] = {}
        for migration in world.tables.content_migrations.values():
            copies.setdefault(migration.course_id, []).append(migration.workflow_state.value)
        return copies


def states_of(ledger: BatchLedger) -> dict[str, int]:
    """Return the number of rows by state."""
    return {str(state): count for state, count in ledger.counts().items()}


def check_account(ledger: BatchLedger, world: World) -> None:
    """Check that the ledger says what Canvas has: each destination exactly once, with its id and its end."""
    with world.lock:
        world.settle()
        migrations = {migration.id: migration for migration in world.tables.content_migrations.values()}
    by_destination = Counter(migration.course_id for migration in migrations.values())
    for row in ledger.rows():
        assert by_destination[int(row.dest_course_id)] == 1, (row, by_destination[int(row.dest_course_id)])
        migration = migrations[int(row.content_migration_id or 0)]
        assert migration.course_id == int(row.dest_course_id)
        succeeded = row.state in (CopyState.COMPLETED, CopyState.COMPLETED_WITH_ISSUES)
        assert succeeded == (migration.workflow_state == "imported"), (row, migration.workflow_state)
        assert succeeded or row.state_detail


def requests_of(world: World) -> Counter[str]:
    """Return the number of requests by method and kind of path."""
    kinds: Counter[str] = Counter()
    with world.lock:
        for request in world.requests:
            parts = ["#" if part.isdecimal() else part for part in request.path.split("/") if part not in ("api", "v1")]
            kinds[f"{request.method} {'/'.join(filter(None, parts))}"] += 1
    return kinds
