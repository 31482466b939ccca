"""A database that is away for a minute is retried, and nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy as sa

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.errors import BatchBusyError
from airflow_provider_canvas.ledger.group_writer import GroupWriter
from airflow_provider_canvas.ledger.patience import Patience, is_away
from airflow_provider_canvas.ledger.states import CopyState
from tests.ledger.outages import FakeTime, Outage

ROW = CopyRow(dest_course_id="2001", source_course_id="1001", row_number=2, content_migration_id="90")
CALLS = {
    "create_tables": lambda ledger: ledger.create_tables(),
    "exists": lambda ledger: ledger.exists(),
    "rows": lambda ledger: list(ledger.rows()),
    "row": lambda ledger: ledger.row("2001"),
    "counts": lambda ledger: ledger.counts(),
    "counts_by_source": lambda ledger: ledger.counts_by_source(),
    "plan": lambda ledger: ledger.plan([ROW]),
    "update": lambda ledger: ledger.update([ROW]),
    "remove": lambda ledger: ledger.remove(["2001"]),
    "add_issues": lambda ledger: ledger.add_issues(
        [IssueRow(content_migration_id="90", issue_id="1", dest_course_id="2001")]
    ),
    "issues": lambda ledger: list(ledger.issues()),
    "batch": lambda ledger: ledger.batch(),
    "note": lambda ledger: ledger.note(used_requests=1),
    "acquire": lambda ledger: ledger.acquire("run 1", 1200),
    "renew": lambda ledger: ledger.renew("run 1", 1200),
    "release": lambda ledger: ledger.release("run 1"),
}


@pytest.fixture(params=["sqlite", "sqlite-wal", "postgresql"])
def impatient(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BatchLedger]:
    """Yield a ledger with one row, whose driver itself does not wait for locks."""
    if request.param == "postgresql":
        engine = sa.create_engine(request.getfixturevalue("postgres_database").url)
    else:
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'warehouse.db'}", connect_args={"timeout": 0})
        if request.param == "sqlite-wal":
            with engine.connect() as connection:
                connection.execute(sa.text("PRAGMA journal_mode = WAL"))
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026")
    ledger.create_tables()
    ledger.update([ROW])
    yield ledger
    engine.dispose()


@pytest.fixture
def outage(impatient: BatchLedger) -> Iterator[Outage]:
    """Yield an outage of the ledger's database, which the test begins."""
    outage = Outage(impatient.engine)
    yield outage
    outage.end()


def test_every_method_survives_an_outage(impatient: BatchLedger, outage: Outage) -> None:
    """Each method returns after the outage what it returns without it, and waits in growing pauses."""
    for name, call in CALLS.items():
        expected = call(impatient)
        outage.begin()
        time = FakeTime(60, outage.end)
        impatient.patience = Patience(120, sleep=time.sleep, clock=time.clock)
        assert call(impatient) == expected, name
        reads_beside_a_writer = not time.pauses and impatient.engine.dialect.name == "sqlite"  # the mode WAL
        if reads_beside_a_writer:
            outage.end()
        else:
            assert 60 <= time.now <= 67
            assert len(time.pauses) < 25
    batch = impatient.batch()
    assert batch is not None
    assert batch.used_requests == 2
    assert impatient.row("2001") == ROW


def test_an_outage_that_lasts_is_an_error(impatient: BatchLedger, outage: Outage) -> None:
    """After the patience the error of the database is raised, and later calls work when the database does."""
    outage.begin()
    time = FakeTime()
    impatient.patience = Patience(120, sleep=time.sleep, clock=time.clock)
    with pytest.raises(sa.exc.OperationalError):
        impatient.update([replace(ROW, attempts=1)])
    assert time.now == 120
    outage.end()
    assert impatient.row("2001") == ROW


def test_writers_wait_together(impatient: BatchLedger, outage: Outage) -> None:
    """Rows that threads write during an outage are all stored after it."""
    writer = GroupWriter(impatient)
    outage.begin()
    time = FakeTime(60, outage.end)
    writer.patience = Patience(120, sleep=time.sleep, clock=time.clock)
    rows = [replace(ROW, dest_course_id=str(number), attempts=1) for number in range(40)]
    with writer, ThreadPoolExecutor(8) as pool:
        list(pool.map(writer.write, rows))
    assert sorted(row.dest_course_id for row in impatient.rows() if row.attempts) == sorted(map(str, range(40)))


def test_an_error_reaches_each_writer(impatient: BatchLedger, outage: Outage) -> None:
    """After the patience each thread gets the error, those that came later too; no thread waits twice as long."""
    writer = GroupWriter(impatient)
    outage.begin()
    time = FakeTime()
    writer.patience = Patience(120, sleep=time.sleep, clock=time.clock)

    def write(number: int) -> str:
        try:
            writer.write(replace(ROW, dest_course_id=str(number)))
        except sa.exc.OperationalError:
            return "error"
        return "written"

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(8))) == {"error"}
    assert time.now <= 360
    outage.end()
    assert [write(9), *(row.dest_course_id for row in impatient.rows())] == ["written", "2001", "9"]


def test_a_lease_is_not_lost_in_an_outage(impatient: BatchLedger, outage: Outage) -> None:
    """A run that could not renew its lease in time renews it after the outage; another run that was faster keeps it."""
    impatient.acquire("run 1", -1)
    outage.begin()
    time = FakeTime(60, outage.end)
    impatient.patience = Patience(120, sleep=time.sleep, clock=time.clock)
    impatient.renew("run 1", -1)
    impatient.acquire("run 2", 1200)
    with pytest.raises(BatchBusyError):
        impatient.renew("run 1", 1200)


def operational(error: Exception) -> sa.exc.OperationalError:
    """Return an error of SQLAlchemy."""
    return sa.exc.OperationalError("SELECT 1", {}, error)


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (operational(sqlite3.OperationalError("database is locked")), True),
        (operational(sqlite3.OperationalError("database table is locked: x")), True),
        (operational(sqlite3.OperationalError("unable to open database file")), True),
        (operational(sqlite3.OperationalError("no such table: canvas_copy_ledger")), False),
        (operational(sqlite3.OperationalError("no such column: busy_hours")), False),
        (operational(sqlite3.OperationalError("attempt to write a readonly database")), False),
        (operational(psycopg2.OperationalError("could not connect to server: Connection refused")), True),
        (operational(psycopg2.OperationalError("FATAL:  the database system is starting up")), True),
        (operational(psycopg2.OperationalError("FATAL:  terminating connection due to administrator command")), True),
        (operational(psycopg2.OperationalError("deadlock detected")), True),
        (operational(psycopg2.OperationalError("SSL connection has been closed unexpectedly")), True),
        (operational(psycopg2.OperationalError('FATAL:  password authentication failed for user "x"')), False),
        (operational(psycopg2.OperationalError('FATAL:  database "x" does not exist')), False),
        (operational(psycopg2.OperationalError('FATAL:  role "x y" does not exist')), False),
        (operational(psycopg2.OperationalError("FATAL:  no pg_hba.conf entry for host")), False),
        (sa.exc.InterfaceError("SELECT 1", {}, psycopg2.InterfaceError("connection already closed")), True),
        (sa.exc.ProgrammingError("SELECT 1", {}, psycopg2.ProgrammingError("relation x does not exist")), False),
        (sa.exc.IntegrityError("SELECT 1", {}, psycopg2.IntegrityError("duplicate key")), False),
        (sa.exc.DataError("SELECT 1", {}, psycopg2.DataError("value too long")), False),
        (sa.exc.TimeoutError("QueuePool limit"), True),
        (sa.exc.ArgumentError("x"), False),
        (OSError("x"), False),
    ],
)
def test_which_errors_may_pass(error: Exception, away: bool) -> None:
    """Lost connections and locks are retried; wrong logins, missing tables and refused values are not."""
    assert is_away(error) is away


def test_a_log_line_tells_of_the_outage(impatient: BatchLedger, caplog: pytest.LogCaptureFixture) -> None:
    """Each retry is logged, without the secrets of the database's message."""
    time = FakeTime()
    failures = iter([operational(psycopg2.OperationalError("refused: postgresql://u:hunter2@db/x\nmore"))])

    def work() -> CopyState:
        for failure in failures:
            raise failure
        return CopyState.PLANNED

    assert Patience(120, sleep=time.sleep, clock=time.clock).run(work) == "planned"
    (record,) = caplog.records
    assert "database of the ledger is away" in record.message
    assert "hunter2" not in record.message


def test_a_reader_in_the_mode_wal_does_not_stop_a_writer(tmp_path: Path) -> None:
    """An open read transaction of another connection does not stop an update in the mode WAL."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'warehouse.db'}", connect_args={"timeout": 0})
    with engine.connect() as connection:
        connection.execute(sa.text("PRAGMA journal_mode = WAL"))
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026", patience=0)
    ledger.create_tables()
    ledger.update([ROW])
    with closing(sqlite3.connect(tmp_path / "warehouse.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT attempts FROM canvas_copy_ledger").fetchall() == [(0,)]
        ledger.update([replace(ROW, attempts=1)])
        assert reader.execute("SELECT attempts FROM canvas_copy_ledger").fetchall() == [(0,)]
    row = ledger.row("2001")
    assert row is not None
    assert row.attempts == 1
    engine.dispose()
