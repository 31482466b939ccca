"""``CanvasFindCopiesOperator`` puts the newest completed copy into each course of a search into the ledger, once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.records import ContentMigration, Term
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasServerError
from airflow_provider_canvas.course_pairs.find_copies import FoundCopies
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.operators.find_copies import CanvasFindCopiesOperator
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
from tests.support import batches
from tests.support.copied_batch import CopiedBatch, copied_batch
from tests.support.task_attempt import Attempt

FIRST, SHELLS, TERM = batches.FIRST_SHELL, 6, 9
PAST = "past spring-2024"


@pytest.fixture
def copied(emulator_server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CopiedBatch:
    """Return six completed copies of two templates into courses of a term."""
    database = tmp_path / "ledger.db"
    batch = copied_batch(emulator_server, sa.create_engine(f"sqlite:///{database}"), SHELLS)
    batch.world.tables.terms[TERM] = Term(TERM, "Spring 2024", "2024SP")
    for course_id in batch.migrations:
        batch.world.tables.courses[course_id].enrollment_term_id = TERM
    fields = {"conn_type": "canvas", "host": emulator_server.url, "password": batches.TOKEN, "extra": {"retry_for": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(database)}))
    return batch


def find(**arguments: Any) -> Any:
    """Run the operator, and return its result."""
    task = CanvasFindCopiesOperator(
        **{"task_id": "find", "account_id": 1, "batch": PAST, "sql_conn_id": "warehouse", **arguments}
    )
    return task.execute(Attempt().context(task))


def found_rows(copied: CopiedBatch) -> dict[int, Any]:
    """Return the rows of the batch by destination."""
    ledger = BatchLedger(copied.engine, canvas_instance=copied.settings.host, batch=PAST)
    return {int(row.dest_course_id): row for row in ledger.rows()}


def add_migration(copied: CopiedBatch, course_id: int = FIRST, **fields: Any) -> int:
    """Add a content migration that is newer than the others, and return its id."""
    world = copied.world
    with world.lock:
        now = world.clock.now()
        values = {
            "id": world.next_id("content_migration"),
            "course_id": course_id,
            "user_id": 1,
            "migration_type": "course_copy_importer",
            "source_course_id": batches.FIRST_TEMPLATE + 1,
            "workflow_state": Stored.IMPORTED,
            "created_at": now,
            "updated_at": now,
            "started_at": now,
            "finished_at": now,
        }
        migration = ContentMigration(**{**values, **fields})
        world.add_migration(migration)
    return migration.id


@pytest.mark.parametrize("term", [TERM, "9", "sis_term_id:2024SP"])
def test_a_term(copied: CopiedBatch, term: int | str) -> None:
    """Each course of the term has a row with its copy, in one request per course and one for the list."""
    before = len(copied.world.requests)
    result = find(enrollment_term_id=term)
    assert {name: result[name] for name in ("courses", "copies", "new", "sources")} == {
        "courses": SHELLS,
        "copies": SHELLS,
        "new": SHELLS,
        "sources": 2,
    }
    assert len(copied.requests_since(before)) == SHELLS + 1
    rows = found_rows(copied)
    assert {course_id: row.content_migration_id for course_id, row in rows.items()} == {
        course_id: str(migration_id) for course_id, migration_id in copied.migrations.items()
    }
    row = rows[FIRST]
    assert (row.state, row.started_by_other, row.source_course_id) == (CopyState.COMPLETED, True, "101")
    assert (row.source_course_name, row.dest_course_name) == ("Template 0", f"Section {FIRST}")
    assert row.created_at is not None
    assert [each.row_number for each in rows.values()] == list(range(1, SHELLS + 1))


def test_second_run(copied: CopiedBatch) -> None:
    """A second run adds only what is new, and follows a newer copy into the same course."""
    find(enrollment_term_id=TERM)
    before = found_rows(copied)
    assert find(enrollment_term_id=TERM)["known"] == SHELLS
    assert found_rows(copied) == before
    newer = add_migration(copied)
    copied.world.tables.courses[batches.FIRST_TEMPLATE].enrollment_term_id = TERM
    add_migration(copied, batches.FIRST_TEMPLATE)
    result = find(enrollment_term_id=TERM)
    assert (result["new"], result["updated"], result["known"]) == (1, 1, SHELLS - 1)
    rows = found_rows(copied)
    assert (rows[FIRST].content_migration_id, rows[FIRST].source_course_id) == (str(newer), "102")
    assert rows[FIRST].row_number == before[FIRST].row_number
    assert rows[batches.FIRST_TEMPLATE].row_number == SHELLS + 1


def test_find_and_reconcile(copied: CopiedBatch) -> None:
    """The copies that were found can be reconciled as a batch; another search reconciles only what is new."""
    find(enrollment_term_id=TERM)
    arguments = {"task_id": "reconcile", "batch": PAST, "sql_conn_id": "warehouse", "checks": []}
    task = CanvasReconcileBatchOperator(**arguments)
    assert task.execute(Attempt().context(task))["verdicts"]["pass"] == SHELLS
    add_migration(copied, source_course_id=batches.FIRST_TEMPLATE)
    find(enrollment_term_id=TERM)
    result = task.execute(Attempt(run_id="second").context(task))
    assert (result["reconciled_now"], result["completed"]) == (1, SHELLS)


NEWER: dict[str, tuple[dict[str, Any], bool]] = {
    "a copy of another course": ({}, True),
    "a copy that failed": ({"workflow_state": Stored.FAILED}, False),
    "an import of a package of this Canvas": ({"migration_type": "canvas_cartridge_importer"}, True),
    "an import of another package": (
        {"migration_type": "common_cartridge_importer", "source_course_id": None},
        False,
    ),
    "a package without a source": ({"migration_type": "canvas_cartridge_importer", "source_course_id": None}, False),
    "a zip": ({"migration_type": "zip_file_importer", "source_course_id": None}, False),
    "a sync of a blueprint": ({"migration_type": "master_course_import", "hide_from_index": True}, False),
}


@pytest.mark.parametrize("name", NEWER)
def test_newer_migrations(copied: CopiedBatch, name: str) -> None:
    """The newest completed copy whose source Canvas shows is found; other migrations hide no copy."""
    fields, is_found = NEWER[name]
    known = {key: value for key, value in fields.items() if key in ContentMigration.__dataclass_fields__}
    newer = add_migration(copied, **known)
    find(enrollment_term_id=TERM)
    assert found_rows(copied)[FIRST].content_migration_id == str(newer if is_found else copied.migrations[FIRST])


@pytest.mark.parametrize(
    ("after", "before", "expected"),
    [
        (-1, None, "newer"),
        (None, -1, "older"),
        (-1, 1, "newer"),
        (-2, -1, None),
        (1, None, None),
    ],
)
def test_range_of_dates(copied: CopiedBatch, after: int | None, before: int | None, expected: str | None) -> None:
    """Only copies that finished in the range are found, in courses of all terms; of several the newest."""
    copied.world.clock.advance(timedelta(days=10).total_seconds())
    now = copied.world.clock.now()
    newer = add_migration(copied)
    day = timedelta(days=1)
    result = find(
        finished_after=None if after is None else now + after * day,
        finished_before=None if before is None else (now + before * day).isoformat(),
    )
    row = found_rows(copied).get(FIRST)
    ids = {"newer": str(newer), "older": str(copied.migrations[FIRST]), None: None}
    assert (row and row.content_migration_id) == ids[expected]
    assert result["courses"] == SHELLS + 2
    others = SHELLS - 1 if expected == "older" else 0
    assert result["copies"] == others + (expected is not None)


def test_courses_that_are_too_young(copied: CopiedBatch) -> None:
    """A course that was created after the range costs no request."""
    copied.world.tables.courses[FIRST].created_at = datetime(2099, 1, 1, tzinfo=UTC)
    before = len(copied.world.requests)
    result = find(enrollment_term_id=TERM, finished_before="2098-01-01")
    assert (result["copies"], result["without_copy"]) == (SHELLS - 1, 1)
    assert len(copied.requests_since(before)) == SHELLS


def test_deleted_and_forbidden_courses(copied: CopiedBatch) -> None:
    """Deleted courses are not listed; one whose migrations are forbidden is counted, and stops nothing."""
    copied.world.tables.courses[FIRST].workflow_state = "deleted"
    copied.world.faults.rules.append(Rule(f"/courses/{FIRST + 1}/", status=403, times=None))
    result = find(enrollment_term_id=TERM)
    assert (result["courses"], result["unreadable"], result["new"]) == (SHELLS - 1, 1, SHELLS - 2)


def test_a_course_at_which_canvas_fails(copied: CopiedBatch) -> None:
    """A course at which Canvas fails is counted and stops nothing; if Canvas is away, the task fails."""
    copied.world.faults.rules.append(Rule(f"/courses/{FIRST}/", status=500, times=None))
    result = find(enrollment_term_id=TERM)
    assert (result["unreadable"], result["new"]) == (1, SHELLS - 1)
    copied.world.faults.rules[:] = [Rule(f"/courses/{FIRST}/", status=503, times=None)]
    with pytest.raises(CanvasServerError):
        find(enrollment_term_id=TERM)


def test_a_course_that_is_listed_twice(copied: CopiedBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that shift while they are read repeat courses: each counts once, and has one row."""
    courses = FoundCopies._courses

    async def twice(self: FoundCopies) -> AsyncIterator[Any]:
        async for course in courses(self):
            yield course
            yield course

    monkeypatch.setattr(FoundCopies, "_courses", twice)
    result = find(enrollment_term_id=TERM)
    assert (result["courses"], result["new"], result["known"], result["copies"]) == (SHELLS, SHELLS, 0, SHELLS)
    assert [row.row_number for row in found_rows(copied).values()] == list(range(1, SHELLS + 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ledger_table": 5}, "ledger_table is 5: write a name, such as 'canvas_copy_ledger'"),
        ({"issue_table": "a\x00"}, "issue_table is .*: write a name"),
        ({"batch_table": ["a"]}, "batch_table is .*: write a name"),
        ({"schema": 5}, "schema is 5: write a name"),
        ({"ledger_table": "canvas_copy_batch"}, "is another table"),
    ],
)
def test_tables_that_cannot_be(copied: CopiedBatch, arguments: dict[str, Any], message: str) -> None:
    """A table that no database can have fails the task before any request."""
    before = len(copied.world.requests)
    with pytest.raises(AirflowFailException, match=message):
        find(enrollment_term_id=TERM, **arguments)
    assert len(copied.world.requests) == before


def test_rows_of_a_plan(copied: CopiedBatch) -> None:
    """Rows that a plan wrote stay as they are."""
    before = {row.dest_course_id: row for row in copied.ledger.rows()}
    result = find(batch=batches.BATCH, enrollment_term_id=TERM)
    assert (result["of_other_origin"], result["new"]) == (SHELLS, 0)
    assert {row.dest_course_id: row for row in copied.ledger.rows()} == before


def test_many_courses(copied: CopiedBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are written in parts, and each course has one row."""
    monkeypatch.setattr("airflow_provider_canvas.course_pairs.find_copies.COURSES_AT_ONCE", 2)
    assert find(enrollment_term_id="all")["new"] == SHELLS
    assert len(found_rows(copied)) == SHELLS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Nothing limits the search.*enrollment_term_id='all'"),
        ({"enrollment_term_id": " ", "finished_after": "None"}, "Nothing limits the search"),
        ({"account_id": "main"}, "account_id"),
        ({"enrollment_term_id": "Spring 2024"}, "enrollment_term_id"),
        ({"finished_after": "yesterday"}, "finished_after 'yesterday' is not a date"),
        ({"finished_after": "2024-06-01", "finished_before": "2024-01-01"}, "finished_after is not before"),
        ({"enrollment_term_id": TERM, "batch": ""}, "write the name of a batch"),
    ],
)
def test_invalid_parameters(copied: CopiedBatch, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    before = len(copied.world.requests)
    with pytest.raises(AirflowFailException, match=message):
        find(**arguments)
    assert len(copied.world.requests) == before
